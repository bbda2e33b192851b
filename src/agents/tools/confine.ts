import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';

/**
 * An absolute path inside the workspace for what a model named, or null when it leaves: by `..`, by an absolute path,
 * through a link, or into the repository's own `.git`.
 */
export async function confine(root: string, name: string): Promise<string | null> {
  if (name.includes('\0')) return null;
  const base = await realpath(root);
  const wanted = path.resolve(base, name.startsWith(root) ? path.relative(root, name) : name);
  // The deepest part that exists decides where the path really leads.
  let existing = wanted;
  let rest = '';
  for (;;) {
    try {
      const real = await realpath(existing);
      const result = path.join(real, rest);
      return isInside(base, result) ? result : null;
    } catch (error) {
      if (await isLink(existing)) return null; // a link to nowhere yet: writing would make a file where it points
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return null;
      const parent = path.dirname(existing);
      if (parent === existing) return null;
      rest = path.join(path.basename(existing), rest);
      existing = parent;
    }
  }
}

async function isLink(file: string): Promise<boolean> {
  try {
    return (await lstat(file)).isSymbolicLink();
  } catch {
    return false; // nothing is there at all
  }
}

function isInside(base: string, file: string): boolean {
  const relative = path.relative(base, file);
  if (relative === '') return true;
  return (
    !relative.startsWith('..') &&
    !path.isAbsolute(relative) &&
    !relative.split(path.sep).some((part) => part.toLowerCase() === '.git')
  );
}
