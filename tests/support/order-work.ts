import { type Link, noOffers } from '../../src/engine/jobs/executor.ts';
import type { OrderJob, OrderResult } from '../../src/engine/jobs/job.ts';
import type { AttemptId, UnitId } from '../../src/model/ids.ts';
import type { LocalWork } from '../../src/engine/jobs/local-executor.ts';

/** Work that consists of orders alone. */
export function orderWork(order: (job: OrderJob, stop: AbortSignal) => Promise<OrderResult>): LocalWork {
  const none = (): never => {
    throw new Error('only orders are executed here');
  };
  return {
    canTrace: false,
    order: (job, _link, stop) => order(job, stop),
    check: none,
    setUp: none,
    look: none,
    release: () => Promise.resolve(null),
    close: () => Promise.resolve(null),
  };
}

/** For orders whose agents ask for nothing. */
export const noLink: Link = {
  budget: { isCapped: false, reserve: () => ({ settle: () => {} }), isRunningOut: () => false },
  hear: () => {},
  takeWords: () => [],
  call: noOffers,
};

/** Of an order, what is needed where no agent works on it. */
export function bareOrder(attempt: AttemptId, unit: UnitId, isReader = false): OrderJob {
  return { name: attempt, attempt, unit, round: 0, workspace: isReader ? null : {} } as unknown as OrderJob;
}
