import type { UnitId } from '../model/ids.ts';
import type { PlanUnit } from './plan-unit.ts';

/**
 * The longest chain of work that begins with each unit, in milliseconds: the unit and its dependents. Done units count 0.
 * The graph must have no cycle (specs are checked for that). Linear in its size.
 */
export function remainingPaths(units: Iterable<PlanUnit>): Map<UnitId, number> {
  const byId = new Map<UnitId, PlanUnit>();
  for (const unit of units) byId.set(unit.id, unit);
  const dependents = new Map<UnitId, number>();
  for (const unit of byId.values()) {
    for (const id of unit.depends) dependents.set(id, (dependents.get(id) ?? 0) + 1);
  }
  const longest = new Map<UnitId, number>();
  const queue: PlanUnit[] = [];
  for (const unit of byId.values()) if (!dependents.has(unit.id)) queue.push(unit);
  for (let unit = queue.pop(); unit !== undefined; unit = queue.pop()) {
    const own = unit.state === 'done' ? 0 : unit.estimateMs;
    const total = own + (longest.get(unit.id) ?? 0);
    longest.set(unit.id, total);
    for (const id of unit.depends) {
      longest.set(id, Math.max(longest.get(id) ?? 0, total));
      const left = (dependents.get(id) ?? 0) - 1;
      dependents.set(id, left);
      const dependency = left === 0 ? byId.get(id) : undefined;
      if (dependency) queue.push(dependency);
    }
  }
  return longest;
}
