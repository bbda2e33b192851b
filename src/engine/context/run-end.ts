import { Interrupted } from './interrupted.ts';

/** Why a run ends early. */
export type EndReason =
  /** The user asked twice, or once and the grace period is over. */
  | { readonly kind: 'asked' }
  /** The time of the run is over. */
  | { readonly kind: 'time' }
  /** The machine failed, or there is a bug. */
  | { readonly kind: 'fatal'; readonly error: unknown };

/**
 * The end of a run, in two steps: first nothing new starts, while active work continues; then everything ends. All work
 * (agents, readers, checks, set-ups, landings) takes `signal` and does not start after it aborted; `throwIfAborted`
 * throws an `Interrupted`.
 */
export class RunEnd {
  readonly #closing = new AbortController();
  readonly #abort = new AbortController();
  #reason: EndReason | null = null;
  #isTimeShort = false;
  #fatal: { readonly error: unknown } | null = null;

  /** `stop` and `kill` request the two steps from outside. */
  constructor(asked: { readonly stop?: AbortSignal; readonly kill?: AbortSignal } = {}) {
    whenAborted(asked.stop, () => this.#closing.abort(stopped()));
    whenAborted(asked.kill, () => this.come({ kind: 'asked' }));
  }

  /** Aborts when nothing new may start. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Aborts when everything ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The error that the run throws; null without a fatal end. */
  get fatal(): { readonly error: unknown } | null {
    return this.#fatal;
  }

  /** Ends everything. The first reason counts; the first fatal error is thrown even if it comes later. */
  come(reason: EndReason): void {
    if (reason.kind === 'fatal') this.#fatal ??= { error: reason.error };
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#closing.abort(stopped());
    this.#abort.abort(stopped());
  }

  /** Starts nothing new: the remaining time is needed for judging. */
  closeForTime(): void {
    this.#isTimeShort = true;
    this.#closing.abort(stopped());
  }

  /** True if nothing new starts because of the run's time. */
  get isTimeOver(): boolean {
    return this.#reason === null ? this.#isTimeShort : this.#reason.kind === 'time';
  }

  /** Why active units return to the queue, as text; null while the run continues. */
  get why(): string | null {
    if (this.isTimeOver) return 'the time limit of the run was reached';
    if (this.#reason === null) return null;
    return this.#reason.kind === 'fatal' ? 'the run could not continue' : 'the run was stopped';
  }
}

export interface Ends {
  readonly end: RunEnd;
}

function stopped(): Interrupted {
  return new Interrupted({ kind: 'stopped' });
}

function whenAborted(signal: AbortSignal | undefined, then: () => void): void {
  if (signal?.aborted === true) then();
  else signal?.addEventListener('abort', then, { once: true });
}
