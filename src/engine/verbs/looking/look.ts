import { diffText } from '../../../repo/objects/diff.ts';
import type { CriterionVerdict } from '../../../model/evidence.ts';
import type { RecordedEvent } from '../../../model/event.ts';
import type { UnitId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import { type AttemptRow, readAttempts } from '../../../queue/attempts.ts';
import { readSessions, type SessionRow } from '../../../queue/sessions.ts';
import { readUnitEvents } from '../../../queue/events.ts';
import { readVerdicts } from '../../../queue/evidence.ts';
import { readDependents, type UnitRow } from '../../../queue/units.ts';
import { treeOf } from '../../../repo/objects/tree.ts';
import { type RestoredEvidence, restoredEvidence } from '../../project/kept-evidence.ts';
import { findUnit } from '../queue/find-units.ts';
import { readQueue, type Reading } from '../queue/reading.ts';
import { verb, type Zod } from '../verb.ts';

const unitOf = (z: Zod) => z.strictObject({ folder: z.string(), unit: z.string() });

/** All that is known of one unit. */
export interface UnitDetail {
  readonly kind: 'unit';
  readonly row: UnitRow;
  readonly verdicts: readonly CriterionVerdict[];
  readonly attempts: readonly AttemptRow[];
  readonly sessions: readonly SessionRow[];
  readonly dependents: readonly string[];
  /** What the repository kept of its evidence, where the queue knows none; only to be shown. */
  readonly restored: RestoredEvidence | null;
}

export const show = verb(unitOf, async (asker, { folder, unit }) =>
  readQueue(asker, folder, async ({ database, repository }): Promise<UnitDetail> => {
    const row = findUnit(database, unit);
    const { id } = row.spec;
    const verdicts = readVerdicts(database, row.spec);
    return {
      kind: 'unit',
      row,
      verdicts,
      attempts: readAttempts(database, id),
      sessions: readSessions(database, { unit: id }),
      dependents: readDependents(database, id),
      restored: verdicts.length > 0 ? null : await restoredOf(repository, row),
    };
  }),
);

async function restoredOf(repository: Reading['repository'], row: UnitRow): Promise<RestoredEvidence | null> {
  if (row.landedCommit === null) return null;
  const kept = await repository();
  return kept && ((await restoredEvidence(kept, [row.landedCommit])).get(row.landedCommit) ?? null);
}

/** What a unit changed: as it landed, or as its kept work stands. */
export interface UnitDiff {
  readonly kind: 'diff';
  readonly key: string;
  readonly of: 'landed' | 'kept';
  readonly patch: string;
}

/** Bytes of a patch that are shown. */
const maxPatchBytes = 10_000_000;

export const diff = verb(unitOf, async (asker, { folder, unit }) =>
  readQueue(asker, folder, async (reading): Promise<UnitDiff> => {
    const { spec, state, landedCommit: landed, keptWork } = findUnit(reading.database, unit);
    const repository = await reading.repository();
    if (!repository) throw refused('no-repository', { folder });
    const patch = (before: string, after: string): Promise<string> =>
      diffText(repository, before, after, maxPatchBytes);
    if (landed !== null) {
      const [before, after] = await Promise.all([treeOf(repository, `${landed}^1`), treeOf(repository, landed)]);
      return { kind: 'diff', key: spec.key, of: 'landed', patch: await patch(before, after) };
    }
    if (!keptWork) throw refused('no-work', { key: spec.key, state });
    return { kind: 'diff', key: spec.key, of: 'kept', patch: await patch(keptWork.baseTree, keptWork.tree) };
  }),
);

/** Everything that was recorded of a unit, oldest first. */
export interface UnitLog {
  readonly kind: 'log';
  readonly id: UnitId;
  readonly key: string;
  readonly title: string;
  readonly events: readonly RecordedEvent[];
  /** The commit that it landed as. */
  readonly commit: string | null;
  /** See `UnitDetail.restored`. */
  readonly restored: RestoredEvidence | null;
}

export const log = verb(unitOf, async (asker, { folder, unit }) =>
  readQueue(asker, folder, async ({ database, repository }): Promise<UnitLog> => {
    const row = findUnit(database, unit);
    const events = readUnitEvents(database, row.spec.id);
    const isKnown = events.some(({ event }) => event.type === 'landed');
    const restored = isKnown ? null : await restoredOf(repository, row);
    const { id, key, title } = row.spec;
    return { kind: 'log', id, key, title, events, commit: row.landedCommit, restored };
  }),
);
