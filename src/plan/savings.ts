import type { UnitId } from '../model/ids.ts';
import { forecast } from './forecast.ts';
import type { PlanLimits, PlanUnit } from './plan-unit.ts';

/** Milliseconds that `careful` would take for units that take this long each; other units are done, or stay as they are. */
export function carefulMs(
  units: readonly PlanUnit[],
  takes: ReadonlyMap<UnitId, number>,
  limits: Omit<PlanLimits, 'parallelism'>,
): number {
  const played = units.map((unit): PlanUnit => {
    const estimateMs = takes.get(unit.id);
    if (estimateMs !== undefined) return { ...unit, state: 'waiting', isPaused: false, estimateMs };
    return unit.state === 'done' ? unit : { ...unit, state: 'cancelled' };
  });
  return forecast(played, { ...limits, parallelism: 'careful' }, { isExplained: false }).totalMs;
}
