import type { UnitId } from '../model/ids.ts';
import type { Parallelism } from '../model/parallelism.ts';
import type { UnitKind, UnitState } from '../model/unit.ts';

/** A unit as the scheduler sees it. */
export interface PlanUnit {
  readonly id: UnitId;
  readonly state: UnitState;
  readonly kind: UnitKind;
  readonly depends: readonly UnitId[];
  /** Paths that it declares, and paths that its earlier attempts changed. */
  readonly touches: readonly string[];
  readonly contracts: readonly string[];
  /** Names of resources that one unit holds at a time. */
  readonly exclusive: readonly string[];
  readonly phase: string | null;
  readonly priority: number;
  /** Position in the order of the specs. */
  readonly position: number;
  /** True for a unit that must run alone. */
  readonly runsAlone: boolean;
  /** True for a unit that a person must resume first. */
  readonly isPaused: boolean;
  /** Expected milliseconds. */
  readonly estimateMs: number;
}

/** Limits of a wave. */
export interface PlanLimits {
  /** Maximum units running in parallel. */
  readonly maxAgents: number;
  readonly phases: readonly string[];
  /** True to start the next wave only when the previous one is finished. */
  readonly barrier: boolean;
  readonly parallelism: Parallelism;
}
