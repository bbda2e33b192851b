import type Anthropic from '@anthropic-ai/sdk';
import type { Effort, Order } from '../../model/agent.ts';
import type { AgentFailed, AgentUnusable } from '../../model/failure.ts';
import type { MicroUsd } from '../../model/money.ts';
import { type Took, tookNothing } from '../money/bill.ts';

/** One request to a model. The transcript only ever grows, so that earlier turns stay byte-equal. */
export interface VoiceRequest {
  readonly system: string;
  readonly messages: readonly Anthropic.MessageParam[];
  readonly tools: readonly Anthropic.ToolUnion[];
  readonly effort: Effort;
  readonly idleMs: number;
}

/** A model's whole reply, and what it took. */
export interface Reply extends Took {
  /** Echoed verbatim into the transcript. */
  readonly content: readonly Anthropic.ContentBlock[];
  readonly stopReason: Anthropic.StopReason | null;
}

/** How a call is made that is paid for. */
export interface Call {
  readonly pass: Pass | undefined;
  /** What was reserved for it; null when its price is not known. */
  readonly most: MicroUsd | null;
  /** Is told what it took so far. */
  readonly onTook: (took: Took) => void;
}

/** How a call ended, as far as the provider's limits are concerned. */
export type CallEnd =
  | { readonly kind: 'ok' }
  /** 429: too much of something; `retryAfterMs` as the provider said, null when it did not. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null; readonly why: string }
  /** 529 and the like: the provider has too much to do. */
  | { readonly kind: 'overloaded'; readonly why: string }
  /** An answer that says nothing about limits. */
  | { readonly kind: 'answered' }
  /** Nobody was reached, or nobody answered. */
  | { readonly kind: 'lost'; readonly why: string }
  /** The next call would be refused as well. */
  | { readonly kind: 'refused'; readonly failure: AgentUnusable }
  /**
   * An answer that is none of the API's, or no word for too long; `failure` is what that means where no call is answered
   * otherwise.
   */
  | { readonly kind: 'bad'; readonly why: string; readonly failure: AgentUnusable }
  /** Says nothing. */
  | { readonly kind: 'other' };

/** A place among the calls that are made at the same time. */
export interface Pass {
  /** Gives the place back; only the first time counts. `headers` are those of the answer, where there was one. */
  leave(end: CallEnd, headers?: HeaderReader | null): void;
  /** The answer begins. */
  begun?(): void;
}

/** Reads one header; null or undefined when it is not there. */
export type HeaderReader = (name: string) => string | null | undefined;

/** Where the model's words come from: the network, or a recording. Everything else in the loop is the same. */
export interface Voice {
  readonly model: string;
  /** Tokens that fit into its context; null when nobody knows. */
  readonly contextWindow: number | null;
  /** True when its provider searches the web for it. */
  readonly canSearch: boolean;
  /** True when messages of the system may stand between turns. */
  readonly hearsSystem: boolean;
  /** The most that a request can cost; null when the price is not known. */
  worstCase(request: VoiceRequest): MicroUsd | null;
  /**
   * The same once its prompt was counted by the provider, which costs nothing. Null where it does not count, or where even
   * the shortest prompt would cost more than `leftMicroUsd`. A provider that has not answered yet is asked in any case:
   * rejects with `CallFailed` where it refuses the key, or cannot be reached, which goes before a cap; and where no call
   * had a good answer, and what is left is held by such as had a bad one.
   */
  counted?(
    request: VoiceRequest,
    leftMicroUsd: MicroUsd,
    signal: AbortSignal,
    pass: Pass | undefined,
  ): Promise<MicroUsd | null>;
  /** Waits until a call may be made; without it nobody has to wait. Rejects with `CallFailed`, or the signal's reason. */
  enter?(request: VoiceRequest, signal: AbortSignal): Promise<Pass>;
  /** Rejects with `CallFailed` only. Gives the pass back. */
  ask(request: VoiceRequest, signal: AbortSignal, call?: Call): Promise<Reply>;
}

/** Opens a voice for one order. */
export type OpenVoice = (order: Order) => Promise<Voice>;

/** Why a call gave no reply, and whether asking again makes sense. */
export type CallProblem =
  | { readonly kind: 'transient'; readonly why: string; readonly retryAfterMs: number | null }
  /** The provider wants us to stay away; `retryAfterMs` null: nobody knows for how long. */
  | { readonly kind: 'limited'; readonly why: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'fatal'; readonly failure: AgentFailed | AgentUnusable }
  | { readonly kind: 'aborted' };

/** The one thing that `Voice.ask` rejects with. */
export class CallFailed extends Error {
  readonly problem: CallProblem;
  /** What it took all the same. */
  readonly took: Took;

  constructor(problem: CallProblem, took: Took = tookNothing) {
    super(problem.kind === 'fatal' ? problem.failure.detail : problem.kind === 'aborted' ? 'aborted' : problem.why);
    this.name = 'CallFailed';
    this.problem = problem;
    this.took = took;
  }
}
