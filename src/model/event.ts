import type { CriterionVerdict, Verdict } from './evidence.ts';
import type { Failure } from './failure.ts';
import type { Integrated } from './integration.ts';
import type { Joined } from './joined.ts';
import type { AttemptId, RunId, UnitId } from './ids.ts';
import type { MicroUsd } from './money.ts';
import type { Role, Usage } from './agent.ts';
import type { RepositoryMap, Reviewers, StageNote } from './recipe.ts';
import type { Spent } from './spent.ts';
import type { UnitState } from './unit.ts';

/** The inputs of an attempt's verdict, frozen when the unit is claimed. */
export interface JudgedBy {
  readonly baseCommit: string;
  readonly baseTree: string;
  readonly contentHash: string;
  readonly criteriaHash: string;
  /** Commands of the unit's own checks and the project's. */
  readonly checks: readonly string[];
  readonly configHash: string;
}

/** A unit's name for people. */
export interface UnitName {
  readonly key: string;
  readonly title: string;
}

/** Picks the name from a larger object. */
export function nameOf({ key, title }: UnitName): UnitName {
  return { key, title };
}

/** Part of each event that may be the first one of a unit in a run. Omitted in events of older versions. */
type Named = Partial<UnitName>;

/** A session and its agent. */
interface OfSession {
  /** Null, like `attempt`, for an agent of the run itself. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  readonly role: Role;
  /** The name of the session, such as `search.1-reviewer-2`. Repairs keep it. */
  readonly name: string;
  readonly agent: string;
  readonly model: string | null;
  /** 0 for the first work, then the number of the repair. */
  readonly round: number;
}

/** A report of an agent during a session. */
type InSession = Pick<OfSession, 'unit' | 'attempt' | 'role'> & {
  /** Omitted in events of older versions. */
  readonly name?: string;
};

/** The caps of a run; null for none. */
export interface RunCaps {
  readonly runMicroUsd: MicroUsd | null;
  readonly dayMicroUsd: MicroUsd | null;
  readonly unitMicroUsd: MicroUsd | null;
  /** Maximum number of units that it starts. */
  readonly units: number | null;
  /** Milliseconds from its start. */
  readonly timeMs: number | null;
}

/** What became of a gate: `red` goes to an agent, `warned` counts as passed. */
export const gateOutcomes = ['passed', 'warned', 'awaiting', 'red', 'failed'] as const;

/** A fact about a run. Progress, report and every other reader see the same events. */
export type Event =
  | {
      readonly type: 'run-started';
      readonly run: RunId;
      readonly branch: string;
      readonly tip: string;
      readonly agent: string;
      readonly tier: string;
      readonly units: number;
      readonly open: number;
      /** Omitted in events of older versions. */
      readonly maxAgents?: number;
      /** Omitted in events of older versions. */
      readonly caps?: RunCaps;
      /** A run without units, in which a lead divides a task. */
      readonly isLed?: boolean;
    }
  | { readonly type: 'branch-prepared'; readonly branch: string; readonly how: string; readonly tip: string }
  | (Named & {
      readonly type: 'unit-changed';
      readonly unit: UnitId;
      readonly from: UnitState | null;
      readonly to: UnitState;
      readonly why: string | null;
      /** For a parked unit, its end in ms since the epoch. Omitted in events of older versions. */
      readonly until?: number;
    })
  | (Named & { readonly type: 'unit-paused' | 'unit-resumed'; readonly unit: UnitId })
  | {
      readonly type: 'wave-started';
      readonly number: number;
      readonly units: readonly UnitId[];
      /** The names of `units`, in their order. Omitted in events of older versions. */
      readonly names?: readonly UnitName[];
    }
  | (Named & {
      readonly type: 'claimed';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly fence: number;
      readonly role: Role;
      /** Omitted in events of older versions. */
      readonly inputs?: JudgedBy;
    })
  | (OfSession & { readonly type: 'agent-started' })
  | (OfSession & {
      readonly type: 'agent-ended';
      readonly outcome: string;
      readonly usage: Usage;
      /** Where its time went. Omitted if its end was not seen, and in events of older versions. */
      readonly spent?: Spent;
    })
  | (InSession & { readonly type: 'agent-turn'; readonly text: string })
  | (InSession & {
      readonly type: 'agent-tool';
      readonly tool: string;
      readonly summary: string;
      readonly isError: boolean;
    })
  /** A page that a search or fetch showed to the agent. */
  | (InSession & { readonly type: 'agent-source'; readonly url: string; readonly title: string })
  | (InSession & { readonly type: 'agent-retry'; readonly why: string; readonly delayMs: number })
  | {
      readonly type: 'recipe-chosen';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly recipe: string;
      /** Number of reviewers of each claim. Omitted in events of older versions. */
      readonly reviewers?: Reviewers;
      readonly why: string;
    }
  /** The result of a scout or planner. It is valid as long as the unit's text stays the same. */
  | {
      readonly type: 'stage-done';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      /** `<recipe>/<role>`, with a number for scouts. */
      readonly stage: string;
      readonly contentHash: string;
      readonly note: StageNote;
    }
  /** A scout mapped the repository for all agents of a phase. */
  | {
      readonly type: 'map-made';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly phase: string | null;
      readonly tree: string;
      readonly map: RepositoryMap;
    }
  /** A note of an agent for the agents of other units. */
  | {
      readonly type: 'note';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly role: Role;
      readonly text: string;
    }
  /** What an agent has changed so far conflicts with what that of another unit has changed, which gets the same event. */
  | {
      readonly type: 'overlap';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly with: UnitId;
      readonly files: readonly string[];
      /** `now`: through its inbox; `later`: in the next brief of its unit. */
      readonly told: 'now' | 'later';
    }
  | {
      readonly type: 'harvested';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly tree: string;
      readonly files: readonly string[];
    }
  | {
      readonly type: 'candidate';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly tree: string;
      readonly tip: string;
      readonly restored: readonly string[];
      readonly joined?: Joined;
    }
  /** A run of a check ended, or was ended because its result was pointless. */
  | {
      readonly type: 'check-ran';
      /** Null, like `attempt`, before anything else starts. */
      readonly unit: UnitId | null;
      readonly attempt: AttemptId | null;
      /** Other units that waited for the same run. */
      readonly also: readonly UnitId[];
      /** From 1, within the run. */
      readonly number: number;
      readonly command: string;
      readonly on: 'base' | 'candidate';
      readonly isStopped: boolean;
      /** Milliseconds from when it was asked for to this event. */
      readonly tookMs: number;
      readonly spent: Spent;
    }
  /**
   * These runs of checks would have been needed also if one unit had come after the other. All others were begun early, or
   * judged work again because other work landed meanwhile.
   */
  | { readonly type: 'checks-needed'; readonly numbers: readonly number[] }
  | {
      readonly type: 'criterion-judged';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly verdict: CriterionVerdict;
    }
  | {
      readonly type: 'judged';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly tree: string;
      readonly outcome: Verdict['outcome'];
      readonly checkRuns: number;
      readonly unproven: Verdict['unproven'];
    }
  /** An agent wrote an account of the run. */
  | { readonly type: 'account-written'; readonly agent: string; readonly text: string }
  /** The integration checks ran on the tip. */
  | ({ readonly type: 'integration-checked' } & Integrated)
  /** A gate was judged on the tip: `met` of its `of` criteria hold. */
  | {
      readonly type: 'gate-judged';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      /** The phase before it. */
      readonly phase: string;
      readonly outcome: (typeof gateOutcomes)[number];
      readonly met: number;
      readonly of: number;
    }
  | {
      readonly type: 'not-done';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly failure: Failure;
      readonly next: 'repair' | 'new-attempt' | 'merge' | 'rebase' | 'give-up';
    }
  /** The merge queue lands one unit at a time: a unit waits for its turn, holds it, or has left the queue. */
  | {
      readonly type: 'merge-queue';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly step: 'waits' | 'holds' | 'left';
    }
  | {
      readonly type: 'landed';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly commit: string;
      readonly tree: string;
      readonly linesAdded: number;
      readonly linesRemoved: number;
      readonly files: readonly string[];
      readonly testsAdded: number | null;
      readonly joined?: Joined;
    }
  | {
      readonly type: 'request-applied';
      readonly verb: string;
      readonly unit: UnitId | null;
      readonly by: string;
      readonly outcome: string;
    }
  | { readonly type: 'cap-reached'; readonly detail: string }
  /** A unit stays `ready` because its agent is unusable for any unit. `isAll`: the agent starts no other unit either. */
  | (Named & {
      readonly type: 'request-refused';
      readonly unit: UnitId;
      /** Omitted for the agent that worked last. */
      readonly agent?: string;
      readonly detail: string;
      readonly isAll: boolean;
      /** True if the same event occurred for another unit before. */
      readonly isTold?: true;
    })
  | { readonly type: 'environment-red'; readonly failure: Failure }
  | {
      readonly type: 'notice';
      readonly text: string;
      /** True if it says that the run's time is over. */
      readonly isLimit?: true;
    }
  | {
      readonly type: 'run-ended';
      readonly run: RunId;
      readonly outcome: string;
      readonly exitCode: number;
      /** Certainly spent; null in events of older versions. */
      readonly costMicroUsd: MicroUsd | null;
      /** Possible further cost of calls without a known end. Omitted in events of older versions. */
      readonly possibleMicroUsd?: MicroUsd;
    };

/** An event with its id and time. */
export interface RecordedEvent {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly run: RunId | null;
  readonly event: Event;
}

/** Receives events. */
export type Emit = (event: Event) => void;
