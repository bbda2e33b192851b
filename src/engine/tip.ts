import { inputError } from '../model/diagnostic.ts';
import { branchRef, readRef } from '../repo/branch.ts';
import { quickRef } from '../repo/quick-refs.ts';
import { treeOf } from '../repo/tree.ts';
import type { Run } from './run.ts';

/** Where the branch that a run lands on stands now. */
export async function readTip(
  run: Pick<Run, 'repository' | 'settings'>,
): Promise<{ readonly commit: string; readonly tree: string }> {
  const { gitDir, root } = run.repository;
  const ref = branchRef(run.settings.branch);
  // Asked often: git's own file tells it without a process; whatever is not as usual, git is asked.
  const commit = quickRef({ root, gitDir, commonDir: gitDir }, ref) || (await readRef(run.repository, ref));
  if (commit === null) {
    throw inputError(
      'branch-gone',
      `somebody removed the branch ${run.settings.branch} during the run`,
      'Run again: what landed on it is done again.',
    );
  }
  return { commit, tree: await treeOf(run.repository, commit) };
}
