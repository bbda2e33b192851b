import type { UnitId } from '../model/ids.ts';
import type { UnitState } from '../model/unit.ts';
import type { Activity, Course, Stretch, UnitCourse } from './course.ts';

/**
 * What a unit did, or waited for, in the order in which the first that is true counts: an agent of it worked, a command of
 * it ran, a limit of a provider held its agent up, it waited for a core, for a place among agents, in the merge queue, or
 * for people; `limit` also while it is parked; `own`: backlog worked on it; `ready`: it could not start; `dependencies`.
 */
export const doings = [
  ...(['agent', 'check', 'limit', 'cores', 'place', 'merge-queue', 'people'] as const),
  ...(['own', 'ready', 'dependencies'] as const),
];
export type Doing = (typeof doings)[number];

/** A part of a unit's time. */
export interface Part extends Stretch {
  readonly doing: Doing;
}

/** The time of each unit in parts that do not overlap, from the start of the run. Nothing is a part once it is settled. */
export function partitions({ from, to, activities, units }: Course): ReadonlyMap<UnitId, readonly Part[]> {
  const parts = new Map<UnitId, Part[]>();
  const add = (unit: UnitId, part: Part): void => {
    const within = { ...part, from: Math.max(from, part.from), to: Math.min(to, part.to) };
    if (within.from >= within.to) return;
    const known = parts.get(unit);
    if (known) known.push(within);
    else parts.set(unit, [within]);
  };
  for (const activity of activities)
    for (const unit of new Set([...(activity.unit === null ? [] : [activity.unit]), ...activity.also]))
      for (const part of partsOf(activity)) add(unit, part);
  for (const [unit, course] of units) for (const part of stays(course, to)) add(unit, part);
  return new Map([...parts].map(([unit, all]) => [unit, disjoint(all)]));
}

/** The parts of an activity for the unit that it is of. */
export function partsOf({ kind, waited, ran, limitedMs }: Activity): Part[] {
  const worked = Math.min(ran.to, ran.from + limitedMs);
  return [
    { doing: kind === 'agent' ? 'place' : 'cores', ...waited },
    { doing: 'limit', from: ran.from, to: worked },
    { doing: kind, from: worked, to: ran.to },
  ];
}

function stays({ states, paused, queued }: UnitCourse, end: number): Part[] {
  return [
    ...states.flatMap(({ at, state }, index): Part[] => {
      const doing = doingIn(state);
      return doing === null ? [] : [{ doing, from: at, to: states[index + 1]?.at ?? end }];
    }),
    ...paused.map((stretch): Part => ({ doing: 'people', ...stretch })),
    ...queued.map((stretch): Part => ({ doing: 'merge-queue', ...stretch })),
  ];
}

function doingIn(state: UnitState | null): Doing | null {
  switch (state) {
    case 'working':
    case 'judging':
      return 'own';
    case 'ready':
      return 'ready';
    case 'waiting':
      return 'dependencies';
    case 'parked':
      return 'limit';
    case 'awaiting':
    case 'blocked':
      return 'people';
    default:
      return null;
  }
}

/** At each time the first of `doings` that is true. */
function disjoint(parts: readonly Part[]): Part[] {
  const changes = parts
    .flatMap(({ doing, from, to }) => [
      { at: from, doing, by: 1 },
      { at: to, doing, by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at);
  const counts = new Map<Doing, number>();
  const all: Part[] = [];
  for (const [index, { at, doing, by }] of changes.entries()) {
    counts.set(doing, (counts.get(doing) ?? 0) + by);
    const to = changes[index + 1]?.at ?? at;
    const now = doings.find((one) => (counts.get(one) ?? 0) > 0);
    if (now === undefined || to === at) continue;
    const last = all.at(-1);
    if (last?.doing === now && last.to === at) all[all.length - 1] = { ...last, to };
    else all.push({ doing: now, from: at, to });
  }
  return all;
}
