import type Anthropic from '@anthropic-ai/sdk';
import type { Effort, Order } from '../../model/agent.ts';
import type { AgentFailed, AgentUnusable } from '../../model/failure.ts';
import type { MicroUsd } from '../../model/money.ts';
import { type Took, tookNothing } from '../money/bill.ts';

/** A request to a model. The transcript only grows, so earlier turns stay byte-equal. */
export interface VoiceRequest {
  readonly system: string;
  readonly messages: readonly Anthropic.MessageParam[];
  readonly tools: readonly Anthropic.ToolUnion[];
  readonly effort: Effort;
  readonly idleMs: number;
}

/** A model's complete reply, with its usage. */
export interface Reply extends Took {
  /** Echoed verbatim into the transcript. */
  readonly content: readonly Anthropic.ContentBlock[];
  readonly stopReason: Anthropic.StopReason | null;
}

/** The payment of a call. */
export interface Call {
  readonly pass: Pass | undefined;
  /** The reserved amount; null if the price is unknown. */
  readonly most: MicroUsd | null;
  /** Gets the usage so far. */
  readonly onTook: (took: Took) => void;
}

/** The end of a call, for the limiter. */
export type CallEnd =
  | { readonly kind: 'ok' }
  /** 429; `retryAfterMs`: the requested wait, null for none. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null; readonly why: string }
  /** 529 and the like: the provider is overloaded. */
  | { readonly kind: 'overloaded'; readonly why: string }
  /** An answer without information on limits. */
  | { readonly kind: 'answered' }
  /** No connection, or no answer. */
  | { readonly kind: 'lost'; readonly why: string }
  /** The next call would be refused, too. */
  | { readonly kind: 'refused'; readonly failure: AgentUnusable }
  /** An invalid answer, or silence; `failure` applies if no call gets a valid one. */
  | { readonly kind: 'bad'; readonly why: string; readonly failure: AgentUnusable }
  /** No information. */
  | { readonly kind: 'other' };

/** A place among the concurrent calls. */
export interface Pass {
  /** Frees the place; only the first time counts. `headers`: those of the answer, if any. */
  leave(end: CallEnd, headers?: HeaderReader | null): void;
  /** Reports the start of the answer. */
  begun?(): void;
}

/** Reads a header; null or undefined if missing. */
export type HeaderReader = (name: string) => string | null | undefined;

/** The source of a model's replies: the network, or a recording. */
export interface Voice {
  readonly model: string;
  /** Tokens of the context window; null if unknown. */
  readonly contextWindow: number | null;
  /** True if the provider searches the web. */
  readonly canSearch: boolean;
  /** True if system messages may stand between turns. */
  readonly hearsSystem: boolean;
  /** The maximum cost of a request; null if the price is unknown. */
  worstCase(request: VoiceRequest): MicroUsd | null;
  /**
   * The maximum cost after the provider counted the prompt, which is free. Null if it cannot count, or if even an empty
   * prompt would cost more than `leftMicroUsd`. A provider that never answered is asked in any case: rejects with
   * `CallFailed` if it refuses the key or is unreachable, which takes precedence over a cap; also if no call had a good
   * answer and bad answers hold the rest of the cap.
   */
  counted?(
    request: VoiceRequest,
    leftMicroUsd: MicroUsd,
    signal: AbortSignal,
    pass: Pass | undefined,
  ): Promise<MicroUsd | null>;
  /** Waits until a call may start; omitted if there is no limit. Rejects with `CallFailed`, or the signal's reason. */
  enter?(request: VoiceRequest, signal: AbortSignal): Promise<Pass>;
  /** Rejects with `CallFailed`, or with errors of the machine and bugs. Frees the pass. */
  ask(request: VoiceRequest, signal: AbortSignal, call?: Call): Promise<Reply>;
}

/** Opens a voice for an order. */
export type OpenVoice = (order: Order) => Promise<Voice>;

/** Why a call has no reply, and whether a retry makes sense. */
export type CallProblem =
  | { readonly kind: 'transient'; readonly why: string; readonly retryAfterMs: number | null }
  /** The provider asks to wait; `retryAfterMs` null: for an unknown time. */
  | { readonly kind: 'limited'; readonly why: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'fatal'; readonly failure: AgentFailed | AgentUnusable }
  | { readonly kind: 'aborted' };

/** The rejection of a failed call. */
export class CallFailed extends Error {
  readonly problem: CallProblem;
  /** Its usage in spite of the failure. */
  readonly took: Took;

  constructor(problem: CallProblem, took: Took = tookNothing) {
    super(problem.kind === 'fatal' ? problem.failure.detail : problem.kind === 'aborted' ? 'aborted' : problem.why);
    this.name = 'CallFailed';
    this.problem = problem;
    this.took = took;
  }
}
