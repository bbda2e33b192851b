import { removeTree } from '../../util/folders/remove.ts';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Answers } from './answers.ts';
import { GitError } from '../git/git.ts';
import { requireAbsent } from './lost.ts';
import { maxObjectBytes, objectReader } from './object-reader.ts';
import {
  eachObject,
  entriesByName,
  folderMode,
  foldersAbove,
  formatTree,
  looseFile,
  parseTree,
  rawName,
  readFolders,
  readObjects,
  sizesOf,
  splitPath,
  storeOf,
  writeObject,
} from './objects.ts';
import type { Repository } from '../git/repository.ts';
import { type Change, differencesOf, filesBelow, type TreeEntry } from './walk.ts';

export type { Change, TreeEntry } from './walk.ts';

const treesOfCommits = new Answers<string>(1000);
const listings = new Answers<readonly TreeEntry[]>(8);
const changes = new Answers<readonly Change[]>(100, (found) => found.length <= 1000);
const contents = new Answers<Buffer | null>(500, (bytes) => bytes === null || bytes.length <= 64 * 1024);

/** The tree of a commit. */
export async function treeOf(repository: Repository, commit: string): Promise<string> {
  return treesOfCommits.get(repository, [commit], async () => {
    const [found] = await objectReader(repository).ask([`${commit}^{tree}`], false);
    if (!found) throw new GitError(['cat-file'], `${commit} names no tree`, repository.gitDir);
    return found.info.name;
  });
}

/** All files of a tree, at any depth. */
export async function listTree(repository: Repository, tree: string): Promise<readonly TreeEntry[]> {
  return listings.get(repository, [tree], async () => filesBelow(repository, await treeOf(repository, tree)));
}

/** The bytes of a file in a tree; null if it does not exist. */
export async function readTreeFile(repository: Repository, tree: string, file: string): Promise<Buffer | null> {
  const ask = async (): Promise<Buffer | null> => {
    return (await readFiles(repository, tree, [file])).get(file) ?? null;
  };
  return contents.get(repository, [tree], ask, file);
}

/** The bytes of files in a tree or commit; null for each missing one. */
export async function readFiles(
  repository: Repository,
  tree: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, Buffer | null>> {
  const objects = await readObjects(
    repository,
    files.map((file) => `${tree}:${file}`),
  );
  await requireAbsent(
    repository,
    tree,
    files.filter((_file, index) => objects[index] === null),
  );
  return new Map(
    files.map((file, index) => {
      const object = objects[index];
      return [file, object?.type === 'blob' ? object.bytes : null];
    }),
  );
}

export async function readBlob(repository: Repository, object: string): Promise<Buffer> {
  const ask = async (): Promise<Buffer> => {
    const [found] = await readObjects(repository, [object]);
    if (found?.type !== 'blob') throw new GitError(['cat-file'], `${object} is no file`, repository.gitDir);
    return found.bytes;
  };
  return (await contents.get(repository, [object], ask)) ?? ask();
}

/** The changed paths between two trees; a rename is an addition and a deletion. */
export async function changedPaths(repository: Repository, before: string, after: string): Promise<readonly Change[]> {
  if (before === after) return [];
  return changes.get(repository, [before, after], async () => {
    const trees = await Promise.all([treeOf(repository, before), treeOf(repository, after)]);
    return differencesOf(repository, ...trees);
  });
}

export async function writeBlob(repository: Repository, bytes: Uint8Array): Promise<string> {
  return writeObject(repository, 'blob', bytes);
}

/** A change of a tree: a new object at a path, or null to delete it. */
export interface Edit {
  readonly path: string;
  readonly entry: { readonly mode: string; readonly object: string } | null;
}

/** Replaces paths of a tree, without a checkout; starts no process except to read. */
export async function editTree(repository: Repository, tree: string, edits: readonly Edit[]): Promise<string> {
  if (edits.length === 0) return tree;
  const folders = await readFolders(repository, tree, [...new Set(edits.flatMap((edit) => foldersAbove(edit.path)))]);
  // Deletions first: a file may take the place of a folder.
  const inOrder = edits.toSorted((a, b) => Number(a.entry !== null) - Number(b.entry !== null));
  return (await rebuild(repository, folders, '', inOrder)) ?? writeObject(repository, 'tree', Buffer.alloc(0));
}

/** Writes a folder with its edits; null if it becomes empty. */
async function rebuild(
  repository: Repository,
  folders: ReadonlyMap<string, Buffer | null>,
  folder: string,
  edits: readonly Edit[],
): Promise<string | null> {
  const bytes = folders.get(folder);
  const entries = new Map((bytes ? parseTree(bytes) : []).map((entry) => [entry.name, entry]));
  const start = folder === '' ? 0 : folder.length + 1;
  const below = Map.groupBy(edits, (edit) => edit.path.slice(start).split('/', 1)[0] ?? '');
  for (const [segment, here] of below) {
    const child = folder === '' ? segment : `${folder}/${segment}`;
    const deeper = here.filter((edit) => edit.path !== child);
    const own = here.filter((edit) => edit.path === child);
    const name = rawName(segment);
    if (own.some((edit) => edit.entry === null) && entries.get(name)?.mode !== folderMode) entries.delete(name);
    if (deeper.length > 0) {
      const object = await rebuild(repository, folders, child, deeper);
      if (object !== null) entries.set(name, { mode: folderMode, name, object });
      else if (entries.get(name)?.mode === folderMode) entries.delete(name);
    }
    for (const { entry } of own) if (entry) entries.set(name, { ...entry, name });
  }
  return entries.size === 0 ? null : writeObject(repository, 'tree', formatTree([...entries.values()]));
}

/** Runs `action` with a temporary index file. */
export async function withIndex<T>(
  repository: Repository,
  action: (env: { readonly GIT_INDEX_FILE: string }) => Promise<T>,
): Promise<T> {
  const folder = path.join(repository.plumbing, 'indexes');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, randomBytes(8).toString('hex'));
  try {
    return await action({ GIT_INDEX_FILE: file });
  } finally {
    await rm(file, { force: true });
    await rm(`${file}.lock`, { force: true });
    await rm(`${file}.ignore`, { force: true });
  }
}

/** Runs `action` with a temporary folder. */
export async function withFolder<T>(
  repository: Pick<Repository, 'plumbing'>,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = path.join(repository.plumbing, 'indexes', `${randomBytes(8).toString('hex')}.files`);
  try {
    await mkdir(folder, { recursive: true });
    return await action(folder);
  } finally {
    await removeTree(folder);
  }
}

/** Makes a commit of `tree` with the repository's identity. */
export async function commitTree(
  repository: Repository,
  options: { readonly tree: string; readonly parents: readonly string[]; readonly message: string },
): Promise<string> {
  const clean = (text: string): string => text.replace(/[<>\n\0]/g, '').trim();
  const { name, email } = repository.identity;
  const who = `${clean(name)} <${clean(email)}> ${Math.floor(Date.now() / 1000)} +0000`;
  const lines = [
    `tree ${options.tree}`,
    ...options.parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
    '',
    options.message.replaceAll('\0', ''),
  ];
  return writeObject(repository, 'commit', Buffer.from(lines.join('\n')));
}

/** The entry at a path of a tree; null if there is none. */
export async function entryAt(repository: Repository, tree: string, file: string): Promise<TreeEntry | null> {
  return (await readFile(repository, tree, file))?.entry ?? null;
}

/** A file of a tree with its entry, read in one batch with the folders above; null if it does not exist. */
export async function readFile(
  repository: Repository,
  tree: string,
  file: string,
): Promise<{ readonly entry: TreeEntry; readonly bytes: Buffer } | null> {
  const above = foldersAbove(file);
  const objects = await readObjects(repository, [
    ...above.map((folder) => (folder === '' ? tree : `${tree}:${folder}`)),
    `${tree}:${file}`,
  ]);
  const parent = objects.at(-2);
  const object = objects.at(-1);
  if (object === null) await requireAbsent(repository, tree, [file]);
  if (parent?.type !== 'tree' || !object) return null;
  const entry = entriesByName(parent.bytes).get(splitPath(file)[1]);
  if (!entry) return null;
  return { entry: { mode: entry.mode.padStart(6, '0'), object: entry.object, path: file }, bytes: object.bytes };
}

/**
 * Copies the new objects of a tree that git made into our store. Git does not write objects that the target has, but those
 * may be deleted at any time if no ref of the target keeps them.
 */
export async function ownTree(repository: Repository, before: string, after: string): Promise<void> {
  const found = await changedPaths(repository, before, after);
  const store = storeOf(repository);
  const others = found.flatMap(({ after: it }) =>
    it === null || it.mode === '160000' || existsSync(looseFile(store, it.object)) ? [] : [it.object],
  );
  // What is too large to be read stays where git put it: no change that brings it lands.
  const sizes = await sizesOf(repository, others);
  const readable = others.filter((_object, index) => (sizes[index] ?? 0) <= maxObjectBytes);
  for await (const [, blob] of eachObject(repository, readable))
    if (blob) await writeObject(repository, 'blob', blob.bytes);
  await editTree(
    repository,
    before,
    found.map(({ path: file, after: entry }) => ({ path: file, entry })),
  );
}
