import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WorkspaceHandle } from '../../model/agent.ts';

/**
 * The absolute path of a file in the workspace; null if it leaves it: by `..`, an absolute path or a link, or into
 * `.git`.
 */
export async function confine(
  workspace: Pick<WorkspaceHandle, 'path' | 'inside'>,
  name: string,
): Promise<string | null> {
  if (name.includes('\0')) return null;
  const base = await realpath(workspace.path);
  const wanted = path.resolve(base, fromInside(workspace, name));
  // The deepest existing part decides where the path leads.
  let existing = wanted;
  let rest = '';
  for (;;) {
    try {
      const real = await realpath(existing);
      const result = path.join(real, rest);
      return isInside(base, result) ? result : null;
    } catch (error) {
      if (await isLink(existing)) return null; // writing would create the target of a dangling link
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return null;
      const parent = path.dirname(existing);
      if (parent === existing) return null;
      rest = path.join(path.basename(existing), rest);
      existing = parent;
    }
  }
}

/** Absolute paths may be as seen inside the box or outside. */
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
    return false; // it does not exist
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
