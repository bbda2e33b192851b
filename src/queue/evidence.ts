import type { CriterionVerdict, Evidence } from '../model/evidence.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import type { UnitSpec } from '../model/unit.ts';
import { type Guard, isNumber, isText, record } from '../util/values/shape.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';

const isEvidence = record<{ readonly kind: string }>({ kind: isText }) as Guard<Evidence>;
const isVerdict = record<{ readonly verdict: CriterionVerdict }>({
  verdict: record<{ readonly kind: string; readonly text: string; readonly position: number }>({
    kind: isText,
    text: isText,
    position: isNumber,
  }) as Guard<CriterionVerdict>,
});

/** Finds evidence by its tree and subject (the command of a check, or the text of a claim), so that nothing is judged twice. */
export function findEvidence(database: Database, tree: string, subject: string): Evidence | null {
  const row = database.get(
    'select evidence from evidence where tree = ? and subject = ? order by id desc limit 1',
    tree,
    subject,
  ) as { evidence: string } | undefined;
  return row ? database.decode(row.evidence, isEvidence, 'evidence.evidence') : null;
}

/** One observation by its number; null if it was pruned. */
export function readEvidence(database: Database, id: number): Evidence | null {
  const row = database.get('select evidence from evidence where id = ?', id) as { evidence: string } | undefined;
  return row ? database.decode(row.evidence, isEvidence, 'evidence.evidence') : null;
}

/** Records an observation of a tree; returns its number. */
export function recordEvidence(
  database: Database,
  entry: {
    readonly at: number;
    readonly run: RunId;
    readonly unit: UnitId | null;
    readonly attempt: AttemptId | null;
    readonly subject: string;
    readonly evidence: Evidence;
  },
): number {
  return database.write(
    () =>
      database.insert(
        'insert into evidence (run, unit, attempt, tree, subject, recorded_at, evidence) values (?, ?, ?, ?, ?, ?, ?)',
        ...[
          entry.run,
          entry.unit,
          entry.attempt,
          entry.evidence.tree,
          entry.subject,
          entry.at,
          JSON.stringify(entry.evidence),
        ],
      ),
    'evidence',
  );
}

/** Records the verdicts on the criteria, with their events. */
export function recordVerdicts(
  database: Database,
  entry: {
    readonly at: number;
    readonly run: RunId;
    readonly unit: UnitId;
    readonly attempt: AttemptId;
    readonly criteria: readonly CriterionVerdict[];
  },
): void {
  database.write(() => {
    for (const verdict of entry.criteria) {
      appendEvent(database, entry.at, entry.run, {
        type: 'criterion-judged',
        unit: entry.unit,
        attempt: entry.attempt,
        verdict,
      });
    }
  });
}

/**
 * The latest verdicts of a unit, from events: one per current criterion and per project check. What earlier units ask for
 * counts only in the attempt that was merged with them.
 */
export function readVerdicts(database: Database, spec: Pick<UnitSpec, 'id' | 'criteria'>): CriterionVerdict[] {
  const rows = database.all(
    "select event, event ->> 'attempt' as attempt from events where unit = ? and type = 'criterion-judged' order by id",
    spec.id,
  ) as { event: string; attempt: string }[];
  const last = rows.at(-1)?.attempt;
  const now = new Set(spec.criteria.map(({ position, text }) => `own ${position} ${text}`));
  const latest = new Map<string, CriterionVerdict>();
  for (const row of rows) {
    const { verdict } = database.decode(row.event, isVerdict, 'events.event');
    if (verdict.of !== undefined && row.attempt !== last) continue;
    const of = verdict.kind === 'project-check' || verdict.kind === 'review' ? verdict.kind : 'own';
    const key = `${of} ${verdict.position} ${verdict.text}`;
    if (of !== 'own' || now.has(key)) latest.set(key, verdict);
  }
  return [...latest.values()].toSorted((a, b) => place(a) - place(b) || a.position - b.position);
}

/** Sort key: criteria of the file, then project checks, then reviews. */
function place(verdict: CriterionVerdict): number {
  return verdict.kind === 'review' ? 2 : verdict.kind === 'project-check' ? 1 : 0;
}
