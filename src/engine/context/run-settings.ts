import type { RunCaps } from '../../model/event.ts';
import { type Config, parseDuration } from '../../model/config.ts';
import type { Parallelism } from '../../model/parallelism.ts';
import { fromUsd, type MicroUsd } from '../../model/money.ts';
import type { Caps } from '../../queue/budget.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import type { Selection } from './selection.ts';

/** The flags of a run; null defers to the configuration. */
export interface Wishes {
  readonly into: string | null;
  readonly maxAgents: number | null;
  readonly barrier: boolean;
  readonly parallelism: Parallelism | null;
  /** True: verified work waits for a person before it lands. */
  readonly isHeld: boolean;
  readonly budgetUsd: number | null;
  /** True: agents with an unknown cost may run under a cap, uncounted. */
  readonly isUnmetered: boolean;
  readonly selection: Selection;
  readonly maxUnits: number | null;
  /** Milliseconds from now. */
  readonly maxTimeMs: number | null;
  readonly isFailFast: boolean;
  /** True: proposals of agents are worked on, too. */
  readonly withFollowups: boolean;
}

/** The settings of a run, from flags and configuration. */
export interface RunSettings {
  readonly branch: string;
  readonly maxAgents: number;
  readonly barrier: boolean;
  readonly parallelism: Parallelism;
  /** Maximum of started units; null for no limit. */
  readonly maxUnits: number | null;
  /** True: nothing new starts after a failed unit. */
  readonly isFailFast: boolean;
  readonly withFollowups: boolean;
  readonly isHeld: boolean;
  readonly attempts: number;
  readonly repairs: number;
  /** Milliseconds. */
  readonly attemptTimeoutMs: number;
  readonly checkTimeoutMs: number;
  readonly baseWaitMs: number;
  readonly lookEveryMs: number;
  readonly idleTimeoutMs: number;
  readonly turns: number;
  readonly caps: Caps;
  readonly isUnmetered: boolean;
  /** Cost without a newly met criterion after which a unit ends; null for no limit. */
  readonly stall: MicroUsd | null;
  readonly deadline: Deadline | null;
  /** The time that it was given, in milliseconds; null for no limit. */
  readonly maxTimeMs: number | null;
  /** Milliseconds that a run without a deadline waits for parked units before it ends. */
  readonly maxParkMs: number;
}

const maxParkMs = 5 * 60_000;

/** Merges flags and configuration. */
export function runSettings(config: Config, wishes: Wishes, now: number): RunSettings {
  const { limits } = config;
  const maxTimeMs = wishes.maxTimeMs ?? (limits.maxTime === undefined ? null : duration(limits.maxTime));
  return {
    branch: wishes.into ?? config.into,
    maxAgents: wishes.maxAgents ?? limits.maxAgents,
    barrier: wishes.barrier,
    parallelism: wishes.parallelism ?? config.parallelism,
    maxUnits: wishes.maxUnits,
    isFailFast: wishes.isFailFast,
    withFollowups: wishes.withFollowups,
    isHeld: wishes.isHeld,
    attempts: limits.attempts,
    repairs: limits.repairs,
    attemptTimeoutMs: duration(limits.attemptTimeout),
    checkTimeoutMs: duration(limits.checkTimeout),
    baseWaitMs: duration(limits.baseWait),
    lookEveryMs: duration(limits.lookEvery),
    idleTimeoutMs: duration(limits.idleTimeout),
    turns: limits.turns,
    caps: capsOf(config, wishes.budgetUsd),
    isUnmetered: wishes.isUnmetered,
    stall: money(limits.stallUsd),
    deadline: maxTimeMs === null ? null : deadlineIn(maxTimeMs, now),
    maxTimeMs,
    maxParkMs,
  };
}

/** The caps of a run, as its first event tells them. */
export function capsTold({ caps, maxUnits, maxTimeMs }: Pick<RunSettings, 'caps' | 'maxUnits' | 'maxTimeMs'>): RunCaps {
  return {
    ...{ runMicroUsd: caps.run, dayMicroUsd: caps.day, unitMicroUsd: caps.unit },
    ...{ units: maxUnits, timeMs: maxTimeMs },
  };
}

/** The caps of a configuration; `budgetUsd` overrides that of a run. */
export function capsOf({ limits }: Config, budgetUsd: number | null): Caps {
  return {
    run: money(budgetUsd ?? limits.budgetUsd),
    day: money(limits.dayBudgetUsd),
    unit: money(limits.unitBudgetUsd),
    roles: Object.fromEntries(Object.entries(limits.roleBudgetsUsd).map(([role, usd]) => [role, fromUsd(usd)])),
  };
}

function money(usd: number | null | undefined): MicroUsd | null {
  return usd === null || usd === undefined ? null : fromUsd(usd);
}

function duration(text: string): number {
  const parsed = parseDuration(text);
  if (parsed === null) throw new Error(`Internal error: duration was not validated: ${text}`);
  return parsed;
}
