import type { UnitId } from '../model/ids.ts';
import type { UnitKind, UnitState } from '../model/unit.ts';

/** What the scheduler knows of a unit. */
export interface PlanUnit {
  readonly id: UnitId;
  readonly state: UnitState;
  readonly kind: UnitKind;
  readonly depends: readonly UnitId[];
  readonly touches: readonly string[];
  readonly contracts: readonly string[];
  readonly exclusive: string | null;
  readonly phase: string | null;
  readonly priority: number;
  /** Place in the order of the specs. */
  readonly position: number;
  /** True for a unit that must not share the time with any other. */
  readonly runsAlone: boolean;
  /** True for a unit that starts only when a person lets it. */
  readonly isPaused: boolean;
  /** Expected milliseconds. */
  readonly estimateMs: number;
}

/** What bounds a wave. */
export interface PlanLimits {
  /** Units at work at the same time. */
  readonly maxAgents: number;
  readonly phases: readonly string[];
  /** True: nothing starts before the whole wave is through. */
  readonly barrier: boolean;
}
