import type { Clock } from '../../util/time/clock.ts';
import { orAborted } from '../../util/time/aborted.ts';

/** A call that may write a prompt's shared beginning to the provider's cache. */
export interface WarmUp {
  /** The answer has begun: what this call wrote can be read from now on. */
  begun(): void;
  /** The call is over; if no answer began, somebody else has to try. */
  over(): void;
}

/** How much earlier than the provider an entry is taken to be gone. */
const marginMs = 10_000;

interface Entry {
  /** Until when it can be read, in ms since the epoch. */
  warmUntil: number;
  /** The call that writes it just now. */
  writing: Promise<void> | null;
}

/**
 * What the provider's prompt cache holds of the beginnings that many calls share. An entry can be read only once the
 * answer of the call that wrote it has begun, so calls that start together would all pay for writing it: the first one
 * goes, and the others wait for its first event.
 */
export class Warmth {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits until this beginning can be read, or is this call's to write. `lifetimeMs` counts from the start of a call. */
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
