import type { UnitId } from '../model/ids.ts';
import { type Factor, factors } from '../model/report.ts';
import type { Course, Stretch } from './course.ts';
import { type Doing, type Part, partsOf } from './partition.ts';

/** Why a unit on the path waited for the one before it. */
export type Link = 'dependency' | 'place' | 'apart';

/** A unit that the path leads to, and the time at which it does. */
interface Step {
  readonly unit: UnitId;
  readonly to: number;
  readonly link: Link | null;
}

/** A unit's share of the path. */
export interface Leg {
  readonly unit: UnitId;
  readonly from: number;
  readonly to: number;
  /** Why the next one on the path waited for it; null for the last one. */
  readonly link: Link | null;
  readonly parts: readonly Part[];
}

/** A unit as the path needs it. */
export interface Linked {
  readonly depends: readonly UnitId[];
  readonly phase: string | null;
}

export interface CriticalPath {
  /** From the first unit to the last. */
  readonly legs: readonly Leg[];
  /** The run's wall time, in ms, by what it was spent on along the path. */
  readonly by: Readonly<Record<Factor, number>>;
}

/**
 * The chain of units that decided when the run ended: from the unit that ended last back to what it waited for, and so on.
 * The parts of its legs, and the time before, between and after them, are the run's wall time.
 */
export function criticalPath(
  course: Course,
  parts: ReadonlyMap<UnitId, readonly Part[]>,
  linked: ReadonlyMap<UnitId, Linked>,
): CriticalPath {
  const legs: Leg[] = [];
  const atWork = new Map([...parts].map(([unit, all]) => [unit, all.filter(({ doing }) => isAtWork(doing))]));
  const ends = [...atWork].flatMap(([unit, all]) => all.map(({ to }) => ({ unit, to })));
  let next: Step | null = ends.reduce<Step | null>(
    (last, end) => (last === null || end.to > last.to ? { ...end, link: null } : last),
    null,
  );
  while (next !== null) {
    const { unit, to, link }: Step = next;
    const leg: Part[] = [];
    next = null;
    for (const part of (parts.get(unit) ?? []).toReversed()) {
      if (part.from >= to) continue;
      const within = { ...part, to: Math.min(part.to, to) };
      next = blockerOf(unit, within, { course, atWork, linked });
      if (next !== null) break;
      leg.unshift(within);
    }
    // Until its first start, a unit that waited for no other one is no part of the path.
    if (next === null && leg[0]?.doing === 'ready') leg.shift();
    legs.unshift({ unit, from: leg[0]?.from ?? to, to, link, parts: leg });
  }
  return { legs, by: shares(course, legs) };
}

const isAtWork = (doing: Doing): boolean => doing !== 'ready' && doing !== 'dependencies' && doing !== 'people';

/** What ended when a wait ended, and let the unit go on. */
function blockerOf(
  unit: UnitId,
  { doing, from, to }: Part,
  known: {
    readonly course: Course;
    readonly atWork: ReadonlyMap<UnitId, readonly Part[]>;
    readonly linked: ReadonlyMap<UnitId, Linked>;
  },
): Step | null {
  if (doing !== 'ready' && doing !== 'dependencies') return null;
  const { course, atWork, linked } = known;
  const { depends = [], phase = null } = linked.get(unit) ?? {};
  const among = doing === 'dependencies' ? new Set(depends) : null;
  let last: { readonly unit: UnitId; readonly to: number } | null = null;
  for (const [other, all] of atWork) {
    if (other === unit || (among !== null && !among.has(other))) continue;
    const end = all.findLast((part) => part.to <= to)?.to;
    if (end !== undefined && end > from && (last === null || end > last.to)) last = { unit: other, to: end };
  }
  if (last === null) return null;
  const other = linked.get(last.unit)?.phase ?? null;
  if (among !== null || (phase !== null && other !== null && phase !== other)) return { ...last, link: 'dependency' };
  const { to: end } = last;
  const busy = [...atWork.values()].filter((all) => all.some((part) => part.from < end && part.to >= end)).length;
  return { ...last, link: course.maxAgents === null || busy >= course.maxAgents ? 'place' : 'apart' };
}

function shares(course: Course, legs: readonly Leg[]): Record<Factor, number> {
  const by = Object.fromEntries(factors.map((factor) => [factor, 0])) as Record<Factor, number>;
  let left = course.to - course.from;
  const add = (factor: Factor, ms: number): void => {
    by[factor] += ms;
    left -= ms;
  };
  // What belongs to no unit: before the first one, checks of the project on the base; after the last one, those of the branch.
  const ofNone = course.activities.filter(({ unit }) => unit === null).flatMap(partsOf);
  const addWithin = ({ from: earliest, to: latest }: Stretch): void => {
    let at = earliest;
    for (const { doing, from, to } of ofNone) {
      const [begin, end] = [Math.max(at, from), Math.min(to, latest)];
      if (begin >= end) continue;
      add(factorOf(doing, null), end - begin);
      at = end;
    }
  };
  const onPath = legs.flatMap(({ parts }) => parts);
  addWithin({ from: course.from, to: onPath[0]?.from ?? course.to });
  if (onPath.length > 0) addWithin({ from: onPath.at(-1)?.to ?? course.to, to: course.to });
  for (const { parts, link } of legs) for (const { doing, from, to } of parts) add(factorOf(doing, link), to - from);
  add('itself', Math.max(0, left));
  return by;
}

function factorOf(doing: Doing, link: Link | null): Factor {
  switch (doing) {
    case 'limit':
      return 'limits';
    case 'cores':
      return 'checks';
    case 'merge-queue':
    case 'people':
    case 'dependencies':
      return doing;
    case 'place':
      return 'agents';
    case 'ready':
      return 'itself';
    case 'agent':
    case 'check':
    case 'own':
      if (link === 'dependency') return 'dependencies';
      if (link === 'apart') return 'apart';
      return doing === 'own' ? 'itself' : doing === 'agent' ? 'agents' : 'checks';
  }
}
