import { compilePattern, compiledMatches } from '../../model/path-pattern.ts';
import { beads } from '../beads/format.ts';
import { followups } from '../followups/format.ts';
import type { Format, Group } from '../format/format.ts';
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

/** Adds a format that claims files before all others. */
export function addFormat(format: Format): void {
  formats.unshift(format);
}

/** The names of all formats, in the order in which they claim files. */
export function formatNames(): string[] {
  return formats.map(({ name }) => name);
}

/** Files that are read together, and their format. */
export interface Claim {
  readonly format: Format;
  /** Relative to the specs folder. */
  readonly files: readonly string[];
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

/** The claims of the formats with these names (all without names), in the order of the paths. */
export function claimFiles(paths: readonly string[], names: readonly string[] = []): Claim[] {
  const order = new Map(paths.map((path, index) => [path, index]));
  const claims: Claim[] = [];
  let left = paths;
  for (const format of named(names)) {
    const claimed = format.claim(left, names.length === 1);
    const { anyOf } = format;
    const isForced = names.length === 1 && claimed.length === 0 && anyOf !== undefined;
    const groups = isForced ? left.filter((path) => anyOf.test(path)).map((path) => [path]) : claimed;
    if (groups.length === 0) continue;
    for (const files of groups) claims.push({ format, files });
    const taken = new Set(groups.flat());
    left = left.filter((path) => !taken.has(path));
  }
  const placeOf = ({ files }: Claim): number => Math.min(...files.map((file) => order.get(file) ?? 0));
  const placed = claims.map((claim) => ({ claim, place: placeOf(claim) }));
  return placed.toSorted((a, b) => a.place - b.place).map(({ claim }) => claim);
}

/** Groups files with their readers. Files of no format are left out. */
export async function groupsOf(
  sources: readonly Source[],
  names: readonly string[] = [],
): Promise<(Group & { readonly format: string })[]> {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const claims = claimFiles([...byFile.keys()], names);
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
  const ignored = ignore.map(compilePattern);
  const opened = new Set(named(names).flatMap((format) => format.hiddenFolders));
  const partly = new Set([...opened].flatMap((name) => (name.includes('/') ? above(name) : [])));
  return (path) => {
    const [parent = '', name = ''] = ['', ...path.split('/')].slice(-2);
    if (name === 'node_modules' || (name.startsWith('.') && !opened.has(name) && !partly.has(name))) return false;
    if (partly.has(parent) && !opened.has(parent) && !opened.has(`${parent}/${name}`)) return false;
    const isWanted = (place: string): boolean => isWithin(path, place) || isWithin(place, path);
    if (only.length > 0 && !only.some(isWanted)) return false;
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

function above(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '.' : path.slice(0, end);
}

/** True for a path that is a place, or below it. */
function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
