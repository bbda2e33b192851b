import type { Brief, Effort, Followup, Lens, Order, OrderTool, Role, ToolName, Usage } from '../../model/agent.ts';
import type { Check, Observed } from '../../model/evidence.ts';
import type { Failure, ForbiddenTree } from '../../model/failure.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { Spent } from '../../model/spent.ts';
import type { Network } from '../../sandbox/tier.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import type { Written } from '../boxes/outputs.ts';
import type { JsonSchema } from './answer-schema.ts';
import type { ErrorData } from './error-data.ts';

/*
 * The jobs of an executor and their results, as plain data for JSON. Trees and commits are object names: a remote
 * executor fetches them, and sends what it made. A job with a lost result may be given again.
 */

/** A tool that an order offers. */
export type Offer = Omit<OrderTool, 'run'>;

/** An order for an agent. */
export interface OrderJob {
  /** Name of its session, unique in a run. */
  readonly name: string;
  /** Null for an agent of the run itself, as is `attempt`. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  /** Number of the attempt, from 1. */
  readonly attemptNumber: number;
  readonly role: Role;
  /** Of a reviewer; null for other roles. */
  readonly lens: Lens | null;
  /** Counts the role's new sessions in the attempt, from 1. */
  readonly sessionNumber: number;
  /** 0 for the first work of a session, plus one for each repair. */
  readonly round: number;
  /** Name of an agent in the configuration. */
  readonly agent: string;
  readonly model: string | null;
  readonly effort: Effort;
  readonly brief: Brief;
  readonly access: Order['access'];
  readonly tools: readonly ToolName[] | null;
  /** Tools that the run executes, through the link. */
  readonly offers: readonly Offer[];
  /** Schema of its answer; null for a short text. */
  readonly answerSchema: JsonSchema | null;
  readonly limits: Order['limits'];
  /** True if a cap limits its cost. */
  readonly isCapped: boolean;
  /** Session to continue, from an earlier result. */
  readonly session: string | null;
  /** Folder of the repository in which its commands start; '' for the root. */
  readonly cwd: string;
  /** Network of its commands; null for the configured default. */
  readonly network: Network | null;
  /** The initial tree of its box. */
  readonly tree: string;
  /** Commit of the branch. */
  readonly tip: string;
  /** The box of a worker, kept for later rounds until the attempt's release; null for a reader, whose box is temporary. */
  readonly workspace: {
    readonly attempt: AttemptId;
    readonly title: string;
    readonly baseCommit: string;
    readonly baseTree: string;
    /** Patterns of paths that it may change; empty for any. */
    readonly touches: readonly string[];
    /** True if a later round gets a new workspace with `tree`, since its work conflicted. */
    readonly isAnew: boolean;
  } | null;
}

/** The collected changes. */
export interface Harvested {
  readonly tree: string;
  readonly commit: string;
  readonly files: readonly string[];
}

/** A job without a result, for a reason unrelated to its unit. */
export type NotExecuted =
  | { readonly kind: 'stopped'; readonly spent?: Spent }
  /** The machine failed, or there is a bug. */
  | { readonly kind: 'broken'; readonly error: ErrorData }
  /** The worker disappeared. */
  | { readonly kind: 'lost'; readonly why: string };

export type OrderOutcome =
  | {
      readonly kind: 'finished';
      readonly answer: unknown;
      readonly followups: readonly Followup[];
      readonly session: string | null;
      /** Null if there was nothing to collect. */
      readonly harvested: Harvested | null;
    }
  | { readonly kind: 'blocked'; readonly why: string }
  /** The provider asks to wait; `until` is in ms since the epoch. */
  | { readonly kind: 'limited'; readonly until: number; readonly why: string }
  /** The agent finished, but its work was refused; `session` can continue. */
  | { readonly kind: 'refused'; readonly failure: ForbiddenTree; readonly session: string | null }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | NotExecuted;

export interface OrderResult {
  readonly outcome: OrderOutcome;
  /** Null if unknown, since the agent worked but its end was not seen; what the link heard is known. */
  readonly usage: Usage | null;
  /** Omitted if its end was not seen. */
  readonly spent?: Spent;
}

/** A check on a tree. */
export interface CheckJob {
  readonly tree: string;
  /** Commit of the branch. */
  readonly tip: string;
  readonly check: Check;
  readonly on: 'base' | 'candidate';
  /** Null: it runs for no unit. */
  readonly unit: UnitId | null;
  /** Patterns of paths that the unit may change; its changes to manifests there are installed. */
  readonly touches: readonly string[];
  readonly timeoutMs: number;
  /** The sandbox tier of the run: a check in another one does not count. */
  readonly tier: string;
  /** True: collects the files that it accesses. */
  readonly isTraced: boolean;
}

/** Paths that a check looked up, opened, executed and loaded. */
export type Traced = Readonly<Record<'probed' | 'opened' | 'executed' | 'modules', readonly string[]>>;

export type CheckResult =
  | {
      readonly kind: 'ran';
      readonly end: Observed;
      /** Its output, kept if it failed and may be of interest. */
      readonly written: Written | null;
      /** Null if it was not traced. */
      readonly trace: Traced | null;
      readonly spent?: Spent;
    }
  | NotExecuted;

/** Installs what a tree needs, ahead of work on it. */
export interface SetUpJob {
  readonly tree: string;
  readonly tip: string;
}

export type SetUpResult = { readonly kind: 'ran'; readonly failed: SetUpFailed | null } | NotExecuted;

/** A look at the work of an agent while it works. */
export interface LookJob {
  readonly attempt: AttemptId;
  /** Null asks which files it changed so far; some files, for a tree with them as they are now. */
  readonly files: readonly string[] | null;
}

export type LookResult =
  | { readonly kind: 'seen'; readonly files: readonly string[]; readonly tree: string | null }
  /** The agent does not work now, or what it changed cannot be seen. */
  | { readonly kind: 'unseen' }
  | NotExecuted;
