import type { UnitId } from '../../src/model/ids.ts';
import type { Parallelism } from '../../src/model/parallelism.ts';
import { isSettled } from '../../src/model/unit.ts';
import { conflictOf, reachOf } from '../../src/plan/conflict.ts';
import { remainingPaths } from '../../src/plan/graph.ts';
import type { PlanLimits, PlanUnit } from '../../src/plan/plan-unit.ts';

/** Plans as `Schedule` promises to, by looking at each unit and each pair each time. */
export class SlowSchedule {
  readonly units = new Map<UnitId, PlanUnit>();
  readonly #passed = new Map<UnitId, number>();
  readonly #limits: PlanLimits;
  parallelism: Parallelism;
  /** As they were when a unit was last added, or its links changed. */
  #paths: ReadonlyMap<UnitId, number> | null = null;

  constructor(units: Iterable<PlanUnit>, limits: PlanLimits) {
    this.#limits = limits;
    this.parallelism = limits.parallelism;
    for (const unit of units) this.update(unit);
  }

  update(unit: PlanUnit): void {
    const before = this.units.get(unit.id);
    const linksOf = ({ depends, estimateMs, phase }: PlanUnit): string => JSON.stringify([depends, estimateMs, phase]);
    if (!before || linksOf(before) !== linksOf(unit)) {
      this.#passed.delete(unit.id);
      this.#paths = null;
    }
    this.units.set(unit.id, unit);
  }

  setState(id: UnitId, state: PlanUnit['state']): void {
    const unit = this.units.get(id);
    if (unit) this.units.set(id, { ...unit, state });
  }

  #isAtWork = ({ state }: PlanUnit): boolean => state === 'working' || state === 'judging';

  next(): UnitId[] {
    const { maxAgents, phases, barrier } = this.#limits;
    const all = [...this.units.values()];
    const running = all.filter(this.#isAtWork);
    if (barrier && running.length > 0) return [];
    const phaseOf = ({ phase }: PlanUnit): number => (phase === null ? -1 : phases.indexOf(phase));
    const open = Math.min(...all.filter((one) => phaseOf(one) >= 0 && !isSettled(one.state)).map(phaseOf));
    const mayStart = all
      .filter(({ state }) => state === 'ready' || state === 'waiting')
      .filter((one) => one.depends.every((id) => this.units.get(id)?.state === 'done'))
      .filter((one) => phaseOf(one) <= open && !one.isPaused);
    if (mayStart.length === 0 || running.length >= maxAgents) return [];
    const paths = (this.#paths ??= remainingPaths(all));
    const pathOf = ({ id }: PlanUnit): number => paths.get(id) ?? 0;
    const inOrder = mayStart.toSorted(
      (a, b) => pathOf(b) - pathOf(a) || b.priority - a.priority || a.position - b.position,
    );
    const started: PlanUnit[] = [];
    const kept: PlanUnit[] = [];
    const passedOf = ({ id }: PlanUnit): number => this.#passed.get(id) ?? 0;
    for (const one of inOrder) {
      if (running.length + started.length >= maxAgents) break;
      const against = [...running, ...started, ...kept.filter((other) => passedOf(other) >= maxAgents)];
      const mine = reachOf(one, this.parallelism);
      if (against.some((other) => conflictOf(mine, reachOf(other, this.parallelism)))) {
        if (kept.length < maxAgents) kept.push(one);
        continue;
      }
      started.push(one);
      for (const other of kept) this.#passed.set(other.id, passedOf(other) + 1);
    }
    for (const { id } of started) {
      this.#passed.delete(id);
      this.setState(id, 'working');
    }
    return started.map(({ id }) => id);
  }
}
