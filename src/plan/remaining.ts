import type { UnitId } from '../model/ids.ts';

/** A unit that is not done, and about how many ms of work are left on it. */
export interface Remaining {
  readonly id: UnitId;
  readonly depends: readonly UnitId[];
  readonly ms: number;
}

/**
 * About how many ms a run still takes at the least: as long as its longest chain of dependencies, and as all work divided
 * among its agents. Units that must not run side by side count as if they could.
 */
export function remainingMs(units: readonly Remaining[], maxAgents: number): number {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const ends = new Map<UnitId, number>();
  // Dependencies come first; a unit is visited again once they have their ends.
  for (const { id } of units) {
    const stack = [id];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const unit = byId.get(top);
      const open = unit?.depends.filter((one) => byId.has(one) && !ends.has(one) && !stack.includes(one)) ?? [];
      if (open.length > 0 && !ends.has(top)) {
        stack.push(...open);
        continue;
      }
      stack.pop();
      if (unit !== undefined && !ends.has(top))
        ends.set(top, unit.ms + Math.max(0, ...unit.depends.map((one) => ends.get(one) ?? 0)));
    }
  }
  const work = units.reduce((sum, { ms }) => sum + ms, 0);
  return Math.max(0, ...ends.values(), work / Math.max(1, maxAgents));
}
