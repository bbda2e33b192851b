import type { CriterionVerdict, Unproven } from '../../model/evidence.ts';
import { readUnitEvents } from '../../queue/events.ts';
import { readVerdicts } from '../../queue/evidence.ts';
import { isClaimed } from '../../queue/sync.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { diffText, lineCounts } from '../../repo/tree.ts';
import { findUnit, withQueue } from './queue.ts';

/** A unit that waits for a person, with what they need to decide. */
export interface Awaiting {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  readonly why: string | null;
  /** True when the branch claims that it is done without a record: the answer is `backlog adopt`. */
  readonly isClaim: boolean;
  /** Units that cannot start before it, directly or through others. */
  readonly dependents: readonly string[];
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Names this very change; an approval holds for no other. Null when nothing was changed. */
  readonly digest: string | null;
  readonly verdicts: readonly CriterionVerdict[];
  readonly patch: string;
  /** Changed lines that no check notices. */
  readonly unproven: readonly Unproven[];
  /** True when a reviewer looked whether anything was gamed. */
  readonly isReviewed: boolean;
}

/** What waits for a person: what most others wait for first, then the smallest. With `name`, that unit alone. */
export async function readAwaiting(folder: string, name: string | null): Promise<Awaiting[]> {
  return withQueue(folder, async ({ database, repository }) => {
    const rows = readUnits(database).filter((row) => row.state !== 'retired');
    const wanted = name === null ? null : findUnit(database, name).spec.id;
    const awaiting: Awaiting[] = [];
    for (const row of rows) {
      const { spec, keptWork } = row;
      if (row.state !== 'awaiting' || (wanted !== null && spec.id !== wanted)) continue;
      const between = keptWork && repository ? ([repository, keptWork.baseTree, keptWork.tree] as const) : null;
      const lines = between ? await lineCounts(...between) : { added: 0, removed: 0 };
      const verdicts = readVerdicts(database, spec.id);
      const judged = readUnitEvents(database, spec.id).flatMap(({ event }) => (event.type === 'judged' ? [event] : []));
      awaiting.push({
        id: spec.id,
        key: spec.key,
        title: spec.title,
        why: row.why,
        isClaim: isClaimed(row),
        dependents: dependentsOf(rows, row),
        linesAdded: lines.added,
        linesRemoved: lines.removed,
        digest: keptWork?.digest ?? null,
        verdicts,
        unproven: judged.findLast((event) => event.unproven !== null)?.unproven?.found ?? [],
        isReviewed: verdicts.some((verdict) => verdict.kind === 'review' && verdict.evidence.length > 0),
        patch: between ? await diffText(...between, 10_000_000) : '',
      });
    }
    const size = (one: Awaiting): number => one.linesAdded + one.linesRemoved;
    return awaiting.toSorted((a, b) => b.dependents.length - a.dependents.length || size(a) - size(b));
  });
}

function dependentsOf(rows: readonly UnitRow[], of: UnitRow): string[] {
  const found = new Set([of.spec.id]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const { spec } of rows) if (spec.depends.some((id) => found.has(id))) found.add(spec.id);
  }
  found.delete(of.spec.id);
  return rows.filter((row) => found.has(row.spec.id) && row.state !== 'done').map((row) => row.spec.key);
}
