import { expect, test } from 'vitest';
import { historyOf, mostRuns, type PastReport } from '../../src/report/history.ts';

type Unit = PastReport['units'][number];
type Verdict = Unit['criteria'][number]['verdict'];

/** A run on a day, with units of one criterion each: `It works`. */
function ran(day: number, units: Readonly<Record<string, Verdict | Partial<Unit>>>): PastReport {
  const criteria = (verdict: Verdict): Unit['criteria'] => [{ text: 'It works', verdict, evidence: [] }];
  return {
    run: { id: `run-${day}`, startedAt: `2026-11-${String(day).padStart(2, '0')}T02:00:00.000Z` },
    units: Object.entries(units).map(([key, told]): Unit => {
      const unit: Unit = { key, state: 'done', attempts: 1, commit: 'c', failure: null, criteria: criteria('met') };
      return typeof told === 'string'
        ? { ...unit, state: told === 'met' ? 'done' : 'failed', criteria: criteria(told) }
        : { ...unit, ...told };
    }),
    totals: { costUsd: day },
  };
}

const rows = (...reports: readonly PastReport[]) =>
  historyOf(reports).criteria.map(({ unit, verdicts }) => [unit, ...verdicts]);

test('criteria that changed are told over the runs, open ones first; the others are counted', () => {
  const history = historyOf([
    ran(1, { a: 'unmet', b: 'met', c: 'met' }),
    ran(2, { a: 'met', b: 'unmet', c: 'met', d: 'awaiting' }),
  ]);
  expect(history).toEqual({
    runs: [
      { id: 'run-1', startedAt: '2026-11-01T02:00:00.000Z', landed: 2, costUsd: 1 },
      { id: 'run-2', startedAt: '2026-11-02T02:00:00.000Z', landed: 2, costUsd: 2 },
    ],
    criteria: [
      { unit: 'b', text: 'It works', verdicts: ['met', 'unmet'], tookMs: [null, null] },
      { unit: 'd', text: 'It works', verdicts: [null, 'awaiting'], tookMs: [null, null] },
      { unit: 'a', text: 'It works', verdicts: ['unmet', 'met'], tookMs: [null, null] },
    ],
    steady: 1,
  });
});

test('what was not judged waits for an answer, or was not reached', () => {
  const unjudged = [{ text: 'It works', verdict: 'not-judged' as const, evidence: [] }];
  expect(
    rows(ran(1, { a: { state: 'blocked', criteria: unjudged }, b: { state: 'waiting', criteria: unjudged } })),
  ).toEqual([
    ['a', 'question'],
    ['b', 'not-reached'],
  ]);
});

test('a check is flaky with both results on one tree, or if its unit failed for that; not with results on two trees', () => {
  const end = (tree: string, exitCode: number | null, durationMs: number) => ({
    ...{ kind: 'command', on: 'candidate', tree, exitCode, durationMs },
  });
  const told = (...evidence: ReturnType<typeof end>[]) => ({
    criteria: [{ text: 'It works', verdict: 'unmet' as const, evidence }],
  });
  const failure = { reason: 'unsteady', criterion: 'It works' };
  const history = historyOf([
    ran(1, {
      both: told(end('t', 1, 5), end('t', 0, 7)),
      stopped: told(end('t', 0, 5), end('t', null, 9)),
      one: told(end('t', 1, 5), end('u', 0, 8)),
      failed: { ...told(), state: 'failed', failure },
    }),
  ]);
  expect(history.criteria.map(({ unit, verdicts, tookMs }) => [unit, ...verdicts, ...tookMs])).toEqual([
    ['both', 'flaky', 7],
    ['stopped', 'unmet', 9],
    ['one', 'unmet', 8],
    ['failed', 'flaky', null],
  ]);
});

test('no more than the last runs are told', () => {
  const { runs } = historyOf(Array.from({ length: mostRuns + 5 }, (_, index) => ran(index + 1, { a: 'unmet' })));
  expect([runs.length, runs[0]?.id, runs.at(-1)?.id]).toEqual([mostRuns, 'run-6', 'run-15']);
});
