import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { Source } from '../text/source.ts';
import type { Addition, NewUnit, Refusal, Spot } from './addition.ts';
import type { Draft } from './draft.ts';
import type { Mark } from './mark.ts';

/*
 * A spec format: `Format` selects its files, and is cheap to load; `Reader` reads them, and loads a parser.
 * `formats/formats.ts` lists all formats.
 */

/** A spec format. */
export interface Format {
  readonly name: string;
  /** Names of hidden folders that may contain its files, or `name/folder` if only one folder in it may. */
  readonly hiddenFolders: readonly string[];
  /** The name of a folder that is its own if it has its files in it; hidden ones need no such name. */
  readonly ownFolder?: RegExp;
  /** Names of files around its own folder that it is read with. */
  readonly settings?: readonly string[];
  /**
   * Selects the format's files from paths relative to the specs folder. Each group has the files that are read together, and
   * none that only shows the layout; a file that is not read is `Aside`, and nothing else decides that. A claimed file belongs
   * to no other format. The files of a unit (`Draft.files`) must give the same group if they are claimed alone with `isOnly`,
   * since they are read again in other commits.
   * `isOnly` says that these files are known to be of this format: a person named it, and no other one.
   */
  claim(paths: readonly string[], isOnly?: boolean): readonly Claimed[];
  /** The files that it can read whatever they are called, each alone, if a person names this format and nothing is claimed. */
  readonly anyOf?: RegExp;
  /** How to write criteria for a unit that has none, as the beginning of a sentence. @default below a heading */
  readonly howToAsk?: string;
  load(): Promise<Reader>;
}

/** Files that are read together, or one that is only protected. */
export type Claimed = readonly string[] | Aside;

/** A file of a format that is not read. */
export interface Aside {
  readonly file: string;
  /** What it is if it looks like work. */
  readonly is?: Omit<NotWork, 'file' | 'line'>;
}

/** A file that is claimed, but not read. `why` says what it is if it looks like work: a noun in the plural. */
export function aside(file: string, why?: string): Aside {
  return why === undefined ? { file } : { file, is: { why } };
}

/** Reads the files of a format. */
export interface Reader {
  /** True if it takes all files for no work. */
  readonly isAside?: true;
  /** True if its titles are those of scenarios, which say what a product does, and nothing of the work. */
  readonly isOfScenarios?: true;
  /** Reads files that were claimed together; some may be missing. Never throws for their content. */
  parse(sources: readonly Source[]): Parsed;
  /** The marks of a file, in order, including those that belong to no unit. Marks of units may be omitted. */
  looseMarks(source: Source): readonly Mark[];
  /** Splits a file into segments that a merge treats as units of change. Null if git must merge the file. */
  segments(source: Source): readonly string[] | null;
  /**
   * Adds a unit to the file of `spot`, or beside it. Existing bytes stay. A refusal if it does not take this unit, null if it has
   * no place for units; omitted by formats that take none. Whoever writes the file reads it first, and compares.
   */
  add?(unit: NewUnit, spot: Spot): Addition | Refusal | null;
  /** The text of a unit's file with more claims at its end. Null if they have no place; omitted as `add` is. */
  extend?(draft: Draft, claims: readonly string[], source: Source): string | null;
}

/** The content of files that were read together, and the errors of whole files. */
export interface Parsed {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly SpecDiagnostic[];
  /** Files and parts of files that look like work, but are none. */
  readonly notWork?: readonly NotWork[];
}

/** What is not work, and why: a noun in the plural, such as "archived changes" or "checklists". */
export interface NotWork {
  readonly file: string;
  readonly line: number;
  readonly why: string;
  /** The key of a unit, on which others may depend. Omitted for what is no unit. */
  readonly key?: string;
  /** What is known of that unit. @default 'archived' */
  readonly end?: End;
}

/**
 * What a unit that is no work is to those that depend on it: they wait only for one that is held, and for the units that one
 * stands for, by their keys.
 */
export type End =
  | 'done'
  | 'archived'
  | 'cancelled'
  | 'optional'
  | { readonly hold: string }
  | { readonly standsFor: readonly string[] };

/** Files that are read together, with their reader. */
export interface Group {
  readonly reader: Reader;
  readonly sources: readonly Source[];
}

/** Reads a file that is none of work, whatever is in it. Its marks and merges are those of its format. */
export function asideReader({ looseMarks, segments }: Pick<Reader, 'looseMarks' | 'segments'>, file: Aside): Reader {
  const notWork = notWorkOf(file);
  return { isAside: true, parse: () => ({ drafts: [], diagnostics: [], notWork }), looseMarks, segments };
}

export function notWorkOf({ file, is }: Aside): NotWork[] {
  return is === undefined ? [] : [{ ...is, file, line: 1 }];
}

/** True for a hidden file, or a file in a hidden folder. */
export function isHidden(path: string): boolean {
  return /(?:^|\/)\./.test(path);
}

/** Loads at most once, since importing a loaded module again takes longer than reading a small spec. */
export function lazily(load: () => Promise<Reader>): () => Promise<Reader> {
  let loaded: Promise<Reader> | null = null;
  return () => (loaded ??= load());
}
