import { performance } from 'node:perf_hooks';
import type PQueue from 'p-queue';
import { noUsage } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { Turn } from '../../util/process/turn.ts';
import { inSlot, type Slots, slotsFor } from './slots.ts';
import type { Executor, JobWork, Link } from './executor.ts';
import type {
  CheckJob,
  CheckResult,
  LookJob,
  LookResult,
  NotExecuted,
  OrderJob,
  OrderResult,
  SetUpJob,
  SetUpResult,
} from './job.ts';

/** Executes jobs without a limit of its own. */
export type LocalWork = JobWork & Pick<Executor, 'canTrace' | 'close'>;

/** Executes jobs in this process: orders once a slot is free, unless they are stopped before; others at once. */
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
    const askedAt = performance.now();
    const work = async (): Promise<OrderResult> => {
      const waitedMs = Math.round(performance.now() - askedAt);
      const result = await this.#work.order(job, link, ended);
      const { spent } = result;
      return spent === undefined ? result : { ...result, spent: { ...spent, waitedMs: waitedMs + spent.waitedMs } };
    };
    return inSlot(slotsFor(job, this.#slots), ended, work, { outcome: { kind: 'stopped' }, usage: noUsage });
  }

  check(job: CheckJob, turn: Turn): Promise<CheckResult> {
    return this.#work.check(job, turn);
  }

  setUp(job: SetUpJob): Promise<SetUpResult> {
    return this.#work.setUp(job);
  }

  look(job: LookJob, stop: AbortSignal): Promise<LookResult> {
    return this.#work.look(job, stop);
  }

  release(attempt: AttemptId): Promise<NotExecuted | null> {
    return this.#work.release(attempt);
  }

  async close(): Promise<NotExecuted | null> {
    this.#closing.abort();
    await Promise.all(Object.values(this.#slots).map((slots: PQueue) => slots.onIdle()));
    return this.#work.close();
  }
}
