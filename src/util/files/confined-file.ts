import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

/*
 * Reads and writes files at paths that somebody else names: a spec, a configuration, a cloned repository. It also writes
 * every whole file that is read again later: a full disk or a kill never leaves one empty or truncated
 * (`tests/architecture.test.ts` lists the other writers, with reasons). A folder is opened, and each name is looked up in
 * the open folder above it, never through a link. So nothing outside of the folder can be read or written through its
 * contents, even while they change.
 */

/** Why a path is refused. */
export type RefusedReason = 'link' | 'outside' | 'not-a-file' | 'not-a-folder' | 'hard-link' | 'too-large';

/** A path that is refused for what lies there. The message names the path and the reason. */
export class PathRefused extends Error {
  readonly file: string;
  readonly reason: RefusedReason;

  constructor(folder: string, file: string, reason: RefusedReason, why: string) {
    super(`${path.join(folder, file)} ${why}`);
    this.file = file;
    this.reason = reason;
  }
}

/** A file that could not be written; `code` is the system's error. The old contents are untouched. */
export class NotWritten extends Error {
  readonly file: string;
  readonly code: string;

  constructor(file: string, code: string, cause: unknown) {
    super(`${file} could not be written: ${code}`, { cause });
    this.file = file;
    this.code = code;
  }
}

const noLinks = 'is a symbolic link, which is not followed here';

/** True where /proc names open folders. */
const isHeldByNumber = existsSync('/proc/self/fd');

/** An open folder; `at` is a path to it that stays valid while it is open. */
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

  /** Makes new names in it durable, on file systems that support that. */
  sync(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function look(at: string): Stats | null {
  return lstatSync(at, { throwIfNoEntry: false }) ?? null;
}

/** Splits a relative path into its names; throws a `PathRefused` if it leaves `folder`. */
function namesOf(folder: string, file: string): string[] {
  const names = path
    .normalize(file)
    .split('/')
    .filter((name) => name !== '' && name !== '.');
  const isOutside = path.isAbsolute(file) || file.includes('\0') || names[0] === '..';
  if (isOutside || names.length === 0) throw new PathRefused(folder, file, 'outside', `is outside of ${folder}`);
  return names;
}

/** Opens the folder that `names` lead to. Throws a `PathRefused` for a link, and the system's ENOENT or ENOTDIR. */
function descend(folder: string, names: readonly string[], options: { readonly make: boolean }): HeldFolder {
  let held = HeldFolder.open(folder);
  for (const [index, name] of names.entries()) {
    const at = `${held.at}/${name}`;
    try {
      if (options.make && look(at) === null) mkdirIfMissing(at);
      const next = HeldFolder.open(at, constants.O_NOFOLLOW);
      held.close();
      held = next;
    } catch (error) {
      const there = look(at);
      held.close();
      const shown = names.slice(0, index + 1).join('/');
      if (there?.isSymbolicLink() === true) throw new PathRefused(folder, shown, 'link', noLinks);
      if (options.make && there?.isDirectory() === false)
        throw new PathRefused(folder, shown, 'not-a-folder', 'is not a folder');
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
 * The bytes of a plain file below `folder`; null if it does not exist. Throws a `PathRefused` for a link on the way, a
 * hard link, a device, a pipe, a folder, a path that leaves `folder`, and a file of more than `maxBytes`.
 */
export function readConfined(folder: string, file: string, maxBytes: number): Buffer | null {
  const reader = new ConfinedReader(folder);
  try {
    return reader.read(file, maxBytes);
  } finally {
    reader.close();
  }
}

/** Reads many files below a folder. It keeps the folder of the last one open, since the next one often lies beside it. */
export class ConfinedReader {
  readonly #folder: string;
  #last: { readonly names: string; readonly held: HeldFolder } | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads one file as `readConfined` does. */
  read(file: string, maxBytes: number): Buffer | null {
    const names = namesOf(this.#folder, file);
    let descriptor: number | null = null;
    try {
      const at = `${this.#hold(names.slice(0, -1)).at}/${names.at(-1) ?? ''}`;
      const before = look(at);
      if (before === null) return null;
      refuseUnlessPlain(this.#folder, file, before); // opening a device may have an effect
      descriptor = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stat = fstatSync(descriptor);
      refuseUnlessPlain(this.#folder, file, stat);
      if (stat.nlink > 1)
        throw new PathRefused(this.#folder, file, 'hard-link', 'has another hard link elsewhere; put a copy here');
      return readAtMost(descriptor, stat.size, maxBytes) ?? tooLarge(this.#folder, file, maxBytes);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
  }

  #hold(names: readonly string[]): HeldFolder {
    const named = names.join('/');
    if (this.#last?.names === named) return this.#last.held;
    this.close();
    const held = descend(this.#folder, names, { make: false });
    this.#last = { names: named, held };
    return held;
  }

  /** Must be called after the last file. */
  close(): void {
    this.#last?.held.close();
    this.#last = null;
  }
}

function tooLarge(folder: string, file: string, maxBytes: number): never {
  const most = maxBytes >= 1024 * 1024 ? `${maxBytes / 1024 / 1024} MB` : `${maxBytes} bytes`;
  throw new PathRefused(folder, file, 'too-large', `has more than ${most}`);
}

/** Reads to the end; null if there is more than allowed. */
function readAtMost(descriptor: number, size: number, maxBytes: number): Buffer | null {
  if (size > maxBytes) return null;
  const buffer = Buffer.allocUnsafe(size + 1); // one byte more, to see the end
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    length += read;
    if (read === 0 || length === size) return buffer.subarray(0, length);
    if (length === buffer.length) return null; // it grew meanwhile
  }
}

/** Options for writing a whole file. */
interface Writing {
  /** Whether it must survive a power loss. @default true */
  readonly isSynced?: boolean;
  /** Mode of a new file, before the umask; an existing file keeps its own. @default 0o666 */
  readonly mode?: number;
  /** Throws a `NotWritten` with EEXIST if the path exists. @default false */
  readonly isNew?: boolean;
}

/**
 * Writes a plain file below `folder` atomically: a temporary file beside it, synced, then renamed over it. An error leaves
 * the old contents and no temporary file. Creates missing folders. Throws a `PathRefused` as `readConfined` does, and a
 * `NotWritten` for errors of the system; other hard links to the file keep the old bytes.
 */
export function writeConfined(folder: string, file: string, data: string | Uint8Array, how: Writing = {}): void {
  try {
    replace(folder, file, data, how);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new NotWritten(path.join(folder, file), code, error);
  }
}

function replace(folder: string, file: string, data: string | Uint8Array, how: Writing): void {
  const names = namesOf(folder, file);
  const held = descend(folder, names.slice(0, -1), { make: true });
  try {
    const at = `${held.at}/${names.at(-1) ?? ''}`;
    const before = look(at);
    if (how.isNew === true && before !== null) throw alreadyThere();
    if (before !== null) refuseUnlessPlain(folder, file, before);
    const temporary = `${held.at}/.${randomBytes(6).toString('hex')}.tmp`;
    try {
      fill(temporary, data, { ...how, ...(before === null ? {} : { exactMode: before.mode & 0o777 }) });
      if (how.isNew === true) giveNewName(temporary, at);
      else renameSync(temporary, at);
    } finally {
      rmSync(temporary, { force: true });
    }
    if (how.isSynced !== false) held.sync();
  } finally {
    held.close();
  }
}

function fill(
  temporary: string,
  data: string | Uint8Array,
  how: Pick<Writing, 'isSynced' | 'mode'> & { readonly exactMode?: number },
): void {
  const descriptor = openSync(temporary, 'wx', how.mode ?? 0o666);
  try {
    if (how.exactMode !== undefined) fchmodSync(descriptor, how.exactMode);
    writeFileSync(descriptor, data);
    if (how.isSynced !== false) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Unlike a rename, a link never replaces an existing file. */
function giveNewName(temporary: string, at: string): void {
  try {
    linkSync(temporary, at);
  } catch (error) {
    // A file system without hard links; only a file created at this very moment could be replaced.
    if (!['EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    renameSync(temporary, at);
  }
}

function alreadyThere(): Error {
  return Object.assign(new Error('the file exists already'), { code: 'EEXIST' });
}

/** Appends to a plain file below `folder`, creating it and its folders. Throws a `PathRefused` as `readConfined` does. */
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
      if (stat.nlink > 1) throw new PathRefused(folder, file, 'hard-link', 'has another hard link elsewhere');
      await handle.writeFile(data);
    } finally {
      await handle.close();
    }
  } finally {
    held.close();
  }
}
