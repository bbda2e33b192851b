import type { UnitId } from '../model/ids.ts';
import type { PlanUnit } from './plan-unit.ts';

/**
 * For each unit the longest chain of work that begins with it, in milliseconds: itself and what waits for it. Units
 * that are done count nothing. The graph must have no cycle (the specs are checked for that); linear in its size.
 */
export function remainingPaths(units: readonly PlanUnit[]): ReadonlyMap<UnitId, number> {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const dependents = new Map<UnitId, number>(units.map((unit) => [unit.id, 0]));
  for (const unit of units) {
    for (const id of unit.depends) dependents.set(id, (dependents.get(id) ?? 0) + 1);
  }
  const longest = new Map<UnitId, number>();
  const queue = units.filter((unit) => dependents.get(unit.id) === 0).map((unit) => unit.id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const unit = byId.get(id);
    if (!unit) continue;
    const own = unit.state === 'done' ? 0 : unit.estimateMs;
    const total = own + (longest.get(id) ?? 0);
    longest.set(id, total);
    for (const dependency of unit.depends) {
      longest.set(dependency, Math.max(longest.get(dependency) ?? 0, total));
      const left = (dependents.get(dependency) ?? 0) - 1;
      dependents.set(dependency, left);
      if (left === 0) queue.push(dependency);
    }
  }
  return longest;
}
