import { describe, expect, test } from 'vitest';
import { idFromKey, type UnitId } from '../../src/model/ids.ts';
import { forecast } from '../../src/plan/forecast.ts';
import { type Parallelism, parallelisms } from '../../src/model/parallelism.ts';
import type { PlanUnit } from '../../src/plan/plan-unit.ts';
import { Schedule } from '../../src/plan/schedule.ts';
import { SlowSchedule } from './reference.ts';
import { numbers } from '../support/numbers.ts';

const idOf = (index: number): UnitId => idFromKey(`u${index}`);

function unit(index: number, more: Partial<PlanUnit> = {}): PlanUnit {
  return {
    ...{ id: idOf(index), state: 'ready', kind: 'change', depends: [], touches: [`src/f${index}.ts`] },
    ...{ contracts: [], exclusive: [], phase: null, priority: 0, position: index },
    ...{ runsAlone: false, isPaused: false, estimateMs: 10 + ((index * 7919) % 13) },
    ...more,
  };
}

/** Patterns that meet in every way; some are too large to be compared. */
const patterns = [
  ...[
    'a',
    'a/b',
    'a/b/c.ts',
    'a/*.ts',
    '{a,d}/x',
    'd/**',
    '**/c.ts',
    'e',
    'f/g',
    'f/g/h',
    '*/b',
    'a/*/c.ts',
    'a/x*',
    'a/x1',
  ],
  ...['./e/', 'f/**/h', '*', 'f/?', `a/${'x'.repeat(1200)}`, `d/${'y'.repeat(1200)}`],
];

test.each(Array.from({ length: 90 }, (_unused, seed) => seed))(
  'waves are those that a look at each pair finds, while units join, change, end and come back, and parallelism changes (%d)',
  (seed) => {
    const random = numbers(seed + 1);
    const below = (count: number): number => Math.floor(random() * count);
    const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
    const few = patterns.slice(0, 3 + below(patterns.length - 2));
    const some = (index: number): PlanUnit =>
      unit(index, {
        depends: Array.from({ length: index }, (_unused, other) => idOf(other)).filter(() => random() < 0.04),
        touches:
          random() < 0.1
            ? []
            : random() < 0.02
              ? Array.from({ length: 400 }, (_unused, file) => `many/${index}/${file}`)
              : [pick(few), random() < 0.5 ? pick(few) : `own/${index}`].slice(below(2)),
        contracts: random() < 0.2 ? [pick(few)] : [],
        exclusive: ['db', 'gpu'].filter(() => random() < 0.06),
        phase: random() < 0.2 ? pick(['one', 'two']) : null,
        kind: random() < 0.1 ? 'research' : 'change',
        priority: below(3),
        runsAlone: random() < 0.04,
        isPaused: random() < 0.05,
        state: pick(['ready', 'ready', 'waiting', 'done', 'failed', 'working', 'parked']),
        estimateMs: 1 + below(5),
      });
    const parallelism = pick(parallelisms);
    const limits = { maxAgents: 1 + below(6), phases: ['one', 'two'], barrier: random() < 0.1, parallelism };
    const units = Array.from({ length: 40 }, (_unused, index) => some(index));
    const [quick, slow] = [new Schedule(units, limits), new SlowSchedule(units, limits)];
    let started = 0;
    for (let step = 0; step < 80; step++) {
      const wave = quick.next();
      expect(wave).toEqual(slow.next());
      started += wave.length;
      const known = [...slow.units.values()];
      const atWork = known.filter(({ state }) => state === 'working' || state === 'judging');
      const told = (of: readonly PlanUnit[], states: readonly PlanUnit['state'][]): void => {
        if (of.length === 0) return;
        const [{ id }, state] = [pick(of), pick(states)];
        quick.setState(id, state);
        slow.setState(id, state);
      };
      told(atWork, ['done', 'done', 'done', 'failed', 'ready', 'judging', 'parked']);
      if (random() < 0.3) told(known, ['ready', 'cancelled', 'waiting']);
      if (random() < 0.05) {
        slow.parallelism = pick(parallelisms);
        quick.setParallelism(slow.parallelism);
      }
      if (random() < 0.4) {
        const next = random() < 0.3 ? some(known.length) : some(below(known.length));
        const before = slow.units.get(next.id);
        const changed = before && random() < 0.5 ? { ...before, touches: next.touches, priority: next.priority } : next;
        quick.update(changed);
        slow.update(changed);
      }
    }
    expect(started).toBeGreaterThan(5);
  },
);

const chained = (index: number): Partial<PlanUnit> => (index === 0 ? {} : { depends: [idOf(index - 1)] });
const shapes: readonly (readonly [string, (index: number, count: number) => Partial<PlanUnit>])[] = [
  ['all on one file', () => ({ touches: ['one.ts'] })],
  ['none with touches', () => ({ touches: [] })],
  [
    'a hundred groups that conflict inside',
    (index, count) => ({ touches: [`g${index % (count / 100)}`, `own/${index}`] }),
  ],
  ['one glob over the files of all others', (index) => (index === 0 ? { touches: ['src/**'] } : {})],
  ['a glob over files for each second unit', (index) => (index % 2 === 0 ? { touches: ['src/**'] } : {})],
  [
    'globs, files, and units that could touch anything',
    (index) => ({ touches: [['src/**'], [], [`src/${index}`]][index % 3] ?? [] }),
  ],
  [
    'one file for all beside one of their own, and globs over those',
    (index) => ({ touches: index % 2 === 0 ? ['src/**'] : ['one.ts', `src/${index}`] }),
  ],
  ['other names with wildcards in one folder', (index) => ({ touches: [`src/*_${index}.ts`] })],
  ['other names anywhere', (index) => ({ touches: [`**/x_${index}.ts`] })],
  [
    'an exclusive name, and units that could touch anything',
    (index) => (index % 10 === 0 ? { touches: [] } : { exclusive: ['db'] }),
  ],
  ['all that run alone', () => ({ runsAlone: true })],
  [
    'a contract that half of them change',
    (index) => (index % 2 === 0 ? { contracts: ['api.md'] } : { touches: ['api.md', `src/${index}`] }),
  ],
  ['a chain', chained],
  ['a chain without touches', (index) => ({ touches: [], ...chained(index) })],
  [
    'one that all others need, which are on one file',
    (index) => ({ touches: ['x'], ...(index === 0 ? {} : { depends: [idOf(0)] }) }),
  ],
  [
    'one that needs all others',
    (index, count) =>
      index === count - 1 ? { depends: Array.from({ length: index }, (_unused, other) => idOf(other)) } : {},
  ],
];

/** Milliseconds of the processor that a forecast of so many units takes. */
function taken(
  count: number,
  more: (index: number, count: number) => Partial<PlanUnit>,
  parallelism: Parallelism,
): number {
  const units = Array.from({ length: count }, (_unused, index) => unit(index, more(index, count)));
  const before = process.cpuUsage();
  const played = forecast(units, { maxAgents: 8, phases: [], barrier: false, parallelism });
  const { user, system } = process.cpuUsage(before);
  expect(played.waves.reduce((sum, wave) => sum + wave.units.length, 0)).toBe(count);
  return (user + system) / 1000;
}

describe.each(parallelisms)('%s', (parallelism) => {
  test.each(shapes)('%s: ten thousand are planned in a few seconds', { timeout: 60_000 }, (_name, more) => {
    // Where each is compared with each it is more than thirty seconds.
    expect(taken(10_000, more, parallelism)).toBeLessThan(5000);
  });
});

test('parallelism may change with each wave of ten thousand units', { timeout: 60_000 }, () => {
  const units = Array.from({ length: 10_000 }, (_unused, index) =>
    unit(index, { touches: index % 3 === 0 ? [] : [`g${index % 100}`], estimateMs: 1 }),
  );
  const schedule = new Schedule(units, { maxAgents: 50, phases: [], barrier: false, parallelism: 'balanced' });
  const before = process.cpuUsage();
  for (let wave = 0; wave < 50; wave++) {
    schedule.setParallelism(wave % 2 === 0 ? 'careful' : 'balanced');
    for (const id of schedule.next()) schedule.setState(id, 'done');
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(5000);
});
