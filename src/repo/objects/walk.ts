import { inputError } from '../../model/diagnostic.ts';
import type { Repository } from '../git/repository.ts';
import { folderMode, parseTree, type RawEntry, readTrees } from './objects.ts';

/*
 * Walks trees by their objects, without a process of git for each: an unchanged folder is the same object, which is
 * compared by its name, and mostly read already.
 */

/** A file of a tree. */
export interface TreeEntry {
  readonly mode: string;
  readonly object: string;
  readonly path: string;
}

/** One changed path between two trees. */
export interface Change {
  readonly path: string;
  readonly before: { readonly mode: string; readonly object: string } | null;
  readonly after: { readonly mode: string; readonly object: string } | null;
}

/** All files below a tree object, at any depth, in git's order. Throws a `GitError` for a lost tree object. */
export async function filesBelow(repository: Repository, tree: string): Promise<TreeEntry[]> {
  const folders = new Map<string, readonly RawEntry[]>();
  for (let level = new Map([[tree, '']]); level.size > 0;) {
    const read = await entriesOf(repository, level);
    for (const [name, entries] of read) folders.set(name, entries);
    const below = [...read].flatMap(([name, entries]) =>
      entries.filter(isFolder).map((entry) => [entry.object, `${level.get(name)}${nameOf(entry)}/`] as const),
    );
    level = new Map(below.filter(([name]) => !folders.has(name)));
  }
  const files: TreeEntry[] = [];
  const open = [{ entries: folders.get(tree)?.values(), above: '' }];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const next = last.entries?.next();
    if (next === undefined || next.done === true) {
      open.pop();
      continue;
    }
    const path = last.above + nameOf(next.value);
    if (isFolder(next.value)) open.push({ entries: folders.get(next.value.object)?.values(), above: `${path}/` });
    else files.push({ mode: next.value.mode, object: next.value.object, path });
  }
  return files;
}

/** A folder that two trees have, or one of them: its objects, and its path, which ends in a slash unless it is the top. */
interface Pair {
  readonly before: string | null;
  readonly after: string | null;
  readonly path: string;
  /** The path as `RawEntry` has names. */
  readonly raw: string;
}

/** The files that differ between two tree objects, in git's order. Throws a `GitError` for a lost tree object. */
export async function differencesOf(repository: Repository, before: string, after: string): Promise<Change[]> {
  const found: { readonly raw: string; readonly change: Change }[] = [];
  for (let level: readonly Pair[] = [{ before, after, path: '', raw: '' }]; level.length > 0;) {
    const names = level.flatMap(({ path, ...pair }) =>
      [pair.before, pair.after].flatMap((name) => (name === null ? [] : [[name, path] as const])),
    );
    const read = await entriesOf(repository, new Map(names));
    level = level.flatMap((pair) => {
      const [old, now] = [pair.before, pair.after].map(
        (name) => new Map((name === null ? [] : (read.get(name) ?? [])).map((entry) => [entry.name, entry])),
      );
      return [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].flatMap((name): Pair[] => {
        const [a, b] = [old?.get(name), now?.get(name)];
        if (a?.object === b?.object && a?.mode === b?.mode) return [];
        const [path, raw] = [pair.path + nameOf({ name }), pair.raw + name];
        const change = { path, before: fileOf(a), after: fileOf(b) };
        if (change.before?.object !== change.after?.object || change.before?.mode !== change.after?.mode)
          found.push({ raw, change });
        const below = { before: folderOf(a), after: folderOf(b) };
        if (below.before === null && below.after === null) return [];
        return [{ ...below, path: `${path}/`, raw: `${raw}/` }];
      });
    });
  }
  return found.toSorted((a, b) => (a.raw < b.raw ? -1 : 1)).map(({ change }) => change);
}

/** The entries of tree objects, by their names. Throws an `InputError` for a tree in which git and we could see other files. */
async function entriesOf(
  repository: Repository,
  wanted: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly RawEntry[]>> {
  const read = await readTrees(repository, wanted);
  const trees = new Map<string, readonly RawEntry[]>();
  for (const [name, bytes] of read) {
    const entries = parseTree(bytes);
    if (!isInOrder(entries)) {
      const where = wanted.get(name);
      throw inputError(
        'unclear-tree',
        `in ${repository.root}, ${where === undefined || where === '' ? 'the top folder' : where} (tree ${name}) has a name twice, or names out of order: git and other programs see different files in it`,
        'Write that folder again with git (git rm -r --cached, then git add), and commit it.',
      );
    }
    trees.set(name, entries);
  }
  return trees;
}

/** True if every name is there once, in git's order: only so do git and we see the same files in a tree. */
function isInOrder(entries: readonly RawEntry[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  const key = (entry: RawEntry): string => (isFolder(entry) ? `${entry.name}/` : entry.name);
  return (
    names.size === entries.length &&
    !names.has('') &&
    entries.every((entry, index) => index === 0 || key(entries[index - 1] ?? entry) < key(entry))
  );
}

function folderOf(entry: RawEntry | undefined): string | null {
  return entry !== undefined && isFolder(entry) ? entry.object : null;
}

function fileOf(entry: RawEntry | undefined): Change['before'] {
  return entry === undefined || isFolder(entry) ? null : { mode: entry.mode, object: entry.object };
}

function isFolder({ mode }: RawEntry): boolean {
  return mode === folderMode;
}

function nameOf({ name }: Pick<RawEntry, 'name'>): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}
