import type { Env } from '../../util/files/home.ts';

/**
 * The requester of a command, and its surroundings. The engine does not read the current folder, environment or account
 * of its process.
 */
export interface Asker {
  /** Their name in records. */
  readonly name: string;
  /** Absolute path of the base of relative paths. */
  readonly folder: string;
  /** Absolute path of the base of displayed paths; null to display them absolute. */
  readonly shownFrom: string | null;
  readonly env: Env;
  /** Names of the formats that they want read, instead of the configuration's; omitted or empty for those. */
  readonly formats?: readonly string[];
  /** Folders and files below the specs folder that they want read, instead of the configuration's. */
  readonly only?: readonly string[];
  /** Hears what belongs to no result, for example that settings have no effect without consent. */
  readonly notice?: (text: string) => void;
}
