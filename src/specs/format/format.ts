import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Source } from '../text/source.ts';
import type { Draft } from './draft.ts';
import type { Mark } from './mark.ts';

/*
 * What a format of specs is: which files are its own (`Format`, which costs nothing to load), and what they say
 * (`Reader`, which loads a parser). `formats/formats.ts` has the list of them.
 */

/** One way in which people write down what is to be done. */
export interface Format {
  readonly name: string;
  /** Names of hidden folders that are looked into for it. */
  readonly hiddenFolders: readonly string[];
  /**
   * Those of some paths, relative to the specs folder, that are its own: in groups, each of files that are read
   * together. What is claimed is read in this format alone. The files that a unit is read from (`Draft.files`) must be
   * claimed together without the others, too: they are read again in other commits.
   */
  claim(paths: readonly string[]): readonly (readonly string[])[];
  load(): Promise<Reader>;
}

/** Reads the files of a format. */
export interface Reader {
  /** Reads files that were claimed together; some of them may be missing. Never throws for what they hold. */
  parse(sources: readonly Source[]): Parsed;
  /** Marks of a file, in its order, whether they belong to a unit or not; those of units may be left out. */
  looseMarks(source: Source): readonly Mark[];
  /**
   * A file as a sequence of what a person changes as one thing, for merges; together they are its text. Null for a file
   * in which two changes, wherever they are, are left to git.
   */
  segments(source: Source): readonly string[] | null;
}

/** What files that were read together hold, and what is wrong with one of them as a whole. */
export interface Parsed {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Files that are read together, with how they are read. */
export interface Group {
  readonly reader: Reader;
  readonly sources: readonly Source[];
}

/** True for what lies in a hidden folder, or is hidden itself. */
export function isHidden(path: string): boolean {
  return /(?:^|\/)\./.test(path);
}

/** Loads at most once: to ask for a module again takes longer than to read a small spec. */
export function lazily(load: () => Promise<Reader>): () => Promise<Reader> {
  let loaded: Promise<Reader> | null = null;
  return () => (loaded ??= load());
}
