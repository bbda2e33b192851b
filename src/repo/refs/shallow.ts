import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { landingsRef } from '../git/quick-refs.ts';
import { readRef } from './refs.ts';
import type { Repository } from '../git/repository.ts';

/**
 * Throws an `InputError` for a shallow clone in which units may have landed: without the history, git cannot tell which of
 * them did, so they would be done again, and the branch has no merge base with HEAD. `ref`: the branch that they land on.
 */
export async function requireHistory(repository: Pick<Repository, 'gitDir' | 'root'>, ref: string): Promise<void> {
  if (!(await isShallow(repository))) return;
  const found = await Promise.all([ref, landingsRef].map(async (one) => readRef(repository, one)));
  if (found.every((commit) => commit === null)) return;
  throw inputError(
    'shallow-clone',
    `${repository.root} is a shallow clone: it lacks the history that tells which units have landed`,
    'Fetch the rest: git fetch --unshallow. In GitHub Actions: "fetch-depth: 0" for actions/checkout. In GitLab CI: GIT_DEPTH: 0.',
  );
}

/** True if commits of the repository lack their parents (git-scm.com/docs/shallow). */
async function isShallow({ gitDir }: Pick<Repository, 'gitDir'>): Promise<boolean> {
  try {
    return (await readFile(path.join(gitDir, 'shallow'), 'utf8')).trim() !== '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
