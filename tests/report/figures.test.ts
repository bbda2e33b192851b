import { expect, test } from 'vitest';
import { factors, type Report } from '../../src/model/report.ts';
import { limitSentence } from '../../src/report/limiting.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';

const totals: Report['totals'] = {
  spent: { building: 0, repairs: 0, reviews: 0 },
  ...{ costUsd: 0, possibleUsd: 0, notionalUsd: 0, durationMs: 100_000, agentMs: 0, sequentialMs: 0 },
  ...{ busy: { agentsMs: 0, checksMs: 0 }, peakParallel: 2, averageParallel: 1.5 },
  waits: { placesMs: 0, coresMs: 0, limitsMs: 0, mergeQueueMs: 0, peopleMs: 0 },
  bets: { made: 0, lost: 0, redoneUsd: 0, agentsMs: 0, checksMs: 0, savedMs: null },
  ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, filesChanged: 0 },
  ...{ linesAdded: 0, linesRemoved: 0, testsAdded: null },
};
const run = { id: 'r', outcome: 'done', exitCode: 0, branch: 'b', tip: 't', agent: 'a', tier: 'none', caps: null };
const none: Report = {
  ...{ schemaVersion: 1, kind: 'report', units: [], followups: [], environment: null, notices: [], next: [] },
  run: { ...run, startedAt: new Date(0).toISOString(), endedAt: new Date(100_000).toISOString() },
  ...{ criticalPath: [], limitedBy: null, history: null, handOff: null, integration: [], account: null, totals },
};

/** The lines about time of a report. */
function timeLines(report: Report): string[] {
  const told = /^\| (?:Time|Waiting|Conflicts|Side by side) \||^Critical path/;
  return reportMarkdown(report)
    .split('\n')
    .filter((line) => told.test(line));
}

const leg = (unit: string, endMs: number): Report['criticalPath'][number] => ({
  ...{ unit, startMs: 0, endMs, waitedFor: null, agentsMs: 0, checksMs: 0, placesMs: 0, coresMs: 0 },
  ...{ limitsMs: 0, mergeQueueMs: 0, peopleMs: 0, itselfMs: 0 },
});
const limitedBy: Report['limitedBy'] = { factor: 'agents', share: 0.614, ms: {} as never };

test.each<[string, Partial<Report>, readonly string[]]>([
  ['nothing to tell of', {}, ['| Time | 1 min 40 s; one at a time: 0 ms |']],
  [
    'work, waiting of some length, conflicts, and what side by side saved and took',
    {
      totals: {
        ...{ ...totals, sequentialMs: 300_000, busy: { agentsMs: 200_000, checksMs: 100_000 } },
        waits: { placesMs: 999, coresMs: 1000, limitsMs: 2000, mergeQueueMs: 3000, peopleMs: 4000 },
        bets: { made: 8, lost: 2, redoneUsd: 0.5, agentsMs: 0, checksMs: 2500, savedMs: 60_000 },
      },
      ...{ criticalPath: [leg('a', 2000), leg('b', 3000)], limitedBy },
    },
    [
      '| Time | 1 min 40 s; one at a time: 5 min 0 s (agents 3 min 20 s, checks 1 min 40 s) |',
      '| Waiting | for cores 1.0 s, for limits of providers 2.0 s, for the merge queue 3.0 s, for people 4.0 s |',
      '| Conflicts | 2 of 8 landings (25 %); work done again: $0.50 |',
      '| Side by side | about 1 min 0 s sooner than "careful"; work that only this needed: checks 2.5 s |',
      'Critical path: a 2.0 s → b 3.0 s. Agents limited this run: for 61 % of its time, they worked, or work waited for a free one, while all else had to wait.',
    ],
  ],
  [
    'bets that were all won, and saved nothing',
    { totals: { ...totals, bets: { ...totals.bets, made: 1, savedMs: 0 } } },
    ['| Time | 1 min 40 s; one at a time: 0 ms |', '| Conflicts | 0 of 1 landing (0 %) |'],
  ],
])('the report tells of time: %s', (_, more, lines) => {
  expect(timeLines({ ...none, ...more })).toEqual(lines);
});

test('each thing that can limit a run has a sentence of its own', () => {
  const sentences = factors.map((factor) => limitSentence({ limitedBy: { factor, share: 1, ms: {} as never } }));
  expect(new Set(sentences).size).toBe(factors.length);
  expect(limitSentence({ limitedBy: null })).toBeNull();
});
