import { InputError } from '../../model/diagnostic.ts';
import { type BranchState, branchRef, compareBranch } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { TickPlace, TicksApart } from '../context/tick-place.ts';
import { mergeCommits } from '../project/spec-merge.ts';
import type { Project } from '../project/project.ts';
import { specsPlaceOf } from '../project/specs-place.ts';
import type { ApartAt } from '../project/tick-place.ts';
import { orLater } from './apart-ticks.ts';
import { expectedTip, expectedTree, prepareBranch } from './branch.ts';
import type { JudgingRun } from './work.ts';

/** The branch for ticks in the specs' own repository, and its relation to HEAD there. */
export interface ApartBranch extends TicksApart {
  readonly state: BranchState;
  /** Why it cannot be merged with HEAD: ticks are added to it as it is. Null if it can. */
  readonly conflict: string | null;
}

/** Compares the branch for ticks with HEAD; null if ticks are not apart. */
export async function lookApart(
  { config }: Pick<Project, 'config'>,
  ticks: TickPlace,
  branch: string,
): Promise<ApartBranch | null> {
  if (ticks.kind !== 'apart') return null;
  const { repository, path } = ticks;
  const place = specsPlaceOf({ specsPath: path, config });
  try {
    const state = await compareBranch(repository, branch, async (ours, theirs) =>
      mergeCommits(repository, place, ours, theirs),
    );
    return { ...ticks, state, conflict: null };
  } catch (error) {
    const old = error instanceof InputError ? await readRef(repository, branchRef(branch)) : null;
    if (!(error instanceof InputError) || old === null) throw error;
    return { ...ticks, state: { kind: 'current', tip: old }, conflict: error.message };
  }
}

/** The branch as it will be once it is prepared. */
export function expectedApart(apart: ApartBranch): ApartAt {
  return { ...apart, tip: expectedTip(apart.state), tree: expectedTree(apart.state) };
}

/** Brings the branch for ticks up to date with HEAD; one that does not exist is made with the first tick. */
export async function prepareApart(
  run: JudgingRun,
  { repository, state, conflict }: ApartBranch,
  checkouts: Checkouts,
): Promise<void> {
  const { root } = repository;
  const { branch } = run.settings;
  if (conflict !== null)
    run.emit({
      type: 'notice',
      text: `In ${root}, ${conflict}; ticks are added to ${branch} as it is. Merge it there: "backlog merge" says how.`,
    });
  if (state.kind === 'create') return;
  await orLater(run, `In ${root}, ${branch} could not be brought up to date`, null, async () =>
    prepareBranch({
      ...{ repository, branch, state, run: run.id, projectChecks: [], checkouts, signal: run.end.closing },
      emit: (event) => {
        if (event.type === 'branch-prepared')
          run.emit({ type: 'notice', text: `In ${root}, ${branch} was ${event.how}.` });
      },
    }),
  );
}
