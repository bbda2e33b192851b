import { inputError } from '../../model/diagnostic.ts';
import type { CriterionVerdict } from '../../model/evidence.ts';
import type { RecordedEvent } from '../../model/event.ts';
import { isSettled, unitStates, type UnitState } from '../../model/unit.ts';
import { type AttemptRow, readAttempts } from '../../queue/attempts.ts';
import { readSessions, type SessionRow } from '../../queue/sessions.ts';
import { runSpending, type Spending } from '../../queue/budget.ts';
import { readUnitEvents } from '../../queue/events.ts';
import { readVerdicts } from '../../queue/evidence.ts';
import { openRequests } from '../../queue/requests.ts';
import { readRuns, type RunRow } from '../../queue/runs.ts';
import { readDependents, readUnits, type UnitRow } from '../../queue/units.ts';
import { diffText, treeOf } from '../../repo/tree.ts';
import { type RestoredEvidence, restoredEvidence } from '../project/kept-evidence.ts';
import { findUnit } from './find-units.ts';
import { noRepository } from './no-repository.ts';
import { readQueue, type Reading } from './reading.ts';

/** All that is known of one unit. */
export interface UnitDetail {
  readonly row: UnitRow;
  readonly verdicts: readonly CriterionVerdict[];
  readonly attempts: readonly AttemptRow[];
  readonly sessions: readonly SessionRow[];
  readonly dependents: readonly string[];
  /** What the repository kept of its evidence, where the queue knows none; only to be shown. */
  readonly restored: RestoredEvidence | null;
}

/** One unit with its verdicts, attempts and sessions. Throws an `InputError` for an unknown name. */
export async function showUnit(folder: string, name: string): Promise<UnitDetail> {
  return readQueue(folder, async ({ database, repository }) => {
    const row = findUnit(database, name);
    const { id } = row.spec;
    const verdicts = readVerdicts(database, row.spec);
    return {
      row,
      verdicts,
      attempts: readAttempts(database, id),
      sessions: readSessions(database, { unit: id }),
      dependents: readDependents(database, id),
      restored: verdicts.length > 0 ? null : await restoredOf(repository, row),
    };
  });
}

async function restoredOf(repository: Reading['repository'], row: UnitRow): Promise<RestoredEvidence | null> {
  if (row.landedCommit === null) return null;
  const kept = await repository();
  return kept && ((await restoredEvidence(kept, [row.landedCommit])).get(row.landedCommit) ?? null);
}

/** What is going on in a folder. */
export interface Status {
  readonly isRunning: boolean;
  readonly latestRun: RunRow | null;
  /** Money of the latest run: spent, possibly more, and kept for judging; null when there was none. */
  readonly spending: Spending | null;
  readonly counts: Readonly<Partial<Record<UnitState, number>>>;
  readonly atWork: readonly {
    readonly key: string;
    readonly state: UnitState;
    readonly forMs: number;
    readonly why: string | null;
  }[];
  /** Units that need a person, or that will not go on by themselves. */
  readonly needAttention: readonly { readonly key: string; readonly state: UnitState; readonly why: string | null }[];
  readonly openRequests: number;
}

/** Whether a run is at work, on what, and what needs a person. */
export async function readStatus(folder: string): Promise<Status> {
  return readQueue(folder, ({ database, isRunning }) => {
    const rows = readUnits(database).filter((row) => row.state !== 'retired');
    const latestRun = readRuns(database)[0] ?? null;
    const counts: Partial<Record<UnitState, number>> = {};
    for (const state of unitStates) {
      const count = rows.filter((row) => row.state === state).length;
      if (count > 0) counts[state] = count;
    }
    const attention: readonly UnitState[] = ['awaiting', 'blocked', 'failed', 'quarantined', 'not-runnable', 'parked'];
    return {
      isRunning,
      latestRun,
      spending: latestRun ? runSpending(database, latestRun.id) : null,
      counts,
      atWork: rows
        .filter((row) => row.state === 'working' || row.state === 'judging')
        .map((row) => ({ key: row.spec.key, state: row.state, forMs: Date.now() - row.changedAt, why: row.why })),
      needAttention: rows
        .filter((row) => attention.includes(row.state) || (row.isPaused && !isSettled(row.state)))
        .map((row) => ({ key: row.spec.key, state: row.state, why: row.isPaused ? 'paused' : row.why })),
      openRequests: openRequests(database).length,
    };
  });
}

/** What a unit changed: as it landed, or as its kept work stands. */
export async function diffUnit(
  folder: string,
  name: string,
): Promise<{ readonly key: string; readonly of: 'landed' | 'kept'; readonly patch: string }> {
  return readQueue(folder, async (reading) => {
    const row = findUnit(reading.database, name);
    const repository = await reading.repository();
    if (!repository) throw noRepository(folder);
    if (row.landedCommit !== null) {
      const [before, after] = await Promise.all([
        treeOf(repository, `${row.landedCommit}^1`),
        treeOf(repository, row.landedCommit),
      ]);
      return { key: row.spec.key, of: 'landed', patch: await diffText(repository, before, after, 10_000_000) };
    }
    if (row.keptWork)
      return {
        key: row.spec.key,
        of: 'kept',
        patch: await diffText(repository, row.keptWork.baseTree, row.keptWork.tree, 10_000_000),
      };
    throw inputError(
      'no-work',
      `${row.spec.key} has no work to show: it is ${row.state}`,
      row.state === 'done' ? 'It was ticked by hand, or landed before this queue was made.' : 'Run it first.',
    );
  });
}

/** Everything that was recorded of a unit, the oldest first. */
export async function unitLog(
  folder: string,
  name: string,
): Promise<{
  readonly key: string;
  readonly events: readonly RecordedEvent[];
  /** The commit that it landed as. */
  readonly commit: string | null;
  /** See `UnitDetail.restored`. */
  readonly restored: RestoredEvidence | null;
}> {
  return readQueue(folder, async ({ database, repository }) => {
    const row = findUnit(database, name);
    const events = readUnitEvents(database, row.spec.id);
    const isKnown = events.some(({ event }) => event.type === 'landed');
    const commit = row.landedCommit;
    return { key: row.spec.key, events, commit, restored: isKnown ? null : await restoredOf(repository, row) };
  });
}
