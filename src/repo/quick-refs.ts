import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Located, locate } from './locate.ts';

/*
 * Refs read from git's files, without a process: for questions that are asked often, and whose answer is "as before".
 * Whatever is not as usual is null; then git itself is asked.
 */

/** Where landings are recorded; a clone does not bring it along unless it is asked for. */
export const landingsRef = 'refs/backlog/landings';

/** The repository that holds a folder; null outside of one, or where its refs are not kept in files. */
export function quickRepository(folder: string): Located | null {
  const located = locate(folder);
  return located === null || existsSync(path.join(located.commonDir, 'reftable')) ? null : located;
}

/** The commit of a ref, or of HEAD; '' when there is no such ref, null when the files do not tell. */
export function quickRef(repository: Omit<Located, 'root'>, name: string): string | null {
  try {
    const loose = readFirst([path.join(repository.gitDir, name), path.join(repository.commonDir, name)]);
    if (loose !== null) {
      const target = /^ref: (.*)$/m.exec(loose)?.[1];
      if (target !== undefined) return target === name ? null : quickRef(repository, target);
      return /^[0-9a-f]{40}$/.test(loose.trim()) ? loose.trim() : null;
    }
    const packed = readFirst([path.join(repository.commonDir, 'packed-refs')]) ?? '';
    const line = packed.split('\n').find((one) => one.slice(41) === name);
    return line === undefined ? '' : line.slice(0, 40);
  } catch {
    return null;
  }
}

function readFirst(files: readonly string[]): string | null {
  for (const file of files) {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR') throw error;
    }
  }
  return null;
}
