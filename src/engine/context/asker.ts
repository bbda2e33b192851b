import type { Env } from '../../util/files/home.ts';

/**
 * Who asks for something, and from where. All of it is given: the engine reads neither the current folder nor the
 * environment nor the account of the process that it runs in.
 */
export interface Asker {
  /** What they are called in what is recorded of them. */
  readonly name: string;
  /** Absolute path of the folder that relative paths start from. */
  readonly folder: string;
  /** Absolute path of the folder that paths are shown from; null when there is none, and they are shown whole. */
  readonly shownFrom: string | null;
  readonly env: Env;
}
