import { copyFile, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { runProcess } from '../../util/process/run-process.ts';
import { eachContent, pathsTo, readFolders, storeOf, writeLoose } from '../objects/objects.ts';
import { workspaceConfig } from '../git/checkout-settings.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { shownTree } from './shown.ts';
import { type Change, changedPaths, listTree } from '../objects/tree.ts';

/** A private working tree of one tree: a repository of one commit, without history and remotes. */
export interface Workspace {
  /** Absolute path of the working tree. */
  readonly path: string;
  /** The tree that it was made from. */
  readonly tree: string;
}

const fast = ['-c', 'core.fsync=none', '-c', 'checkout.workers=2', '-c', 'checkout.thresholdForParallelism=1000'];

/**
 * Checks a tree out into a new folder, as the user's checkout would show it, with our own index and git dir, so that no
 * filter and no hook of the repository applies. The folder becomes a repository of its own, for tools that ask git; its
 * `.git` is written by hand with a pack of just this tree's objects, which is several times faster than `git add`.
 */
export async function openWorkspace(
  repository: Repository,
  options: { readonly folder: string; readonly tree: string },
): Promise<Workspace> {
  const { folder, tree } = options;
  await rm(folder, { recursive: true, force: true });
  const gitDir = path.join(folder, '.git');
  await mkdir(path.join(gitDir, 'objects', 'pack'), { recursive: true });
  await mkdir(path.join(gitDir, 'refs', 'heads'), { recursive: true });
  const env = { GIT_INDEX_FILE: path.join(gitDir, 'index') };
  const shown = await shownTree(repository, tree);
  await plumb(repository, { env }, ...fast, '--work-tree', folder, 'read-tree', '--reset', '-u', shown);
  if (shown !== tree) await plumb(repository, { env }, ...fast, '--work-tree', folder, 'read-tree', '--reset', tree);
  const seed = await seedPack(repository, tree);
  await Promise.all([
    writeFile(path.join(gitDir, 'HEAD'), 'ref: refs/heads/work\n'),
    writeFile(path.join(gitDir, 'refs', 'heads', 'work'), `${seed.commit}\n`),
    writeFile(
      path.join(gitDir, 'config'),
      `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n${workspaceConfig(repository.checkout)}[user]\n\tname = backlog\n\temail = backlog@localhost\n`,
    ),
    writeRules(gitDir, repository.checkout.here),
    ...seed.files.map((file) => copyFile(file, path.join(gitDir, 'objects', 'pack', path.basename(file)))),
  ]);
  return { path: folder, tree };
}

/** Writes the user's own attributes for this repository into a workspace. */
async function writeRules(gitDir: string, rules: Buffer): Promise<void> {
  if (rules.length === 0) return;
  await mkdir(path.join(gitDir, 'info'));
  await writeFile(path.join(gitDir, 'info', 'attributes'), rules);
}

/**
 * Changes an untouched workspace from one tree to another, writing only what differs. Returns the written paths and the
 * folders above them, relative to the workspace.
 */
export async function switchWorkspace(
  repository: Repository,
  options: { readonly folder: string; readonly from: string; readonly to: string },
): Promise<readonly string[]> {
  const { folder, from, to } = options;
  const gitDir = path.join(folder, '.git');
  const env = { GIT_INDEX_FILE: path.join(gitDir, 'index') };
  // The files have changed owner since the checkout, so their cached owner and times are stale.
  const lenient = ['-c', 'core.checkStat=minimal', '-c', 'core.trustctime=false'];
  const readTree = [...fast, ...lenient, '--work-tree', folder, 'read-tree'];
  const [was, is] = await Promise.all([shownTree(repository, from), shownTree(repository, to)]);
  if (was === from && is === to) await plumb(repository, { env }, ...readTree, '-m', '-u', from, to);
  else {
    await plumb(repository, { env }, ...readTree, '--reset', was);
    await plumb(repository, { env }, ...readTree, '--reset', '-u', was, is);
    await plumb(repository, { env }, ...readTree, '--reset', to);
  }
  const changed = (await changedPaths(repository, was, is)).flatMap(({ path: file, after }) =>
    after ? [{ file, ...after }] : [],
  );
  const given = await giveCommit(repository, gitDir, to, await changedPaths(repository, from, to));
  return [...new Set([...changed.flatMap(({ file }) => pathsTo(file)), '.git/index', ...given])];
}

/** Files written at the same time, and their bytes. */
const maxOpenFiles = 64;
const maxOpenBytes = 8 * 1024 * 1024;

/**
 * Writes the commit of a tree into a workspace's `.git`, with its new objects: changed files (each passed to `onFile`) and
 * the folders above them. Returns the written paths, relative to the workspace.
 */
async function giveCommit(
  repository: Repository,
  gitDir: string,
  tree: string,
  changed: readonly Change[],
  onFile: (file: string, mode: string, bytes: Buffer) => Promise<void> = async () => {},
): Promise<readonly string[]> {
  const store = path.join(gitDir, 'objects');
  const folders = new Set(['', ...changed.flatMap((change) => pathsTo(path.posix.dirname(change.path)))]);
  folders.delete('.');
  const trees = await readFolders(repository, tree, [...folders]);
  const commit = await seedCommit(repository, tree);
  const names: string[] = [];
  const writing: Promise<string>[] = [];
  let bytes = 0;
  const there = changed.flatMap(({ path: file, after }) => (after ? [{ file, ...after }] : []));
  for await (const [entry, content] of eachContent(repository, there)) {
    await onFile(entry.file, entry.mode, content);
    writing.push(writeLoose(store, 'blob', content, false));
    bytes += content.length;
    if (writing.length < maxOpenFiles && bytes < maxOpenBytes) continue;
    names.push(...(await Promise.all(writing.splice(0))));
    bytes = 0;
  }
  names.push(...(await Promise.all(writing)));
  const objects: (() => Promise<string>)[] = [
    ...[...trees.values()].flatMap((bytes) => (bytes ? [async () => writeLoose(store, 'tree', bytes, false)] : [])),
    async () => writeLoose(store, 'commit', seedCommitText(tree), false),
  ];
  for (let at = 0; at < objects.length; at += maxOpenFiles)
    names.push(...(await Promise.all(objects.slice(at, at + maxOpenFiles).map(async (write) => write()))));
  await mkdir(path.join(gitDir, 'refs', 'heads'), { recursive: true });
  await writeFile(path.join(gitDir, 'refs', 'heads', 'work'), `${commit}\n`);
  const files = names.map((name) => `.git/objects/${name.slice(0, 2)}/${name.slice(2)}`);
  return [...new Set([...files, '.git/refs/heads/work'].flatMap(pathsTo))];
}

/**
 * Writes the difference of a workspace of `to` from one of `from` into an empty folder, as an upper layer of an overlay:
 * changed files, a whiteout (character device 0/0) for each deleted one, and the changed parts of `.git`. Returns the
 * written paths, relative to the folder, without whiteouts.
 */
export async function writeDifference(
  repository: Repository,
  options: { readonly folder: string; readonly from: string; readonly to: string },
): Promise<readonly string[]> {
  const { folder, from, to } = options;
  const [was, is] = await Promise.all([shownTree(repository, from), shownTree(repository, to)]);
  const isSame = was === from && is === to;
  const changes = await changedPaths(repository, was, is);
  const there = changes.flatMap(({ path: file, after }) => (after ? [{ file, ...after }] : []));
  const written = new Set<string>();
  const lay = async (file: string, mode: string, bytes: Buffer): Promise<void> => {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
    if (mode === '120000') await symlink(bytes.toString('utf8'), path.join(folder, file));
    else await writeFile(path.join(folder, file), bytes, { mode: mode === '100755' ? 0o755 : 0o644 });
    for (const part of pathsTo(file)) written.add(part);
  };
  const removed = changes.filter(({ after }) => after === null);
  const listing = removed.length === 0 ? [] : await listTree(repository, to);
  const present = new Set(listing.flatMap((entry) => pathsTo(entry.path)));
  const gone = new Set<string>();
  for (const { path: file } of removed) {
    // The topmost missing part; a file in the place of a folder needs no whiteouts below it.
    const top = pathsTo(file).find((part) => !present.has(part));
    if (top !== undefined && !there.some((entry) => top.startsWith(`${entry.file}/`))) gone.add(top);
  }
  for (const file of gone) {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
    const args = ['--', path.join(folder, file), 'c', '0', '0'];
    const made = await runProcess({ file: 'mknod', args, cwd: '/', env: { PATH: '/usr/bin:/bin' } });
    if (made.exitCode !== 0) throw new Error(`mknod failed: ${made.stderr.toString()}`);
    for (const part of pathsTo(path.posix.dirname(file))) if (part !== '.') written.add(part);
  }
  const gitDir = path.join(folder, '.git');
  await mkdir(gitDir, { recursive: true });
  const [given] = await Promise.all([
    giveCommit(
      repository,
      gitDir,
      to,
      isSame ? changes : await changedPaths(repository, from, to),
      isSame ? lay : undefined,
    ),
    plumb(repository, { env: { GIT_INDEX_FILE: path.join(gitDir, 'index') } }, ...fast, 'read-tree', to),
  ]);
  for await (const [entry, content] of eachContent(repository, isSame ? [] : there))
    await lay(entry.file, entry.mode, content);
  return [...new Set([...written, ...given, '.git/index'])];
}

/** The differing files between the workspaces of two trees. */
export async function differencesOf(repository: Repository, from: string, to: string): Promise<readonly Change[]> {
  const [was, is] = await Promise.all([shownTree(repository, from), shownTree(repository, to)]);
  return changedPaths(repository, was, is);
}

/** False if a changed name is not UTF-8: git must write such a difference. */
export function canWrite(changes: readonly Change[]): boolean {
  return changes.every((change) => !change.path.includes('\uFFFD'));
}

/** Packs in the making, shared by workspaces of one tree. */
const making = new Map<string, Promise<Seed>>();

interface Seed {
  readonly commit: string;
  readonly files: readonly string[];
}

/** A parentless commit of a tree, packed with all its objects, cached in our own folder. */
async function seedPack(repository: Repository, tree: string): Promise<Seed> {
  const folder = path.join(repository.plumbing, 'seeds', tree);
  let seed = making.get(folder);
  if (!seed) {
    seed = makeSeed(repository, tree, folder);
    making.set(folder, seed);
    const forget = (): boolean => making.delete(folder);
    seed.then(forget, forget);
  }
  return seed;
}

/** A parentless commit of a tree in our object store; the same for the same tree. */
async function seedCommit(repository: Repository, tree: string): Promise<string> {
  return writeLoose(storeOf(repository), 'commit', seedCommitText(tree), false);
}

function seedCommitText(tree: string): Buffer {
  const who = 'backlog <backlog@localhost> 946684800 +0000';
  return Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nThe state of the branch\n`);
}

async function makeSeed(repository: Repository, tree: string, folder: string): Promise<Seed> {
  const commit = await seedCommit(repository, tree);
  try {
    const names = await readdir(folder);
    if (names.length >= 2) return { commit, files: names.map((name) => path.join(folder, name)) };
  } catch {
    // Not packed yet.
  }
  const temporary = `${folder}.${randomBytes(4).toString('hex')}`;
  await mkdir(temporary, { recursive: true });
  await plumb(
    repository,
    { input: `${commit}\n` },
    ...[...fast, 'pack-objects', '--revs', '--quiet', '--window=0', path.join(temporary, 'pack')],
  );
  await rm(folder, { recursive: true, force: true });
  await rename(temporary, folder);
  return { commit, files: (await readdir(folder)).map((name) => path.join(folder, name)) };
}

/** Deletes the cached packs of workspaces. */
export async function clearSeeds(repository: Pick<Repository, 'plumbing'>): Promise<void> {
  await rm(path.join(repository.plumbing, 'seeds'), { recursive: true, force: true });
}
