import type { UnitId } from '../model/ids.ts';
import type { PlanLimits, PlanUnit } from './plan-unit.ts';
import { Schedule, type Wait } from './schedule.ts';

/** What a run would do if every unit took its estimate and succeeded. */
export interface Forecast {
  readonly waves: readonly ForecastWave[];
  /** Open units that would never start, and why. */
  readonly stuck: readonly { readonly unit: UnitId; readonly wait: Wait }[];
  /** Milliseconds, as estimated. */
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
 * Plays the engine's own scheduler forward. `takes` gives how long a unit really takes (default: its estimate), so that
 * plans can be tried on durations that nobody foresaw; with `isExplained` false nobody is told why they waited.
 */
export function forecast(
  units: readonly PlanUnit[],
  limits: PlanLimits,
  options: {
    readonly takes?: (unit: PlanUnit) => number;
    readonly isExplained?: boolean;
    /** Units that are started at most. */
    readonly maxUnits?: number | null;
  } = {},
): Forecast {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const takes = options.takes ?? ((unit: PlanUnit): number => unit.estimateMs);
  const schedule = new Schedule(units, limits);
  const lastWait = new Map<UnitId, Wait>();
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
    if (start.length > 0)
      waves.push({ startMs: now, units: start.map((unit) => ({ unit, waitedFor: lastWait.get(unit) ?? null })) });
    if (options.isExplained !== false) for (const { unit, wait } of schedule.waits()) lastWait.set(unit, wait);
    for (const id of start) {
      const unit = byId.get(id);
      const duration = unit ? takes(unit) : 0;
      endsAt.set(id, now + duration);
      sequentialMs += duration;
    }
    peakParallel = Math.max(peakParallel, endsAt.size);
    if (endsAt.size === 0) return { waves, stuck: schedule.waits(), totalMs: now, sequentialMs, peakParallel };
    now = Math.min(...endsAt.values());
    for (const [id, end] of endsAt) {
      if (end > now) continue;
      endsAt.delete(id);
      schedule.setState(id, 'done');
    }
  }
}
