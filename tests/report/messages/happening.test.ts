import { expect, test } from 'vitest';
import type { Event } from '../../../src/model/event.ts';
import { attemptId, idFromKey, runId } from '../../../src/model/ids.ts';
import type { UnitState } from '../../../src/model/unit.ts';
import { happeningOf } from '../../../src/report/messages/happening.ts';

const unit = idFromKey('a');
const gate = idFromKey('g');
const attempt = attemptId(unit, 1);
const changed = (from: UnitState | null, to: UnitState, of = unit): Event => ({
  ...{ type: 'unit-changed', unit: of, from, to, why: `why ${to}` },
});
const name = (event: Event): string | null => {
  const happening = happeningOf(event, (one) => one === gate);
  return happening && [happening.name, happening.unit, happening.once].filter((part) => part !== null).join(' ');
};

test.each<[Event, string | null]>([
  [
    {
      ...{ type: 'run-started', run: runId(new Date(0), 'abcd'), branch: 'b', tip: 't', agent: 'x', tier: 'none' },
      ...{ units: 1, open: 1 },
    },
    'run.started',
  ],
  [{ type: 'run-ended', run: runId(new Date(0), 'abcd'), outcome: 'done', exitCode: 0, costMicroUsd: 0 }, null],
  [
    {
      ...{ type: 'landed', unit, attempt, commit: 'c', tree: 't', linesAdded: 1, linesRemoved: 0, files: ['f'] },
      testsAdded: null,
    },
    'unit.landed a',
  ],
  [changed('judging', 'done'), null], // told by its landing
  [changed('judging', 'failed'), 'unit.failed a'],
  [changed('working', 'quarantined'), 'unit.failed a'],
  [changed('failed', 'failed'), null],
  [changed('judging', 'failed', gate), 'gate.failed g'],
  [changed('judging', 'awaiting'), 'unit.waits a'],
  [changed('judging', 'awaiting', gate), 'unit.waits g'],
  [changed('working', 'blocked'), 'unit.waits a'],
  [changed('working', 'parked'), 'limit.reached why parked'],
  [changed('working', 'ready'), null],
  [changed('failed', 'ready'), null],
  [changed(null, 'waiting'), null],
  [changed('ready', 'cancelled'), null],
  [{ type: 'cap-reached', detail: 'The budget is spent.' }, 'limit.reached The budget is spent.'],
  [{ type: 'notice', text: 'The time is over.', isLimit: true }, 'limit.reached The time is over.'],
  [{ type: 'notice', text: 'Something else.' }, null],
  [{ type: 'gate-judged', unit: gate, attempt, phase: 'p', outcome: 'red', met: 0, of: 1 }, null],
  [{ type: 'not-done', unit, attempt, failure: { reason: 'no-proof' }, next: 'repair' }, null],
])('%o is told as %s', (event, expected) => {
  expect(name(event)).toBe(expected);
});
