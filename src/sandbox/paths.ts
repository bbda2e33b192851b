import { type Dirent, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';

/** The target of a link; null if it is none. */
export function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null; // not a link
  }
}

/** True for an executable file. */
export function isProgram(file: string): boolean {
  const stat = statOf(file);
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}

/** File information; null if missing or not accessible. */
export function statOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null; // missing, or not accessible
  }
}

/** The entries of a folder; none if it cannot be read. */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // a file, or not accessible
  }
}

/** True if others could read a folder or file, given access to the folders above. */
export function isReadable(at: string): boolean {
  const stat = statOf(at);
  const wanted = stat?.isDirectory() === true ? 0o005 : 0o004;
  return ((stat?.mode ?? 0) & wanted) === wanted;
}

/** A path with links resolved; null if it does not exist. */
export function realOf(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null; // missing
  }
}

/** True if everybody may enter all folders above, and this folder, or read this file. */
export function isOpen(place: string): boolean {
  try {
    for (let at = place; ; at = path.dirname(at)) {
      const stat = statSync(at);
      if ((stat.mode & (stat.isDirectory() ? 0o001 : 0o004)) === 0) return false;
      if (at === path.dirname(at)) return true;
    }
  } catch {
    return false;
  }
}
