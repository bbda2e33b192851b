import type { AttemptId } from '../../model/ids.ts';
import type { Slots } from './slots.ts';
import type { Executor, JobWork, Link } from './executor.ts';
import type { CheckJob, CheckResult, OrderJob, OrderResult, SetUpJob, SetUpResult } from './job.ts';

/** Executes jobs without a limit of its own. */
export type LocalWork = JobWork & Pick<Executor, 'canTrace' | 'close'>;

/** Executes jobs in this process: orders once a slot is free, others at once. */
export class LocalExecutor implements Executor {
  readonly #slots: Slots;
  readonly #work: LocalWork;
  readonly #end: AbortSignal;
  readonly #closing = new AbortController();

  /** After `end` aborts, active and later orders are stopped. */
  constructor(slots: Slots, work: LocalWork, end: AbortSignal) {
    this.#slots = slots;
    this.#work = work;
    this.#end = end;
  }

  get canTrace(): boolean {
    return this.#work.canTrace;
  }

  order(job: OrderJob, link: Link, stop: AbortSignal): Promise<OrderResult> {
    const ended = AbortSignal.any([stop, this.#end, this.#closing.signal]);
    const slots = job.workspace === null ? this.#slots.readers : this.#slots.workers;
    return slots.add(async () => this.#work.order(job, link, ended));
  }

  check(job: CheckJob): Promise<CheckResult> {
    return this.#work.check(job);
  }

  setUp(job: SetUpJob): Promise<SetUpResult> {
    return this.#work.setUp(job);
  }

  release(attempt: AttemptId): Promise<void> {
    return this.#work.release(attempt);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#slots.workers.onIdle(), this.#slots.readers.onIdle()]);
    await this.#work.close();
  }
}
