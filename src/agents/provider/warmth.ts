import type { Clock } from '../../util/time/clock.ts';
import { orAborted } from '../../util/time/aborted.ts';

/** A call that may write a prompt prefix to the provider's cache. */
export interface WarmUp {
  /** The answer has begun: the cached prefix is readable. */
  begun(): void;
  /** The call is over; without an answer, another call has to write the prefix. */
  over(): void;
}

/** Milliseconds by which entries are assumed to expire early. */
const marginMs = 10_000;

interface Entry {
  /** End of its lifetime, in ms since the epoch. */
  warmUntil: number;
  /** The call that is writing it. */
  writing: Promise<void> | null;
}

/**
 * The state of the provider's prompt cache for shared prefixes. A prefix is readable only once the answer of its writer
 * has begun; concurrent calls would all pay for writing it. So the first call goes ahead, and the others wait for its
 * first event.
 */
export class Warmth {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits until this prefix is readable, or this call is its writer. `lifetimeMs` counts from the start of a call. */
  async enter(beginning: string, lifetimeMs: number, signal: AbortSignal): Promise<WarmUp> {
    for (;;) {
      signal.throwIfAborted();
      const entry = this.#entries.get(beginning) ?? { warmUntil: 0, writing: null };
      this.#entries.set(beginning, entry);
      const startedAt = this.#clock.now();
      const keep = (): void => {
        entry.warmUntil = Math.max(entry.warmUntil, startedAt + lifetimeMs - marginMs);
      };
      if (entry.warmUntil > startedAt) return { begun: keep, over: () => {} };
      if (entry.writing === null) {
        const { promise, resolve } = Promise.withResolvers<void>();
        entry.writing = promise;
        const over = (): void => {
          if (entry.writing === promise) entry.writing = null;
          resolve();
        };
        return {
          begun() {
            keep();
            over();
          },
          over,
        };
      }
      await orAborted(signal, entry.writing);
    }
  }
}
