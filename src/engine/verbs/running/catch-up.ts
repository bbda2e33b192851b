import type { UnitId } from '../../../model/ids.ts';
import { isSettled } from '../../../model/unit.ts';
import { acceptProposals } from '../../../queue/proposals.ts';
import { syncUnits } from '../../../queue/sync.ts';
import { readUnits, type UnitRow } from '../../../queue/units.ts';
import { type BranchState, compareBranch } from '../../../repo/refs/branch.ts';
import { failpoint } from '../../../util/failpoint.ts';
import { quotasOf, reclaim } from '../../boxes/reclaim.ts';
import { select, type Selection } from '../../context/selection.ts';
import { type ApartBranch, expectedApart, lookApart } from '../../judging/apart-branch.ts';
import { expectedTip, expectedTree } from '../../judging/branch.ts';
import { keepKnown } from '../../project/known-groups.ts';
import { restoreLedger } from '../../project/recovery-ledger.ts';
import { cacheFolder, makeCacheFolder, projectMark, specsPlace } from '../../project/project.ts';
import { mergeCommits } from '../../project/spec-merge.ts';
import { needsTicking, readTruth } from '../../project/truth.ts';
import { applyLeftRequests } from '../../run/left-requests.ts';
import { resume } from '../../run/resume.ts';
import type { Taken } from '../queue/take-branch.ts';

/** What a queue holds for a run, once it is up to date. */
export interface CaughtUp {
  readonly rows: readonly UnitRow[];
  /** Those that the run was asked for, and that are to be done. */
  readonly open: readonly UnitRow[];
  readonly isAskedFor: (unit: UnitId) => boolean;
  readonly state: BranchState;
  /** The branch in the specs' own repository; null if ticks are not apart. */
  readonly apart: ApartBranch | null;
  /** True when the branch lacks nothing that preparing it would bring. */
  readonly isNothingToLand: boolean;
  /** Units that a killed run worked on. */
  readonly crashed: number;
  /** Units of which a lost queue knew something. */
  readonly remembered: number;
}

/** Cleans up after a killed run, and brings the queue up to date with the specs and the branch. */
export async function catchUp(
  taken: Taken,
  asked: { readonly withFollowups: boolean; readonly selection: Selection; readonly closing: AbortSignal },
): Promise<CaughtUp> {
  const { project, repository, specs, branch, database, known } = taken;
  const [mark, cache] = [projectMark(project), cacheFolder(project)];
  const now = Date.now();
  const crashed = await resume({
    database,
    repository,
    apart: taken.ticks.kind === 'apart' ? taken.ticks.repository : null,
    run: null,
    now,
    mark,
    cache,
    units: specs.units,
    specsPath: specsPlace(project, repository).path,
  });
  await makeCacheFolder(project);
  await reclaim({ project, repository, ticks: taken.ticks, database, branch, quotas: quotasOf(project), isDry: false });
  asked.closing.throwIfAborted();
  const place = specsPlace(project, repository);
  const state = await compareBranch(repository, branch, async (ours, theirs) =>
    mergeCommits(repository, place, ours, theirs),
  );
  const apart = await lookApart(project, taken.ticks, branch);
  const truth = await readTruth({
    repository,
    tip: expectedTip(state),
    tree: expectedTree(state),
    specsPath: place.path,
    apart: apart && expectedApart(apart),
    units: specs.units,
    known,
  });
  keepKnown(database, known);
  failpoint('sync');
  syncUnits(database, { units: specs.units, truth, at: Date.now(), run: null });
  const remembered = await restoreLedger(repository, database, mark, specs.units, Date.now());
  applyLeftRequests(database, Date.now());
  failpoint('synced');
  if (asked.withFollowups) acceptProposals(database, Date.now(), null);
  const selected = select(specs.units, project.config.phases, asked.selection);
  const isAskedFor = (unit: UnitId): boolean => selected === null || selected.has(unit);
  const rows = readUnits(database).filter((row) => row.state !== 'retired');
  const open = rows.filter((row) => !isSettled(row.state) && isAskedFor(row.spec.id));
  const isNothingToLand = state.kind !== 'merge' && !specs.units.some((unit) => needsTicking(truth(unit)));
  return { rows, open, isAskedFor, state, apart, isNothingToLand, crashed, remembered };
}
