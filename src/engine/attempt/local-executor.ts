import type PQueue from 'p-queue';
import type { AttemptId } from '../../model/ids.ts';
import type { AttemptJob, AttemptResult } from './attempt.ts';
import type { Executor } from './executor.ts';

/** What executing an attempt means. */
export interface AttemptWork {
  /** Never rejects. */
  execute(job: AttemptJob, signal: AbortSignal): Promise<AttemptResult>;
  release(attempt: AttemptId): Promise<void>;
}

/** Executes attempts in this process, each as soon as there is a place for it. */
export class LocalExecutor implements Executor {
  readonly #slots: PQueue;
  readonly #work: AttemptWork;
  readonly #end: AbortSignal;
  readonly #jobs = new Map<string, { readonly attempt: AttemptId; readonly stop: AbortController }>();
  readonly #results: AttemptResult[] = [];
  #wake: (() => void) | null = null;
  #isClosed = false;

  /** Once `end` aborts, all that is at work is stopped, and so is all that is submitted later. */
  constructor(slots: PQueue, work: AttemptWork, end: AbortSignal) {
    this.#slots = slots;
    this.#work = work;
    this.#end = end;
  }

  submit(job: AttemptJob): Promise<void> {
    const key = `${job.attempt}#${job.round}`;
    if (this.#jobs.has(key)) return Promise.resolve();
    const stop = new AbortController();
    this.#jobs.set(key, { attempt: job.attempt, stop });
    void this.#slots.add(async () => {
      this.#results.push(await this.#work.execute(job, AbortSignal.any([stop.signal, this.#end])));
      this.#jobs.delete(key);
      this.#wake?.();
    });
    return Promise.resolve();
  }

  cancel(attempt: AttemptId): Promise<void> {
    for (const job of this.#jobs.values()) if (job.attempt === attempt) job.stop.abort();
    return Promise.resolve();
  }

  release(attempt: AttemptId): Promise<void> {
    return this.#work.release(attempt);
  }

  async *results(): AsyncIterable<AttemptResult> {
    for (;;) {
      const result = this.#results.shift();
      if (result) yield result;
      else if (this.#isClosed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  pending(): Promise<AttemptId[]> {
    return Promise.resolve([...this.#jobs.values()].map((job) => job.attempt));
  }

  async close(): Promise<void> {
    for (const job of this.#jobs.values()) job.stop.abort();
    await this.#slots.onIdle();
    this.#isClosed = true;
    this.#wake?.();
  }
}
