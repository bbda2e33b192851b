import type { BudgetScope, MicroUsd } from './money.ts';

/*
 * The failures of a unit. Each reason has its own fields; whether to retry follows from the reason, and
 * `describe-failure.ts` has the sentence for each.
 */

/** A check was not green: a wrong exit code, a signal, or the time limit. */
interface CheckFailed {
  readonly reason: 'check-failed';
  readonly criterion: string;
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly excerpt: string;
  /** The first error in its output. */
  readonly shows?: readonly string[];
  /** A program that the check starts and that is missing both before and after the work. */
  readonly missing?: string;
}
/** A known test runner ended green without running a test. */
interface NoTests {
  readonly reason: 'no-tests';
  readonly criterion: string;
  readonly command: string;
  readonly excerpt: string;
}
/** A check passes with fewer tests than before: some were removed, skipped or left out. */
interface FewerTests {
  readonly reason: 'fewer-tests';
  readonly criterion: string;
  readonly command: string;
  readonly before: number;
  readonly after: number;
  /** Names of missing tests; empty if the runner only prints numbers. */
  readonly missing: readonly string[];
}
/** Restoring protected paths changed the verdict, or the test runner was compromised. */
interface Tampered {
  readonly reason: 'tampered';
  readonly criterion: string;
  readonly command: string;
  /** `restore`: passes only with protected paths as the agent left them; `canary`: a test that must fail passed. */
  readonly by: 'restore' | 'canary';
  readonly files: readonly string[];
}
/** The only proof is a check with different results on one tree. */
interface FlakyProof {
  readonly reason: 'flaky-proof';
  readonly criterion: string;
  readonly command: string;
}
/** A check passed on the work, and failed when it ran there again. */
interface Unsteady {
  readonly reason: 'unsteady';
  readonly criterion: string;
  readonly command: string;
}
/** The work passes only with changes to files outside of `touches`. */
interface OutsideTouches {
  readonly reason: 'outside-touches';
  /** Null, like `command`, if all changes are to such files. */
  readonly criterion: string | null;
  readonly command: string | null;
  readonly files: readonly string[];
}
/** A reviewer refuted a claim. */
interface ClaimRefuted {
  readonly reason: 'claim-refuted';
  readonly criterion: string;
  readonly why: string;
}
/** There is no valid review of a criterion: the reviewer crashed, was silent, or misquoted. */
export interface NoEvidence {
  readonly reason: 'no-evidence';
  readonly criterion: string;
  readonly why: string;
  /** True for a refutation without evidence, which the agent still gets. */
  readonly isRefuted?: true;
}
/** Every check passed before the work, too, and no claim was confirmed: nothing proves that the unit was done. */
interface NoProof {
  readonly reason: 'no-proof';
}
/** Nothing was changed, and nothing proves that the unit was done. */
interface EmptyChange {
  readonly reason: 'empty-change';
}
/** Work that landed in the meantime changed the same lines. */
interface MergeConflict {
  readonly reason: 'merge-conflict';
  readonly files: readonly string[];
}
/** An agent that was to resolve a conflict left its markers. */
interface ConflictMarkers {
  readonly reason: 'conflict-markers';
  readonly files: readonly string[];
}
/** The work's tree contains something that must not land, such as a nested repository or a link that leaves. */
export interface ForbiddenTree {
  readonly reason: 'forbidden-tree';
  readonly path: string;
  readonly why: string;
  /** More such paths, a few of them. */
  readonly others?: readonly { readonly path: string; readonly why: string }[];
  /** Number of further paths. */
  readonly more?: number;
}
/** The agent failed without an answer. */
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
    | 'no-program'
    | 'no-recording';
  readonly detail: string;
  /** Absolute path of its program's whole output. */
  readonly output?: string;
}
/** An agent is unusable for any unit until a person fixes it. */
export interface AgentUnusable {
  readonly reason: 'agent-unusable';
  /**
   * The cause. With `model`, the same agent may work with another model; with `request`, it may work on another unit.
   */
  readonly kind: 'key' | 'login' | 'model' | 'request' | 'unreachable' | 'program' | 'sandbox';
  readonly detail: string;
  /** The next step, as a sentence. */
  readonly remedy: string;
}
/** The next call could exceed the cap, or its price is unknown. */
interface BudgetSpent {
  readonly reason: 'budget-spent';
  /** `unit`: only this unit is over its cap; otherwise nothing new starts. */
  readonly scope: BudgetScope;
  readonly detail: string;
}
/** A program sent its model a request that is neither known nor allowed, so its cost and effect are unknown. */
interface RequestRefused {
  readonly reason: 'request-refused';
  /** The program, with its version. */
  readonly program: string;
  readonly detail: string;
  /** The configuration key that allows it, and the needed entry. */
  readonly key: string;
  readonly entry: string;
  /** True if its model had answered nothing before: the program is at fault, not this unit. */
  readonly isFirst: boolean;
}
/** Money was spent on a unit without any criterion passing. */
export interface NoProgress {
  readonly reason: 'no-progress';
  readonly spentMicroUsd: MicroUsd;
  readonly detail: string;
}
/** The project's own checks fail on the base commit. */
export interface EnvironmentRed {
  readonly reason: 'environment';
  readonly command: string;
  readonly excerpt: string;
  /** The first error in its output. */
  readonly shows?: readonly string[];
  /** Absolute path of the whole output. */
  readonly output?: string;
  /** Why its result is unclear; omitted if it failed. */
  readonly unclear?: string;
}
/** A person rejected the work. */
interface Rejected {
  readonly reason: 'rejected';
  readonly by: string;
  readonly message: string;
}
/** The unit may be what makes runs crash. */
interface Quarantined {
  readonly reason: 'quarantined';
  readonly crashes: number;
}
/** The agent says that it cannot be done. */
interface Blocked {
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
  | ConflictMarkers
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

/** Failures of an agent, independent of the unit, until a person acts. */
export type InTheWay = RequestRefused | AgentUnusable;

/** True for a failure of the agent, independent of the unit. */
export function isInTheWay(failure: Failure): failure is InTheWay {
  return failure.reason === 'request-refused' || failure.reason === 'agent-unusable';
}

/** True if another attempt could end differently; otherwise none is made. */
export function mayEndDifferently(failure: Failure): boolean {
  switch (failure.reason) {
    case 'check-failed':
      return failure.missing === undefined;
    case 'no-evidence':
      return failure.isRefuted === true; // otherwise the reviewer failed, not the work
    case 'agent-failed':
      return failure.kind !== 'no-program' && failure.kind !== 'no-recording';
    default:
      return !isInTheWay(failure);
  }
}
