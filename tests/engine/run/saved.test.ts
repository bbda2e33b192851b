import { expect, test } from 'vitest';
import { type Began, savedByBets } from '../../../src/engine/run/saved.ts';
import { attemptId, idFromKey } from '../../../src/model/ids.ts';
import { type UnitSpec, type UnitState, unasked } from '../../../src/model/unit.ts';
import type { UnitRow } from '../../../src/queue/units.ts';
import { courseOf } from '../../../src/report/course.ts';
import { spent, ToldRun } from '../../support/told-run.ts';

const row = (
  key: string,
  more: Partial<UnitSpec> = {},
  state: UnitState = 'ready',
  reached: string[] = [],
): UnitRow => ({
  spec: {
    ...unasked,
    ...{ id: idFromKey(key), key, title: key, kind: 'change', file: `${key}.md`, line: 1, body: '' },
    ...{ contentHash: '', criteriaHash: '', criteria: [], ...more },
  },
  ...{ state, why: null, failure: null, fence: 0, attempts: 0, crashes: 0, conflicts: 0, waits: 0, parkedUntil: null },
  ...{
    keptWork: null,
    landedCommit: null,
    answer: null,
    changedAt: 0,
    position: 0,
    isPaused: false,
    reached,
    before: null,
  },
});

const limits = { maxAgents: 2, barrier: false, phases: [], parallelism: 'balanced' } as const;
const a = idFromKey('a');

/** Two units side by side, a second each; the second one waits for a core and in the merge queue meanwhile. */
const sideBySide = (): ToldRun =>
  new ToldRun(2, { a: 'ready', b: 'ready' })
    .is(0, 'a', 'working')
    .is(0, 'b', 'working')
    .agent(0, 'a', spent(1000))
    .agent(0, 'b', spent(600))
    .check(600, 'b', spent(400, 100))
    .is(1000, 'a', 'done')
    .queue(1100, 'b', 'waits')
    .is(1500, 'b', 'done');

test.each<[string, ms: number | null, began: Partial<Began>, told?: ToldRun, lost?: string]>([
  ['units of unknown paths would have taken turns', 900, { rows: [row('a'), row('b')] }],
  ['units of other paths would not', 0, { rows: [row('a', { touches: ['a.txt'] }), row('b', { touches: ['b.txt'] })] }],
  [
    'units below one folder would have',
    900,
    { rows: [row('a', { touches: ['x/**'] }), row('b', { touches: ['x/b.txt'] })] },
  ],
  [
    'what was known of their paths when the run began counts',
    0,
    { rows: [row('a', {}, 'ready', ['a.txt']), row('b', {}, 'ready', ['b.txt'])] },
  ],
  [
    'a dependency holds in any case, and what was done before takes no time',
    0,
    { rows: [row('a'), row('b', { depends: [a] }), row('c', {}, 'done'), row('d', {}, 'failed')] },
    new ToldRun(2, { a: 'ready', b: 'waiting' })
      .is(0, 'a', 'working')
      .agent(0, 'a', spent(1000))
      .is(1000, 'a', 'done')
      .is(1000, 'b', 'working')
      .agent(1000, 'b', spent(1000))
      .is(2000, 'b', 'done'),
  ],
  [
    'work that conflicted would not have been done, and neither would checks that nobody needed',
    300,
    { rows: [row('a'), row('b')] },
    sideBySide()
      .agent(0, 'b', spent(1300))
      .check(500, 'a', spent(900), false)
      .agent(1000, 'a', spent(400), attemptId(a, 2))
      .is(1400, 'a', 'done'),
    attemptId(a, 1),
  ],
  [
    'a run that lost by it saved nothing',
    0,
    { rows: [row('a'), row('b')] },
    sideBySide().agent(1000, 'b', spent(0, 3000)),
  ],
  ['a careful run bets nothing', null, { rows: [row('a'), row('b')], limits: { ...limits, parallelism: 'careful' } }],
  ['nothing was worked on', 0, { rows: [row('a')] }, new ToldRun(2, {})],
])('%s', (_, ms, began, told = sideBySide(), lost) => {
  const misfit = { outcome: 'misfit', conflictAt: null };
  const ends = new Map(lost === undefined ? [] : [[lost as ReturnType<typeof attemptId>, misfit]]);
  expect(savedByBets(courseOf(told.end(5000)), ends, { rows: [], limits, exclusive: [], ...began })).toBe(ms);
});
