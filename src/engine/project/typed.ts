import { shellWord } from '../../util/text/shell-word.ts';
import type { Asker } from '../context/asker.ts';

/** How things are typed where a person is. */
export interface Typed {
  /** Absolute path of the folder where they are; null when it was removed. */
  readonly from: string | null;
  /** A command of ours on the same specs folder. */
  readonly command: (...words: readonly string[]) => string;
  /** Whether these commands have to name the folder. */
  readonly isNamed: boolean;
}

/** How commands on a specs folder are typed by somebody of whom nothing else is known. */
export function typedBy(asker: Asker, folder: string): Typed {
  return {
    from: asker.shownFrom,
    isNamed: true,
    command: (...words) => ['backlog', ...words, '-s', folder].map(shellWord).join(' '),
  };
}
