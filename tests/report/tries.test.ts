import { expect, test } from 'vitest';
import { noUsage } from '../../src/model/agent.ts';
import type { CriterionVerdict } from '../../src/model/evidence.ts';
import type { Event } from '../../src/model/event.ts';
import { attemptId, idFromKey, runId } from '../../src/model/ids.ts';
import { triesOf, untried } from '../../src/report/tries.ts';

const run = runId(new Date(0), 'abcd');
const unit = idFromKey('a');
const attempt = attemptId(unit, 1);
const of = { unit, attempt } as const;
const session = { ...of, name: 'a.1-builder', agent: 'script', model: null } as const;

const began = (round: number): Event => ({ type: 'agent-started', ...session, role: 'builder', round });
const ended = (round: number, costMicroUsd: number | null, role: 'builder' | 'reviewer' = 'builder'): Event => ({
  ...({ type: 'agent-ended', ...session, role, round, outcome: 'finished' } as const),
  usage: { ...noUsage, costMicroUsd },
});
const claimed = (number: number): Event => ({
  ...({ type: 'claimed', unit, attempt: attemptId(unit, number), fence: number, role: 'builder' } as const),
});
const used = (tool: string, isError = false): Event => ({
  ...({ type: 'agent-tool', ...of, role: 'builder', tool, summary: '', isError } as const),
});
const harvested: Event = { type: 'harvested', ...of, tree: 't', files: ['x', 'y'] };
const candidate: Event = { type: 'candidate', ...of, tree: 't', tip: 'p', restored: [] };
const failed = (next: 'repair' | 'new-attempt' | 'give-up'): Event => ({
  ...({ type: 'not-done', ...of, failure: { reason: 'no-proof' }, next } as const),
});
const moved = (to: 'ready' | 'parked' | 'done' | 'awaiting'): Event => ({
  ...({ type: 'unit-changed', unit, key: 'a', title: 'A', from: 'working', to, why: null } as const),
});
const queue = (step: 'waits' | 'holds' | 'left'): Event => ({ type: 'merge-queue', ...of, step });
const landed: Event = {
  ...({ type: 'landed', ...of, commit: 'c', tree: 't', linesAdded: 1, linesRemoved: 0 } as const),
  ...{ files: ['x'], testsAdded: null },
};
const judged = (tree: string): Event => ({
  ...({ type: 'judged', ...of, tree, outcome: 'done', checkRuns: 1, unproven: null } as const),
});

/** A check that ran so many tests on the candidate, of which some failed. */
function ran(testsRun: number | null, failures: number): Event {
  const assertions = Array.from({ length: failures }, (_, n) => ({
    ...{ test: `test ${n}`, file: null, line: null, expected: null, got: null },
  }));
  const verdict: CriterionVerdict = {
    ...{ position: 0, text: 'It works', kind: 'check', role: 'proof', note: null, failure: null },
    verdict: failures === 0 ? 'met' : 'unmet',
    evidence: [
      {
        ...({
          kind: 'command',
          on: 'candidate',
          tree: 't',
          command: 'test',
          exitCode: failures,
          signal: null,
        } as const),
        ...{ timedOut: false, durationMs: 1, digest: '', excerpt: '', testsRun, tier: 'none', assertions },
      },
    ],
  };
  return { type: 'criterion-judged', ...of, verdict };
}

/** What the unit went through, from events with their times. */
function tell(...events: readonly (readonly [at: number, event: Event])[]) {
  const recorded = events.map(([at, event], index) => ({ id: index + 1, at: at + 1000, run, event }));
  return triesOf(recorded).get(unit) ?? untried;
}

const none = { tests: null, failure: null, next: null, files: null, tree: null, costUsd: 0, toolCalls: 0 } as const;
const noProof = {
  reason: 'no-proof',
  sentence:
    'Every check passed before the work, too, and no claim was confirmed: nothing proves that the unit was done.',
};

test('a build that fails, and a repair that lands through the merge queue, with what both cost', () => {
  const told = tell(
    ...([
      [0, claimed(1)],
      [10, began(0)],
      [20, used('edit')],
      [25, used('edit', true)],
      [30, used('bash')],
    ] as const),
    ...([
      [50, ended(0, 300_000)],
      [50, harvested],
      [60, candidate],
      [80, ran(6, 2)],
      [80, judged('t1')],
    ] as const),
    ...([
      [85, ended(0, 40_000, 'reviewer')],
      [90, failed('repair')],
      [95, began(1)],
      [120, ended(1, 100_000)],
    ] as const),
    ...([
      [120, harvested],
      [130, candidate],
      [150, ran(6, 0)],
      [150, judged('t2')],
      [160, queue('waits')],
    ] as const),
    ...([
      [165, candidate],
      [166, queue('holds')],
      [168, judged('t2')],
      [170, queue('holds')],
      [180, landed],
      [180, queue('left')],
      [181, moved('done')],
    ] as const),
  );
  expect(told.tries).toEqual([
    {
      ...{ attempt: 1, repair: 0, startMs: 0, endMs: 90, outcome: 'not-done', failure: noProof, next: 'repair' },
      ...{ tree: 't1', tests: { ran: 6, failed: 2 }, files: 2, costUsd: 0.34, toolCalls: 3 },
    },
    {
      ...{ attempt: 1, repair: 1, startMs: 90, endMs: 180, outcome: 'landed', failure: null, next: null },
      ...{ tree: 't2', tests: { ran: 6, failed: 0 }, files: 2, costUsd: 0.1, toolCalls: 0 },
    },
  ]);
  expect(told.stages.map(({ stage, startMs, endMs }) => [stage, startMs, endMs])).toEqual([
    ...[
      ['agent', 0, 50],
      ['checks', 50, 90],
      ['repair', 90, 120],
      ['checks', 120, 160],
      ['merge-queue', 160, 165],
      ['checks', 165, 168],
      ['merge-queue', 168, 180],
    ],
  ]);
  expect([told.tools, told.landedMs, told.spent]).toEqual([
    [
      { tool: 'edit', calls: 2, errors: 1 },
      { tool: 'bash', calls: 1, errors: 0 },
    ],
    180,
    { building: 0.3, repairs: 0.1, reviews: 0.04 },
  ]);
});

test('attempts are counted, an unknown cost stays unknown, and what goes on at the end of the events ends with them', () => {
  const told = tell(
    ...([
      [0, claimed(1)],
      [5, ended(0, null)],
      [10, failed('new-attempt')],
      [10, moved('ready')],
    ] as const),
    ...([
      [20, claimed(2)],
      [25, used('read')],
      [40, used('read')],
    ] as const),
  );
  expect(told.tries).toEqual([
    {
      ...{ ...none, attempt: 1, repair: 0, startMs: 0, endMs: 10 },
      ...{ outcome: 'not-done', failure: noProof, next: 'new-attempt', costUsd: null },
    },
    { ...none, attempt: 2, repair: 0, startMs: 20, endMs: 40, outcome: 'ended', toolCalls: 2 },
  ]);
  expect(told.stages.map(({ stage, startMs, endMs, attempt: number }) => [stage, startMs, endMs, number])).toEqual([
    ...[
      ['agent', 0, 10, 1],
      ['agent', 20, 40, 2],
    ],
  ]);
});

test('a parked unit waits for a limit, and a claim that is given back at once is no try', () => {
  const told = tell([0, claimed(1)], [10, moved('parked')], [50, claimed(1)], [60, harvested], [70, moved('awaiting')]);
  expect(told.stages.map(({ stage, startMs, endMs }) => [stage, startMs, endMs])).toEqual([
    ...[
      ['agent', 0, 10],
      ['limit', 10, 50],
      ['agent', 50, 60],
      ['checks', 60, 70],
    ],
  ]);
  expect(told.tries).toEqual([{ ...none, attempt: 1, repair: 0, startMs: 50, endMs: 70, outcome: 'held', files: 2 }]);
});

test('a gate tells how it was judged last', () => {
  const gate = (outcome: 'red' | 'passed', met: number): Event => ({
    ...({ type: 'gate-judged', ...of, phase: 'foundation', outcome, met, of: 3 } as const),
  });
  expect(tell([0, claimed(1)], [10, gate('red', 2)], [30, gate('passed', 3)]).gate).toEqual({
    ...{ phase: 'foundation', outcome: 'passed', met: 3, of: 3, atMs: 30 },
  });
});
