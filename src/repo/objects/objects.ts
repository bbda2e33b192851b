import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { inputError } from '../../model/diagnostic.ts';
import { GitError } from '../git/git.ts';
import { objectReader } from './object-reader.ts';
import type { Repository } from '../git/repository.ts';

/*
 * Git's objects, read in batches and written without a process: a loose object is its type, size and bytes, deflated, in a
 * file named by the SHA-1 of those. See https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
 */

type ObjectType = 'blob' | 'tree' | 'commit';

interface GitObject {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** An entry of a tree object; the mode of a folder is `40000`. */
export interface RawEntry {
  readonly mode: string;
  /** Each byte as one character (names need not be UTF-8); see `rawName`. */
  readonly name: string;
  readonly object: string;
}

/** A name as `RawEntry` has it. */
export function rawName(name: string): string {
  return Buffer.from(name).toString('latin1');
}

export const folderMode = '40000';

/** Recently read or written tree objects by name: successive edits mostly touch the same trees. */
class RecentTrees {
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #known = new Map<string, Buffer>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(name: string): Buffer | undefined {
    return this.#known.get(name);
  }

  put(name: string, bytes: Buffer): void {
    if (this.#known.has(name)) return;
    this.#known.set(name, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, old] of this.#known) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#known.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}

const recentTrees = new RecentTrees(16 * 1024 * 1024);

/** Reads objects by name or expression (`<tree>:<path>`); null for a missing one. */
export async function readObjects(
  repository: Repository,
  expressions: readonly string[],
): Promise<readonly (GitObject | null)[]> {
  const found = await objectReader(repository).ask(expressions, true);
  return found.map((object) => {
    if (object === null) return null;
    const { info, bytes } = object;
    if (info.type === 'tree') recentTrees.put(info.name, bytes);
    return { name: info.name, type: info.type, bytes };
  });
}

/** Bytes of contents in memory at a time. */
const portionBytes = 32 * 1024 * 1024;

/** Sizes in bytes, asked in one batch; 0 for a missing object. */
export async function sizesOf(repository: Repository, names: readonly string[]): Promise<readonly number[]> {
  return (await objectReader(repository).ask(names, false)).map((found) => found?.info.size ?? 0);
}

/** Reads objects one after the other, in portions, since all of them may exceed memory. */
export async function* eachObject(
  repository: Repository,
  names: readonly string[],
): AsyncGenerator<readonly [index: number, object: GitObject | null]> {
  for (const [from, to] of portions(await sizesOf(repository, names)))
    for (const [index, object] of (await readObjects(repository, names.slice(from, to))).entries())
      yield [from + index, object];
}

/** Ranges `[from, to)` that fit into memory at a time; a larger object is a range of its own. */
export function* portions(sizes: readonly number[]): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < sizes.length;) {
    let to = from;
    for (let bytes = 0; to < sizes.length && (to === from || bytes + (sizes[to] ?? 0) <= portionBytes); to++)
      bytes += sizes[to] ?? 0;
    yield [from, to];
    from = to;
  }
}

/** Contents of tree entries, one after the other, in portions. Each object must exist. */
export async function* eachContent<T extends { readonly file: string; readonly object: string }>(
  repository: Repository,
  entries: readonly T[],
): AsyncGenerator<readonly [entry: T, bytes: Buffer]> {
  const names = entries.map((entry) => entry.object);
  for await (const [index, blob] of eachObject(repository, names)) {
    const entry = entries[index];
    if (!blob || !entry) throw new Error(`Internal error: ${entry?.file ?? '?'} has no content`);
    yield [entry, blob.bytes];
  }
}

/** The entries of a tree object, with the modes that git takes theirs for. */
export function parseTree(bytes: Buffer): RawEntry[] {
  const entries: RawEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const nul = bytes.indexOf(0, space);
    if (space === -1 || nul === -1 || nul + 21 > bytes.length)
      throw inputError(
        'unclear-tree',
        'a tree object of the repository ends in the middle of an entry',
        'Run "git fsck --full" in the repository: it names the tree.',
      );
    entries.push({
      mode: modeOf(bytes.toString('latin1', at, space)),
      name: bytes.toString('latin1', space + 1, nul),
      object: bytes.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return entries;
}

/**
 * Old versions of git, and other programs, write modes with other permissions or with zeros before them: only the kind of an
 * entry counts, and whether its owner may execute it. What is no file, link or folder is a commit of a submodule.
 */
function modeOf(written: string): string {
  const known = usualModes.get(written);
  if (known !== undefined) return known;
  const mode = Number.parseInt(written, 8);
  switch (mode & 0o170000) {
    case 0o100000:
      return (mode & 0o100) === 0 ? '100644' : '100755';
    case 0o120000:
      return '120000';
    case 0o040000:
      return folderMode;
    default:
      return '160000';
  }
}

const usualModes = new Map(['100644', folderMode, '100755', '120000', '160000'].map((mode) => [mode, mode]));

/** A tree object, its entries in git's order: by bytes, folders as if their names ended in a slash. */
export function formatTree(entries: readonly RawEntry[]): Buffer {
  const sorted = entries
    .map((entry) => ({ entry, key: Buffer.from(entry.mode === folderMode ? `${entry.name}/` : entry.name, 'latin1') }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode.replace(/^0+/, '')} ${entry.name}\0`, 'latin1'),
      Buffer.from(entry.object, 'hex'),
    ]),
  );
}

/**
 * The tree objects of some folders of a tree ('' is the tree itself); null for a missing folder. Throws a `GitError` for
 * a lost tree object.
 */
export async function readFolders(
  repository: Repository,
  tree: string,
  folders: readonly string[],
): Promise<ReadonlyMap<string, Buffer | null>> {
  const read = new Map<string, Buffer | null>();
  const entries = new Map<string, ReadonlyMap<string, RawEntry>>();
  const entryOf = (folder: string): RawEntry | undefined => {
    const [above, name] = splitPath(folder);
    const known = entries.get(above) ?? entriesByName(read.get(above) ?? Buffer.alloc(0));
    entries.set(above, known);
    return known.get(name);
  };
  const byDepth = Map.groupBy(new Set(folders.flatMap((folder) => [...foldersAbove(folder), folder])), (folder) =>
    folder === '' ? 0 : folder.split('/').length,
  );
  for (const depth of [...byDepth.keys()].toSorted((a, b) => a - b)) {
    const level = byDepth.get(depth) ?? [];
    const wanted: (readonly [folder: string, name: string])[] = [];
    for (const folder of level) {
      const entry = folder === '' ? { mode: folderMode, object: tree } : entryOf(folder);
      if (entry?.mode === folderMode) wanted.push([folder, entry.object]);
      else read.set(folder, null);
    }
    const found = await readTrees(repository, new Map(wanted.map(([folder, name]) => [name, folder])));
    for (const [folder, name] of wanted) read.set(folder, found.get(name) ?? null);
  }
  return new Map(folders.map((folder) => [folder, read.get(folder) ?? null]));
}

/**
 * Tree objects by their names, each with a folder that it is ('' is the top). Throws a `GitError` for a lost one, since what
 * is made without it would lack its files.
 */
export async function readTrees(
  repository: Repository,
  wanted: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const known = new Map([...wanted.keys()].map((name) => [name, recentTrees.get(name)]));
  const unknown = [...wanted.keys()].filter((name) => known.get(name) === undefined);
  const read = new Map((await readObjects(repository, unknown)).map((object, index) => [unknown[index], object]));
  const trees = new Map<string, Buffer>();
  for (const [name, folder] of wanted) {
    const object = read.get(name);
    const bytes = object?.type === 'tree' ? object.bytes : known.get(name);
    if (bytes === undefined)
      throw new GitError(['cat-file'], `the tree ${name} (${folder || '/'}) is lost`, repository.gitDir);
    trees.set(name, bytes);
  }
  return trees;
}

/** The entries of a tree object by their raw names. */
export function entriesByName(bytes: Buffer): ReadonlyMap<string, RawEntry> {
  return new Map(parseTree(bytes).map((entry) => [entry.name, entry]));
}

/** The folder of a path ('' at the top), and its raw name in it. */
export function splitPath(file: string): readonly [folder: string, name: string] {
  const slash = file.lastIndexOf('/');
  return [slash === -1 ? '' : file.slice(0, slash), rawName(file.slice(slash + 1))];
}

/** `a/b/c` → ['a', 'a/b', 'a/b/c']. */
export function pathsTo(file: string): string[] {
  const segments = file.split('/');
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** `a/b/c` → ['', 'a', 'a/b']. */
export function foldersAbove(file: string): string[] {
  return ['', ...pathsTo(file).slice(0, -1)];
}

const compress = promisify(deflate);

/** The name that an object gets. */
export function objectName(type: ObjectType, bytes: Uint8Array): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/** The object store for everything that we make; see `own-objects.ts`. */
export function storeOf(repository: Pick<Repository, 'plumbing'>): string {
  return path.join(repository.plumbing, 'objects');
}

/** Path of a loose object in an object store. */
export function looseFile(store: string, name: string): string {
  return path.join(store, name.slice(0, 2), name.slice(2));
}

/** Writes an object, durably, to our object store and returns its name. */
export async function writeObject(
  repository: Pick<Repository, 'plumbing'>,
  type: ObjectType,
  bytes: Uint8Array,
): Promise<string> {
  return writeLoose(storeOf(repository), type, bytes, true);
}

/** Writes a loose object to an object store and returns its name. */
export async function writeLoose(
  store: string,
  type: ObjectType,
  bytes: Uint8Array,
  isDurable: boolean,
): Promise<string> {
  const name = objectName(type, bytes);
  if (type === 'tree') recentTrees.put(name, Buffer.from(bytes));
  const file = looseFile(store, name);
  const folder = path.dirname(file);
  if (existsSync(file)) return name;
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  const handle = await open(temporary, 'wx', 0o444);
  try {
    await handle.writeFile(await compress(Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes])));
    if (isDurable) await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  return name;
}
