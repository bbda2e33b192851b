import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Failure } from './failure.ts';
import type { AttemptId, UnitId } from './ids.ts';
import type { BudgetScope, Charge, MicroUsd } from './money.ts';

/** What an agent is asked to be. */
export type Role = 'scout' | 'planner' | 'builder' | 'debugger' | 'researcher' | 'synthesizer' | 'reviewer' | 'shipper';
/** What a reviewer looks for: does it hold, was anything gamed, what broke beside it. */
export type Lens = 'holds' | 'gaming' | 'beside';

/** All roles, for schemas. */
export const roles = [
  'scout',
  'planner',
  'builder',
  'debugger',
  'researcher',
  'synthesizer',
  'reviewer',
  'shipper',
] as const satisfies readonly Role[];

/** The tools of agents that we offer tools to, by our names. `web` searches, and fetches what was found or named. */
export const toolNames = ['bash', 'edit', 'glob', 'grep', 'read', 'web', 'write'] as const;
/** One of them. */
export type ToolName = (typeof toolNames)[number];

/** How much work a model puts into a reply, in the API's words. */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What an agent can do. Declared by each, and tested to be true. */
export interface Abilities {
  /** Continues an earlier session with its memory. */
  readonly resume: boolean;
  /** Answers in a given schema. */
  readonly structuredAnswers: boolean;
  /** The project's instruction files that it loads by itself, e.g. `AGENTS.md`. */
  readonly loads: readonly string[];
  /** Hears words of people while it works, at its next turn. */
  readonly inbox: boolean;
  /** Knows what it cost. */
  readonly reportsCost: boolean;
  /** Searches the web through its model's provider where its role may, and tells what it was shown. */
  readonly web: boolean;
}

/** How a command inside a workspace ended. Output is cut to the sandbox's limit. */
export interface ExecResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly output: string;
  readonly durationMs: number;
}

/** The place where an attempt works, as it is handed to an agent. */
export interface WorkspaceHandle {
  /** Absolute path. */
  readonly path: string;
  /** Absolute path of the folder in the workspace where its commands start. */
  readonly cwd: string;
  /** Absolute path of a folder outside the workspace that its commands may write too: briefs, answers. */
  readonly scratch: string;
  /** How a path of the workspace or of `scratch` is called by commands: a sandbox may show it elsewhere. */
  inside(path: string): string;
  /** Gives files that were written from outside to whom commands run as. */
  own(paths: readonly string[]): Promise<void>;
  /** True when ports inside can lead to sockets outside; else commands share the machine's network, or have none. */
  readonly hasDoors: boolean;
  /** The sandbox tier. */
  readonly tier: string;
  /** How commands call a Node that they can run. */
  readonly node: string;
  /** Runs a shell command, or a program with its arguments, in the sandbox, inside the workspace. */
  exec(command: string | readonly string[], options: ExecOptions): Promise<ExecResult>;
}

/** How a command is run. */
export interface ExecOptions {
  /** Milliseconds; the sandbox's own limit holds too. */
  readonly timeoutMs?: number;
  /** Standard input, whole or as it comes. */
  readonly input?: string | Readable;
  /** Is given standard output as it comes, secrets and all; `ExecResult.output` is standard error alone then. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** True: the command may write to its scratch folder, but not to the workspace, where the sandbox can hold that. */
  readonly isReadOnly?: boolean;
  /** Added to the sandbox's cleared environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ports inside that lead to unix sockets outside, where the handle says that it has doors. */
  readonly doors?: readonly { readonly port: number; readonly socket: string }[];
  readonly signal: AbortSignal;
  /** Absolute path of a file outside of the box, to which the paths that the command asks for are written. */
  readonly traceTo?: string;
  /** True for one command of many, which shares the cores with those of others; false for a whole agent. */
  readonly isStep?: boolean;
}

/** Tokens by kind, summed over a session's calls. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly calls: number;
  readonly toolCalls: number;
  /** Null when it cannot be known. */
  readonly costMicroUsd: MicroUsd | null;
  /** What calls whose end nobody saw may have cost on top of that. */
  readonly possibleMicroUsd: MicroUsd;
  /** What a subscription paid for: what it would have cost, told apart from money. */
  readonly notionalMicroUsd: MicroUsd;
}

/** Nothing used, and known to have cost nothing. */
export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 0,
  toolCalls: 0,
  costMicroUsd: 0,
  possibleMicroUsd: 0,
  notionalMicroUsd: 0,
};

/** Sums two usages; an unknown cost makes the sum unknown. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    calls: a.calls + b.calls,
    toolCalls: a.toolCalls + b.toolCalls,
    costMicroUsd: a.costMicroUsd === null || b.costMicroUsd === null ? null : a.costMicroUsd + b.costMicroUsd,
    possibleMicroUsd: a.possibleMicroUsd + b.possibleMicroUsd,
    notionalMicroUsd: a.notionalMicroUsd + b.notionalMicroUsd,
  };
}

/** Money that was set aside before a call. */
export interface Reservation {
  /**
   * Records what the call cost, as far as it is known: at its end, and while it goes on. What it can no longer cost is
   * free for other calls; what it may have cost on top stays reserved.
   */
  settle(charge: Charge): void;
}

/** A cap is in the way, under which so much could still be reserved. */
export interface OverCap {
  readonly refused: BudgetScope;
  readonly leftMicroUsd: MicroUsd;
}

/** Money that calls are paid from. */
export interface Budget {
  /** True when a cap is set, so that a price must be known before a call is made. */
  readonly isCapped: boolean;
  /**
   * Sets aside the most that a call can cost; when a cap does not allow it, the call must not be made. The answer comes
   * later where the queue is another process's.
   */
  reserve(worstCase: MicroUsd): Reservation | OverCap | Promise<Reservation | OverCap>;
  /** True when most of a cap came to be spent since the order began: who works should come to an end. */
  isRunningOut(): boolean;
}

/** What an agent is told: `shared` is byte-equal for all units of a phase. */
export interface Brief {
  readonly shared: string;
  readonly own: string;
}

/** A followup that an agent proposes; it becomes a `proposed` unit, never runs by itself. */
export interface Followup {
  readonly title: string;
  readonly criteria: readonly string[];
}

/** One piece of work for an agent. */
export interface Order {
  readonly unit: UnitId;
  readonly attempt: AttemptId;
  /** Attempts that count, from 1; an orchestrator's crash does not raise it. */
  readonly attemptNumber: number;
  readonly role: Role;
  readonly brief: Brief;
  readonly workspace: WorkspaceHandle;
  readonly access: 'read' | 'write';
  /** Of the tools that its access allows, those that it has; null for all but the web. */
  readonly tools: readonly ToolName[] | null;
  /** Shape of the answer that `finish` takes; without it, a short text. */
  readonly answerSchema: z.ZodType | null;
  readonly model: string | null;
  readonly effort: Effort;
  readonly limits: {
    /** Calls to the model. */
    readonly turns: number;
    /** Milliseconds for the whole order. */
    readonly timeMs: number;
    /** Milliseconds without a byte from the model. */
    readonly idleMs: number;
  };
  readonly budget: Budget;
  /** What people said since it was last asked; empties it. */
  readonly takeWords: () => readonly string[];
  /** A reviewer's; null for the other roles. */
  readonly lens: Lens | null;
  /** Fresh sessions of this role within the attempt, from 1. */
  readonly sessionNumber: number;
  /** Session to continue, as an earlier outcome gave it. */
  readonly session: string | null;
}

/** What became of an order. */
export type Outcome =
  | {
      readonly kind: 'finished';
      /** What `finish` was given: text, or an object that passed `answerSchema`. */
      readonly answer: unknown;
      readonly followups: readonly Followup[];
      readonly usage: Usage;
      readonly session: string | null;
    }
  | { readonly kind: 'blocked'; readonly why: string; readonly usage: Usage }
  /** The provider wants us to wait; `until` is in ms since the epoch. */
  | { readonly kind: 'limited'; readonly until: number; readonly why: string; readonly usage: Usage }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly usage: Usage };

/** What an agent tells while it works. */
export type AgentEvent =
  | { readonly type: 'turn'; readonly text: string }
  | { readonly type: 'tool'; readonly name: string; readonly summary: string; readonly isError: boolean }
  | { readonly type: 'retry'; readonly why: string; readonly delayMs: number }
  /** For those who work on other units. */
  | { readonly type: 'note'; readonly text: string }
  /** What a search or a fetch brought before it: it may be cited. */
  | { readonly type: 'source'; readonly url: string; readonly title: string }
  /** What it used so far, and how full its context is (tokens; null when nobody knows). */
  | {
      readonly type: 'usage';
      readonly usage: Usage;
      readonly contextTokens: number | null;
      readonly contextWindow: number | null;
    };

/** Where an agent tells what it does. */
export type AgentEmit = (event: AgentEvent) => void;

/**
 * Something that can work. Never throws and never rejects: what goes wrong is told in the outcome.
 * Aborting `signal` ends the work, and every process it started, within five seconds.
 */
export interface Agent {
  readonly name: string;
  /** What stands behind the name, for people: program, version, who pays. */
  readonly about?: string;
  readonly abilities: Abilities;
  work(order: Order, emit: AgentEmit, signal: AbortSignal): Promise<Outcome>;
  /** Until when its provider lets nobody work with this model (ms since the epoch); null when nothing is in the way. */
  pausedUntil?(model: string | null): number | null;
}
