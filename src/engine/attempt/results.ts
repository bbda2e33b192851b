import type { AttemptJob, AttemptResult } from './attempt.ts';
import type { Executor } from './executor.ts';

/** Hands each result of the executor to whoever waits for it; results may come early, late or twice. */
export class Results {
  readonly #waiting = new Map<string, (result: AttemptResult) => void>();
  readonly #early = new Map<string, AttemptResult>();

  constructor(executor: Executor) {
    void this.#listen(executor);
  }

  /** The result of this attempt and round. */
  of(job: Pick<AttemptJob, 'attempt' | 'round'>): Promise<AttemptResult> {
    const key = `${job.attempt}#${job.round}`;
    const early = this.#early.get(key);
    if (early) {
      this.#early.delete(key);
      return Promise.resolve(early);
    }
    return new Promise((resolve) => this.#waiting.set(key, resolve));
  }

  async #listen(executor: Executor): Promise<void> {
    for await (const result of executor.results()) {
      const key = `${result.attempt}#${result.round}`;
      const resolve = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (resolve) resolve(result);
      else this.#early.set(key, result);
    }
  }
}
