import { setImmediate } from 'node:timers/promises';
import type { Turn } from '../../util/process/turn.ts';

/** What a step does, in its turn. */
type Work<T> = (turn: Turn) => Promise<T>;

interface Begun<T> {
  readonly ended: Promise<T>;
  readonly needed: AbortController;
  readonly stop: AbortController;
}

/**
 * A part of a judgement: a run of a check, or several. It may begin before it is known whether the verdict needs it, and
 * ends as soon as it is known that it does not. That only saves time: `result` gives the same, whatever happened before.
 */
export class Step<T> {
  readonly #work: Work<T>;
  #begun: Begun<T> | null = null;
  #isPointless = false;
  /** Ends of all work that was begun. */
  readonly ends: Promise<unknown>[] = [];

  constructor(work: Work<T>) {
    this.#work = work;
  }

  /** Begins ahead, unless it is known to be pointless. */
  begin(): void {
    if (!this.#isPointless) this.#begun ??= this.#start(true);
  }

  /** The result, which the verdict needs. */
  result(): Promise<T> {
    this.#begun ??= this.#start(false);
    this.#begun.needed.abort();
    return this.#begun.ended;
  }

  /** The result once it has begun, whether it is needed or not. */
  ended(): Promise<T> {
    this.begin();
    return this.#begun?.ended ?? Promise.reject(new Error('Internal error: the result of a pointless step'));
  }

  /** Ends it, unless its result is needed; it does not begin ahead from now on. */
  stop(): void {
    this.#isPointless = true;
    if (this.#begun === null || this.#begun.needed.signal.aborted) return;
    this.#begun.stop.abort();
    this.#begun = null;
  }

  /** Ends it in any case. */
  kill(): void {
    this.#isPointless = true;
    this.#begun?.stop.abort();
  }

  #start(isAhead: boolean): Begun<T> {
    const [needed, stop] = [new AbortController(), new AbortController()];
    const turn = { needed: needed.signal, stop: stop.signal };
    const ended = isAhead ? this.#ahead(turn) : this.#work(turn);
    this.ends.push(ended.catch(() => undefined)); // nobody may ask for its result
    return { ended, needed, stop };
  }

  /** What is known already is heard first: it may show that this is pointless. */
  async #ahead(turn: Turn): Promise<T> {
    await setImmediate();
    turn.stop.throwIfAborted();
    return this.#work(turn);
  }
}

/** The steps of one judgement. */
export class Steps {
  readonly #all: Step<unknown>[] = [];

  add<T>(work: Work<T>): Step<T> {
    const step = new Step(work);
    this.#all.push(step as Step<unknown>);
    return step;
  }

  /** Ends what is still going on, and waits until nothing is. */
  async end(): Promise<void> {
    for (const step of this.#all) step.kill();
    await Promise.all(this.#all.flatMap(({ ends }) => ends));
  }
}
