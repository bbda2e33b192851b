import type { Brief, Effort, Followup, Lens, Order, Role, Tool, ToolName, Usage } from '../../model/agent.ts';
import type { Check, CommandEvidence } from '../../model/evidence.ts';
import type { Failure, ForbiddenTree } from '../../model/failure.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { Network } from '../../sandbox/tier.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import type { Written } from '../boxes/outputs.ts';
import type { JsonSchema } from './answer-schema.ts';
import type { ErrorData } from './error-data.ts';

/*
 * What an executor is given, and what it gives back: plain data, which JSON carries to another process as it is. Trees and
 * commits are names of objects: who executes a job elsewhere fetches them, and brings what it made. A job whose result is
 * lost may be given again.
 */

/** A tool that an order offers. */
export interface Offer extends Pick<Tool, 'name' | 'description' | 'access'> {
  readonly schema: JsonSchema;
}

/** One order for an agent. */
export interface OrderJob {
  /** Of its session, once in a run. */
  readonly name: string;
  /** Null for an agent of the run itself, as `attempt` is. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  /** Attempts that count, from 1. */
  readonly attemptNumber: number;
  readonly role: Role;
  /** A reviewer's; null for the other roles. */
  readonly lens: Lens | null;
  /** Fresh sessions of this role within the attempt, from 1. */
  readonly sessionNumber: number;
  /** 0 for the first work of a session, then one for each repair. */
  readonly round: number;
  /** Name of an agent in the configuration. */
  readonly agent: string;
  readonly model: string | null;
  readonly effort: Effort;
  readonly brief: Brief;
  readonly access: Order['access'];
  readonly tools: readonly ToolName[] | null;
  /** Tools that the run itself executes, over the link. */
  readonly offers: readonly Offer[];
  /** Shape of its answer; null for a short text. */
  readonly answerSchema: JsonSchema | null;
  readonly limits: Order['limits'];
  /** True when a cap is set on what it spends. */
  readonly isCapped: boolean;
  /** Session to continue, as an earlier result gave it. */
  readonly session: string | null;
  /** Folder of the repository in which its commands start; '' for the root. */
  readonly cwd: string;
  /** What its commands may reach; null for the default of the configuration. */
  readonly network: Network | null;
  /** The tree that its box begins with. */
  readonly tree: string;
  /** Commit of the branch. */
  readonly tip: string;
  /** The box of a worker, which stays for repairs until its attempt is released; null for a reader's, which goes. */
  readonly workspace: {
    readonly attempt: AttemptId;
    readonly title: string;
    readonly baseCommit: string;
    readonly baseTree: string;
    /** Patterns of paths that it may change; none for any. */
    readonly touches: readonly string[];
  } | null;
}

/** What an agent changed. */
export interface Harvested {
  readonly tree: string;
  readonly commit: string;
  readonly files: readonly string[];
}

/** A job that came to nothing, which says nothing about its unit. */
export type NotExecuted =
  | { readonly kind: 'stopped' }
  /** The machine got in the way, or a bug of ours. */
  | { readonly kind: 'broken'; readonly error: ErrorData }
  /** The worker that had it is gone. */
  | { readonly kind: 'lost'; readonly why: string };

/** What became of an order. */
export type OrderOutcome =
  | {
      readonly kind: 'finished';
      readonly answer: unknown;
      readonly followups: readonly Followup[];
      readonly session: string | null;
      /** Null where nothing was to be taken. */
      readonly harvested: Harvested | null;
    }
  | { readonly kind: 'blocked'; readonly why: string }
  /** The provider wants us to wait; `until` is in ms since the epoch. */
  | { readonly kind: 'limited'; readonly until: number; readonly why: string }
  /** The agent finished, and nothing of its work was taken; `session` is where it can go on. */
  | { readonly kind: 'refused'; readonly failure: ForbiddenTree; readonly session: string | null }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | NotExecuted;

/** An outcome with what it took. */
export interface OrderResult {
  readonly outcome: OrderOutcome;
  readonly usage: Usage;
}

/** A check on a tree. */
export interface CheckJob {
  readonly tree: string;
  /** Commit of the branch. */
  readonly tip: string;
  readonly check: Check;
  readonly on: 'base' | 'candidate';
  /** Null: it is run for no unit. */
  readonly unit: UnitId | null;
  /** Patterns of paths that the unit may change: of its manifests, these are installed. */
  readonly touches: readonly string[];
  readonly timeoutMs: number;
  /** True: what it looks for and opens is wanted. */
  readonly isTraced: boolean;
}

/** Paths that a check looked for, opened, executed and loaded. */
export type Traced = Readonly<Record<'probed' | 'opened' | 'executed' | 'modules', readonly string[]>>;

/** What a check said. */
export type CheckResult =
  | {
      readonly kind: 'ran';
      readonly evidence: CommandEvidence;
      /** What it wrote, where it is red and somebody may want to read it; `spill` is a file of the run's outputs. */
      readonly written: Written | null;
      /** Null where it was not traced. */
      readonly trace: Traced | null;
    }
  | NotExecuted;

/** Installing what a tree needs, before anybody works on it. */
export interface SetUpJob {
  readonly tree: string;
  readonly tip: string;
}

/** What installing came to. */
export type SetUpResult = { readonly kind: 'ran'; readonly failed: SetUpFailed | null } | NotExecuted;
