import type { Command } from 'commander';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { followupsName } from '../specs/followups/format.ts';
import { type Discovered, discoverBacklogs } from '../specs/units/discover.ts';
import { readJson } from '../specs/text/json.ts';
import { findSpecs, hasSpecs, isOfBacklog } from '../specs/units/walk.ts';
import { inputError } from '../model/diagnostic.ts';
import { locate } from '../repo/git/locate.ts';
import { specsHome } from '../engine/project/specs-home.ts';
import type { Typed } from '../engine/project/typed.ts';
import { specFormats } from '../model/spec-format.ts';
import { oneOf, repeatable } from './options.ts';
import { printAside } from './output.ts';
import { here, shownPath, typedFrom } from '../util/files/here.ts';
import { shellWord } from '../util/text/shell-word.ts';

const configName = 'backlog.config.json';
const isDefault = '(default: found in this folder or its parents)';

/** The option of every command that works on a specs folder. */
export interface FolderOptions {
  readonly specs?: string;
}

/** The options of a command that reads the specs in formats that a person may name. */
export interface FormatOptions extends FolderOptions {
  readonly format?: readonly string[];
}

/** What a command reads. */
export interface SpecsChoice {
  /** The specs folder, as a path from the current folder. */
  readonly folder: string;
  /** Names of the formats that are read; empty for the configuration's. */
  readonly formats: readonly string[];
  /** Folders and files below it that are read; empty for the configuration's. */
  readonly only: readonly string[];
  /** The formats that the person named. */
  readonly typedFormats: readonly string[];
  /** The backlogs that were found where nothing was named and there is no specs folder, also those that are not read. */
  readonly found: readonly Discovered[];
  /** A folder `specs` in which nothing is one, so that others were looked for; omitted without one. */
  readonly passedOver?: string;
  /** The repository of a specs folder that was found, which may have other backlogs; omitted where it was named. */
  readonly around?: string;
}

/** Adds the specs folder as an argument, and as `-s`. */
export function withFolder(command: Command): Command {
  return withSpecs(command.argument('[folder]', `the specs folder ${isDefault}`));
}

/** Adds only `-s`, for a command with other arguments. */
export function withSpecs(command: Command): Command {
  return command.option('-s, --specs <folder>', `the specs folder ${isDefault}`);
}

/** Adds `--format`, for the commands that read the specs. */
export function withFormat(command: Command): Command {
  return command.addOption(
    repeatable('--format <name>', 'read only files of this format, such as "kiro"', oneOf('--format', specFormats)),
  );
}

/** What a command reads: the named folder, otherwise `foundSpecs`. Throws an `InputError` if there is none. */
export function specsFolder(
  options: FolderOptions & { readonly format?: readonly string[] | string },
  argument?: string,
): SpecsChoice {
  const named = namedFolder(options, argument);
  const formats = Array.isArray(options.format) ? options.format : []; // "report --format md" is about something else
  if (named !== undefined) return { folder: named, formats, only: [], typedFormats: formats, found: [] };
  const found = foundSpecs(formats);
  if (found !== null) return found;
  throw inputError(
    'no-folder',
    'there is no specs folder here',
    'Create one with "backlog init", or name the folder with your specs.',
  );
}

/**
 * The nearest specs folder in the current folder or its parents within the repository; otherwise the backlogs that other
 * tools keep in the repository. Null if there is none.
 */
export function foundSpecs(typedFormats: readonly string[] = []): SpecsChoice | null {
  const start = here();
  if (start === null) return null;
  const from = (folder: string): string => path.relative(start, folder) || '.';
  const top = locate(start)?.root ?? start;
  const levels = levelsBetween(start, top);
  const specs = firstOf(levels, (folder) => specsIn(folder, typedFormats));
  const isWanted = ({ format }: Discovered): boolean => typedFormats.length === 0 || typedFormats.includes(format);
  // A part of the repository may have its own. What is in a tool's folder is read from around it.
  const backlogs = firstOf(specs === null ? [top, ...levels] : [specs], (at) => {
    const isLooked = specs === null ? specsHome(at).part === null : at === top && isOnlyConfigured(at);
    const found = isLooked ? discoverBacklogs(at).filter(isWanted) : [];
    return found.length === 0 ? null : { at, found };
  });
  if (specs !== null && backlogs === null)
    return { folder: from(specs), formats: typedFormats, only: [], typedFormats, found: [], around: top };
  const passedOver = firstOf(levels, emptySpecs);
  if (backlogs === null) {
    // A format without a place of its own, such as Gherkin, may be anywhere.
    if (typedFormats.length > 0 && hasSpecs(top, { ignore: [], formats: typedFormats }))
      return { folder: from(top), formats: typedFormats, only: [], typedFormats, found: [] };
    if (passedOver === null) return null;
    return { folder: from(passedOver), formats: typedFormats, only: [], typedFormats, found: [] };
  }
  const { at, found } = backlogs;
  // The folder stays the same when another backlog is added, and so does the queue. What the tools' formats cannot take is
  // added to followups.
  const read = found.flatMap(({ place, isLeft }) => (isLeft ? [] : [place]));
  const only = [...new Set([...read, followupsName])];
  const choice = { folder: from(at), formats: typedFormats, only, typedFormats, found };
  return passedOver === null ? choice : { ...choice, passedOver: from(passedOver) };
}

/** A folder and those above it, up to `top`. */
function levelsBetween(folder: string, top: string): string[] {
  const isTop = folder === top || path.dirname(folder) === folder;
  return isTop ? [folder] : [folder, ...levelsBetween(path.dirname(folder), top)];
}

function firstOf<T>(folders: readonly string[], find: (folder: string) => T | null): T | null {
  for (const folder of folders) {
    const found = find(folder);
    if (found !== null) return found;
  }
  return null;
}

/** Says on standard error what is read and why, where nothing was named and there is no specs folder. */
export function sayWhatIsRead({ folder, found, passedOver, around, typedFormats }: SpecsChoice): void {
  const [left = [], read = []] = [true, false].map((is) =>
    found.flatMap(({ place, format, isLeft }) => (isLeft === is ? [`${place} (${format})`] : [])),
  );
  if (around !== undefined) {
    const others = besides(around, folder);
    if (others.length > 0)
      printAside(
        `This reads ${folder}, and leaves ${listed(others)} of this repository. Name a folder or --format to choose.`,
      );
  }
  if (read.length === 0) return;
  const what = typedFormats.length === 0 ? 'spec' : typedFormats.join(' or ');
  const why = passedOver === undefined ? 'There is no specs folder' : `There is no ${what} in ${passedOver}`;
  const rest = left.length === 0 ? '' : `, and leaves ${listed(left)}`;
  printAside(`${why}, so this reads ${listed(read)} of this repository${rest}. Name a folder or --format to choose.`);
}

/** The backlogs of a repository outside of a specs folder. */
function besides(around: string, folder: string): string[] {
  const specs = path.relative(around, path.resolve(here() ?? '', folder));
  if (specs === '') return [];
  const isWithin = (place: string): boolean => place === specs || place.startsWith(`${specs}/`);
  return discoverBacklogs(around).flatMap(({ place, format }) => (isWithin(place) ? [] : [`${place} (${format})`]));
}

function listed(names: readonly string[]): string {
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/**
 * The `specs` in a folder, if there are any in it, otherwise the folder itself if it has a configuration, otherwise the only one
 * in it that has. A tool's own folder has its specs in its own way.
 */
function specsIn(folder: string, formats: readonly string[]): string | null {
  if (specsHome(folder).part !== null) return null;
  const usual = path.join(folder, 'specs');
  if (isFolder(usual) && (existsSync(path.join(usual, configName)) || hasSpecsOf(usual, formats))) return usual;
  if (existsSync(path.join(folder, configName))) return folder;
  if (!isFolder(folder)) return null; // removed in the meantime
  const found = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, configName)),
  );
  return found.length === 1 ? path.join(folder, found[0]?.name ?? '') : null;
}

/** True if a folder has specs; with formats, some of these, as the files are and not as they could be read. */
function hasSpecsOf(folder: string, formats: readonly string[]): boolean {
  if (formats.length === 0) return hasSpecs(folder, { ignore: [] });
  const { claims } = findSpecs(folder, { ignore: [] });
  return claims.some((claim) => formats.includes(claim.format.name) && isOfBacklog(claim));
}

/**
 * True for a repository with a configuration that says neither what is read nor what is changed, and without a page that
 * has front matter beside it: the configuration is for the backlogs that are found, and does not make all of it one.
 */
function isOnlyConfigured(root: string): boolean {
  try {
    const read = readJson({ file: configName, text: readFileSync(path.join(root, configName), 'utf8') });
    const said = 'data' in read ? Object.keys(read.data as object) : ['only'];
    if (['only', 'formats', 'target'].some((key) => said.includes(key))) return false;
    const pages = readdirSync(root).filter((name) => /\.md$/i.test(name) && !/^todo/i.test(name));
    return !pages.some((name) => readFileSync(path.join(root, name), 'utf8').startsWith('---'));
  } catch {
    return false; // it is told where it is read
  }
}

/** The `specs` in a folder without any: they may be of an API, of tests, or still to be written. */
function emptySpecs(folder: string): string | null {
  const usual = path.join(folder, 'specs');
  return specsHome(folder).part === null && isFolder(usual) ? usual : null;
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The specs folder from the argument or `-s`. Throws an `InputError` if they differ. */
export function namedFolder({ specs }: FolderOptions, argument?: string): string | undefined {
  if (argument !== undefined && specs !== undefined && path.resolve(argument) !== path.resolve(specs))
    throw inputError(
      'two-folders',
      `two specs folders are named: "${argument}", and "${specs}" with --specs`,
      'Name one of them.',
    );
  return argument ?? specs;
}

/** Options that the next suggested command needs, too. */
export interface Again {
  readonly into?: string;
  readonly trust?: readonly string[];
  readonly allowUnsandboxed?: true;
}

/** These options as input of a verb that runs checks or lands. */
export function workInput({ into, trust, allowUnsandboxed }: Again): {
  readonly into: string | null;
  readonly trust: readonly string[] | null;
  readonly allowUnsandboxed: boolean;
} {
  return { into: into ?? null, trust: trust ?? null, allowUnsandboxed: allowUnsandboxed === true };
}

/** The commands that take each option. */
export const takers: Readonly<Record<keyof Again, readonly string[]>> = {
  into: ['run', 'orchestrate', 'merge', 'push', 'adopt', 'undo'],
  trust: ['run', 'draft', 'orchestrate', 'merge', 'adopt', 'undo', 'approve'],
  allowUnsandboxed: ['run', 'draft', 'orchestrate', 'adopt', 'undo', 'approve'],
};

/** The commands that take `--format`. */
export const formatTakers: readonly string[] = ['check', 'plan', 'run', 'list', 'board', 'status', 'doctor', 'add'];

/** Builds command lines for suggestions: with `-C`, with the options to repeat, and with the folder if it is not found. */
export function typedFor(
  { folder, typedFormats }: SpecsChoice,
  { into, trust = [], allowUnsandboxed }: Again = {},
): Typed {
  const [cwd, from] = [here(), typedFrom()];
  const at = cwd === null || from === cwd ? [] : ['-C', shownPath(cwd)];
  const found = foundSpecs(typedFormats);
  const isFound = found !== null && path.resolve(found.folder) === path.resolve(folder);
  const specs = isFound ? [] : ['-s', folder];
  return {
    from,
    isNamed: specs.length > 0,
    command: (...words) => {
      const takes = (what: keyof Again): boolean => takers[what].includes(words[0] ?? '');
      const flags = [
        ...(into !== undefined && takes('into') && !words.includes('--into') ? ['--into', into] : []),
        ...(takes('trust') ? trust.flatMap((digest) => ['--trust', digest]) : []),
        ...(formatTakers.includes(words[0] ?? '') ? typedFormats.flatMap((name) => ['--format', name]) : []),
        ...(allowUnsandboxed === true && takes('allowUnsandboxed') ? ['--allow-unsandboxed'] : []),
      ];
      return ['backlog', ...at, ...words, ...flags, ...specs].map(shellWord).join(' ');
    },
  };
}
