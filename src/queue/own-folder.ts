import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import { inputError, machineFault } from '../model/diagnostic.ts';
import { machineTrouble } from '../util/files/disk.ts';

/*
 * Trusted folders and files: they belong to this user, nobody else can write there, and no link leads to them.
 */

/** Creates a folder that only this user may enter, if missing. Throws an `InputError` for an untrusted one. */
export function ensureOwnFolder(folder: string): string {
  const above = path.dirname(folder);
  try {
    if (!existsSync(above)) mkdirSync(above, { recursive: true, mode: 0o700 });
    refuseLinks(above);
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) makeFolder(folder);
  } catch (error) {
    throw unwritable(error, folder);
  }
  checkOwnFolder(folder);
  return folder;
}

/** Throws an `InputError` unless the folder belongs to this user, is reached without links, and only they can write to it. */
export function checkOwnFolder(folder: string): void {
  refuseLinks(folder);
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) throw odd(folder, 'is not a folder');
  refuseOthers(folder, stat);
  if ((stat.mode & 0o077) === 0) return;
  try {
    chmodSync(folder, 0o700);
  } catch {
    if ((stat.mode & 0o022) !== 0) throw odd(folder, 'can be written by others');
  }
}

/** Creates an empty file that only this user may open, if missing. Throws an `InputError` for an untrusted one. */
export function ensureOwnFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(error, file);
  }
  checkOwnFile(file);
}

/** Throws an `InputError` unless the file is a plain one of this user, without other hard links. */
export function checkOwnFile(file: string): void {
  const stat = lstatSync(file);
  if (!stat.isFile()) throw odd(file, 'is not a plain file');
  refuseOthers(file, stat);
  if (stat.nlink > 1) throw hardLinked(file);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
  }
}

function refuseLinks(folder: string): void {
  if (realpathSync(folder) !== folder) throw odd(folder, 'is reached through a link');
}

/** Refuses files of other users. As in git, root accepts those of the user who called `sudo`. */
function refuseOthers(at: string, stat: Stats): void {
  const user = process.geteuid?.();
  if (user === undefined || stat.uid === user) return;
  const caller = process.env['SUDO_UID'];
  if (user === 0 && caller !== undefined && caller !== '' && stat.uid === Number(caller)) return;
  throw odd(at, 'belongs to another user');
}

function unwritable(error: unknown, at: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const blamed = machineTrouble(error) === null ? inputError : machineFault;
  return blamed(
    'no-state-folder',
    `${at} cannot be written (${code})`,
    'The queue lives there: check permissions and free space.',
  );
}

/** Another path of the same file, as a backup with `cp -al` makes one, could change it behind the queue. */
function hardLinked(file: string): Error {
  const [from, to] = [quoted(file), quoted(`${file}.copy`)];
  return inputError(
    'odd-state',
    `${file} is also stored under another path (a hard link), so it is not opened`,
    `A backup with hard links does that. Make it a file of its own, while no "backlog" is running: cp -p ${from} ${to} && mv ${to} ${from}. Nothing is lost.`,
  );
}

function quoted(file: string): string {
  return /^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}

function odd(at: string, what: string): Error {
  return inputError(
    'odd-state',
    `${at} ${what}, so it is not opened`,
    'The queue lives there. Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.',
  );
}
