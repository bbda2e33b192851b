import { expect, test } from 'vitest';
import { noUsage, type Usage } from '../../src/model/agent.ts';
import { jsonForm } from '../../src/model/json-form.ts';
import type { Event } from '../../src/model/event.ts';
import { attemptId, idFromKey, runId } from '../../src/model/ids.ts';
import type { Report } from '../../src/model/report.ts';
import { buildReport, type ReportInput } from '../../src/report/build.ts';
import { courseOf } from '../../src/report/course.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { Reporters, reporters, Teller } from '../../src/report/reporters.ts';
import { emptyRunState, type RunState } from '../../src/report/run-state.ts';
import { triesOf } from '../../src/report/tries.ts';
import { unasked } from '../../src/model/unit.ts';
import { tap } from '../support/tap.ts';

const run = runId(new Date(0), 'abcd');
const changed = (key: string, to: 'working' | 'done' | 'failed'): Event => ({
  ...{ type: 'unit-changed', unit: idFromKey(key), key, title: `Do ${key}`, from: 'ready', to, why: null },
});
const events: readonly Event[] = [
  { type: 'run-started', run, branch: 'next', tip: 't', agent: 'script', tier: 'none', units: 2, open: 2 },
  ...[changed('A', 'working'), changed('A', 'done'), changed('B', 'working'), changed('B', 'failed')],
  { type: 'run-ended', run, outcome: 'units-failed', exitCode: 1, costMicroUsd: 0 },
];

const checkEnd = { command: 'npm test', exitCode: 1, signal: null, timedOut: false } as const;

/** Events a second apart. */
const at = (all: readonly Event[]) => all.map((event, index) => ({ id: index + 1, at: index * 1000, run, event }));

/** All lines of a format, and the last state. */
function told(format: string, known: Reporters): { readonly lines: readonly string[]; readonly state: RunState } {
  const teller = new Teller(known.ofEvents(format), emptyRunState(), { isVerbose: false });
  const lines = at(events).flatMap((event) => teller.hear(event));
  return { lines: lines.map(({ text }) => text), state: teller.state };
}

function report(more: Partial<ReportInput> = {}): Report {
  const state = (key: string) => (key === 'A' ? ('done' as const) : ('failed' as const));
  return buildReport({
    run: {
      ...{ id: run, outcome: 'units-failed', exitCode: 1, branch: 'next', tip: 't', agent: 'script', tier: 'none' },
      ...{ startedAt: new Date(0).toISOString(), endedAt: new Date(5000).toISOString() },
    },
    units: ['A', 'B'].map((key) => ({
      spec: {
        ...unasked,
        ...{ id: idFromKey(key), key, title: `Do ${key}`, kind: 'change', file: 'a.md', line: 1, body: '' },
        ...{ contentHash: '', criteriaHash: '', criteria: [] },
      },
      ...{ state: state(key), why: null, isClaim: false, failure: null, landedCommit: null, answer: null },
      ...{ verdicts: [], restored: null, attempts: [], diff: null, digest: null },
    })),
    ...{ state: told('progress', reporters).state, course: courseOf(at(events)), tries: triesOf(at(events)) },
    ...{ sessions: [], spending: [], bets: [], savedMs: null, bringHome: [], integration: [], account: null, ...more },
  });
}

test('each format tells a run as it goes on, its report, or both', () => {
  const refused = (ask: () => unknown): unknown => {
    try {
      return ask();
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(told('progress', reporters).lines).toEqual([
    `run ${run}: 2 of 2 units to do, with script, onto next (sandbox: none)`,
    'B: failed',
  ]);
  const recorded = events.map((event, index) => JSON.stringify(jsonForm({ at: index * 1000, event })));
  expect(told('json', reporters).lines).toEqual(recorded);
  expect(JSON.parse(reporters.ofReports('json')(report()))).toEqual(report());
  expect(reporters.ofReports('md')(report())).toBe(reportMarkdown(report()));
  expect([refused(() => reporters.ofEvents('md')), refused(() => reporters.ofReports('tap'))]).toEqual([
    expect.stringContaining('there is no format "md" for this'),
    expect.stringContaining('there is no format "tap" for this'),
  ]);
});

test('a failure is told once, with all that is not met and where its output lies', () => {
  const [unit, attempt] = [idFromKey('A'), attemptId(idFromKey('A'), 1)];
  const failure = { ...checkEnd, reason: 'check-failed', criterion: 'It adds', excerpt: '' } as const;
  const judged = (text: string, output?: string): Event => ({
    ...{ type: 'criterion-judged', unit, attempt },
    verdict: {
      ...{ position: 0, text, kind: 'check', verdict: 'unmet', role: null, note: null, failure: null },
      evidence: [
        {
          ...{ ...checkEnd, kind: 'command', on: 'candidate', tree: 't', durationMs: 1, digest: '', excerpt: '' },
          ...{ testsRun: null, tier: 'none', ...(output === undefined ? {} : { output }) },
        },
      ],
    },
  });
  const notDone = (next: 'new-attempt' | 'give-up'): Event => ({ type: 'not-done', unit, attempt, failure, next });
  const moved = (to: 'ready' | 'failed', why: string): Event => ({
    ...{ type: 'unit-changed', unit, key: 'A', title: 'A', from: 'judging', to, why },
  });
  const candidate: Event = { type: 'candidate', unit, attempt, tree: 't', tip: 't', restored: [] };
  const why = '`npm test` failed: exit 1.';
  const all = [
    ...[changed('A', 'working'), candidate, judged('It is quick'), judged('It adds', '/log'), notDone('new-attempt')],
    ...[moved('ready', why), candidate, judged('It adds'), notDone('give-up')],
    ...[moved('failed', `${why} The work is kept.`), moved('ready', 'asked by Ada')],
  ];
  const teller = new Teller(reporters.ofEvents('progress'), emptyRunState(), { isVerbose: false });
  expect(at(all).flatMap((event) => teller.hear(event).map(({ text }) => text))).toEqual([
    `A: not done: ${why}; also not met: "It is quick" → retrying in a new attempt (whole output: /log)`,
    `A: not done: ${why} → given up`,
    'A: failed: The work is kept.',
    'A: back in the queue: asked by Ada',
  ]);
});

test('a format that is made known is driven by events and by a report', () => {
  const known = new Reporters([tap]);
  const lines = ['TAP version 14', 'ok 1 - Do A', 'not ok 2 - Do B', '1..2'];
  expect(told('tap', known).lines).toEqual(lines);
  expect(known.ofReports('tap')(report())).toBe(`${lines.join('\n')}\n`);
  expect(() => known.add(tap)).toThrow('Internal error: two reporters are called tap');
});

test('the sums of a report count all sessions of the run, also those of its own agents', () => {
  const usage = { ...noUsage, inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };
  const session = (key: string | null, more: Partial<Usage>) => ({
    ...{ unit: key === null ? null : idFromKey(key), usage: { ...usage, ...more } },
  });
  const order = (key: string | null, number: number) => ({
    ...({ unit: key === null ? null : idFromKey(key), attempt: null, role: 'builder', name: `${number}` } as const),
    ...{ agent: 'script', model: null, round: 0 },
  });
  const worked = [order('A', 1), order(null, 2), order(null, 3), order('gone', 4)];
  const spent = { waitedMs: 500, openedMs: 500, ranMs: 1500 };
  const course = courseOf([
    ...worked.map((of) => ({ id: 1, at: 1000, run, event: { type: 'agent-started', ...of } as const })),
    ...worked.map((of) => ({
      ...{ id: 2, at: 4000, run },
      event: { type: 'agent-ended', ...of, outcome: 'finished', usage, spent } as const,
    })),
  ]);
  const sessions = [
    session('A', { notionalMicroUsd: 1_000_000 }),
    session(null, { notionalMicroUsd: 500_000 }),
    session(null, {}),
    session('gone', {}),
  ];
  const charge = (key: string | null, spentMicroUsd: number) => ({
    ...{ unit: key === null ? null : idFromKey(key), spentMicroUsd, possibleMicroUsd: 0 },
  });
  const spending = [charge('A', 1_000_000), charge(null, 250_000)];
  const known = report({ sessions, spending, course });
  expect(known.totals).toMatchObject({
    ...{ costUsd: 1.25, notionalUsd: 1.5, agentMs: 6000 },
    ...{ inputTokens: 4, outputTokens: 8, cacheReadTokens: 12, cacheWriteTokens: 16 },
  });
  expect(known.units.map(({ costUsd, agentMs }) => [costUsd, agentMs])).toEqual([
    [1, 1500],
    [0, 0],
  ]);
  const unknown = report({ sessions: [...sessions, session(null, { costMicroUsd: null })], spending });
  expect([unknown.totals.costUsd, ...unknown.units.map(({ costUsd }) => costUsd)]).toEqual([null, 1, 0]);
});

test('how many were busy is counted up to the end of the run, and their money up to what is known', () => {
  const { peakParallel, averageParallel, sequentialMs } = report().totals;
  expect({ peakParallel, averageParallel, sequentialMs }).toEqual({
    ...{ peakParallel: 1, averageParallel: 1, sequentialMs: 0 }, // no agent worked, and no check ran
  });
});
