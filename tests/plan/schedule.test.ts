import { describe, expect, test } from 'vitest';
import { idFromKey, type UnitId } from '../../src/model/ids.ts';
import { forecast } from '../../src/plan/forecast.ts';
import type { Parallelism } from '../../src/model/parallelism.ts';
import type { PlanLimits, PlanUnit } from '../../src/plan/plan-unit.ts';
import { conflictOf, reachOf } from '../../src/plan/conflict.ts';
import { Schedule } from '../../src/plan/schedule.ts';
import { numbers } from '../support/numbers.ts';

function unit(
  id: string,
  more: Partial<Omit<PlanUnit, 'depends'>> & { readonly depends?: readonly string[] } = {},
): PlanUnit {
  const { depends = [], ...rest } = more;
  return {
    id: idFromKey(id),
    state: 'ready',
    kind: 'change',
    touches: [`${id}.txt`],
    contracts: [],
    exclusive: [],
    phase: null,
    priority: 0,
    position: 0,
    runsAlone: false,
    isPaused: false,
    estimateMs: 10,
    ...rest,
    depends: depends.map(idFromKey),
  };
}

const limits: PlanLimits = { maxAgents: 10, phases: [], barrier: false, parallelism: 'careful' };

/** `b: dependency` for each unit that waits. */
function waits(
  units: readonly PlanUnit[],
  more: Partial<PlanLimits> = {},
): { readonly start: readonly string[]; readonly waiting: Record<string, unknown> } {
  const schedule = new Schedule(units, { ...limits, ...more });
  const start = schedule.next();
  return { start, waiting: Object.fromEntries(schedule.waits().map(({ unit: id, wait }) => [id, wait])) };
}

const conflictBetween = (
  a: PlanUnit,
  b: PlanUnit,
  parallelism: Parallelism = 'careful',
): ReturnType<typeof conflictOf> => conflictOf(reachOf(a, parallelism), reachOf(b, parallelism));

test('a unit starts when all it depends on is done', () => {
  // a* --> b --> c      (* done)
  const units = [
    unit('a', { state: 'done' }),
    unit('b', { depends: ['a'] }),
    unit('c', { depends: ['b'], state: 'waiting' }),
  ];
  expect(waits(units)).toEqual({ start: ['b'], waiting: { c: { kind: 'dependency', on: ['b'] } } });
});

test('the longest remaining path goes first, then priority, then the order of the specs', () => {
  // d --> e --> f     b     a     c
  const units = [
    unit('a', { position: 0 }),
    unit('b', { position: 1, priority: 5 }),
    unit('c', { position: 2 }),
    unit('d', { position: 3 }),
    unit('e', { position: 4, depends: ['d'] }),
    unit('f', { position: 5, depends: ['e'] }),
  ];
  expect(waits(units).start).toEqual(['d', 'b', 'a', 'c']);
  expect(waits(units, { maxAgents: 2 }).start).toEqual(['d', 'b']);
});

/** What each degree of parallelism keeps apart: c(areful), b(alanced), e(ager). */
describe('units are kept apart', () => {
  const apart = (a: Partial<PlanUnit>, b: Partial<PlanUnit>): Record<string, unknown> => {
    const kindIn = (parallelism: Parallelism): unknown => {
      const [one, other] = [unit('b', b as object), unit('a', a as object)];
      const kinds = [conflictBetween(one, other, parallelism), conflictBetween(other, one, parallelism)];
      expect(kinds[0]?.kind).toBe(kinds[1]?.kind);
      return kinds[0]?.kind;
    };
    return { careful: kindIn('careful'), balanced: kindIn('balanced'), eager: kindIn('eager') };
  };
  const [all, careful, declared, nobody] = [
    (kind: string) => ({ careful: kind, balanced: kind, eager: kind }),
    { careful: 'overlap' },
    { careful: 'overlap', balanced: 'overlap' },
    {},
  ];
  test.each([
    ['by an exclusive name', { exclusive: ['db', 'x'] }, { exclusive: ['y', 'db'] }, all('exclusive')],
    ['when one has to run alone', { runsAlone: true }, {}, all('alone')],
    ['by a contract that one changes', { touches: ['api/x.md'] }, { contracts: ['api/x.md'] }, all('overlap')],
    [
      'by a contract in a folder that one changes',
      { touches: ['api/**'] },
      { contracts: ['api/x.md'] },
      all('overlap'),
    ],
    ['by one file', { touches: ['src/a.ts', 'b'] }, { touches: ['c', 'src/a.ts'] }, declared],
    ['by one file in two spellings', { touches: ['./src/{a,b}.ts'] }, { touches: ['src//a.ts'] }, declared],
    ['by a name without a wildcard and what is in it', { touches: ['src'] }, { touches: ['src/a.ts'] }, declared],
    ['by a folder with a slash', { touches: ['src/'] }, { touches: ['src/a.ts'] }, careful],
    ['by a wildcard over a folder', { touches: ['src/**'] }, { touches: ['src/a/b.ts'] }, careful],
    ['by one wildcard', { touches: ['src/**'] }, { touches: ['src/**'] }, careful],
    ['by wildcards that may meet', { touches: ['src/*.ts'] }, { touches: ['src/x*'] }, careful],
    ['by a changelog', { touches: ['CHANGELOG.md'] }, { touches: ['CHANGELOG.md'] }, careful],
    ['by a contract that one may change, for all it says', { touches: [] }, { contracts: ['api/x.md'] }, careful],
    ['when one does not say what it touches', { touches: [] }, {}, careful],
    ['when neither says what it touches', { touches: [] }, { touches: [] }, careful],
    ['not by a contract that both read', { contracts: ['api/x.md'] }, { contracts: ['api/x.md'] }, nobody],
    ['not by different folders', { touches: ['src/a/**'] }, { touches: ['src/b/**'] }, nobody],
    ['not by different exclusive names', { exclusive: ['db'] }, { exclusive: ['gpu'] }, nobody],
    ['not by research, which touches nothing', { kind: 'research', touches: [] } as const, { touches: [] }, nobody],
  ])('%s', (_name, a, b, kinds) => expect(apart(a, b)).toEqual(kinds));
});

test('phases come in their order; a unit without a phase at any time; what is settled holds nobody back', () => {
  const phases = ['one', 'two'];
  const units = [unit('a', { phase: 'one' }), unit('b', { phase: 'two' }), unit('c')];
  expect(waits(units, { phases })).toEqual({ start: ['a', 'c'], waiting: { b: { kind: 'phase', phase: 'one' } } });
  expect(waits([unit('a', { phase: 'one', state: 'failed' }), unit('b', { phase: 'two' })], { phases }).start).toEqual([
    'b',
  ]);
  expect(waits([unit('a', { phase: 'one', state: 'parked' }), unit('b', { phase: 'two' })], { phases }).start).toEqual(
    [],
  );
});

test('a freed slot is filled at once, or with a barrier only when the wave is through', () => {
  const units = [unit('a', { state: 'working' }), unit('b', { state: 'judging' }), unit('c'), unit('d')];
  expect(waits(units, { maxAgents: 3 })).toEqual({ start: ['c'], waiting: { d: { kind: 'slots' } } });
  expect(waits(units, { barrier: true }).start).toEqual([]);
});

test('over random graphs: all units run, dependencies come first, and nothing that conflicts runs side by side', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = numbers(seed);
    const count = 5 + Math.floor(random() * 30);
    const units = Array.from({ length: count }, (_, i) =>
      unit(`u${i}`, {
        position: i,
        depends: Array.from({ length: i }, (_unused, j) => `u${j}`).filter(() => random() < 0.15),
        touches: [`dir${Math.floor(random() * 6)}/**`],
        exclusive: random() < 0.2 ? ['db'] : [],
        phase: null,
        estimateMs: 1 + Math.floor(random() * 100),
      }),
    );
    const maxAgents = 1 + Math.floor(random() * 6);
    const state = new Map<UnitId, PlanUnit['state']>(units.map((u) => [u.id, 'waiting']));
    const now = (): PlanUnit[] => units.map((u) => ({ ...u, state: state.get(u.id) ?? 'waiting' }));
    while ([...state.values()].some((s) => s !== 'done')) {
      for (const id of new Schedule(now(), { ...limits, maxAgents }).next()) {
        expect(units.find((u) => u.id === id)?.depends.every((d) => state.get(d) === 'done')).toBe(true);
        state.set(id, 'working');
      }
      const working = now().filter((u) => u.state === 'working');
      expect(working.length).toBeGreaterThan(0);
      expect(working.length).toBeLessThanOrEqual(maxAgents);
      for (const a of working) for (const b of working) if (a !== b) expect(conflictBetween(a, b)).toBeNull();
      const ended = working[Math.floor(random() * working.length)];
      if (ended) state.set(ended.id, 'done');
    }
    const played = forecast(units, { ...limits, maxAgents });
    expect(played.waves.flatMap((wave) => wave.units).length).toBe(count);
    expect([played.stuck, played.sequentialMs]).toEqual([[], units.reduce((sum, u) => sum + u.estimateMs, 0)]);
  }
});

test('a unit that others overtake holds back whoever conflicts with it, once it was passed over as often as there are agents', () => {
  const maxAgents = 3;
  const wide = unit('wide', { touches: ['**'], position: 0, priority: 9 });
  const small = Array.from({ length: 40 }, (_, i) => unit(`s${i}`, { position: i + 1 }));
  const schedule = new Schedule([unit('first', { state: 'working' }), wide, ...small], { ...limits, maxAgents });
  const started: UnitId[] = [];
  const running: UnitId[] = [idFromKey('first')];
  while (!started.includes(wide.id) && started.length < 40) {
    const next = schedule.next();
    started.push(...next);
    running.push(...next);
    const ended = running.shift();
    if (ended !== undefined) schedule.setState(ended, 'done');
  }
  expect(started.indexOf(wide.id)).toBeLessThanOrEqual(maxAgents * 2);
});

test('a paused unit does not start, holds its phase open, and starts when it is resumed', () => {
  const phases = ['one', 'two'];
  const paused = unit('a', { phase: 'one', isPaused: true });
  const schedule = new Schedule([paused, unit('b', { phase: 'two' })], { ...limits, phases });
  expect(schedule.next()).toEqual([]);
  expect(schedule.waits()).toEqual([
    { unit: 'a', wait: { kind: 'paused' } },
    { unit: 'b', wait: { kind: 'phase', phase: 'one' } },
  ]);
  schedule.update({ ...paused, isPaused: false });
  expect(schedule.next()).toEqual(['a']);
});

test('told change by change, it knows what one knows that is made anew', () => {
  // Who of several is named, and the order of equals, may differ.
  const kindsOf = (schedule: Schedule): Record<string, unknown> =>
    Object.fromEntries(
      schedule.waits().map(({ unit: id, wait }) => [id, wait.kind === 'dependency' ? wait : wait.kind]),
    );
  const phases = ['one', 'two'];
  const states = ['ready', 'waiting', 'working', 'judging', 'parked', 'done', 'failed', 'cancelled'] as const;
  for (let seed = 1; seed <= 40; seed++) {
    const random = numbers(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const some = (index: number): PlanUnit =>
      unit(`u${index}`, {
        position: index,
        state: pick(states),
        phase: pick([null, 'one', 'two']),
        depends: Array.from({ length: index }, (_unused, j) => `u${j}`).filter(() => random() < 0.1),
        touches: [pick(['a', 'b', 'c', 'd', 'e'])],
        isPaused: random() < 0.1,
        estimateMs: 1 + Math.floor(random() * 9),
      });
    const known = new Map<UnitId, PlanUnit>();
    const put = (one: PlanUnit): void => void known.set(one.id, one);
    for (let index = 0; index < 20; index++) put(some(index));
    const told = new Schedule(known.values(), { ...limits, phases });
    for (let step = 0; step < 60; step++) {
      const changed = some(Math.floor(random() * 24));
      const before = known.get(changed.id);
      const next = before !== undefined && random() < 0.6 ? { ...before, state: changed.state } : changed;
      put(next);
      if (before !== undefined && next.depends === before.depends) told.setState(next.id, next.state);
      else told.update(next);
      const inOrder = [...known.values()].toSorted((a, b) => a.position - b.position);
      const fresh = new Schedule(inOrder, { ...limits, phases });
      expect([told.running, kindsOf(told)]).toEqual([fresh.running, kindsOf(fresh)]);
    }
  }
});
