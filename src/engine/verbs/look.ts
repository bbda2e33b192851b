import { inputError } from '../../model/diagnostic.ts';
import type { CriterionVerdict } from '../../model/evidence.ts';
import type { RecordedEvent } from '../../model/event.ts';
import type { UnitId } from '../../model/ids.ts';
import { type AttemptRow, readAttempts } from '../../queue/attempts.ts';
import { readSessions, type SessionRow } from '../../queue/sessions.ts';
import { readUnitEvents } from '../../queue/events.ts';
import { readVerdicts } from '../../queue/evidence.ts';
import { readDependents, type UnitRow } from '../../queue/units.ts';
import { diffText, treeOf } from '../../repo/objects/tree.ts';
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
  readonly id: UnitId;
  readonly key: string;
  readonly title: string;
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
    const { id, key, title } = row.spec;
    return { id, key, title, events, commit, restored: isKnown ? null : await restoredOf(repository, row) };
  });
}
