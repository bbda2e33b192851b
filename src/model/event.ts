import type { CriterionVerdict, Verdict } from './evidence.ts';
import type { Failure } from './failure.ts';
import type { AttemptId, RunId, UnitId } from './ids.ts';
import type { MicroUsd } from './money.ts';
import type { Role, Usage } from './agent.ts';
import type { RepositoryMap, Reviewers, StageNote } from './recipe.ts';
import type { UnitState } from './unit.ts';

/** What an attempt is judged by, as it was when it was claimed. */
export interface JudgedBy {
  readonly baseCommit: string;
  readonly baseTree: string;
  /** Of the unit's text, and of its criteria. */
  readonly contentHash: string;
  readonly criteriaHash: string;
  /** The checks, its own and the project's. */
  readonly checks: readonly string[];
  /** Of the configuration. */
  readonly configHash: string;
}

/** How people call a unit. */
export interface UnitName {
  readonly key: string;
  readonly title: string;
}

/** The name alone, of whatever has one. */
export function nameOf({ key, title }: UnitName): UnitName {
  return { key, title };
}

/** Where a unit may be told of for the first time in a run, its name is told; left out in events of older versions. */
type Named = Partial<UnitName>;

/** Whose session it is. */
interface OfSession {
  /** Null for an agent of the run itself, as `attempt` is. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  readonly role: Role;
  /** Of the session: `search.1-reviewer-2`. Repairs keep it. */
  readonly name: string;
  readonly agent: string;
  readonly model: string | null;
  /** 0 for the first work, then one for each repair. */
  readonly round: number;
}

/** One fact about a run. Progress, report and every other reader see the same events. */
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
    }
  | { readonly type: 'branch-prepared'; readonly branch: string; readonly how: string; readonly tip: string }
  | (Named & {
      readonly type: 'unit-changed';
      readonly unit: UnitId;
      readonly from: UnitState | null;
      readonly to: UnitState;
      readonly why: string | null;
      /** Of a parked unit, until when, in ms since the epoch; left out in events of older versions. */
      readonly until?: number;
    })
  | (Named & { readonly type: 'unit-paused' | 'unit-resumed'; readonly unit: UnitId })
  | {
      readonly type: 'wave-started';
      readonly number: number;
      readonly units: readonly UnitId[];
      /** Of each, in their order; left out in events of older versions. */
      readonly names?: readonly UnitName[];
    }
  | (Named & {
      readonly type: 'claimed';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly fence: number;
      readonly role: Role;
      /** What it is judged by, frozen before the agent starts; left out in events of older versions. */
      readonly inputs?: JudgedBy;
    })
  /** A session begins: from now on its agent is at work, or waits for its turn. */
  | (OfSession & { readonly type: 'agent-started' })
  | (OfSession & { readonly type: 'agent-ended'; readonly outcome: string; readonly usage: Usage })
  | {
      readonly type: 'agent-turn';
      readonly unit: UnitId | null;
      readonly attempt: AttemptId | null;
      readonly role: Role;
      /** Of its session; left out in events of older versions. */
      readonly name?: string;
      readonly text: string;
    }
  | {
      readonly type: 'agent-tool';
      readonly unit: UnitId | null;
      readonly attempt: AttemptId | null;
      readonly role: Role;
      /** Of its session; left out in events of older versions. */
      readonly name?: string;
      readonly tool: string;
      readonly summary: string;
      readonly isError: boolean;
    }
  /** Something of the web that it was shown. */
  | {
      readonly type: 'agent-source';
      readonly unit: UnitId | null;
      readonly attempt: AttemptId | null;
      readonly role: Role;
      /** Of its session; left out in events of older versions. */
      readonly name?: string;
      readonly url: string;
      readonly title: string;
    }
  | {
      readonly type: 'agent-retry';
      readonly unit: UnitId | null;
      readonly attempt: AttemptId | null;
      readonly role: Role;
      /** Of its session; left out in events of older versions. */
      readonly name?: string;
      readonly why: string;
      readonly delayMs: number;
    }
  /** How a unit is worked on, and why so. */
  | {
      readonly type: 'recipe-chosen';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly recipe: string;
      /** Reviewers of each claim; left out in events of older versions. */
      readonly reviewers?: Reviewers;
      readonly why: string;
    }
  /** What somebody who looked first hands on; it holds while the unit's text is the same. */
  | {
      readonly type: 'stage-done';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      /** `<recipe>/<role>`, with a number for scouts. */
      readonly stage: string;
      readonly contentHash: string;
      readonly note: StageNote;
    }
  /** A scout wrote down where things are, for all who work on a phase. */
  | {
      readonly type: 'map-made';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly phase: string | null;
      /** The tree that it is of. */
      readonly tree: string;
      readonly map: RepositoryMap;
    }
  /** What an agent wants those who work on other units to know. */
  | {
      readonly type: 'note';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly role: Role;
      readonly text: string;
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
    }
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
  | {
      readonly type: 'not-done';
      readonly unit: UnitId;
      readonly attempt: AttemptId;
      readonly failure: Failure;
      readonly next: 'repair' | 'new-attempt' | 'rebase' | 'give-up';
    }
  /** Landings go one at a time: a unit waits for those before it, holds the place, has left it. */
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
    }
  | {
      readonly type: 'request-applied';
      readonly verb: string;
      readonly unit: UnitId | null;
      readonly by: string;
      readonly outcome: string;
    }
  | { readonly type: 'cap-reached'; readonly detail: string }
  /** Its agent cannot be had, or cannot work, whatever the unit: it stands still; `isAll` when nothing more starts for it. */
  | (Named & {
      readonly type: 'request-refused';
      readonly unit: UnitId;
      /** Left out where it is the one that worked last. */
      readonly agent?: string;
      readonly detail: string;
      readonly isAll: boolean;
      /** True where the same was told of another unit before. */
      readonly isTold?: true;
    })
  | { readonly type: 'environment-red'; readonly failure: Failure }
  | { readonly type: 'notice'; readonly text: string }
  | {
      readonly type: 'run-ended';
      readonly run: RunId;
      readonly outcome: string;
      readonly exitCode: number;
      /** Spent for certain; null in events of older versions. */
      readonly costMicroUsd: MicroUsd | null;
      /** What calls whose end nobody saw may have cost on top; left out in events of older versions. */
      readonly possibleMicroUsd?: MicroUsd;
    };

/** An event as it was recorded. */
export interface RecordedEvent {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly run: RunId | null;
  readonly event: Event;
}

/** Where events go. */
export type Emit = (event: Event) => void;
