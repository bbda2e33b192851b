import PQueue from 'p-queue';
import type { OrderJob } from './job.ts';

/** Slots for agents; every agent at work takes one. */
export interface Slots {
  /** For builders, debuggers, researchers and synthesizers. */
  readonly workers: PQueue;
  /** For scouts, planners, reviewers and shippers: as many again. */
  readonly readers: PQueue;
  /** For agents of the run itself, without a limit. */
  readonly ofRun: PQueue;
}

/**
 * Opens as many slots for workers as for readers. They are separate: a unit asks several readers at once while its
 * worker is idle, so with shared slots, three reviewers of a run with one agent would take turns. Agents of the run
 * itself take neither, and may wait for each other: a limit would let one block the other that it waits for.
 */
export function openSlots(maxAgents: number): Slots {
  const limited = (): PQueue => new PQueue({ concurrency: maxAgents });
  return { workers: limited(), readers: limited(), ofRun: new PQueue() };
}

/** The slots that an order takes one of. */
export function slotsFor(job: Pick<OrderJob, 'unit' | 'workspace'>, slots: Slots): PQueue {
  if (job.unit === null) return slots.ofRun;
  return job.workspace === null ? slots.readers : slots.workers;
}

/**
 * Runs `work` in a slot. Returns `left`'s value instead if `end` aborts while it waits for one. At work it keeps its
 * slot until it has ended.
 */
export async function inSlot<T>(slots: PQueue, end: AbortSignal, work: () => Promise<T>, left: T): Promise<T> {
  const waiting = new AbortController(); // p-queue would free the slot of work at whose signal it hears an abort
  const leave = (): void => waiting.abort();
  if (end.aborted) return left;
  end.addEventListener('abort', leave, { once: true });
  const begin = (): Promise<T> => {
    end.removeEventListener('abort', leave);
    return work();
  };
  try {
    return await slots.add(begin, { signal: waiting.signal });
  } catch (error) {
    if (waiting.signal.aborted) return left;
    throw error;
  }
}
