import { Interrupted } from './interrupted.ts';

/** Why a run ends before it is through. */
export type EndReason =
  /** Somebody asked twice, or once and the grace is over. */
  | { readonly kind: 'asked' }
  /** The time of the run is over. */
  | { readonly kind: 'time' }
  /** The machine is in the way, or we have a bug. */
  | { readonly kind: 'fatal'; readonly error: unknown };

/**
 * The one end of a run. It comes in two steps: first nothing new begins, and what is at work goes on; then everything
 * ends at once. Whoever starts something (an agent, a reader, a check, a set-up, a landing) has `signal`, and starts
 * nothing once it has aborted: what `throwIfAborted` throws is an `Interrupted` that says so.
 */
export class RunEnd {
  readonly #closing = new AbortController();
  readonly #abort = new AbortController();
  #reason: EndReason | null = null;
  #isTimeShort = false;
  #fatal: { readonly error: unknown } | null = null;

  /** `stop` and `kill`: the two steps, as they are asked for from outside. */
  constructor(asked: { readonly stop?: AbortSignal; readonly kill?: AbortSignal } = {}) {
    whenAborted(asked.stop, () => this.#closing.abort(stopped()));
    whenAborted(asked.kill, () => this.come({ kind: 'asked' }));
  }

  /** Aborts when nothing new may begin. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Aborts when everything ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What a run with a fatal end throws; null for a run without. */
  get fatal(): { readonly error: unknown } | null {
    return this.#fatal;
  }

  /** Ends everything. The first reason stays; of fatal ones the first is what is thrown, also when it comes later. */
  come(reason: EndReason): void {
    if (reason.kind === 'fatal') this.#fatal ??= { error: reason.error };
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#closing.abort(stopped());
    this.#abort.abort(stopped());
  }

  /** Of the run's time only what judging needs is left: nothing new begins, and what is at work goes on. */
  closeForTime(): void {
    this.#isTimeShort = true;
    this.#closing.abort(stopped());
  }

  /** True when nothing new begins because of the run's time. */
  get isTimeOver(): boolean {
    return this.#reason === null ? this.#isTimeShort : this.#reason.kind === 'time';
  }

  /** Why a unit that was at work goes back, in words; null while everything goes on. */
  get why(): string | null {
    if (this.isTimeOver) return 'the time of the run was over';
    if (this.#reason === null) return null;
    return this.#reason.kind === 'fatal' ? 'the run could not go on' : 'the run was stopped';
  }
}

/** What can be ended before it is through: whoever starts something for it has its signal. */
export interface Ends {
  readonly end: RunEnd;
}

/** What everybody throws who would start something after the end. */
function stopped(): Interrupted {
  return new Interrupted({ kind: 'stopped' });
}

function whenAborted(signal: AbortSignal | undefined, then: () => void): void {
  if (signal?.aborted === true) then();
  else signal?.addEventListener('abort', then, { once: true });
}
