import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { attemptId, idFromKey } from '../../src/model/ids.ts';
import { courseOf } from '../../src/report/course.ts';
import { criticalPath } from '../../src/report/critical-path.ts';
import { partitions } from '../../src/report/partition.ts';
import { timesOf } from '../../src/report/times.ts';
import { numbers } from '../support/numbers.ts';
import { spent, ToldRun } from '../support/told-run.ts';

const nothing = {
  ...{ busy: { agentsMs: 0, checksMs: 0 }, bets: { agentsMs: 0, checksMs: 0 } },
  waits: { placesMs: 0, coresMs: 0, limitsMs: 0, mergeQueueMs: 0, peopleMs: 0 },
};

/** A landing of an attempt of `a`. */
const landedAt = (number: number): Event => {
  const unit = idFromKey('a');
  const change = { commit: 'c', tree: 't', linesAdded: 1, linesRemoved: 0, files: ['f'], testsAdded: null };
  return { type: 'landed', unit, attempt: attemptId(unit, number), ...change };
};

/** The times of a run's events. */
function timesIn(told: ToldRun, end: number, ends: Readonly<Record<string, string>> = {}): ReturnType<typeof timesOf> {
  const course = courseOf(told.end(end));
  const byAttempt = new Map(
    Object.entries(ends).map(([name, outcome]) => {
      const [unit = '', number = '1'] = name.split('.');
      return [attemptId(idFromKey(unit), Number(number)), { outcome }];
    }),
  );
  return timesOf(course, partitions(course).values(), byAttempt);
}

test.each<[string, (told: ToldRun) => ToldRun, object, Readonly<Record<string, string>>?]>([
  ['a run in which nothing happened', (told) => told, nothing],
  [
    'an agent is at work from the start of its process to its end',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(100, 'a', spent(1000, 200, 300))
        .is(1600, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 1000, checksMs: 0 }, waits: { ...nothing.waits, placesMs: 200 } },
  ],
  [
    'waiting for a limit of a provider is no work',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000, 0, 0, 400))
        .is(1000, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 600, checksMs: 0 }, waits: { ...nothing.waits, limitsMs: 400 } },
  ],
  [
    'a check that waits for a core while another one of its unit runs keeps nobody waiting',
    (told) =>
      told
        .is(0, 'a', 'judging')
        .check(0, 'a', spent(1000))
        .check(0, 'a', spent(500, 1200, 100))
        .is(1800, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 0, checksMs: 1500 }, waits: { ...nothing.waits, coresMs: 200 } },
  ],
  [
    'checks that nobody needed are bets, and so is all work of an attempt that came to nothing',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000))
        .is(1000, 'a', 'judging')
        .check(1000, 'a', spent(500))
        .is(2000, 'a', 'ready')
        .is(2000, 'a', 'working')
        .agent(2000, 'a', spent(800), attemptId(idFromKey('a'), 2))
        .check(2000, 'b', spent(300), false)
        .check(2300, 'b', spent(200))
        .is(3000, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 800, checksMs: 200 }, bets: { agentsMs: 1000, checksMs: 800 } },
    { a: 'misfit' },
  ],
  [
    'what an attempt did after its work conflicted is a bet, and what it did before is not',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000))
        .check(1000, 'a', spent(500))
        .notDone(1600, 'a', 'merge')
        .agent(1600, 'a', spent(300))
        .check(1900, 'a', spent(400))
        .agent(1600, 'b', spent(200))
        .is(3000, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 1200, checksMs: 500 }, bets: { agentsMs: 300, checksMs: 400 } },
    { a: 'landed' },
  ],
  [
    'the work of an attempt that another agent merges is none, and all of the attempt that merges it is',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000))
        .check(1000, 'a', spent(500))
        .notDone(1600, 'a', 'merge')
        .is(1600, 'a', 'ready')
        .is(1700, 'a', 'working')
        .check(1700, 'a', spent(50), true, 2)
        .agent(1750, 'a', spent(300), attemptId(idFromKey('a'), 2))
        .notDone(2100, 'a', 'repair', 2)
        .agent(2100, 'a', spent(200), attemptId(idFromKey('a'), 2))
        .check(2300, 'a', spent(400), true, 2)
        .tell(2700, landedAt(2))
        .is(2700, 'a', 'ready')
        .agent(2800, 'a', spent(100), attemptId(idFromKey('a'), 3))
        .is(3000, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 1100, checksMs: 500 }, bets: { agentsMs: 500, checksMs: 450 } },
    { a: 'misfit', 'a.2': 'landed', 'a.3': 'landed' },
  ],
  [
    'nothing is left of work whose merge is not accepted in the end',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000))
        .notDone(1000, 'a', 'merge')
        .agent(1000, 'a', spent(300))
        .notDone(1300, 'a', 'new-attempt')
        .agent(1400, 'a', spent(700), attemptId(idFromKey('a'), 2))
        .is(3000, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 700, checksMs: 0 }, bets: { agentsMs: 1300, checksMs: 0 } },
    { a: 'failed', 'a.2': 'landed' },
  ],
  [
    'nothing is left of work whose merge by another agent is given up',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000))
        .notDone(1000, 'a', 'merge')
        .agent(1100, 'a', spent(300), attemptId(idFromKey('a'), 2))
        .notDone(1400, 'a', 'give-up', 2)
        .is(3000, 'a', 'failed'),
    { ...nothing, bets: { agentsMs: 1300, checksMs: 0 } },
    { a: 'misfit', 'a.2': 'failed' },
  ],
  [
    'nothing is left of work whose merge was given up',
    (told) =>
      told
        .is(0, 'a', 'working')
        .agent(0, 'a', spent(1000))
        .check(1000, 'a', spent(500))
        .notDone(1600, 'a', 'merge')
        .agent(1750, 'a', spent(300), attemptId(idFromKey('a'), 2))
        .notDone(2100, 'a', 'rebase', 2)
        .agent(2200, 'a', spent(700), attemptId(idFromKey('a'), 3))
        .is(3000, 'a', 'done'),
    { ...nothing, busy: { agentsMs: 700, checksMs: 0 }, bets: { agentsMs: 1300, checksMs: 500 } },
    { a: 'misfit', 'a.2': 'misfit', 'a.3': 'landed' },
  ],
  [
    'two units wait for their turn to land, of which one is judged meanwhile',
    (told) =>
      told
        .is(0, 'a', 'judging')
        .is(0, 'b', 'judging')
        .queue(100, 'a', 'waits')
        .queue(100, 'b', 'waits')
        .check(100, 'b', spent(300))
        .queue(600, 'a', 'holds')
        .queue(700, 'b', 'left')
        .is(700, 'a', 'done')
        .is(700, 'b', 'done'),
    { ...nothing, busy: { agentsMs: 0, checksMs: 300 }, waits: { ...nothing.waits, mergeQueueMs: 500 + 300 } },
  ],
  [
    'people keep a unit waiting while it waits for their answer, and while they have paused it',
    (told) =>
      told
        .is(0, 'a', 'awaiting')
        .is(300, 'a', 'ready')
        .tell(400, { type: 'unit-paused', unit: idFromKey('a') })
        .tell(600, { type: 'unit-resumed', unit: idFromKey('a') })
        .is(700, 'b', 'blocked'),
    { ...nothing, waits: { ...nothing.waits, peopleMs: 300 + 200 + 4300 } },
  ],
  [
    'an agent whose end was not seen worked as long as its session',
    (told) =>
      told
        .is(0, 'a', 'working')
        .tell(100, {
          ...{ type: 'agent-started', unit: idFromKey('a'), attempt: attemptId(idFromKey('a'), 1), role: 'builder' },
          ...{ name: 'n', agent: 'script', model: null, round: 0 },
        })
        .is(2000, 'a', 'parked'),
    { ...nothing, busy: { agentsMs: 4900, checksMs: 0 } },
  ],
])('%s', (_, tell, times, ends = {}) => {
  expect(timesIn(tell(new ToldRun(2, { a: 'ready', b: 'ready' })), 5000, ends)).toEqual(times);
});

/** A run of one agent whose units come one after the other, and what it should add up to. */
function oneAgent(seed: number) {
  const next = numbers(seed);
  const some = (most: number): number => Math.floor(next() * most);
  const keys = Array.from({ length: 1 + some(4) }, (_, index) => `u${index}`);
  const told = new ToldRun(1, Object.fromEntries(keys.map((key) => [key, 'ready'])));
  const sums = { agentsMs: 0, checksMs: 0, placesMs: 0, coresMs: 0, limitsMs: 0, mergeQueueMs: 0, peopleMs: 0 };
  let [at, itselfMs, betsMs] = [0, 0, 0];
  /** Passes some time, which counts for this. */
  const pass = (what: keyof typeof sums | null, most: number): number => {
    const ms = some(most);
    if (what === null) itselfMs += ms;
    else sums[what] += ms;
    at += ms;
    return ms;
  };
  if (some(2) === 0) told.check(at, null, spent(pass('checksMs', 900)));
  for (const key of keys) {
    pass(null, 50);
    told.is(at, key, 'working');
    for (let round = 1 + some(2); round > 0; round--) {
      const begun = at;
      const [waitedMs, openedMs, limitedMs] = [pass('placesMs', 200), pass(null, 100), pass('limitsMs', 300)];
      told.agent(begun, key, spent(limitedMs + pass('agentsMs', 5000), waitedMs, openedMs, limitedMs));
      pass(null, 50);
    }
    told.is(at, key, 'judging');
    for (let checks = some(5); checks > 0; checks--) {
      const begun = at;
      const isNeeded = some(4) > 0;
      const [waitedMs, openedMs] = [pass('coresMs', 400), pass(null, 100)];
      const ranMs = some(3000);
      at += ranMs;
      if (isNeeded) sums.checksMs += ranMs;
      else betsMs += ranMs;
      told.check(begun, key, spent(ranMs, waitedMs, openedMs), isNeeded);
      pass(null, 50);
    }
    if (some(3) === 0) {
      told.is(at, key, 'awaiting');
      pass('peopleMs', 2000);
      told.is(at, key, 'judging');
    }
    if (some(3) === 0) {
      told.is(at, key, 'parked');
      pass('limitsMs', 2000);
      told.is(at, key, 'judging');
    }
    told.queue(at, key, 'waits');
    pass('mergeQueueMs', 500);
    told.queue(at, key, 'holds');
    pass(null, 50);
    told.queue(at, key, 'left').is(at, key, 'done');
  }
  pass(null, 100);
  return { course: courseOf(told.end(at)), wallMs: at, sums, betsMs, itselfMs };
}

test('with one agent, work, waits, bets and the rest are the wall clock, and so is the critical path', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { course, wallMs, sums, betsMs, itselfMs } = oneAgent(seed);
    const parts = partitions(course);
    const { busy, bets, waits } = timesOf(course, parts.values(), new Map());
    expect([seed, { ...busy, ...waits }, bets]).toEqual([seed, sums, { agentsMs: 0, checksMs: betsMs }]);
    const all = [busy, bets, waits].flatMap((some) => Object.values<number>({ ...some }));
    expect([seed, all.reduce((a, b) => a + b) + itselfMs]).toEqual([seed, wallMs]);
    const { by } = criticalPath(course, parts, new Map());
    expect([seed, Object.values(by).reduce((a, b) => a + b)]).toEqual([seed, wallMs]);
  }
});

test('what is told after the end of a run takes no time of it', () => {
  const events = new ToldRun(2, { a: 'ready' })
    .is(0, 'a', 'working')
    .agent(0, 'a', spent(50))
    .is(60, 'a', 'done')
    .end(100);
  const [last] = events.slice(-1);
  if (last === undefined) throw new Error('no event');
  const late = { ...last, id: last.id + 1, at: 5000, event: { type: 'notice', text: 'A hook failed.' } } as const;
  expect(courseOf([...events, late])).toEqual(courseOf(events));
});
