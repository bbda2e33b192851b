import type { Role } from '../model/agent.ts';
import type { Verdict } from '../model/evidence.ts';
import type { Event, UnitName } from '../model/event.ts';
import type { EnvironmentRed, Failure } from '../model/failure.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { Charge } from '../model/money.ts';
import type { UnitState } from '../model/unit.ts';
import { Versions } from '../util/values/versions.ts';
import { type Load, noLoad } from './load.ts';

/*
 * The state of a run, computed from its events alone, in this process or another one. An event costs the same however many
 * came before it.
 */

/** The cost of ended sessions, as their agents reported it. */
export interface Money extends Charge {
  /** Sessions of unknown cost. */
  readonly unknown: number;
}

/** An active session. */
export interface AgentNow {
  readonly name: string;
  readonly role: Role;
  readonly agent: string;
  readonly model: string | null;
  readonly attempt: AttemptId | null;
  readonly round: number;
  readonly since: number;
  /** What it did last: a tool and what it was used for, or its words. */
  readonly doing: string | null;
}

/** A unit that an event named. */
export interface UnitNow extends UnitName {
  readonly id: UnitId;
  /** Null until an event reports its state. */
  readonly state: UnitState | null;
  /** When the state changed, in ms since the epoch. */
  readonly since: number | null;
  readonly why: string | null;
  readonly isPaused: boolean;
  /** For a parked unit, if reported. */
  readonly parkedUntil: number | null;
  /** The last wave that it started in. */
  readonly wave: number | null;
  /** The current or last claim. */
  readonly attempt: { readonly id: AttemptId; readonly role: Role; readonly since: number } | null;
  readonly agents: readonly AgentNow[];
  /** The agent that worked on it last. */
  readonly lastAgent: string | null;
  readonly money: Money;
  /** Number of conflicts with work that landed meanwhile, and the files of the last one. */
  readonly conflicts: number;
  readonly conflictFiles: readonly string[];
  /** Conflicts that were seen while its agent and another one worked. */
  readonly overlaps: readonly { readonly with: UnitId; readonly files: readonly string[] }[];
  /** Paths restored in its last candidate. */
  readonly restored: readonly string[];
  /** Runs of checks for its current candidate that ended, and the command of the last one. */
  readonly checks: { readonly done: number; readonly last: string | null };
  readonly judged: { readonly unproven: Verdict['unproven']; readonly checkRuns: number } | null;
  /** Criteria that its last judgement found unmet, or nobody could judge; each with the path of the whole output. */
  readonly unmet: readonly { readonly text: string; readonly output: string | null }[];
  /** Why it was not done, when it was last told. */
  readonly failure: Failure | null;
  readonly landed: Omit<Extract<Event, { type: 'landed' }>, 'type' | 'unit'> | null;
}

/** An agent that is unavailable or cannot work. */
export interface Refusal {
  readonly agent: string | null;
  readonly detail: string;
  /** True if nothing more starts because of it. */
  readonly isAll: boolean;
}

/** The immutable state of a run; `reduce` gives the next one. */
export interface RunState {
  /** Id of the last event; 0 before the first. */
  readonly lastId: number;
  readonly at: number;
  readonly run: Omit<Extract<Event, { type: 'run-started' }>, 'type'> | null;
  readonly startedAt: number | null;
  /** Null while it is active, and forever if it was killed. */
  readonly end:
    | (Charge & {
        readonly at: number;
        readonly outcome: string;
        readonly exitCode: number;
        readonly isCostKnown: boolean;
      })
    | null;
  readonly units: Versions<UnitId, UnitNow>;
  /** Agents of the run itself that are at work. */
  readonly agents: readonly AgentNow[];
  /** Number of known units by state. */
  readonly counts: Readonly<Partial<Record<UnitState, number>>>;
  /** Units in progress, in order of their start. */
  readonly busy: readonly UnitId[];
  readonly wave: { readonly number: number; readonly at: number; readonly units: readonly UnitId[] } | null;
  /** The unit that is landing, and those that wait to land, in order. */
  readonly mergeQueue: { readonly holder: UnitId | null; readonly waiting: readonly UnitId[] };
  /** Units in progress, and active sessions, over time. */
  readonly unitLoad: Load;
  readonly agentLoad: Load;
  readonly money: Money;
  readonly moneyByRole: Readonly<Partial<Record<Role, Money>>>;
  /** When parked units continue, if reported. */
  readonly parked: Versions<UnitId, number>;
  /** Reached caps, by their message. */
  readonly caps: Versions<string, true>;
  /** By their message. */
  readonly refusals: Versions<string, Refusal>;
  /** The project check that fails on the base commit. */
  readonly environment: EnvironmentRed | null;
  /** Notices, each text once. */
  readonly notices: Versions<string, true>;
}

/** Before the first session ended. */
export const noMoney: Money = { spentMicroUsd: 0, possibleMicroUsd: 0, unknown: 0 };

/** Before the first event. */
export function emptyRunState(): RunState {
  return {
    ...{ lastId: 0, at: 0, run: null, startedAt: null, end: null },
    ...{
      units: new Versions(),
      agents: [],
      counts: {},
      busy: [],
      wave: null,
      mergeQueue: { holder: null, waiting: [] },
    },
    ...{ unitLoad: noLoad, agentLoad: noLoad, money: noMoney, moneyByRole: {} },
    ...{ parked: new Versions(), caps: new Versions(), refusals: new Versions() },
    ...{ environment: null, notices: new Versions() },
  };
}

/** Before a candidate is judged. */
export const noChecks: UnitNow['checks'] = { done: 0, last: null };

/** A unit before its first event. */
export function unknownUnit(id: UnitId): UnitNow {
  return {
    ...{ id, key: id, title: id, state: null, since: null, why: null, isPaused: false, parkedUntil: null },
    ...{ wave: null, attempt: null, agents: [], lastAgent: null, money: noMoney },
    ...{ conflicts: 0, conflictFiles: [], overlaps: [], restored: [], checks: noChecks },
    ...{ judged: null, unmet: [], failure: null, landed: null },
  };
}

/** The initial state with known names, since events of older versions have none. */
export function stateWithNames(units: readonly (UnitName & { readonly id: UnitId })[]): RunState {
  const known = units.map(({ id, key, title }) => [id, { ...unknownUnit(id), key, title }] as const);
  return { ...emptyRunState(), units: new Versions(known) };
}

/** A unit's key; its id if no event named it. */
export function keyOf({ units }: RunState, unit: UnitId): string {
  return units.get(unit)?.key ?? unit;
}

/** The current activity of a unit; null if there is none. */
export type Doing = 'at work' | 'judging' | 'waiting to land' | 'landing';

export function doingOf({ mergeQueue, units }: RunState, unit: UnitId): Doing | null {
  if (mergeQueue.holder === unit) return 'landing';
  if (mergeQueue.waiting.includes(unit)) return 'waiting to land';
  const state = units.get(unit)?.state;
  return state === 'judging' ? 'judging' : state === 'working' ? 'at work' : null;
}
