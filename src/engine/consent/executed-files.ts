import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { committedFiles } from '../../repo/worktrees/committed.ts';
import type { ExecutedFile, RepositoryFiles } from '../../specs/config/consent.ts';

/** Looks up files by the names that a first pass of `visit` asks for. */
export async function lookUpFiles(
  it: {
    /** Absolute path of the repository's root, or of the specs folder without one; links resolved. */
    readonly root: string;
    /** Folder from which programs are looked up. */
    readonly base: string;
  },
  visit: (files: RepositoryFiles) => unknown,
): Promise<RepositoryFiles> {
  const names = new Set<string>();
  const program = (name: string): ExecutedFile | null => programFile(it, name);
  visit({
    program,
    inCheckout: (name) => {
      names.add(name);
      return null;
    },
  });
  const committed = await committedFiles(it.root, [...names]);
  return {
    program,
    inCheckout: (name) => {
      const file = path.posix.normalize(name);
      const content = committed.get(file);
      return content === undefined ? null : { path: file, content };
    },
  };
}

/** A program in the repository, as it is on the disk, since that is what starts. */
export function programFile(
  { root, base }: { readonly root: string; readonly base: string },
  name: string,
): ExecutedFile | null {
  if (!name.includes('/')) return null;
  const file = path.resolve(base, name);
  const shown = path.relative(root, file).replaceAll(path.sep, '/');
  const isNamedInside = isInside(root, file);
  try {
    const real = realpathSync(file);
    if (isInside(root, real)) return { path: shown, content: blobName(readFileSync(real)) };
    return isNamedInside ? { path: shown, content: `link to ${real}` } : null;
  } catch {
    return isNamedInside ? { path: shown, content: 'not there' } : null;
  }
}

/** True for a folder itself or a path below it. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The object name that git gives to a content. */
function blobName(data: Buffer): string {
  return createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex');
}
