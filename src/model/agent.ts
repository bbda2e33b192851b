import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Failure } from './failure.ts';
import type { AttemptId, UnitId } from './ids.ts';
import type { BudgetScope, Charge, MicroUsd } from './money.ts';

/** The question of a reviewer: does the claim hold, was anything gamed, did anything else break. */
export type Lens = 'holds' | 'gaming' | 'beside';

export const roles = [
  'lead',
  'scout',
  'planner',
  'builder',
  'debugger',
  'researcher',
  'synthesizer',
  'reviewer',
  'shipper',
] as const;
export type Role = (typeof roles)[number];

/** Names of our tools. `web` searches, and fetches pages that were found or named. */
export const toolNames = ['bash', 'edit', 'glob', 'grep', 'read', 'web', 'write'] as const;
export type ToolName = (typeof toolNames)[number];

/** The effort of a model, in the API's words. */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** An agent's abilities, as it declares them; the conformance tests hold it to them. */
export interface Abilities {
  /** Continues an earlier session with its memory. */
  readonly resume: boolean;
  /** Answers in a given schema. */
  readonly structuredAnswers: boolean;
  /** The project's instruction files that it loads by itself, e.g. `AGENTS.md`. */
  readonly loads: readonly string[];
  /** Receives people's messages while it works, at its next turn. */
  readonly inbox: boolean;
  /** Reports its cost. */
  readonly reportsCost: boolean;
  /** Takes tools that are offered with an order. */
  readonly offers: boolean;
  /** Searches the web through its model's provider if its role may, and reports what it was shown. */
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

/** The workspace of an attempt, as its agent sees it. */
export interface WorkspaceHandle {
  /** Absolute path. */
  readonly path: string;
  /** Absolute path of the folder in the workspace where its commands start. */
  readonly cwd: string;
  /** Absolute path of a writable folder outside of the workspace, for briefs and answers. */
  readonly scratch: string;
  /** A path of the workspace or of `scratch`, as commands see it. */
  inside(path: string): string;
  /** Gives files that were written from outside to the user that commands run as. */
  own(paths: readonly string[]): Promise<void>;
  /** True if ports inside can lead to sockets outside; otherwise commands share the machine's network, or have none. */
  readonly hasDoors: boolean;
  /** The sandbox tier. */
  readonly tier: string;
  /** The name of a Node that commands can run. */
  readonly node: string;
  /** Runs a shell command, or a program with its arguments, in the sandbox, inside the workspace. */
  exec(command: string | readonly string[], options: ExecOptions): Promise<ExecResult>;
}

/** Options of running a command. */
export interface ExecOptions {
  /** Milliseconds; the sandbox's own limit holds too. */
  readonly timeoutMs?: number;
  /** Standard input, whole or as a stream. */
  readonly input?: string | Readable;
  /** Receives standard output unredacted; `ExecResult.output` is then standard error alone. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** True to make the workspace read-only, if the sandbox can; the scratch folder stays writable. */
  readonly isReadOnly?: boolean;
  /** Added to the sandbox's cleared environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ports inside that lead to unix sockets outside; only with `hasDoors`. */
  readonly doors?: readonly { readonly port: number; readonly socket: string }[];
  readonly signal: AbortSignal;
  /** Absolute path of a file outside of the box for the paths that the command accesses. */
  readonly traceTo?: string;
  /** True for a short command, which takes its turn on the cores; false for a whole agent. */
  readonly isStep?: boolean;
}

/** Where a tool works, and what ends it. */
export interface ToolContext {
  readonly workspace: WorkspaceHandle;
  readonly signal: AbortSignal;
}

/** A tool's answer to the model. */
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** A tool that a model may call. `run` never rejects: errors are part of the result. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** `write` tools are not offered to an agent with read access. */
  readonly access: 'read' | 'write';
  readonly schema: z.ZodType;
  /** The call in one line, for people. */
  summary(input: unknown): string;
  run(input: unknown, context: ToolContext): Promise<ToolResult>;
}

/** A tool of those who gave an order: they check the input, and run it. */
export interface OrderTool extends Pick<Tool, 'name' | 'description' | 'access'> {
  /** A JSON Schema, for the model. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Never rejects, and ends once `signal` aborts. */
  run(input: unknown, signal: AbortSignal): Promise<ToolResult>;
}

/** Tokens by kind, summed over a session's calls. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly calls: number;
  readonly toolCalls: number;
  /** Null if unknown. */
  readonly costMicroUsd: MicroUsd | null;
  /** Possible further cost of calls that did not complete visibly. */
  readonly possibleMicroUsd: MicroUsd;
  /** The equivalent cost of usage that a subscription covers. */
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

/** A reserved amount for one call. */
export interface Reservation {
  /** Records the known cost of the call, during and after it. The rest of the reservation is freed or stays possible cost. */
  settle(charge: Charge): void;
}

/** A cap that refuses a reservation, and the amount that it still allows. */
export interface OverCap {
  readonly refused: BudgetScope;
  readonly leftMicroUsd: MicroUsd;
}

/** The money for an order's calls. */
export interface Budget {
  /** True if there is a cap, so that calls need a known price. */
  readonly isCapped: boolean;
  /** Reserves the most that a call can cost; if a cap refuses, the call must not be made. Asynchronous for a remote queue. */
  reserve(worstCase: MicroUsd): Reservation | OverCap | Promise<Reservation | OverCap>;
  /** True once most of a cap was spent since the order began; the agent should wrap up. */
  isRunningOut(): boolean;
}

/** An agent's instructions; `shared` is byte-equal for all units of a phase. */
export interface Brief {
  readonly shared: string;
  readonly own: string;
}

/** A followup proposed by an agent; it becomes a `proposed` unit and never runs by itself. */
export interface Followup {
  readonly title: string;
  readonly criteria: readonly string[];
}

/** An order for an agent. */
export interface Order {
  /** The name of its session, unique in a run. */
  readonly name: string;
  /** Null for an agent of the run itself, as `attempt` is. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  /** From 1; crashed attempts do not count. */
  readonly attemptNumber: number;
  readonly role: Role;
  readonly brief: Brief;
  readonly workspace: WorkspaceHandle;
  readonly access: 'read' | 'write';
  /** A subset of the tools that `access` allows; null for all of them except `web`. */
  readonly tools: readonly ToolName[] | null;
  /** Additional tools, as far as `access` allows; the run executes them. */
  readonly offers: readonly OrderTool[];
  /** The shape of the answer; null for a short text. */
  readonly answerSchema: z.ZodType | null;
  readonly model: string | null;
  readonly effort: Effort;
  readonly limits: {
    /** Calls to the model. */
    readonly turns: number;
    /** Milliseconds for the whole order. */
    readonly timeMs: number;
    /** Maximum milliseconds without a byte from the model. */
    readonly idleMs: number;
  };
  readonly budget: Budget;
  /** Returns the messages since the last call, of people and of the run, as they are to be told. */
  readonly takeWords: () => readonly string[];
  /** Is told how many milliseconds its calls had to wait for their provider, as far as we made them wait. */
  readonly onHeld: (ms: number) => void;
  /** Null unless the role is reviewer. */
  readonly lens: Lens | null;
  /** The number of the role's session within the attempt, from 1. */
  readonly sessionNumber: number;
  /** The session to continue, from an earlier outcome; null for a new one. */
  readonly session: string | null;
}

/** The result of an order. */
export type Outcome =
  | {
      readonly kind: 'finished';
      /** The argument of `finish`: text, or an object that matches `answerSchema`. */
      readonly answer: unknown;
      readonly followups: readonly Followup[];
      readonly usage: Usage;
      readonly session: string | null;
    }
  | { readonly kind: 'blocked'; readonly why: string; readonly usage: Usage }
  /** The provider's limit is reached; `until` is in ms since the epoch. */
  | { readonly kind: 'limited'; readonly until: number; readonly why: string; readonly usage: Usage }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly usage: Usage };

/** A report of an agent during its work. */
export type AgentEvent =
  | { readonly type: 'turn'; readonly text: string }
  | { readonly type: 'tool'; readonly name: string; readonly summary: string; readonly isError: boolean }
  | { readonly type: 'retry'; readonly why: string; readonly delayMs: number }
  /** A note for agents of other units. */
  | { readonly type: 'note'; readonly text: string }
  /** A source that a search or fetch showed it; it may be cited. */
  | { readonly type: 'source'; readonly url: string; readonly title: string }
  /** Usage so far, and tokens in its context (null if unknown). */
  | {
      readonly type: 'usage';
      readonly usage: Usage;
      readonly contextTokens: number | null;
      readonly contextWindow: number | null;
    };

/** Receives an agent's events. */
export type AgentEmit = (event: AgentEvent) => void;

/**
 * An agent. Its methods never throw or reject: errors are part of the outcome. Aborting `signal` ends the work, and every
 * process it started, within five seconds.
 */
export interface Agent {
  readonly name: string;
  /** Program, version and who pays, for people. */
  readonly about?: string;
  readonly abilities: Abilities;
  work(order: Order, emit: AgentEmit, signal: AbortSignal): Promise<Outcome>;
  /** Until when the provider blocks this model (ms since the epoch); null if it does not. */
  pausedUntil?(model: string | null): number | null;
}
