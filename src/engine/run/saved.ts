import type { UnitId } from '../../model/ids.ts';
import { Exclusive } from '../../plan/exclusive.ts';
import type { PlanLimits } from '../../plan/plan-unit.ts';
import { carefulMs } from '../../plan/savings.ts';
import type { UnitRow } from '../../queue/units.ts';
import type { Course } from '../../report/course.ts';
import { partitions } from '../../report/partition.ts';
import { type AttemptEnds, isBet } from '../../report/times.ts';
import { planUnit } from './planning.ts';

/** What a run began with. */
export interface Began {
  readonly rows: readonly UnitRow[];
  readonly limits: PlanLimits;
  /** Paths that only one unit at a time may change. */
  readonly exclusive: readonly string[];
}

/**
 * About how many milliseconds a run would have taken longer with `careful`: its units for the time that each was worked
 * on, in the order of the scheduler, by what was known of their paths when the run began, against what the run took from
 * the first start to the last end, with all conflicts and waiting. Null for a run that was `careful`.
 */
export function savedByBets(course: Course, ends: AttemptEnds, { rows, limits, exclusive }: Began): number | null {
  if (limits.parallelism === 'careful') return null;
  const used = course.activities.filter((activity) => !isBet(activity, course, ends));
  const takes = new Map<UnitId, number>();
  for (const [unit, parts] of partitions({ ...course, activities: used })) {
    const worked = parts.filter(({ doing }) => doing === 'agent' || doing === 'check');
    if (worked.length > 0)
      takes.set(
        unit,
        worked.reduce((sum, { from, to }) => sum + to - from, 0),
      );
  }
  const ran = course.activities.filter(({ unit }) => unit !== null && takes.has(unit)).map((activity) => activity.ran);
  if (ran.length === 0) return 0;
  const [first, last] = ran.reduce(
    ([from, to], one) => [Math.min(from, one.from), Math.max(to, one.to)],
    [Infinity, 0],
  );
  const tookMs = last - first;
  const estimates = { msOf: () => 0, usualCost: null, isFromHistory: false };
  const resources = new Exclusive(exclusive);
  const units = rows.map((row) => planUnit({ ...row, criteria: 0, characters: 0 }, estimates, resources));
  return Math.max(0, carefulMs(units, takes, limits) - tookMs);
}
