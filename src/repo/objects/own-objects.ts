import { existsSync } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { textOf } from '../git/git.ts';
import { folderMode, looseFile, parseTree, storeOf } from './objects.ts';
import { refs, type Repository } from '../git/repository.ts';

/*
 * Objects that we make go to our own object store, which `git gc` and `git prune` of the user do not touch: no ref keeps
 * candidates and check trees. Before a ref names a commit, its new objects are delivered to the target, children first,
 * as hard links. A collection that began just before may still delete those; ours are kept for a day, and delivered again.
 */

type Stores = Pick<Repository, 'gitDir' | 'plumbing'>;

/** Links made at the same time. */
const atOnce = 64;
/** Milliseconds after which our objects are deleted; those that last have been delivered by then. */
const maxAgeMs = 24 * 3_600_000;

const decompress = promisify(inflate);
const delivered = new Map<string, Set<string>>();

/** Delivers the objects of some commits that only we have. Call it before a ref names the commits. */
export async function deliver(repository: Stores, commits: readonly string[]): Promise<void> {
  const known = delivered.get(repository.plumbing) ?? new Set();
  delivered.set(repository.plumbing, known);
  const found = await ownObjects(repository, commits, (name) => known.has(name));
  await bring(repository, found.objects);
  for (const name of found.known) known.add(name);
}

/** Delivers again what a collection deleted from the target although refs name commits that need it. */
export async function deliverAgain(repository: Stores, commits: readonly string[]): Promise<void> {
  const { objects } = await ownObjects(repository, commits, () => false);
  if (objects.length === 0) return;
  const input = `${objects.join('\n')}\n`;
  const told = textOf(await refs(repository, { input }, 'cat-file', '--batch-check=%(objectname)', '--buffer'));
  const missing = told.split('\n').flatMap((line) => (line.endsWith(' missing') ? [line.slice(0, 40)] : []));
  await bring(repository, missing);
}

/** Deletes our old objects. Call it only while holding the queue's lock. */
export async function pruneOwn(repository: Pick<Repository, 'plumbing'>, now: number): Promise<void> {
  const store = storeOf(repository);
  for (const folder of await readdir(store).catch(() => [])) {
    if (!/^(?:[0-9a-f]{2}|pack)$/.test(folder)) continue;
    for (const name of await readdir(path.join(store, folder))) {
      const file = path.join(store, folder, name);
      const { mtimeMs } = await lstat(file);
      if (now - mtimeMs > maxAgeMs) await rm(file, { force: true });
    }
  }
}

/** Our objects below some commits, children first, without known commits and trees and everything below them. */
async function ownObjects(
  repository: Stores,
  commits: readonly string[],
  isKnown: (name: string) => boolean,
): Promise<{ readonly objects: readonly string[]; readonly known: readonly string[] }> {
  const store = storeOf(repository);
  const seen = new Set<string>();
  const objects: string[] = [];
  const found: string[] = [];
  const isOurs = (name: string): boolean => existsSync(looseFile(store, name));
  const ofTree = async (tree: string): Promise<void> => {
    if (seen.has(tree) || isKnown(tree) || !isOurs(tree)) return;
    seen.add(tree);
    for (const { mode, object } of parseTree(await readLoose(store, tree))) {
      if (mode === folderMode) await ofTree(object);
      else if (mode !== '160000' && !seen.has(object) && isOurs(object)) {
        seen.add(object);
        objects.push(object);
      }
    }
    objects.push(tree);
    found.push(tree);
  };
  // A loop instead of recursion, since a run can land more commits than a stack holds.
  const chain: string[] = [];
  for (const wait = [...commits]; wait.length > 0;) {
    const commit = wait.pop() ?? '';
    if (seen.has(commit) || isKnown(commit) || !isOurs(commit)) continue;
    seen.add(commit);
    chain.push(commit);
    const [head = ''] = (await readLoose(store, commit)).toString('latin1').split('\n\n', 1);
    for (const [, parent = ''] of head.matchAll(/^parent ([0-9a-f]{40})$/gm)) wait.push(parent);
  }
  for (const commit of chain.toReversed()) {
    const text = (await readLoose(store, commit)).toString('latin1');
    await ofTree(text.slice('tree '.length, 'tree '.length + 40));
    objects.push(commit);
    found.push(commit);
  }
  return { objects, known: found };
}

async function readLoose(store: string, name: string): Promise<Buffer> {
  const bytes = await decompress(await readFile(looseFile(store, name)));
  return bytes.subarray(bytes.indexOf(0) + 1);
}

async function bring(repository: Stores, objects: readonly string[]): Promise<void> {
  const from = storeOf(repository);
  const to = path.join(repository.gitDir, 'objects');
  for (const folder of new Set(objects.map((name) => name.slice(0, 2))))
    await mkdir(path.join(to, folder), { recursive: true });
  for (let at = 0; at < objects.length; at += atOnce)
    await Promise.all(
      objects.slice(at, at + atOnce).map(async (name) => bringFile(looseFile(from, name), looseFile(to, name))),
    );
}

/** Makes a hard link or, on another disk, a copy. */
async function bringFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    const temporary = path.join(path.dirname(to), `tmp_obj_${randomBytes(6).toString('hex')}`);
    try {
      await copyFile(from, temporary);
      const handle = await open(temporary, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, to);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}
