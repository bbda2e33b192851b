import { performance } from 'node:perf_hooks';
import type { Spent } from '../../model/spent.ts';

type Phase = 'waitedMs' | 'openedMs' | 'ranMs';

/** Measures where the time of a job goes. It begins with waiting. */
export class Watch {
  readonly #spent = { waitedMs: 0, openedMs: 0, ranMs: 0 };
  #phase: Phase | null = 'waitedMs';
  #since = performance.now();
  #limitedMs = 0;

  /** What the time from now on goes into; null for nothing that is measured. */
  turn(phase: Phase | null): void {
    const now = performance.now();
    if (this.#phase !== null) this.#spent[this.#phase] += now - this.#since;
    [this.#phase, this.#since] = [phase, now];
  }

  /** Its process waited this long for a limit of its provider. */
  hold(ms: number): void {
    this.#limitedMs += ms;
  }

  /** So far, in whole milliseconds. */
  get spent(): Spent {
    this.turn(this.#phase);
    const { waitedMs, openedMs, ranMs } = this.#spent;
    const limitedMs = Math.round(Math.min(this.#limitedMs, ranMs));
    return {
      ...{ waitedMs: Math.round(waitedMs), openedMs: Math.round(openedMs), ranMs: Math.round(ranMs) },
      ...(limitedMs === 0 ? {} : { limitedMs }),
    };
  }
}
