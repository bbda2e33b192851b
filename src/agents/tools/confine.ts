import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WorkspaceHandle } from '../../model/agent.ts';

/**
 * An absolute path inside the workspace for what a model named, or null when it leaves: by `..`, by an absolute path,
 * through a link, or into the repository's own `.git`.
 */
export async function confine(
  workspace: Pick<WorkspaceHandle, 'path' | 'inside'>,
  name: string,
): Promise<string | null> {
  if (name.includes('\0')) return null;
  const base = await realpath(workspace.path);
  const wanted = path.resolve(base, fromInside(workspace, name));
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

/** A model sees the workspace where its commands see it; both names of an absolute path mean the same. */
function fromInside(workspace: Pick<WorkspaceHandle, 'path' | 'inside'>, name: string): string {
  for (const root of [workspace.inside(workspace.path), workspace.path]) {
    if (name === root || name.startsWith(`${root}/`)) return path.relative(root, name);
  }
  return name;
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
