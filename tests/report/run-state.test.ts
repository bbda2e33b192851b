import { expect, test } from 'vitest';
import { noUsage, type Role } from '../../src/model/agent.ts';
import type { Event } from '../../src/model/event.ts';
import { attemptId, idFromKey, runId } from '../../src/model/ids.ts';
import type { UnitState } from '../../src/model/unit.ts';
import { reduce } from '../../src/report/reduce.ts';
import {
  doingOf,
  emptyRunState,
  keyOf,
  noMoney,
  type RunState,
  stateWithNames,
  type UnitNow,
  unknownUnit,
} from '../../src/report/run-state.ts';

const [a, b] = [idFromKey('a'), idFromKey('b')];
const run = runId(new Date(0), 'abcd');
const started = { run, branch: 'next', tip: 't', agent: 'script', tier: 'none', units: 2, open: 2 };
const named = { unit: a, key: 'A', title: 'Do A' } as const;

/** The state after events that come a second apart. */
function after(events: readonly Event[], from = emptyRunState()): RunState {
  return events.reduce(
    (state, event, index) => reduce(state, { id: index + 1, at: (index + 1) * 1000, run, event }),
    from,
  );
}

/** All of a state, to be compared. */
function whole(state: RunState): object {
  const parked = state.parked.keys().map((unit) => [unit, state.parked.get(unit)]);
  const [units, caps, notices] = [state.units.values(), state.caps.keys(), state.notices.keys()];
  return { ...state, units, parked, caps, notices, refusals: state.refusals.values() };
}

const moved = (from: UnitState | null, to: UnitState, why: string | null = null, of: object = named): Event =>
  ({ type: 'unit-changed', unit: a, from, to, why, ...of }) as Event;
const claimed = { type: 'claimed', ...named, attempt: attemptId(a, 1), fence: 1, role: 'builder' } as const;
const session = (role: Role = 'builder', number = 1): Omit<Extract<Event, { type: 'agent-started' }>, 'type'> => ({
  ...{ unit: a, attempt: attemptId(a, 1), role, name: `a.1-${role}-${number}`, agent: 'script', model: 'm', round: 0 },
});
const began = (...of: Parameters<typeof session>): Event => ({ type: 'agent-started', ...session(...of) });
const ended = (costMicroUsd: number | null, ...of: Parameters<typeof session>): Event => ({
  ...{ type: 'agent-ended', ...session(...of), outcome: 'finished' },
  usage: { ...noUsage, costMicroUsd, possibleMicroUsd: 1 },
});
const queue = (step: 'waits' | 'holds' | 'left', unit = a): Event => ({
  ...{ type: 'merge-queue', unit, attempt: attemptId(unit, 1), step },
});
const landing = { attempt: attemptId(a, 1), commit: 'c', tree: 't', linesAdded: 2, linesRemoved: 1, files: ['a.txt'] };

const unit = (of: Partial<UnitNow>): UnitNow => ({ ...unknownUnit(a), key: 'A', title: 'Do A', ...of });
const attempt = (at: number): UnitNow['attempt'] => ({ id: attemptId(a, 1), role: 'builder', since: at });
const agentAt = (since: number): UnitNow['agents'][number] => {
  const { unit: _, ...rest } = session();
  return { ...rest, since, doing: null };
};
const load = (now: number, peak: number, at: number, busyMs: number, sumMs = busyMs): RunState['unitLoad'] => ({
  ...{ now, peak, at, busyMs, sumMs },
});

test.each<[string, readonly Event[], object]>([
  ['nothing', [], {}],
  ['the beginning', [{ type: 'run-started', ...started }], { run: started, startedAt: 1000 }],
  [
    'a wave, whose units it names',
    [{ type: 'wave-started', number: 3, units: [a], names: [{ key: 'A', title: 'Do A' }] }],
    { wave: { number: 3, at: 1000, units: [a] }, units: [unit({ wave: 3 })] },
  ],
  [
    'an agent at work',
    [claimed, moved('ready', 'working'), began()],
    {
      units: [
        unit({
          ...{ state: 'working', since: 2000, attempt: attempt(1000), lastAgent: 'script', agents: [agentAt(3000)] },
        }),
      ],
      ...{ counts: { working: 1 }, busy: [a], unitLoad: load(1, 1, 2000, 0), agentLoad: load(1, 1, 3000, 0) },
    },
  ],
  [
    'a unit from its claim to its landing',
    [
      ...[claimed, moved('ready', 'working'), began(), ended(5), moved('working', 'judging')],
      { type: 'candidate', unit: a, attempt: claimed.attempt, tree: 't', tip: 't', restored: ['x'] },
      {
        ...{ type: 'judged', unit: a, attempt: claimed.attempt, tree: 't', outcome: 'done' },
        ...{ checkRuns: 2, unproven: { tried: 1, of: 1, found: [] } },
      },
      ...[began('reviewer'), ended(null, 'reviewer')],
      { type: 'judged', unit: a, attempt: claimed.attempt, tree: 't', outcome: 'done', checkRuns: 1, unproven: null },
      ...[queue('holds'), { type: 'landed', unit: a, ...landing, testsAdded: null } as const],
      ...[queue('left'), moved('judging', 'done')],
    ],
    {
      units: [
        unit({
          ...{ state: 'done', since: 14_000, attempt: attempt(1000), lastAgent: 'script', restored: ['x'] },
          money: { spentMicroUsd: 5, possibleMicroUsd: 2, unknown: 1 },
          judged: { unproven: { tried: 1, of: 1, found: [] }, checkRuns: 3 },
          landed: { ...landing, testsAdded: null },
        }),
      ],
      ...{ counts: { working: 0, judging: 0, done: 1 }, unitLoad: load(0, 1, 14_000, 12_000) },
      agentLoad: load(0, 1, 9000, 2000),
      money: { spentMicroUsd: 5, possibleMicroUsd: 2, unknown: 1 },
      moneyByRole: {
        builder: { spentMicroUsd: 5, possibleMicroUsd: 1, unknown: 0 },
        reviewer: { spentMicroUsd: 0, possibleMicroUsd: 1, unknown: 1 },
      },
    },
  ],
  [
    'two of one role side by side, of which the first ends last',
    [began('reviewer', 1), began('reviewer', 2), ended(1, 'reviewer', 2), ended(2, 'reviewer', 1)],
    {
      units: [{ ...unknownUnit(a), lastAgent: 'script', money: { spentMicroUsd: 3, possibleMicroUsd: 2, unknown: 0 } }],
      agentLoad: load(0, 2, 4000, 3000, 4000),
      money: { spentMicroUsd: 3, possibleMicroUsd: 2, unknown: 0 },
      moneyByRole: { reviewer: { spentMicroUsd: 3, possibleMicroUsd: 2, unknown: 0 } },
    },
  ],
  [
    'a session whose end is told after that of its unit, and one that was never told to begin',
    [moved('ready', 'working'), began(), moved('working', 'cancelled', 'by Ada'), ended(4), ended(1, 'scout')],
    {
      units: [
        unit({
          ...{ state: 'cancelled', since: 3000, why: 'by Ada', lastAgent: 'script' },
          money: { spentMicroUsd: 5, possibleMicroUsd: 2, unknown: 0 },
        }),
      ],
      ...{ counts: { working: 0, cancelled: 1 }, unitLoad: load(0, 1, 3000, 2000), agentLoad: load(0, 1, 3000, 1000) },
      money: { spentMicroUsd: 5, possibleMicroUsd: 2, unknown: 0 },
      moneyByRole: {
        builder: { spentMicroUsd: 4, possibleMicroUsd: 1, unknown: 0 },
        scout: { spentMicroUsd: 1, possibleMicroUsd: 1, unknown: 0 },
      },
    },
  ],
  [
    'the merge queue, which a unit leaves whatever becomes of it',
    [queue('holds', b), queue('waits'), moved('judging', 'failed', 'red'), queue('left', b), queue('holds')],
    {
      ...{ units: [unit({ state: 'failed', since: 3000, why: 'red' })], counts: { failed: 1 } },
      mergeQueue: { holder: a, waiting: [] },
    },
  ],
  [
    'conflicts',
    [
      {
        ...{ type: 'not-done', unit: a, attempt: attemptId(a, 1), next: 'rebase' },
        failure: { reason: 'merge-conflict', files: ['x'] },
      },
      { type: 'not-done', unit: a, attempt: attemptId(a, 1), next: 'rebase', failure: { reason: 'no-proof' } },
      { type: 'not-done', unit: a, attempt: attemptId(a, 1), next: 'repair', failure: { reason: 'no-proof' } },
    ],
    { units: [{ ...unknownUnit(a), conflicts: 2, failure: { reason: 'no-proof' } }] },
  ],
  [
    'limits: units that wait, caps, agents that cannot work',
    [
      moved('working', 'parked', 'limited', { ...named, until: 9000 }),
      moved('working', 'parked', 'no time', { unit: b, key: 'B', title: 'Do B' }),
      ...[
        began(),
        { type: 'cap-reached', detail: 'the day' } as const,
        { type: 'cap-reached', detail: 'the day' } as const,
      ],
      { type: 'request-refused', unit: a, detail: 'no key', isAll: false },
      { type: 'request-refused', unit: b, agent: 'other', detail: 'no program', isAll: false },
      { type: 'request-refused', unit: b, detail: 'no key', isAll: false, isTold: true },
    ],
    {
      units: [
        unit({
          ...{
            state: 'parked',
            since: 1000,
            why: 'limited',
            parkedUntil: 9000,
            lastAgent: 'script',
            agents: [agentAt(3000)],
          },
        }),
        { ...unknownUnit(b), key: 'B', title: 'Do B', state: 'parked', since: 2000, why: 'no time' },
      ],
      ...{ counts: { parked: 2 }, parked: [[a, 9000]], caps: ['the day'], agentLoad: load(1, 1, 3000, 0) },
      notices: ['no key', 'no program'],
      refusals: [
        { agent: 'script', detail: 'no key', isAll: false },
        { agent: 'other', detail: 'no program', isAll: false },
      ],
    },
  ],
  [
    'a unit that is paused, and goes on',
    [
      { type: 'unit-paused', ...named },
      { type: 'unit-resumed', unit: a },
    ],
    { units: [unit({ isPaused: false })] },
  ],
  [
    'what it says to people, each once, and the end',
    [
      ...[{ type: 'notice', text: 'One' } as const, { type: 'notice', text: 'One' } as const],
      { type: 'environment-red', failure: { reason: 'environment', command: 'npm test', excerpt: 'red' } },
      { type: 'environment-red', failure: { reason: 'environment', command: 'later', excerpt: '' } },
      { type: 'run-ended', run, outcome: 'done', exitCode: 0, costMicroUsd: null },
    ],
    {
      ...{ notices: ['One'], environment: { reason: 'environment', command: 'npm test', excerpt: 'red' } },
      end: { at: 5000, outcome: 'done', exitCode: 0, spentMicroUsd: 0, possibleMicroUsd: 0, isCostKnown: false },
    },
  ],
  [
    'a run that was killed: what was at work stays so, and there is no end',
    [{ type: 'run-started', ...started }, claimed, moved('ready', 'working'), began(), queue('waits')],
    {
      ...{ run: started, startedAt: 1000, counts: { working: 1 }, busy: [a] },
      units: [
        unit({
          ...{ state: 'working', since: 3000, attempt: attempt(2000), lastAgent: 'script', agents: [agentAt(4000)] },
        }),
      ],
      ...{ unitLoad: load(1, 1, 3000, 0), agentLoad: load(1, 1, 4000, 0), mergeQueue: { holder: null, waiting: [a] } },
    },
  ],
  [
    'events of an older version: no names, no sessions, no merge queue',
    [
      { type: 'wave-started', number: 1, units: [a, b] },
      { type: 'claimed', unit: a, attempt: attemptId(a, 1), fence: 1, role: 'builder' },
      ...[moved('ready', 'working', null, {}), moved('working', 'parked', 'limited', {})],
    ],
    {
      wave: { number: 1, at: 1000, units: [a, b] },
      units: [
        { ...unknownUnit(a), state: 'parked', since: 4000, why: 'limited', wave: 1, attempt: attempt(2000) },
        { ...unknownUnit(b), wave: 1 },
      ],
      ...{ counts: { working: 0, parked: 1 }, unitLoad: load(0, 1, 4000, 1000) },
    },
  ],
  [
    'a clock that was set back, and a unit that was at work before anything was told',
    [moved('working', 'ready'), moved('ready', 'working'), moved('working', 'judging'), { type: 'x' } as never],
    {
      units: [unit({ state: 'judging', since: 3000 })],
      ...{ counts: { ready: 0, working: 0, judging: 1 }, busy: [a], unitLoad: load(1, 1, 2000, 0) },
    },
  ],
])('%s', (_what, events, wanted) => {
  const seen = { lastId: events.length, at: events.length * 1000 };
  expect(whole(after(events))).toEqual({ ...whole(emptyRunState()), ...seen, ...wanted });
});

test('time that goes back adds none', () => {
  const at = (ms: number, event: Event) => ({ id: ms, at: ms, run, event });
  const state = [
    at(9000, moved('ready', 'working')),
    at(4000, moved('working', 'done')),
    at(5000, moved('done', 'working')),
  ].reduce(reduce, emptyRunState());
  expect(state.unitLoad).toEqual(load(1, 1, 5000, 0));
});

test('a state stays as it was, whatever follows it', () => {
  const events = [claimed, moved('ready', 'working'), began(), ended(5), moved('working', 'done')];
  const states = events.map((_, index) => after(events.slice(0, index)));
  const kept = states.map((state) => structuredClone(whole(state)));
  const next = states.map((state) => reduce(state, { id: 99, at: 99_000, run, event: moved('done', 'failed', 'x') }));
  expect(states.map(whole)).toEqual(kept);
  expect(next.map((state) => state.units.get(a)?.state)).toEqual(states.map(() => 'failed'));
  expect(whole(after(events, after([])))).toEqual(whole(after(events)));
});

test('what is done with a unit, and what it is called', () => {
  const doing = (...events: readonly Event[]): unknown => doingOf(after(events), a);
  const working = [claimed, moved('ready', 'working')];
  const judging = [...working, moved('working', 'judging')];
  expect([
    doing(),
    doing(...working),
    doing(...judging),
    doing(...judging, queue('waits')),
    doing(...judging, queue('waits'), queue('holds')),
    doing(...judging, queue('holds'), queue('left')),
    doing(...judging, moved('judging', 'done')),
  ]).toEqual([null, 'at work', 'judging', 'waiting to land', 'landing', 'judging', null]);
  const known = stateWithNames([{ id: b, key: 'B', title: 'Do B' }]);
  expect([keyOf(after(working), a), keyOf(known, b), keyOf(known, a), noMoney.unknown]).toEqual(['A', 'B', 'a', 0]);
});

test('an event costs the same however many came before it', () => {
  const take = (units: number): number => {
    const ids = Array.from({ length: units }, (_, index) => idFromKey(`u${index}`));
    let state = emptyRunState();
    const before = process.cpuUsage();
    for (let event = 0; event < 20_000; event++) {
      const id = ids[event % units] ?? a;
      const told = moved('ready', event % 2 === 0 ? 'parked' : 'ready', 'x', {
        unit: id,
        key: id,
        title: id,
        until: event,
      });
      state = reduce(state, { id: event, at: event, run, event: told });
    }
    return process.cpuUsage(before).user;
  };
  take(100);
  // Copied at each event, ten thousand units would cost hundreds of times as much as a hundred.
  expect(take(10_000) / take(100)).toBeLessThan(20);
});
