import { refused } from '../../model/refusal.ts';
import type { Emit } from '../../model/event.ts';
import type { Failure } from '../../model/failure.ts';
import type { RunId } from '../../model/ids.ts';
import { failpoint } from '../../util/failpoint.ts';
import { type BranchState, moveBranch } from '../../repo/refs/branch.ts';
import { keepRef } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { commitTree, treeOf } from '../../repo/objects/tree.ts';
import { readOutcome, runPatiently } from '../../verify/runs/outcome.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import { environmentRed } from '../checks/environment.ts';

/** The branch's tip after `prepareBranch`; for a merge, its current tip. */
export function expectedTip(state: BranchState): string {
  return state.kind === 'merge' ? state.old : state.tip;
}

/** The commit or tree with the branch's files after `prepareBranch`. */
export function expectedTree(state: BranchState): string {
  return state.kind === 'merge' ? state.tree : state.tip;
}

/**
 * Brings the branch up to date with HEAD: creates it, moves it forward, or merges. A merge is judged by the project's
 * checks like any tree that lands. Returns the tip, or the check that fails on the merge.
 */
export async function prepareBranch(options: {
  readonly repository: Repository;
  readonly branch: string;
  readonly state: BranchState;
  readonly run: RunId;
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  readonly checkouts: Checkouts;
  readonly emit: Emit;
  /** Once it aborts, the branch does not move. */
  readonly signal: AbortSignal;
}): Promise<{ readonly kind: 'ready'; readonly tip: string } | { readonly kind: 'red'; readonly failure: Failure }> {
  const { repository, branch, state, emit } = options;
  const move = async (
    to: string,
    from: string | null,
    how: string,
  ): Promise<{ readonly kind: 'ready'; readonly tip: string }> => {
    options.signal.throwIfAborted();
    failpoint('move branch');
    if (!(await moveBranch(repository, branch, to, from))) throw refused('branch-moved', { branch });
    failpoint('branch moved');
    emit({ type: 'branch-prepared', branch, how, tip: to });
    return { kind: 'ready', tip: to };
  };
  switch (state.kind) {
    case 'current':
      return { kind: 'ready', tip: state.tip };
    case 'create':
      return move(state.tip, null, `made at ${state.tip.slice(0, 10)}`);
    case 'forward':
      return move(state.tip, state.old, `moved forward to ${state.tip.slice(0, 10)}`);
    case 'absorbed':
      await keepRef(repository, `refs/backlog/old/${state.old}`, state.old);
      return move(
        state.tip,
        state.old,
        `HEAD contains all of it: moved to ${state.tip.slice(0, 10)}, the old tip is kept as refs/backlog/old/${state.old.slice(0, 10)}…`,
      );
    case 'merge': {
      for (const check of options.projectChecks) {
        const command = { command: check.command, cwd: '' };
        const of = { unit: null, attempt: null };
        const evidence = await runPatiently((again) =>
          options.checkouts.check(state.tree, command, 'candidate', of, { again }),
        );
        const outcome = readOutcome(evidence);
        if (outcome.kind !== 'green') return { kind: 'red', failure: environmentRed(evidence, outcome) };
      }
      const message = `Merge ${state.head.slice(0, 10)} into ${branch}\n\nBacklog-Run: ${options.run}\n`;
      const commit = await commitTree(repository, { tree: state.tree, parents: [state.old, state.head], message });
      if ((await treeOf(repository, commit)) !== state.tree)
        throw new Error('Internal error: the merge does not hold the judged tree');
      return move(commit, state.old, `merged with HEAD ${state.head.slice(0, 10)}`);
    }
  }
}
