import { expect, test } from 'vitest';
import { idFromKey, type UnitId } from '../../src/model/ids.ts';
import { courseOf } from '../../src/report/course.ts';
import { criticalPath, type Link } from '../../src/report/critical-path.ts';
import { partitions } from '../../src/report/partition.ts';
import { spent, ToldRun } from '../support/told-run.ts';

type Tell = (told: ToldRun) => ToldRun;

/** A unit whose agent works from one time to another, and which lands with it. */
const works =
  (key: string, from: number, to: number): Tell =>
  (told) =>
    told
      .is(from, key, 'working')
      .agent(from, key, spent(to - from))
      .is(to, key, 'done');

/** A unit that can start from this time on, since what it depends on is done. */
const opens =
  (key: string, at: number): Tell =>
  (told) =>
    told.is(at, key, 'ready');

type Depends = Readonly<Record<string, readonly string[]>>;

test.each<
  [
    name: string,
    steps: readonly Tell[],
    path: readonly (readonly [string, number, number, Link | null])[],
    by: object,
    depends?: Depends,
  ]
>([
  ['nothing started', [], [], { itself: 1000 }],
  ['one agent worked', [works('a', 100, 1000)], [['a', 100, 1000, null]], { agents: 900, itself: 100 }],
  [
    'the longer of two that run side by side',
    [works('a', 0, 1000), works('b', 0, 600)],
    [['a', 0, 1000, null]],
    { agents: 1000 },
  ],
  [
    'a third unit waited for a free agent',
    [works('a', 0, 500), works('b', 0, 400), works('c', 410, 1000)],
    [
      ['b', 0, 400, 'place'],
      ['c', 410, 1000, null],
    ],
    { agents: 990, itself: 10 },
  ],
  [
    'a unit was kept apart from another, although an agent was free',
    [works('a', 0, 600), works('b', 600, 1000)],
    [
      ['a', 0, 600, 'apart'],
      ['b', 600, 1000, null],
    ],
    { apart: 600, agents: 400 },
  ],
  [
    'a chain of dependencies, beside a unit that ended long before',
    [
      works('a', 0, 400),
      works('d', 0, 500),
      opens('b', 400),
      works('b', 400, 800),
      opens('c', 800),
      works('c', 810, 1000),
    ],
    [
      ['a', 0, 400, 'dependency'],
      ['b', 400, 800, 'dependency'],
      ['c', 800, 1000, null],
    ],
    { dependencies: 800, agents: 190, itself: 10 },
    { b: ['a'], c: ['a', 'b'] },
  ],
  [
    'checks, and what they waited for cores',
    [
      (told) =>
        told
          .is(0, 'a', 'working')
          .agent(0, 'a', spent(100))
          .is(100, 'a', 'judging')
          .check(100, 'a', spent(500, 200, 50))
          .is(1000, 'a', 'done'),
    ],
    [['a', 0, 1000, null]],
    { checks: 700, agents: 100, itself: 200 },
  ],
  [
    'a check that another unit began',
    [
      (told) =>
        told
          .is(0, 'a', 'judging')
          .is(0, 'b', 'judging')
          .tell(800, {
            ...{ type: 'check-ran', unit: idFromKey('b'), attempt: null, also: [idFromKey('a')], number: 1 },
            ...{ command: 'true', on: 'base', isStopped: false, tookMs: 800, spent: spent(800) },
          })
          .is(850, 'b', 'done')
          .is(1000, 'a', 'done'),
    ],
    [['a', 0, 1000, null]],
    { checks: 800, itself: 200 },
  ],
  [
    'checks of the branch ran after the last unit had landed',
    [works('a', 0, 300), (told) => told.check(350, null, spent(600))],
    [['a', 0, 300, null]],
    { agents: 300, checks: 600, itself: 100 },
  ],
  [
    'checks of the project before anything started',
    [(told) => told.check(100, null, spent(500)), works('a', 700, 1000)],
    [['a', 700, 1000, null]],
    { checks: 500, agents: 300, itself: 200 },
  ],
  [
    'a unit waited for its turn to land',
    [
      (told) =>
        told
          .is(0, 'a', 'judging')
          .queue(100, 'a', 'waits')
          .check(100, 'a', spent(200))
          .queue(900, 'a', 'holds')
          .is(1000, 'a', 'done'),
    ],
    [['a', 0, 1000, null]],
    { 'merge-queue': 600, checks: 200, itself: 200 },
  ],
  [
    'a unit that others depend on waited for a person',
    [
      (told) => told.is(0, 'a', 'working').agent(0, 'a', spent(200)).is(200, 'a', 'awaiting').is(800, 'a', 'ready'),
      (told) => told.is(800, 'a', 'judging').is(850, 'a', 'done'),
      opens('b', 850),
      works('b', 850, 1000),
    ],
    [
      ['a', 0, 850, 'dependency'],
      ['b', 850, 1000, null],
    ],
    { people: 600, dependencies: 250, agents: 150 },
    { b: ['a'] },
  ],
  [
    'a provider accepted no calls, while its agent worked and while the unit was parked',
    [
      (told) =>
        told
          .is(0, 'a', 'working')
          .agent(0, 'a', spent(300, 0, 0, 200))
          .is(300, 'a', 'parked'),
      (told) => told.is(900, 'a', 'ready'),
      works('a', 900, 1000),
    ],
    [['a', 0, 1000, null]],
    { limits: 800, agents: 200 },
  ],
])('%s', (_, steps, path, by, depends = {}) => {
  const told = steps.reduce(
    (so, step) => step(so),
    new ToldRun(2, {
      a: 'ready',
      b: depends['b'] ? 'waiting' : 'ready',
      c: depends['c'] ? 'waiting' : 'ready',
      d: 'ready',
    }),
  );
  const course = courseOf(told.end(1000));
  const linked = new Map(
    Object.entries(depends).map(([key, on]): [UnitId, { depends: readonly UnitId[]; phase: null }] => [
      idFromKey(key),
      { depends: on.map(idFromKey), phase: null },
    ]),
  );
  const found = criticalPath(course, partitions(course), linked);
  expect(found.legs.map(({ unit, from, to, link }) => [unit, from, to, link])).toEqual(
    path.map(([key, ...rest]) => [idFromKey(key), ...rest]),
  );
  const none = { agents: 0, checks: 0, 'merge-queue': 0, people: 0, dependencies: 0, limits: 0, apart: 0, itself: 0 };
  expect(found.by).toEqual({ ...none, ...by });
});
