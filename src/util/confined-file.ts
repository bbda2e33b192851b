import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/*
 * The one reader and the one writer for paths that somebody else names: a spec, a configuration, a cloned repository.
 * A folder is opened, and each name is looked up in the folder that is held open before it, never through a link. So
 * nothing outside of the folder can be read or written by its contents, also not while they change.
 */

/** Why a path is not read or written. */
export type RefusedReason = 'link' | 'outside' | 'not-a-file' | 'not-a-folder' | 'hard-link' | 'too-large';

/** A path that is refused for what it is. The message names the path and the reason. */
export class PathRefused extends Error {
  readonly file: string;
  readonly reason: RefusedReason;

  constructor(folder: string, file: string, reason: RefusedReason, why: string) {
    super(`${path.join(folder, file)} ${why}`);
    this.file = file;
    this.reason = reason;
  }
}

const noLinks = 'is a link, and links are not followed here';

/** Where a link of the system leads into a folder that is held open. */
const isHeldByNumber = existsSync('/proc/self/fd');

/** A folder that is held open; `at` is a path that names it for as long as it is. */
class HeldFolder {
  readonly #descriptor: number;
  readonly at: string;

  private constructor(descriptor: number, named: string) {
    this.#descriptor = descriptor;
    this.at = isHeldByNumber ? `/proc/self/fd/${descriptor}` : named;
  }

  static open(named: string, more = 0): HeldFolder {
    return new HeldFolder(openSync(named, constants.O_RDONLY | constants.O_DIRECTORY | more), named);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What is at a path itself; null when nothing is. */
function look(at: string): Stats | null {
  return lstatSync(at, { throwIfNoEntry: false }) ?? null;
}

/** A path below `folder` as its names. */
function namesOf(folder: string, file: string): string[] {
  const names = path
    .normalize(file)
    .split('/')
    .filter((name) => name !== '' && name !== '.');
  const isOutside = path.isAbsolute(file) || file.includes('\0') || names[0] === '..';
  if (isOutside || names.length === 0) throw new PathRefused(folder, file, 'outside', `is outside of ${folder}`);
  return names;
}

/** Opens the folder that `names` lead to. Throws a `PathRefused` for a link, and ENOENT or ENOTDIR like any opening. */
function descend(folder: string, names: readonly string[], options: { readonly make: boolean }): HeldFolder {
  let held = HeldFolder.open(folder);
  for (const [index, name] of names.entries()) {
    const at = `${held.at}/${name}`;
    try {
      if (options.make && look(at) === null) mkdirIfMissing(at);
      const there = look(at);
      const shown = names.slice(0, index + 1).join('/');
      if (there?.isSymbolicLink() === true) throw new PathRefused(folder, shown, 'link', noLinks);
      if (options.make && there?.isDirectory() === false)
        throw new PathRefused(folder, shown, 'not-a-folder', 'is not a folder');
      const next = HeldFolder.open(at, constants.O_NOFOLLOW);
      held.close();
      held = next;
    } catch (error) {
      held.close();
      throw error;
    }
  }
  return held;
}

function mkdirIfMissing(at: string): void {
  try {
    mkdirSync(at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function refuseUnlessPlain(folder: string, file: string, stat: Stats): void {
  if (stat.isSymbolicLink()) throw new PathRefused(folder, file, 'link', noLinks);
  if (!stat.isFile()) throw new PathRefused(folder, file, 'not-a-file', 'is not a plain file');
}

/**
 * The bytes of a plain file below `folder`; null when it is not there. Throws a `PathRefused` for a link on the way, a
 * second name (hard link), a device, a pipe, a folder, a path that leaves, and for more than `maxBytes`.
 */
export function readConfined(folder: string, file: string, maxBytes: number): Buffer | null {
  const names = namesOf(folder, file);
  let held: HeldFolder | null = null;
  let descriptor: number | null = null;
  try {
    held = descend(folder, names.slice(0, -1), { make: false });
    const at = `${held.at}/${names.at(-1) ?? ''}`;
    const before = look(at);
    if (before === null) return null;
    refuseUnlessPlain(folder, file, before); // opening a device can do something
    descriptor = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    refuseUnlessPlain(folder, file, stat);
    if (stat.nlink > 1)
      throw new PathRefused(folder, file, 'hard-link', 'is also a file elsewhere (a hard link); put a copy here');
    return readAtMost(descriptor, stat.size, maxBytes) ?? tooLarge(folder, file, maxBytes);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
    held?.close();
  }
}

function tooLarge(folder: string, file: string, maxBytes: number): never {
  const most = maxBytes >= 1024 * 1024 ? `${maxBytes / 1024 / 1024} MB` : `${maxBytes} bytes`;
  throw new PathRefused(folder, file, 'too-large', `has more than ${most}`);
}

/** Reads to the end; null when there is more than allowed. */
function readAtMost(descriptor: number, size: number, maxBytes: number): Buffer | null {
  if (size > maxBytes) return null;
  const buffer = Buffer.alloc(size + 1); // one more, to see that it ends there
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    length += read;
    if (read === 0) return buffer.subarray(0, length);
    if (length === buffer.length) return null; // it grows while it is read
  }
}

/**
 * Writes a plain file below `folder`, whole or not at all: a temporary file beside it, synced, then renamed over it.
 * Folders are made as needed. A file that is there keeps its mode; a new
 * one has `mode`, less what the umask takes. Throws a `PathRefused` as the reader does; a second
 * name of the file (hard link) keeps the old bytes.
 */
export async function writeConfined(
  folder: string,
  file: string,
  data: string | Uint8Array,
  options: { readonly isSynced?: boolean; readonly mode?: number } = {},
): Promise<void> {
  const names = namesOf(folder, file);
  const held = descend(folder, names.slice(0, -1), { make: true });
  try {
    const at = `${held.at}/${names.at(-1) ?? ''}`;
    const before = look(at);
    if (before !== null) refuseUnlessPlain(folder, file, before);
    const temporary = `${held.at}/.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const handle = await open(temporary, 'wx', options.mode ?? 0o666);
      try {
        if (before !== null) await handle.chmod(before.mode & 0o777);
        await handle.writeFile(data);
        if (options.isSynced !== false) await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, at);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } finally {
    held.close();
  }
}

/** Adds to the end of a plain file below `folder`, which is made as needed. Throws a `PathRefused` as the reader does. */
export async function appendConfined(folder: string, file: string, data: string): Promise<void> {
  const names = namesOf(folder, file);
  const held = descend(folder, names.slice(0, -1), { make: true });
  try {
    const at = `${held.at}/${names.at(-1) ?? ''}`;
    const before = look(at);
    if (before !== null) refuseUnlessPlain(folder, file, before);
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const handle = await open(at, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new PathRefused(folder, file, 'not-a-file', 'is not a plain file');
      if (stat.nlink > 1) throw new PathRefused(folder, file, 'hard-link', 'is also a file elsewhere (a hard link)');
      await handle.writeFile(data);
    } finally {
      await handle.close();
    }
  } finally {
    held.close();
  }
}
