import { compilePattern, compiledMatches } from '../../model/path-pattern.ts';
import { beads } from '../beads/format.ts';
import { followups, isFollowups } from '../followups/format.ts';
import { type Aside, type Claimed, asideReader, type Format, type Group } from '../format/format.ts';
import { backlogMd } from '../backlog-md/format.ts';
import { gherkin } from '../gherkin/format.ts';
import { kiro } from '../kiro/format.ts';
import { bmad } from '../bmad/format.ts';
import { native } from '../native/format.ts';
import { openspec } from '../openspec/format.ts';
import { prdJson } from '../prd-json/format.ts';
import { plain } from '../plain/format.ts';
import { specKit } from '../spec-kit/format.ts';
import { taskMaster } from '../task-master/format.ts';
import type { Source } from '../text/source.ts';
import { todo } from '../todo/format.ts';
import { todoTxt } from '../todo-txt/format.ts';

/** All formats. Each claims files that the previous ones left. */
const formats: Format[] = [
  specKit,
  openspec,
  kiro,
  backlogMd,
  taskMaster,
  beads,
  bmad,
  prdJson,
  plain,
  gherkin,
  followups,
  todo,
  todoTxt,
  native,
];

/** Adds a format that claims files before all others. The function that it returns takes the format away again. */
export function addFormat(format: Format): () => void {
  formats.unshift(format);
  return () => void formats.splice(formats.indexOf(format), 1);
}

/** The names of all formats, in the order in which they claim files. */
export function formatNames(): string[] {
  return formats.map(({ name }) => name);
}

/** How to write criteria for a unit of a format, as the beginning of a sentence. */
export function howToAsk(format: string): string {
  return formats.find(({ name }) => name === format)?.howToAsk ?? 'Add "## Acceptance criteria" with a list';
}

/** Files that are read together, and their format. */
export interface Claim {
  readonly format: Format;
  /** Relative to the specs folder. */
  readonly files: readonly string[];
  /** The file, if it is only protected; null for files that are read. */
  readonly aside: Aside | null;
}

/** What is read of a folder. */
export interface Reading {
  /** Patterns of paths below it that are not read. */
  readonly ignore: readonly string[];
  /** Folders and files below it that are read; omitted or empty for all. */
  readonly only?: readonly string[];
  /** The names of the formats that are read; omitted or empty for all. */
  readonly formats?: readonly string[];
  /** True if the folder is a whole repository, whose other pages are no specs. */
  readonly isRepository?: boolean;
}

/** The formats with these names; all without names. */
function named(names: readonly string[] = []): readonly Format[] {
  return names.length === 0 ? formats : formats.filter(({ name }) => names.includes(name));
}

/**
 * The claims of the formats with these names (all without names), in the order of the paths. Those with a file that is read
 * are kept, so that what is around it can show the layout.
 */
export function claimFiles(
  paths: readonly string[],
  { formats: names = [], only = [] }: Omit<Reading, 'ignore'> = {},
): Claim[] {
  const order = new Map(paths.map((path, index) => [path, index]));
  const claims: Claim[] = [];
  const isWanted = (path: string): boolean => only.length === 0 || only.some((place) => isWithin(path, place));
  const read = named(names);
  const isOnly = names.length === 1;
  // Followups are our own, also in the folder of another tool.
  const own = new Set(read.includes(followups) ? paths.filter(isFollowups) : []);
  let left = paths;
  for (const format of read) {
    const seen = format === followups || own.size === 0 ? left : left.filter((path) => !own.has(path));
    const claimed = format.claim(seen, isOnly);
    const { anyOf } = format;
    const isForced = isOnly && claimed.length === 0 && anyOf !== undefined;
    const all: readonly Claimed[] = isForced ? seen.filter((path) => anyOf.test(path)).map((path) => [path]) : claimed;
    const groups = all.filter((one) => ('file' in one ? isWanted(one.file) : one.some(isWanted)));
    if (groups.length === 0) continue;
    const found = groups.map((group) => claimOf(format, group));
    for (const claim of found) claims.push(claim);
    const taken = new Set(found.flatMap(({ files }) => files));
    left = left.filter((path) => !taken.has(path));
  }
  const placeOf = ({ files }: Claim): number => Math.min(...files.map((file) => order.get(file) ?? 0));
  const placed = claims.map((claim) => ({ claim, place: placeOf(claim) }));
  return placed.toSorted((a, b) => a.place - b.place).map(({ claim }) => claim);
}

function claimOf(format: Format, claimed: Claimed): Claim {
  if (!('file' in claimed)) return { format, files: claimed, aside: null };
  const load = async () => asideReader(await format.load(), claimed);
  return { format: { ...format, load }, files: [claimed.file], aside: claimed };
}

/** Groups files with their readers. Files of no format are left out. */
export async function groupsOf(
  sources: readonly Source[],
  names: readonly string[] = [],
): Promise<(Group & { readonly format: string })[]> {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const claims = claimFiles([...byFile.keys()], { formats: names });
  return Promise.all(
    claims.map(async ({ format, files }) => ({
      format: format.name,
      reader: await format.load(),
      sources: files.flatMap((file) => byFile.get(file) ?? []),
    })),
  );
}

/** A predicate for visible paths. Its caller asks from the top down, since it checks only the last name and `ignore`. */
export function sight({ ignore, formats: names, only = [] }: Reading): (path: string) => boolean {
  const scopes = [...new Set([...only.map(scopeOf), ...named(names).flatMap(({ settings = [] }) => settings)])];
  const ignored = ignore.map(compilePattern);
  const opened = new Set(named(names).flatMap((format) => format.hiddenFolders));
  const partly = new Set([...opened].flatMap((name) => (name.includes('/') ? above(name) : [])));
  return (path) => {
    const [parent = '', name = ''] = ['', ...path.split('/')].slice(-2);
    if (name === 'node_modules' || (name.startsWith('.') && !opened.has(name) && !partly.has(name))) return false;
    if (partly.has(parent) && !opened.has(parent) && !opened.has(`${parent}/${name}`)) return false;
    const isWanted = (place: string): boolean => isWithin(path, place) || isWithin(place, path);
    if (only.length > 0 && !scopes.some(isWanted)) return false;
    return !ignored.some((pattern) => compiledMatches(pattern, path));
  };
}

/** The paths of which every folder and the file are visible. */
export function visibleOf(paths: readonly string[], reading: Reading): string[] {
  const isSeen = sight(reading);
  const folders = new Map<string, boolean>([['.', true]]);
  const isOpen = (folder: string): boolean => {
    let is = folders.get(folder);
    if (is === undefined) folders.set(folder, (is = isOpen(above(folder)) && isSeen(folder)));
    return is;
  };
  return paths.filter((path) => isOpen(above(path)) && isSeen(path));
}

/** The formats of which a folder with this name is their own; `next` is the folder in it, if that is known. */
function ownersOf(name: string, next: string | undefined): readonly Format[] {
  const isOwn = ({ hiddenFolders, ownFolder }: Format): boolean =>
    ownFolder?.test(name) === true ||
    hiddenFolders.some((hidden) => hidden === name || hidden === `${name}/${next ?? hidden.slice(name.length + 1)}`);
  return formats.filter(isOwn);
}

/** A folder that may be a tool's own. */
export interface OwnFolder {
  /** A path that ends with its name. */
  readonly folder: string;
  /** The names of the formats whose folder it is if it has their files in it. */
  readonly formats: readonly string[];
}

/** The folders in a path, itself included, that may be a tool's own by their names; the outermost one first. */
export function ownFolders(path: string): OwnFolder[] {
  const names = path.split('/');
  return names.flatMap((name, index): OwnFolder[] => {
    const owners = ownersOf(name, names[index + 1]);
    if (owners.length === 0) return [];
    return [{ folder: names.slice(0, index + 1).join('/'), formats: owners.map((format) => format.name) }];
  });
}

/** What has to be seen to tell the format of a place: all of the tool's folder around it. */
function scopeOf(place: string): string {
  return ownFolders(place)[0]?.folder ?? place;
}

function above(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '.' : path.slice(0, end);
}

/** True for a path that is a place, or below it. */
function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
