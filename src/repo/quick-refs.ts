import { existsSync, readFileSync, statSync } from 'node:fs';
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
    if (existsSync(path.join(repository.commonDir, 'reftable'))) return null;
    const loose = readFirst([path.join(repository.gitDir, name), path.join(repository.commonDir, name)]);
    if (loose !== null) {
      const target = /^ref: (.*)$/m.exec(loose)?.[1];
      if (target !== undefined) return target === name ? null : quickRef(repository, target);
      return isName(loose.trim()) ? loose.trim() : null;
    }
    const packed = readFirst([path.join(repository.commonDir, 'packed-refs')]) ?? '';
    const line = packed.split('\n').find((one) => one.endsWith(` ${name}`));
    if (line === undefined) return '';
    const object = line.slice(0, -name.length - 1);
    return isName(object) ? object : null;
  } catch {
    return null;
  }
}

/** The commit that a log of git's last wrote down for a ref; null where it logged none, or the ref was removed with its log. */
export function lastLogged(gitDir: string, ref: string): string | null {
  const file = path.join(gitDir, 'logs', ref);
  if (!existsSync(file) || !statSync(file).isFile()) return null;
  const [, to = ''] = (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '').split(' ');
  return isName(to) && !/^0+$/.test(to) ? to : null;
}

/** True for the name of an object, by SHA-1 or by SHA-256. */
function isName(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
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
