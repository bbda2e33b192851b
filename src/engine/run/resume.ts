import type { RunId } from '../../model/ids.ts';
import { isAtWork, type UnitSpec } from '../../model/unit.ts';
import { endAttempt, readAttempts } from '../../queue/attempts.ts';
import type { Database } from '../../queue/database.ts';
import { endDeadSessions } from '../../queue/sessions.ts';
import { closeAccounts } from '../../queue/budget.ts';
import { endRun, unendedRuns } from '../../queue/runs.ts';
import { readUnits } from '../../queue/units.ts';
import { transition } from '../../queue/transitions.ts';
import { removeStaleLocks } from '../../repo/refs/branch.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { clearSeeds } from '../../repo/worktrees/workspace.ts';
import { failpoint } from '../../util/failpoint.ts';
import { sweepMarked } from '../../sandbox/sweep.ts';
import { afterCrash } from '../unit/crash.ts';
import { proposeLeftIn } from '../judging/left-work.ts';
import { landingOf } from '../judging/landing.ts';
import { placeOf } from '../project/specs-place.ts';
import { clearCache } from '../boxes/workshop.ts';

/**
 * Recovers from a killed run. Requires the run lock: every unit in progress then belongs to a dead process. Git decides
 * what landed; a crash does not count as an attempt, and collected work is judged, not repeated. Returns the number of
 * units in progress.
 */
export async function resume(options: {
  readonly database: Database;
  readonly repository: Repository;
  /** The specs' own repository, where ticks are written; null if that is no other one. */
  readonly apart: Repository | null;
  readonly run: RunId | null;
  readonly now: number;
  readonly mark: string;
  readonly cache: string;
  /** Those of the specs, with which proposals are compared. */
  readonly units: readonly UnitSpec[];
  /** The specs folder as a path in the repository; null if outside. */
  readonly specsPath: string | null;
}): Promise<number> {
  const { database, repository, now, run, units } = options;
  const proposing = { database, clock: { now: () => now }, id: run, asked: { units } };
  failpoint('resume');
  sweepMarked(options.mark);
  await clearCache(options.cache);
  await clearSeeds(repository);
  const branches = new Map<RunId, string>();
  endDeadSessions(database, now);
  closeAccounts(database);
  for (const dead of unendedRuns(database)) {
    branches.set(dead.id, dead.branch);
    for (const one of options.apart === null ? [repository] : [repository, options.apart])
      await removeStaleLocks(one, dead);
    endRun(database, dead.id, { at: now, outcome: 'crashed', exitCode: 137, tip: dead.tip });
  }
  failpoint('resume: runs ended');
  let found = 0;
  for (const row of readUnits(database)) {
    if (!isAtWork(row)) continue;
    found++;
    const unit = row.spec.id;
    const attempt = readAttempts(database, unit).at(-1);
    if (!attempt) throw new Error(`Internal error: ${unit} is ${row.state} without an attempt`);
    const branch = branches.get(attempt.run);
    const landedCommit = await landingOf(attempt, {
      ...{ repository, branch: branch ?? null, at: now },
      place: placeOf(options.specsPath, row.spec),
    });
    if (landedCommit !== null) {
      await proposeLeftIn(repository, proposing, row.spec, landedCommit);
      database.write(() => {
        endAttempt(database, now, attempt.id, 'landed', null);
        transition(database, now, run, {
          unit,
          to: 'done',
          why: 'it had landed when the run was killed',
          landedCommit,
          keptWork: null,
          crashes: 0,
        });
      });
      continue;
    }
    const keptWork =
      attempt.workTree !== null && attempt.workCommit !== null && row.state === 'judging'
        ? {
            purpose: 'land' as const,
            attempt: attempt.id,
            tree: attempt.workTree,
            commit: attempt.workCommit,
            baseCommit: attempt.baseCommit,
            baseTree: attempt.baseTree,
            feedback: null,
            approvals: row.keptWork?.approvals ?? [],
            ...(row.keptWork?.mergedWith === undefined ? {} : { mergedWith: row.keptWork.mergedWith }),
          }
        : row.keptWork;
    database.write(() => {
      endAttempt(database, now, attempt.id, 'crashed', null);
      transition(database, now, run, { unit, ...afterCrash(row, 'the run was killed while it was at work', keptWork) });
    });
  }
  return found;
}
