import { expect, test } from 'vitest';
import { idFromKey, type UnitId } from '../../src/model/ids.ts';
import { keptApart, type Pair } from '../../src/plan/apart.ts';
import { conflictOf, reachOf } from '../../src/plan/conflict.ts';
import { forecast } from '../../src/plan/forecast.ts';
import { type Parallelism, parallelisms } from '../../src/model/parallelism.ts';
import type { PlanLimits, PlanUnit } from '../../src/plan/plan-unit.ts';
import { Schedule, type Wait } from '../../src/plan/schedule.ts';
import { numbers } from '../support/numbers.ts';

function unit(index: number, more: Partial<PlanUnit> = {}): PlanUnit {
  return {
    ...{ id: idFromKey(`u${index}`), state: 'ready', kind: 'change', depends: [], touches: [`src/f${index}.ts`] },
    ...{ contracts: [], exclusive: [], phase: null, priority: 0, position: index },
    ...{ runsAlone: false, isPaused: false, estimateMs: 10 },
    ...more,
  };
}

/** Some units with everything that can keep two of them apart. */
function someUnits(seed: number): PlanUnit[] {
  const random = numbers(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const patterns = ['a', 'a/b', 'a/b/c.ts', 'a/*.ts', '{a,d}/x', 'd/**', '**/c.ts', 'e', 'f/g', 'f/g/h', '*/b'];
  return Array.from({ length: 14 }, (_unused, index) =>
    unit(index, {
      depends: Array.from({ length: index }, (_each, j) => idFromKey(`u${j}`)).filter(() => random() < 0.08),
      touches: random() < 0.05 ? [] : [pick(patterns), pick(patterns)].slice(Math.floor(random() * 2)),
      contracts: random() < 0.2 ? [pick(patterns)] : [],
      exclusive: random() < 0.15 ? [pick(['db', 'gpu'])] : [],
      phase: random() < 0.3 ? pick(['one', 'two']) : null,
      kind: random() < 0.1 ? 'research' : 'change',
      runsAlone: random() < 0.03,
      state: random() < 0.1 ? 'done' : 'ready',
      isPaused: random() < 0.05,
      estimateMs: 1 + Math.floor(random() * 5),
    }),
  );
}

/** The same, pair by pair. */
function pairByPair(units: readonly PlanUnit[], parallelism: Parallelism): Pair[] {
  const open = units.filter((one) => one.state === 'ready');
  const byId = new Map(open.map((one) => [one.id, one]));
  const isAfter = (one: PlanUnit, other: UnitId): boolean =>
    one.depends.some((id) => id === other || (byId.has(id) && isAfter(byId.get(id) as PlanUnit, other)));
  return open.flatMap((a, index) =>
    open.slice(index + 1).flatMap((b): Pair[] => {
      if (isAfter(a, b.id) || isAfter(b, a.id)) return [];
      if (a.phase !== b.phase && a.phase !== null && b.phase !== null) return [];
      const why = conflictOf(reachOf(a, parallelism), reachOf(b, parallelism));
      return why ? [{ pair: [a.id, b.id], why }] : [];
    }),
  );
}

test.each([
  ['careful', 1000],
  ['balanced', 500],
  ['eager', 100],
] as const)('%s: the pairs that are kept apart are those that a look at each pair finds', (parallelism, most) => {
  let found = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const units = someUnits(seed);
    const { pairs, isCut } = keptApart(units, parallelism);
    found += pairs.length;
    expect([pairs, isCut]).toEqual([pairByPair(units, parallelism), false]);
  }
  expect(found).toBeGreaterThan(most);
});

test('a list of pairs that was cut says so', () => {
  const onOneFile = (count: number): PlanUnit[] => {
    return Array.from({ length: count }, (_unused, index) => unit(index, { touches: ['a'] }));
  };
  const told = [45, 46].map((count) => keptApart(onOneFile(count), 'balanced'));
  expect(told.map(({ pairs, isCut }) => [pairs.length, isCut])).toEqual([
    [990, false],
    [1000, true],
  ]);
});

test('a forecast tells of each unit what kept it back just before it started', () => {
  const explained = (units: readonly PlanUnit[], limits: PlanLimits): unknown => {
    const schedule = new Schedule(units, limits);
    const byId = new Map(units.map((one) => [one.id, one]));
    const ends = new Map<UnitId, number>();
    const waited = new Map<UnitId, Wait>();
    const waves: unknown[] = [];
    for (let now = 0; ;) {
      const started = schedule.next();
      if (started.length > 0)
        waves.push({ startMs: now, units: started.map((id) => ({ unit: id, waitedFor: waited.get(id) ?? null })) });
      for (const { unit: id, wait } of schedule.waits()) waited.set(id, wait);
      for (const id of started) ends.set(id, now + (byId.get(id)?.estimateMs ?? 0));
      if (ends.size === 0) return waves;
      now = Math.min(...ends.values());
      for (const [id, end] of ends) {
        if (end > now) continue;
        ends.delete(id);
        schedule.setState(id, 'done');
      }
    }
  };
  for (let seed = 1; seed <= 150; seed++) {
    const parallelism = parallelisms[seed % 3] as Parallelism;
    const limits = { maxAgents: 1 + (seed % 5), phases: ['one', 'two'], barrier: seed % 7 === 0, parallelism };
    expect(forecast(someUnits(seed), limits).waves).toEqual(explained(someUnits(seed), limits));
  }
});

test.each([
  ['a chain', (index: number): Partial<PlanUnit> => (index === 0 ? {} : { depends: [idFromKey(`u${index - 1}`)] })],
  ['units with places of their own', (): Partial<PlanUnit> => ({})],
  [
    'a chain that touches one file',
    (index: number): Partial<PlanUnit> => ({
      touches: ['one.ts'],
      ...(index === 0 ? {} : { depends: [idFromKey(`u${index - 1}`)] }),
    }),
  ],
])('%s of ten thousand is planned', { timeout: 60_000 }, (_name, more) => {
  const units = Array.from({ length: 10_000 }, (_unused, index) => unit(index, more(index)));
  const played = forecast(units, { maxAgents: 8, phases: [], barrier: false, parallelism: 'balanced' });
  expect(played.waves.reduce((sum, wave) => sum + wave.units.length, 0)).toBe(10_000);
  // Where all touch one file, there are more pairs than are looked at.
  expect(keptApart(units, 'balanced')).toEqual({ pairs: [], isCut: units[1]?.touches[0] === 'one.ts' });
});
