import { diffText, lineCounts } from '../../../repo/objects/diff.ts';
import type { CriterionVerdict, Unproven } from '../../../model/evidence.ts';
import { readUnitEvents } from '../../../queue/events.ts';
import { readVerdicts } from '../../../queue/evidence.ts';
import { isClaimed } from '../../../queue/sync.ts';
import { type KeptWork, readUnits, type Shown, type UnitRow } from '../../../queue/units.ts';
import { readObjects } from '../../../repo/objects/objects.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import { changedPaths, editTree, listTree } from '../../../repo/objects/tree.ts';
import { findUnit } from '../queue/find-units.ts';
import { readQueue } from '../queue/reading.ts';
import { verb } from '../verb.ts';

/** Bytes of a patch that are shown. */
const maxPatchBytes = 10_000_000;

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
  /** What became of a change that somebody approved, in its files: it is another one on what landed meanwhile. */
  readonly sinceApproved: { readonly by: string; readonly patch: string } | null;
  /** Changed lines that no check notices. */
  readonly unproven: readonly Unproven[];
  /** True when a reviewer looked whether anything was gamed. */
  readonly isReviewed: boolean;
}

/** What waits for a person: what most others wait for first, then the smallest. With a `unit`, that one alone. */
export const review = verb(
  (z) => z.strictObject({ folder: z.string(), unit: z.string().nullable().default(null) }),
  async (asker, { folder, unit }) =>
    readQueue(asker, folder, async (reading) => {
      const { database } = reading;
      const rows = readUnits(database).filter((row) => row.state !== 'retired');
      const wanted = unit === null ? null : findUnit(database, unit).spec.id;
      const awaiting: Awaiting[] = [];
      for (const row of rows) {
        const { spec, keptWork } = row;
        if (row.state !== 'awaiting' || (wanted !== null && spec.id !== wanted)) continue;
        const repository = keptWork && (await reading.repository());
        const change = keptWork && repository ? await changeOf(repository, keptWork) : null;
        const between = change && repository ? ([repository, change.before, change.after] as const) : null;
        const lines = between ? await lineCounts(...between) : { added: 0, removed: 0 };
        const verdicts = readVerdicts(database, spec);
        const judged = readUnitEvents(database, spec.id).flatMap(({ event }) =>
          event.type === 'judged' ? [event] : [],
        );
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
          patch: between ? await diffText(...between, maxPatchBytes) : '',
          sinceApproved: change && keptWork && repository ? await sinceApproved(repository, keptWork, change) : null,
        });
      }
      const size = (one: Awaiting): number => one.linesAdded + one.linesRemoved;
      const units = awaiting.toSorted((a, b) => b.dependents.length - a.dependents.length || size(a) - size(b));
      return { kind: 'review' as const, units };
    }),
);

/** The change that is asked about: as it would land; the work itself where that is not known, or gone. */
async function changeOf(repository: Repository, keptWork: KeptWork): Promise<Shown> {
  const { change, baseTree, tree } = keptWork;
  return change && (await areThere(repository, change)) ? change : { before: baseTree, after: tree };
}

async function sinceApproved(
  repository: Repository,
  keptWork: KeptWork,
  now: Shown,
): Promise<Awaiting['sinceApproved']> {
  const approval = keptWork.approvals.findLast(({ digest }) => digest !== keptWork.digest);
  if (!approval?.change || !(await areThere(repository, approval.change))) return null;
  const then = approval.change;
  const changes = [
    ...(await changedPaths(repository, then.before, then.after)),
    ...(await changedPaths(repository, now.before, now.after)),
  ];
  const files = new Map((await listTree(repository, then.after)).map((entry) => [entry.path, entry]));
  const edits = [...new Set(changes.map(({ path }) => path))].map((path) => ({ path, entry: files.get(path) ?? null }));
  const before = await editTree(repository, now.after, edits);
  return { by: approval.by, patch: await diffText(repository, before, now.after, maxPatchBytes) };
}

/** Trees are kept by nothing but git's patience, a fortnight. */
async function areThere(repository: Repository, { before, after }: Shown): Promise<boolean> {
  return (await readObjects(repository, [before, after])).every((object) => object !== null);
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
