import type { Role } from '../model/agent.ts';
import type { Verdict } from '../model/evidence.ts';
import type { Event, UnitName } from '../model/event.ts';
import type { EnvironmentRed } from '../model/failure.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { Charge } from '../model/money.ts';
import type { UnitState } from '../model/unit.ts';
import { Versions } from '../util/values/versions.ts';
import { type Load, noLoad } from './load.ts';

/*
 * What a run has come to, from its events alone, in their order. Whoever shows or sums up a run reads this, in the process
 * of the run or in another one. An event costs the same however many came before it.
 */

/** What sessions that have ended took, as their agents told it. */
export interface Money extends Charge {
  /** Sessions whose cost nobody knows. */
  readonly unknown: number;
}

/** A session that is going on. */
export interface AgentNow {
  readonly name: string;
  readonly role: Role;
  readonly agent: string;
  readonly model: string | null;
  readonly attempt: AttemptId;
  readonly round: number;
  readonly since: number;
}

/** A unit that was told of. */
export interface UnitNow extends UnitName {
  readonly id: UnitId;
  /** Null until its first change of state was told. */
  readonly state: UnitState | null;
  /** Of the state, in ms since the epoch. */
  readonly since: number | null;
  readonly why: string | null;
  readonly isPaused: boolean;
  /** Of a parked unit, where that was told. */
  readonly parkedUntil: number | null;
  /** The last wave that it started with. */
  readonly wave: number | null;
  /** The claim that holds, or held last. */
  readonly attempt: { readonly id: AttemptId; readonly role: Role; readonly since: number } | null;
  readonly agents: readonly AgentNow[];
  /** Who worked last. */
  readonly lastAgent: string | null;
  readonly money: Money;
  /** How often it did not fit what landed meanwhile, and the files of the last time. */
  readonly conflicts: number;
  readonly conflictFiles: readonly string[];
  /** What was put back in its last candidate. */
  readonly restored: readonly string[];
  readonly judged: { readonly unproven: Verdict['unproven']; readonly checkRuns: number } | null;
  readonly landed: Omit<Extract<Event, { type: 'landed' }>, 'type' | 'unit'> | null;
}

/** An agent that cannot be had, or cannot work. */
export interface Refusal {
  readonly agent: string | null;
  readonly detail: string;
  /** True when nothing more starts for it. */
  readonly isAll: boolean;
}

/** A run as its events tell it. It never changes: `reduce` gives the next one. */
export interface RunState {
  /** Of the last event; 0 before the first. */
  readonly lastId: number;
  readonly at: number;
  readonly run: Omit<Extract<Event, { type: 'run-started' }>, 'type'> | null;
  readonly startedAt: number | null;
  /** Null while it goes on, and for ever when it was killed. */
  readonly end:
    | (Charge & {
        readonly at: number;
        readonly outcome: string;
        readonly exitCode: number;
        readonly isCostKnown: boolean;
      })
    | null;
  readonly units: Versions<UnitId, UnitNow>;
  /** Units that were told of, by state. */
  readonly counts: Readonly<Partial<Record<UnitState, number>>>;
  /** Units that are at work or being judged, in the order in which they began. */
  readonly busy: readonly UnitId[];
  readonly wave: { readonly number: number; readonly at: number; readonly units: readonly UnitId[] } | null;
  /** Who lands now, and who waits for that in this order. */
  readonly mergeQueue: { readonly holder: UnitId | null; readonly waiting: readonly UnitId[] };
  /** How many units were at work or being judged at once, and how many sessions went on. */
  readonly unitLoad: Load;
  readonly agentLoad: Load;
  readonly money: Money;
  readonly moneyByRole: Readonly<Partial<Record<Role, Money>>>;
  /** Until when units wait, where that was told. */
  readonly parked: Versions<UnitId, number>;
  /** Caps that were reached, by what was said of them. */
  readonly caps: Versions<string, true>;
  /** By what was said of them. */
  readonly refusals: Versions<string, Refusal>;
  /** The project's own check that was red before anybody worked. */
  readonly environment: EnvironmentRed | null;
  /** What the run said to people, each text once. */
  readonly notices: Versions<string, true>;
}

/** Before the first session has ended. */
export const noMoney: Money = { spentMicroUsd: 0, possibleMicroUsd: 0, unknown: 0 };

/** Before the first event. */
export function emptyRunState(): RunState {
  return {
    ...{ lastId: 0, at: 0, run: null, startedAt: null, end: null },
    ...{ units: new Versions(), counts: {}, busy: [], wave: null, mergeQueue: { holder: null, waiting: [] } },
    ...{ unitLoad: noLoad, agentLoad: noLoad, money: noMoney, moneyByRole: {} },
    ...{ parked: new Versions(), caps: new Versions(), refusals: new Versions() },
    ...{ environment: null, notices: new Versions() },
  };
}

/** A unit of which nothing was told yet. */
export function unknownUnit(id: UnitId): UnitNow {
  return {
    ...{ id, key: id, title: id, state: null, since: null, why: null, isPaused: false, parkedUntil: null },
    ...{ wave: null, attempt: null, agents: [], lastAgent: null, money: noMoney },
    ...{ conflicts: 0, conflictFiles: [], restored: [], judged: null, landed: null },
  };
}

/** Before the first event, with names that are known already: events of older versions tell none. */
export function stateWithNames(units: readonly (UnitName & { readonly id: UnitId })[]): RunState {
  const known = units.map(({ id, key, title }) => [id, { ...unknownUnit(id), key, title }] as const);
  return { ...emptyRunState(), units: new Versions(known) };
}

/** How people call a unit; its id where no event told more. */
export function keyOf({ units }: RunState, unit: UnitId): string {
  return units.get(unit)?.key ?? unit;
}

/** What is done with a unit now; null while nothing is. */
export type Doing = 'at work' | 'judging' | 'waiting to land' | 'landing';

/** See `Doing`. */
export function doingOf({ mergeQueue, units }: RunState, unit: UnitId): Doing | null {
  if (mergeQueue.holder === unit) return 'landing';
  if (mergeQueue.waiting.includes(unit)) return 'waiting to land';
  const state = units.get(unit)?.state;
  return state === 'judging' ? 'judging' : state === 'working' ? 'at work' : null;
}
