import { expect, onTestFinished, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { drain, type Hands } from '../../../src/engine/run/drain.ts';
import { RunEnd } from '../../../src/engine/context/run-end.ts';
import { learnEstimates } from '../../../src/engine/run/estimates.ts';
import { configSchema } from '../../../src/model/config.ts';
import { attemptId, idFromKey, runId } from '../../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../../src/model/unit.ts';
import { claim, endAttempt } from '../../../src/queue/attempts.ts';
import { uncapped } from '../../../src/queue/budget.ts';
import { type Database, openDatabase } from '../../../src/queue/database.ts';
import { appendEvent } from '../../../src/queue/events.ts';
import { addRequest, applyRequest } from '../../../src/queue/requests.ts';
import { insertRun } from '../../../src/queue/runs.ts';
import { syncUnits, type Truth } from '../../../src/queue/sync.ts';
import { recordReach, transition } from '../../../src/queue/transitions.ts';
import { temporaryFolder } from '../../support/project.ts';

const id = runId(new Date(0), 'test');

function unit(key: string, depends: readonly string[] = []): UnitSpec {
  const hashes = { contentHash: key, criteriaHash: key };
  const at = { file: `${key}.md`, line: 1, body: '', criteria: [] };
  const named = { id: idFromKey(key), key, title: key, kind: 'change' as const, touches: [`${key}.txt`] };
  return { ...unasked, ...hashes, ...at, ...named, depends: depends.map(idFromKey) };
}

function sync(database: Database, units: readonly UnitSpec[], done: readonly string[] = []): void {
  const truth = (one: UnitSpec): Truth =>
    done.includes(one.id) ? { isDone: true, commit: null, how: 'ticked' } : { isDone: false, why: null };
  syncUnits(database, { units, truth, at: 1, run: id });
}

/** Drains, with one agent unless told otherwise; `drive` is told what is started. Returns the order. */
async function drained(
  units: readonly UnitSpec[],
  steps: {
    /** What is in the queue before. */
    readonly history?: (database: Database) => void;
    readonly maxAgents?: number;
    readonly drive?: (key: string, database: Database) => void;
    readonly apply?: (database: Database) => void;
    /** Why the machine is in the way of a unit; it goes back then, and takes its time to clear away. */
    readonly halt?: (key: string) => Error | null;
    /** Whether a unit is parked for five minutes where it ends. */
    readonly parks?: (key: string) => boolean;
    /** Whether a unit is ready again where it ends. */
    readonly goesBack?: (key: string) => boolean;
    /** How long a unit works. */
    readonly works?: (key: string) => Promise<void>;
    /** Milliseconds that a unit works, by that clock. */
    readonly takesMs?: number;
    /** Milliseconds that each look at the clock moves it. */
    readonly step?: number;
  },
): Promise<string[]> {
  const database = openDatabase(temporaryFolder());
  onTestFinished(() => database.close());
  const row = { id, startedAt: 1, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  sync(database, units);
  steps.history?.(database);
  const order: string[] = [];
  let now = 1000;
  const clock = {
    now: () => (now += steps.step ?? 0),
    sleep: () => Promise.resolve(),
  };
  const frozen = {
    baseCommit: 'c',
    baseTree: 't',
    projectChecks: [],
    configHash: 'h',
    role: 'builder',
    to: 'working',
  } as const;
  const end = new RunEnd();
  const hands: Hands = {
    prepare: () => Promise.resolve(),
    claim: ({ spec }) => claim(database, { ...frozen, at: 1, run: id, unit: spec.id }),
    drive: async ({ spec }, attempt) => {
      order.push(spec.key);
      steps.drive?.(spec.key, database);
      const why = steps.halt?.(spec.key) ?? null;
      if (why !== null) {
        end.come({ kind: 'fatal', error: why });
        transition(database, 1, id, { unit: spec.id, to: 'ready', fence: attempt.fence });
        return delay(1000);
      }
      await steps.works?.(spec.key);
      now += steps.takesMs ?? 0;
      const isParked = steps.parks?.(spec.key) ?? false;
      const parkedUntil = isParked ? now + fiveMinutes : null;
      transition(database, 1, id, {
        unit: spec.id,
        to: isParked ? 'parked' : steps.goesBack?.(spec.key) === true ? 'ready' : 'done',
        fence: attempt.fence,
        parkedUntil,
      });
    },
    apply: (requests) => {
      for (const request of requests) applyRequest(database, 1, id, request, () => 'applied');
      steps.apply?.(database);
      return Promise.resolve();
    },
    isUnusable: () => false,
    pausedUntil: () => null,
  };
  await drain(
    {
      id,
      database,
      clock,
      emit: (event) => database.write(() => appendEvent(database, 1, id, event)),
      config: configSchema.parse({}),
      end,
      settings: {
        maxAgents: steps.maxAgents ?? 1,
        barrier: false,
        parallelism: 'balanced' as const,
        caps: uncapped,
        maxUnits: null,
        isFailFast: false,
      },
    },
    hands,
    { deadline: null, maxParkMs: fiveMinutes, isAskedFor: () => true },
    learnEstimates([]),
  );
  return order;
}

const fiveMinutes = 300_000;
const many = Array.from({ length: 20 }, (_, index) => unit(`u${String(index).padStart(2, '0')}`));

test('what others ask for is looked at while there is always something to do', async () => {
  const request = { verb: 'cancel', unit: idFromKey('u19'), message: '', by: 'ada', digest: null } as const;
  const order = await drained(many, {
    step: 100,
    drive: (key, database) => {
      if (key === 'u00') addRequest(database, 1, request);
    },
    apply: (database) => transition(database, 1, id, { unit: idFromKey('u19'), to: 'cancelled' }),
  });
  expect([order.length, order.includes('u19')]).toEqual([19, false]);
});

test('a unit that comes into the queue as done lets those start that depend on it', async () => {
  const order = await drained([unit('a')], {
    drive: (key, database) => {
      if (key === 'a') sync(database, [unit('a'), unit('ticked'), unit('b', ['ticked'])], ['ticked']);
    },
  });
  expect(order).toEqual(['a', 'b']);
});

test('what is asked for while the last unit works is heard before the run ends', async () => {
  const request = { verb: 'sync', unit: null, message: '', by: 'ada', digest: null } as const;
  let isAdded = false;
  const order = await drained([unit('a')], {
    drive: (key, database) => {
      if (key === 'a') addRequest(database, 1, request);
    },
    apply: (database) => {
      if (!isAdded) sync(database, [unit('a'), unit('late')], ['a']);
      isAdded = true;
    },
  });
  expect(order).toEqual(['a', 'late']);
});

test('once the machine is in the way nothing more starts, however long it takes to clear away', async () => {
  const order: string[] = [];
  const drive = (key: string): number => order.push(key);
  const run = drained(many, { drive, halt: (key) => (key === 'u01' ? new Error('the disk is full') : null) });
  await expect(run).rejects.toThrow('the disk is full');
  expect(order).toEqual(['u00', 'u01']);
});

test('what is parked is waited for, and again once others got done, and for a quarter of an hour where none is', async () => {
  let times = 0;
  const sometimes = await drained([unit('a'), unit('b'), unit('c')], { step: 60_000, parks: () => ++times % 3 !== 0 });
  expect(sometimes.length).toBe(9);
  const never = await drained([unit('a')], { step: 20_000, parks: () => true });
  expect(never.length).toBeLessThan(10); // each look at the clock takes from a wait
});

test('a unit that works for long between its waits is waited for each time', async () => {
  let times = 0;
  const often = await drained([unit('a')], { step: 40_000, takesMs: 3 * fiveMinutes, parks: () => ++times < 12 });
  expect(often.length).toBe(12);
});

test('while many of the last landings conflicted, units of unknown paths run one after another, and the run says so', async () => {
  const frozen = { role: 'builder', baseCommit: 'c', baseTree: 't', projectChecks: [], configHash: 'h' } as const;
  const past = unit('past');
  const told = async (conflicts: number): Promise<unknown> => {
    const events: unknown[] = [];
    const order = await drained([past, ...['a', 'b', 'c'].map((key) => ({ ...unit(key), touches: [] }))], {
      maxAgents: 3,
      history: (database) => {
        for (let at = 1; at <= 20; at++) {
          const { id: attempt, fence } = claim(database, { ...frozen, to: 'working', at, run: id, unit: past.id });
          endAttempt(database, at, attempt, at <= conflicts ? 'misfit' : 'landed', null);
          transition(database, at, id, { unit: past.id, to: at === 20 ? 'done' : 'ready', fence });
        }
        database.listen(({ event }) => {
          if (event.type === 'notice') events.push(event.text);
          if (event.type === 'wave-started') events.push(event.units);
        });
      },
    });
    expect(order).toEqual(['a', 'b', 'c']);
    return events;
  };
  expect([await told(6), await told(7)]).toEqual([
    [['a', 'b', 'c']],
    ['Units now run as with "careful": 7 of the last 20 landings conflicted.', ['a'], ['b'], ['c']],
  ]);
});

test('units that were seen to conflict are not started beside each other again', async () => {
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  let began = 0;
  const order = await drained([unit('a'), unit('b'), unit('c')], {
    maxAgents: 2,
    drive: (key, database) => {
      if (key === 'c') end();
      if (key !== 'b' || ++began > 1) return;
      database.write(() => {
        const [a, b] = [idFromKey('a'), idFromKey('b')];
        for (const [mine, other] of [
          [a, b],
          [b, a],
        ] as const) {
          recordReach(database, mine, ['f.txt']);
          const overlap = { type: 'overlap', unit: mine, attempt: attemptId(mine, 1), with: other } as const;
          appendEvent(database, 1, id, { ...overlap, files: ['f.txt'], told: 'later' });
        }
      });
    },
    works: async (key) => (key === 'a' ? isOver : undefined),
    goesBack: (key) => key === 'b' && began === 1,
  });
  expect(order).toEqual(['a', 'b', 'c', 'b']);
});
