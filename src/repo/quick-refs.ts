import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/*
 * Refs read from git's files, without a process: for questions that are asked often, and whose answer is "as before".
 * Whatever is not as usual is null; then git itself is asked.
 */

/** A repository as its files show it. */
export interface QuickRepository {
  /** Absolute path of the working tree's root. */
  readonly root: string;
  /** Absolute path of this working tree's git dir, and of the common one. */
  readonly gitDir: string;
  readonly commonDir: string;
}

/** The repository that holds a folder; null outside of one, or where it is not laid out as usual. */
export function quickRepository(folder: string): QuickRepository | null {
  for (let root = folder; ; root = path.dirname(root)) {
    const dot = path.join(root, '.git');
    if (existsSync(dot)) return opened(root, dot);
    if (path.dirname(root) === root) return null;
  }
}

function opened(root: string, dot: string): QuickRepository | null {
  try {
    if (statSync(dot).isDirectory()) return usual({ root, gitDir: dot, commonDir: dot });
    const gitDir = path.resolve(root, /^gitdir: (.*)$/m.exec(readFileSync(dot, 'utf8'))?.[1] ?? '');
    const common = path.join(gitDir, 'commondir');
    const commonDir = existsSync(common) ? path.resolve(gitDir, readFileSync(common, 'utf8').trim()) : gitDir;
    return usual({ root, gitDir, commonDir });
  } catch {
    return null;
  }
}

function usual(repository: QuickRepository): QuickRepository | null {
  return existsSync(path.join(repository.commonDir, 'reftable')) ? null : repository;
}

/** The commit of a ref, or of HEAD; '' when there is no such ref, null when the files do not tell. */
export function quickRef(repository: QuickRepository, name: string): string | null {
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
