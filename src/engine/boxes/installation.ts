import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Repository } from '../../repo/git/repository.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { openWorkspace } from '../../repo/worktrees/workspace.ts';
import type { Box, Launcher } from '../../sandbox/launcher.ts';
import { sweepMarked } from '../../sandbox/sweep.ts';
import type { Network, Owner } from '../../sandbox/tier.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { bytesIn } from '../../util/folders/size.ts';
import { runProcess } from '../../util/process/run-process.ts';
import { makeOpen, removeTree } from '../../util/folders/remove.ts';
import { printable } from '../../util/text/printable.ts';
import { excerptOf } from '../../verify/runs/excerpt.ts';
import { Interrupted } from '../context/interrupted.ts';

/** The set-up command failed. */
export interface SetUpFailed {
  readonly command: string;
  readonly exitCode: number | null;
  readonly excerpt: string;
}

/** The means to run a set-up. */
export interface InstallOptions {
  readonly repository: Repository;
  readonly launcher: Launcher;
  readonly command: string;
  /** Absolute path of the folder for its boxes. */
  readonly folder: string;
  readonly mark: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One run of the set-up. */
export interface Installing {
  readonly tree: string;
  readonly network: Network;
  /** False to run no scripts of packages. */
  readonly hasScripts: boolean;
  /** Absolute path of the folder for the installed files, which exists once they are complete. */
  readonly keep: string;
}

/** Metadata of an installation. */
interface Kept {
  /** The added paths, topmost only. */
  readonly added: readonly string[];
  /** The folder in which it was installed, as its commands saw it, and the files that contain that name. */
  readonly at: string;
  readonly naming: readonly string[];
  /** Size of all files; missing in older versions. */
  readonly bytes?: number;
}

/** Runs the set-up on a tree, in a separate box, and keeps the files that it adds. */
export async function install(options: InstallOptions, it: Installing): Promise<SetUpFailed | null> {
  const { repository, launcher, command, timeoutMs, signal } = options;
  const name = `set-up-${randomBytes(6).toString('hex')}`;
  const folder = path.join(options.folder, name);
  const box: Box = {
    workspace: path.join(folder, 'ws'),
    scratch: path.join(folder, 'scratch'),
    mark: `${options.mark}/${name}`,
    network: it.network,
  };
  try {
    signal.throwIfAborted();
    await mkdir(folder, { recursive: true });
    await openWorkspace(repository, { folder: box.workspace, tree: it.tree });
    await launcher.prepare(box);
    const env: Record<string, string> = it.hasScripts
      ? {}
      : { npm_config_ignore_scripts: 'true', YARN_ENABLE_SCRIPTS: 'false' };
    const result = await launcher.run(box, command, { timeoutMs, signal, env });
    sweepMarked(box.mark);
    signal.throwIfAborted(); // a command that we ended proves nothing
    if (result.trouble) throw new Interrupted({ kind: 'broken', why: result.trouble.why });
    if (result.exitCode !== 0) {
      const exitCode = result.timedOut ? null : result.exitCode;
      return { command, exitCode, excerpt: excerptOf(printable(result.output)) };
    }
    await makeOpen(box.workspace); // permissions that it removed would be copied as well
    await keepAdded(options, it, box);
    return null;
  } finally {
    sweepMarked(box.mark);
    await removeTree(folder);
  }
}

/** The paths that an installation adds, topmost only; none if there is no installation. */
export async function addedBy(keep: string): Promise<readonly string[]> {
  return (await readKept(keep))?.added ?? [];
}

/** Size of an installation in bytes, measured when it was made. */
export async function installedBytes(keep: string): Promise<number> {
  const kept = await readKept(keep);
  if (kept?.bytes !== undefined) return kept.bytes;
  const bytes = await bytesIn(keep);
  if (kept !== null) writeConfined(keep, 'added.json', JSON.stringify({ ...kept, bytes }));
  return bytes;
}

/** Gives a box a writable copy of its own. Returns why it does not fit the files there, else null. */
export async function copyInto(launcher: Launcher, keep: string, box: Box): Promise<string | null> {
  const kept = await readKept(keep);
  if (kept === null) throw new Error(`Internal error: nothing is installed in ${keep}`);
  try {
    await tool('cp', ['-aP', '--reflink=auto', '--', `${path.join(keep, 'files')}/.`, box.workspace], box.workspace);
  } catch (error) {
    if (machineTrouble(error) !== null) throw error; // for example, the disk is full
    return error instanceof Error ? error.message : String(error);
  }
  await nameFolder(launcher, keep, box, kept.at);
  const owner = await launcher.ownerOf(box);
  if (owner) await give(box.workspace, kept.added, owner);
  return null;
}

/** Replaces the folder name that installed files contain by their current folder. */
export async function nameFolder(launcher: Launcher, keep: string, box: Box, from: string): Promise<void> {
  const at = launcher.inside(box, box.workspace);
  if (at === from) return;
  for (const file of (await readKept(keep))?.naming ?? []) await nameAnew(path.join(box.workspace, file), from, at);
}

async function keepAdded({ repository, launcher }: InstallOptions, it: Installing, box: Box): Promise<void> {
  const tracked = new Set((await listTree(repository, it.tree)).map((entry) => entry.path));
  const added = await findAdded(box.workspace, tracked);
  const temporary = `${it.keep}.${randomBytes(4).toString('hex')}`;
  const files = path.join(temporary, 'files');
  await mkdir(files, { recursive: true });
  for (const file of added) {
    await mkdir(path.join(files, path.dirname(file)), { recursive: true });
    await rename(path.join(box.workspace, file), path.join(files, file));
  }
  const at = launcher.inside(box, box.workspace);
  const naming = at === box.workspace ? await findNaming(files, at) : [];
  const kept: Kept = { added, at, naming, bytes: await bytesIn(files) };
  writeConfined(temporary, 'added.json', JSON.stringify(kept));
  await rename(temporary, it.keep);
}

async function readKept(keep: string): Promise<Kept | null> {
  try {
    return JSON.parse(await readFile(path.join(keep, 'added.json'), 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // it failed, or was never made
    throw error; // otherwise installed files would count as the agent's work
  }
}

/** The paths in a checkout that are not in its tree, as whole folders where nothing below is tracked. */
async function findAdded(workspace: string, tracked: ReadonlySet<string>): Promise<string[]> {
  const folders = new Set<string>();
  for (const file of tracked)
    for (let at = path.posix.dirname(file); at !== '.'; at = path.posix.dirname(at)) folders.add(at);
  const added: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(path.join(workspace, folder), { withFileTypes: true })) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (file === '.git' || tracked.has(file)) continue;
      if (entry.isDirectory() && folders.has(file)) await look(file);
      else added.push(file);
    }
  };
  await look('');
  return added.toSorted();
}

/** Maximum size of such a list. */
const maxListBytes = 256 * 1024 * 1024;

/** Text files and links that contain their folder's name, such as programs of virtual environments. */
async function findNaming(files: string, at: string): Promise<string[]> {
  const options = { cwd: files, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, maxOutputBytes: maxListBytes };
  const found = await Promise.all([
    runProcess({ file: 'grep', args: ['-rlIZF', '-e', at, '.'], ...options }),
    runProcess({ file: 'find', args: ['.', '-type', 'l', '-lname', `${at}/*`, '-print0'], ...options }),
  ]);
  if (found.some(({ isTruncated }) => isTruncated)) throw new Error(`too many files in ${files} name their folder`);
  return found.flatMap(({ stdout }) =>
    stdout
      .toString('utf8')
      .split('\0')
      .filter((file) => file !== ''),
  );
}

/** Replaces a folder's name in a file or link. */
async function nameAnew(file: string, from: string, to: string): Promise<void> {
  const target = await readlink(file).catch(() => null);
  if (target === null) return writeFile(file, (await readFile(file, 'latin1')).replaceAll(from, to), 'latin1');
  await rm(file);
  await symlink(target.replace(from, to), file);
}

/** Gives paths of a workspace, and the folders above them, to the user that commands run as. */
async function give(workspace: string, added: readonly string[], { uid, gid }: Owner): Promise<void> {
  const above = new Set(['.']);
  for (const file of added)
    for (let at = path.posix.dirname(file); at !== '.'; at = path.posix.dirname(at)) above.add(at);
  const own = async (options: string, paths: readonly string[]): Promise<void> => {
    if (paths.length === 0) return;
    // By standard input, since the arguments of a process are limited.
    const input = paths.map((file) => `${path.join(workspace, file)}\0`).join('');
    await tool('xargs', ['-0', 'chown', options, `${uid}:${gid}`, '--'], workspace, input);
  };
  await own('-h', [...above]);
  await own('-hR', added);
}

/** Runs a system program that writes into a folder; its error names the folder, so that the disk can be checked. */
async function tool(file: string, args: readonly string[], folder: string, input = ''): Promise<void> {
  const done = await runProcess({ file, args, cwd: '/', env: { PATH: '/usr/bin:/bin' }, input });
  if (done.exitCode === 0) return;
  throw Object.assign(new Error(`${file} failed: ${done.stderr.toString().slice(0, 1000)}`), { folder });
}
