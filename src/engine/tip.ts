import { branchRef, readRef } from '../repo/branch.ts';
import { treeOf } from '../repo/tree.ts';
import type { Run } from './run.ts';

/** Where the branch that a run lands on stands now. */
export async function readTip(run: Run): Promise<{ readonly commit: string; readonly tree: string }> {
  const commit = await readRef(run.repository, branchRef(run.settings.branch));
  if (commit === null) throw new Error(`the branch ${run.settings.branch} is gone`);
  return { commit, tree: await treeOf(run.repository, commit) };
}
