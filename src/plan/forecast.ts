import type { UnitId } from '../model/ids.ts';
import type { PlanLimits, PlanUnit } from './plan-unit.ts';
import { type Moment, Schedule, type Wait } from './schedule.ts';

/** The course of a run in which every unit takes its estimate and succeeds. */
export interface Forecast {
  readonly waves: readonly ForecastWave[];
  /** Open units that would never start, with the reason. */
  readonly stuck: readonly { readonly unit: UnitId; readonly wait: Wait }[];
  /** Estimated milliseconds. */
  readonly totalMs: number;
  readonly sequentialMs: number;
  readonly peakParallel: number;
}

/** Units that would start together. */
export interface ForecastWave {
  readonly startMs: number;
  readonly units: readonly { readonly unit: UnitId; readonly waitedFor: Wait | null }[];
}

/**
 * Simulates the engine's scheduler. `takes` gives a unit's actual duration (default: its estimate), to test plans against
 * other durations; with `isExplained` false, the waits have no reasons.
 */
export function forecast(
  units: readonly PlanUnit[],
  limits: PlanLimits,
  options: {
    readonly takes?: (unit: PlanUnit) => number;
    readonly isExplained?: boolean;
    /** Maximum units to start. */
    readonly maxUnits?: number | null;
  } = {},
): Forecast {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const takes = options.takes ?? ((unit: PlanUnit): number => unit.estimateMs);
  const schedule = new Schedule(units, limits);
  /** The reasons for waiting before the current wave, and the units done since. */
  let before: { readonly moment: Moment; readonly ended: ReadonlySet<UnitId> } | null = null;
  const waitOf = (unit: UnitId): Wait | null => before && schedule.waitAt(unit, before.moment, before.ended);
  const endsAt = new Map<UnitId, number>();
  const waves: ForecastWave[] = [];
  let now = 0;
  let startedCount = 0;
  let sequentialMs = 0;
  let peakParallel = 0;
  for (;;) {
    const left = (options.maxUnits ?? Number.POSITIVE_INFINITY) - startedCount;
    const start = left > 0 ? schedule.next(left) : [];
    startedCount += start.length;
    if (start.length > 0) waves.push({ startMs: now, units: start.map((unit) => ({ unit, waitedFor: waitOf(unit) })) });
    const moment = options.isExplained === false ? null : schedule.moment();
    for (const id of start) {
      const unit = byId.get(id);
      const duration = unit ? takes(unit) : 0;
      endsAt.set(id, now + duration);
      sequentialMs += duration;
    }
    peakParallel = Math.max(peakParallel, endsAt.size);
    if (endsAt.size === 0) return { waves, stuck: schedule.waits(), totalMs: now, sequentialMs, peakParallel };
    now = Number.POSITIVE_INFINITY;
    for (const end of endsAt.values()) now = Math.min(now, end);
    const ended = new Set<UnitId>();
    for (const [id, end] of endsAt) {
      if (end > now) continue;
      endsAt.delete(id);
      ended.add(id);
      schedule.setState(id, 'done');
    }
    before = moment && { moment, ended };
  }
}
