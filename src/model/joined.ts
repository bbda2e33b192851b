import { listSome } from './list-some.ts';
import { shownNames } from './shown-name.ts';

/** Files that were merged although git saw a conflict, since both sides inserted there or changed adjacent lines. */
export interface Joined {
  readonly files: readonly string[];
  /** Keys of the units that changed them before. */
  readonly with: readonly string[];
}

/** The same in words: `merged by itself with search in src/a.js`. */
export function describeJoined({ files, with: units }: Joined): string {
  return `merged by itself with ${units.length === 0 ? 'other work' : listSome(units, 5)} in ${shownNames(files)}`;
}
