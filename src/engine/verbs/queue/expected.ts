import { InputError } from '../../../model/diagnostic.ts';
import { branchRef, compareBranch } from '../../../repo/refs/branch.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import { expectedApart, lookApart } from '../../judging/apart-branch.ts';
import { expectedTip, expectedTree } from '../../judging/branch.ts';
import { type Project, specsPlace } from '../../project/project.ts';
import { mergeCommits } from '../../project/spec-merge.ts';
import type { ApartAt } from '../../project/tick-place.ts';
import type { TickPlace } from '../../context/tick-place.ts';

/** The branch as the next run will find it, once it is merged with HEAD. */
export interface Expected {
  readonly tip: string | null;
  readonly tree?: string;
  readonly apart: ApartAt | null;
}

/**
 * Finds out what the next run will see on the branch, so that whoever only looks says the same. Moves nothing. A branch that
 * conflicts with HEAD is seen as it is: a run refuses it.
 */
export async function expectedBranch(project: Project, repository: Repository, ticks: TickPlace): Promise<Expected> {
  const { into } = project.config;
  const place = specsPlace(project, repository);
  const looked = await lookApart(project, ticks, into);
  const apart = looked && expectedApart(looked);
  try {
    const state = await compareBranch(repository, into, async (ours, theirs) =>
      mergeCommits(repository, place, ours, theirs),
    );
    return { tip: expectedTip(state), tree: expectedTree(state), apart };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { tip: await readRef(repository, branchRef(into)), apart };
  }
}
