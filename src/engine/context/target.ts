import { inputError } from '../../model/diagnostic.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import type { Repository } from '../../repo/git/repository.ts';

/** The repository that a run lands in. */
export interface Target {
  readonly repository: Repository;
}

/** The tip of the run's branch; HEAD if the branch does not exist. */
export async function tipOrHead(run: Target & { readonly settings: { readonly branch: string } }): Promise<string> {
  return (await readRef(run.repository, branchRef(run.settings.branch))) ?? run.repository.head;
}

/** The tip of the run's branch. Throws an `InputError` if the branch was removed. */
export async function readTip(
  run: Target & { readonly settings: { readonly branch: string } },
): Promise<{ readonly commit: string; readonly tree: string }> {
  const commit = await readRef(run.repository, branchRef(run.settings.branch));
  if (commit === null) {
    throw inputError(
      'branch-gone',
      `the branch ${run.settings.branch} was removed during the run`,
      'Run again: units that landed on it are done again.',
    );
  }
  return { commit, tree: await treeOf(run.repository, commit) };
}
