import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Located, locate } from './locate.ts';

/*
 * Reads refs from git's files, without a process: for frequent checks whether something changed. Unusual cases give null;
 * then git itself must be asked.
 */

/** The ref of the landing records; a clone does not fetch it by default. */
export const landingsRef = 'refs/backlog/landings';

/** The repository that contains a folder; null if there is none, or if it keeps its refs in a reftable. */
export function quickRepository(folder: string): Located | null {
  const located = locate(folder);
  return located === null || existsSync(path.join(located.commonDir, 'reftable')) ? null : located;
}

/** The commit of a ref or HEAD; '' if there is no such ref, null if the files do not tell. */
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

/** The last commit in a ref's reflog; null without a reflog, or if the ref was deleted. */
export function lastLogged(gitDir: string, ref: string): string | null {
  const file = path.join(gitDir, 'logs', ref);
  if (!existsSync(file) || !statSync(file).isFile()) return null;
  const [, to = ''] = (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '').split(' ');
  return isName(to) && !/^0+$/.test(to) ? to : null;
}

/** True for an object name, SHA-1 or SHA-256. */
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
