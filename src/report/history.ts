import { z } from 'zod';
import type { Report } from '../model/report.ts';

/*
 * What became of each criterion over the last runs on one queue, from their reports.
 */

/** The most runs that are told, and the most criteria. */
export const mostRuns = 10;
const mostCriteria = 500;
const longestText = 300;

/** The part of a report that its history is made of. Reports of older versions have it, too. */
export const pastSchema = z.object({
  run: z.object({ id: z.string(), startedAt: z.string() }),
  units: z.array(
    z.object({
      key: z.string(),
      state: z.string(),
      attempts: z.number(),
      commit: z.string().nullable(),
      failure: z.looseObject({ reason: z.string(), criterion: z.string().nullish() }).nullable(),
      criteria: z.array(
        z.object({
          text: z.string(),
          verdict: z.enum(['met', 'unmet', 'awaiting', 'not-judged']),
          evidence: z.array(
            z.looseObject({
              kind: z.string(),
              on: z.string(),
              tree: z.string(),
              exitCode: z.number().nullish(),
              durationMs: z.number().optional(),
            }),
          ),
        }),
      ),
    }),
  ),
  totals: z.object({ costUsd: z.number().nullable() }),
});
export type PastReport = z.infer<typeof pastSchema>;

type History = NonNullable<Report['history']>;
type Verdict = History['criteria'][number]['verdicts'][number];
type PastUnit = PastReport['units'][number];
type PastCriterion = PastUnit['criteria'][number];

/** The history of the last of some runs, given oldest first; of more than `mostRuns`, the last ones count. */
export function historyOf(reports: readonly PastReport[]): History {
  const runs = reports.slice(-mostRuns);
  const rows = new Map<string, History['criteria'][number]>();
  for (const [index, { units }] of runs.entries())
    for (const unit of units)
      for (const criterion of unit.criteria) {
        const name = JSON.stringify([unit.key, criterion.text]);
        const fresh = {
          ...{ unit: unit.key, text: criterion.text.slice(0, longestText) },
          ...{ verdicts: runs.map(() => null), tookMs: runs.map(() => null) },
        };
        const row = rows.get(name) ?? fresh;
        rows.set(name, row);
        row.verdicts[index] = verdictOf(unit, criterion);
        row.tookMs[index] = tookOf(criterion);
      }
  const all = [...rows.values()];
  const changed = all.filter(({ verdicts }) => verdicts.some((one) => one !== null && one !== 'met'));
  const isOpen = ({ verdicts }: { readonly verdicts: readonly Verdict[] }): boolean =>
    verdicts.at(-1) !== 'met' && verdicts.at(-1) !== null;
  const ordered = changed.toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)));
  return {
    runs: runs.map(({ run, units, totals }) => ({
      ...{ id: run.id, startedAt: run.startedAt, costUsd: totals.costUsd },
      landed: units.filter(({ state, attempts, commit }) => state === 'done' && attempts > 0 && commit !== null).length,
    })),
    criteria: ordered.slice(0, mostCriteria),
    steady: all.length - changed.length,
  };
}

function verdictOf(unit: PastUnit, { text, verdict, evidence }: PastCriterion): Verdict {
  const { state, failure } = unit;
  const isUnsteady = failure?.reason === 'flaky-proof' || failure?.reason === 'unsteady';
  if ((isUnsteady && failure?.criterion === text) || hasBothResults(evidence)) return 'flaky';
  if (verdict !== 'not-judged') return verdict;
  return state === 'blocked' ? 'question' : 'not-reached';
}

/** True if a command both passed and failed on one tree. One that was stopped did neither. */
function hasBothResults(evidence: PastCriterion['evidence']): boolean {
  const runs = evidence.filter(
    ({ kind, on, exitCode }) => kind === 'command' && on === 'candidate' && typeof exitCode === 'number',
  );
  return runs.some((one) =>
    runs.some((other) => one.tree === other.tree && (one.exitCode === 0) !== (other.exitCode === 0)),
  );
}

function tookOf({ evidence }: PastCriterion): number | null {
  return evidence.findLast(({ kind, on }) => kind === 'command' && on === 'candidate')?.durationMs ?? null;
}
