import type { UnitId } from '../model/ids.ts';
import type { UnitState } from '../model/unit.ts';
import type { PlanLimits, PlanUnit } from './plan-unit.ts';
import { nextWave, type Wait } from './wave.ts';

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

/** Plays the scheduler forward with the same function that the engine uses. */
export function forecast(units: readonly PlanUnit[], limits: PlanLimits): Forecast {
  const state = new Map<UnitId, UnitState>(units.map((unit) => [unit.id, unit.state]));
  const estimate = new Map(units.map((unit) => [unit.id, unit.estimateMs]));
  const lastWait = new Map<UnitId, Wait>();
  const endsAt = new Map<UnitId, number>();
  const waves: ForecastWave[] = [];
  let now = 0;
  let sequentialMs = 0;
  let peakParallel = 0;
  for (;;) {
    const wave = nextWave(
      units.map((unit) => ({ ...unit, state: state.get(unit.id) ?? unit.state })),
      limits,
    );
    for (const { unit, wait } of wave.waiting) lastWait.set(unit, wait);
    for (const id of wave.start) {
      state.set(id, 'working');
      endsAt.set(id, now + (estimate.get(id) ?? 0));
      sequentialMs += estimate.get(id) ?? 0;
    }
    if (wave.start.length > 0) {
      waves.push({ startMs: now, units: wave.start.map((unit) => ({ unit, waitedFor: lastWait.get(unit) ?? null })) });
    }
    peakParallel = Math.max(peakParallel, endsAt.size);
    if (endsAt.size === 0) return { waves, stuck: wave.waiting, totalMs: now, sequentialMs, peakParallel };
    now = Math.min(...endsAt.values());
    for (const [id, end] of endsAt) {
      if (end > now) continue;
      endsAt.delete(id);
      state.set(id, 'done');
    }
  }
}
