import type { BudgetScope, MicroUsd } from './money.ts';

/*
 * What can go wrong with a unit. Each reason has its own fields; whether to try again follows from the reason, and
 * one sentence for every report comes from `describe-failure.ts`.
 */

/** A check was not green: a wrong exit code, a signal, or the time limit. */
export interface CheckFailed {
  readonly reason: 'check-failed';
  readonly criterion: string;
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly excerpt: string;
  /** What failed first, as its output tells it. */
  readonly shows?: readonly string[];
  /** A program that the check starts, and that is there neither before the work nor after it. */
  readonly missing?: string;
}
/** A known test runner ended green without running a test. */
export interface NoTests {
  readonly reason: 'no-tests';
  readonly criterion: string;
  readonly command: string;
  readonly excerpt: string;
}
/** A check is green with fewer tests than before: some were removed, skipped or left out. */
export interface FewerTests {
  readonly reason: 'fewer-tests';
  readonly criterion: string;
  readonly command: string;
  readonly before: number;
  readonly after: number;
  /** Names of tests that no longer run; empty where the runner tells numbers only. */
  readonly missing: readonly string[];
}
/** The verdict would have been another had what judges the work not been put back, or the test runner is captured. */
export interface Tampered {
  readonly reason: 'tampered';
  readonly criterion: string;
  readonly command: string;
  /** `restore`: green only with the protected paths as the agent left them; `canary`: a test that must fail passed. */
  readonly by: 'restore' | 'canary';
  readonly files: readonly string[];
}
/** The only proof is a check that is now green and now red on one and the same tree. */
export interface FlakyProof {
  readonly reason: 'flaky-proof';
  readonly criterion: string;
  readonly command: string;
}
/** A check was green on the work, and red when it ran there once more. */
export interface Unsteady {
  readonly reason: 'unsteady';
  readonly criterion: string;
  readonly command: string;
}
/** The work holds only with changes to files that the unit may not touch. */
export interface OutsideTouches {
  readonly reason: 'outside-touches';
  /** Null, with the command: all that was changed lies there. */
  readonly criterion: string | null;
  readonly command: string | null;
  readonly files: readonly string[];
}
/** A reviewer says that a claim does not hold. */
export interface ClaimRefuted {
  readonly reason: 'claim-refuted';
  readonly criterion: string;
  readonly why: string;
}
/** Nothing trustworthy was said about a criterion: the reviewer crashed, was silent, or quoted what is not there. */
export interface NoEvidence {
  readonly reason: 'no-evidence';
  readonly criterion: string;
  readonly why: string;
  /** True for a refutation that nothing shows: whoever did the work may learn from it all the same. */
  readonly isRefuted?: true;
}
/** Every check was green before the work too, and no claim was confirmed: nothing shows that something was done. */
export interface NoProof {
  readonly reason: 'no-proof';
}
/** Nothing was changed, and no proof says that something was done. */
export interface EmptyChange {
  readonly reason: 'empty-change';
}
/** The same lines were changed by what landed meanwhile. */
export interface MergeConflict {
  readonly reason: 'merge-conflict';
  readonly files: readonly string[];
}
/** The work's tree holds something that must not land, e.g. a nested repository or a link that leaves. */
export interface ForbiddenTree {
  readonly reason: 'forbidden-tree';
  readonly path: string;
  readonly why: string;
  /** More such paths, a few of them. */
  readonly others?: readonly { readonly path: string; readonly why: string }[];
  /** How many more there are beside those. */
  readonly more?: number;
}
/** The agent came to no answer. */
export interface AgentFailed {
  readonly reason: 'agent-failed';
  readonly kind:
    | 'crashed'
    | 'stalled'
    | 'silent'
    | 'refused'
    | 'turn-limit'
    | 'context-exceeded'
    | 'provider'
    | 'time'
    /** A program that it starts is not there. */
    | 'no-program'
    /** Nothing was recorded that could be played. */
    | 'no-recording';
  readonly detail: string;
  /** Where the whole output of its program lies: an absolute path. */
  readonly output?: string;
}
/** An agent cannot be worked with, whatever the unit: a person has to put that right. */
export interface AgentUnusable {
  readonly reason: 'agent-unusable';
  /**
   * What is in the way; `model` where the same agent may be of use with another one, `request` where it may be for another
   * unit.
   */
  readonly kind: 'key' | 'login' | 'model' | 'request' | 'unreachable' | 'program' | 'sandbox';
  readonly detail: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}
/** The next call could go over the cap, or its price is not known. */
export interface BudgetSpent {
  readonly reason: 'budget-spent';
  /** `unit`: only this one is over; else nothing new starts. */
  readonly scope: BudgetScope;
  readonly detail: string;
}
/** A program asked its model for something that is neither known nor allowed; what that costs or reaches nobody knows. */
export interface RequestRefused {
  readonly reason: 'request-refused';
  /** The program, with its version. */
  readonly program: string;
  readonly detail: string;
  /** The key of the configuration that allows it, and the entry that it needs. */
  readonly key: string;
  readonly entry: string;
  /** True when its model had answered nothing before: it is the program, and not this unit. */
  readonly isFirst: boolean;
}
/** Money was spent on a unit, and no criterion became green by it. */
export interface NoProgress {
  readonly reason: 'no-progress';
  readonly spentMicroUsd: MicroUsd;
  readonly detail: string;
}
/** The project's own checks are not green before anybody worked. */
export interface EnvironmentRed {
  readonly reason: 'environment';
  readonly command: string;
  readonly excerpt: string;
  /** What failed first, as its output tells it. */
  readonly shows?: readonly string[];
  /** Where the whole output lies: an absolute path. */
  readonly output?: string;
  /** Why its end says nothing; left out where it is red. */
  readonly unclear?: string;
}
/** A person said no. */
export interface Rejected {
  readonly reason: 'rejected';
  readonly by: string;
  readonly message: string;
}
/** The unit may be what makes runs crash. */
export interface Quarantined {
  readonly reason: 'quarantined';
  readonly crashes: number;
}
/** The agent says that it cannot be done. */
export interface Blocked {
  readonly reason: 'blocked';
  readonly why: string;
}

/** Why a unit is not done. */
export type Failure =
  | CheckFailed
  | NoTests
  | FewerTests
  | Tampered
  | FlakyProof
  | Unsteady
  | OutsideTouches
  | ClaimRefuted
  | NoEvidence
  | NoProof
  | EmptyChange
  | MergeConflict
  | ForbiddenTree
  | AgentFailed
  | AgentUnusable
  | BudgetSpent
  | RequestRefused
  | NoProgress
  | EnvironmentRed
  | Rejected
  | Quarantined
  | Blocked;

/** What says nothing about the unit, and keeps its agent from working until a person acts. */
export type InTheWay = RequestRefused | AgentUnusable;

/** True for what stands in the way of an agent, whatever the unit. */
export function isInTheWay(failure: Failure): failure is InTheWay {
  return failure.reason === 'request-refused' || failure.reason === 'agent-unusable';
}

/** True when another attempt at the unit could end differently: else none is made. */
export function mayEndDifferently(failure: Failure): boolean {
  switch (failure.reason) {
    case 'check-failed':
      return failure.missing === undefined;
    case 'no-evidence':
      return failure.isRefuted === true; // else it is for a reviewer to say more, and not for whoever does the work
    case 'agent-failed':
      return failure.kind !== 'no-program' && failure.kind !== 'no-recording';
    default:
      return !isInTheWay(failure);
  }
}
