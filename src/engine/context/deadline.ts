import { performance } from 'node:perf_hooks';

/** The time by which a run must have ended, on a monotonic clock: changes of the wall clock do not move it. */
export interface Deadline {
  /** In ms since the epoch, for messages. */
  readonly at: number;
  /** Milliseconds left; negative afterwards. */
  remainingMs(): number;
}

/** The longest timer, in ms: about 24 days. */
const longestTimer = 2 ** 31 - 1;

/** The deadline `ms` milliseconds from `now`. */
export function deadlineIn(ms: number, now: number): Deadline {
  const end = performance.now() + ms;
  return { at: now + ms, remainingMs: () => end - performance.now() };
}

/** Calls `then` at the deadline, unless the returned function was called before. */
export function atDeadline(deadline: Deadline, then: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = deadline.remainingMs();
    if (left <= 0) then();
    else timer = setTimeout(wait, Math.min(left, longestTimer));
  };
  wait();
  return () => clearTimeout(timer);
}

/**
 * The time limit of an order in whole ms: its own, or the run's remaining time less a tenth, five minutes at most, for
 * judging its result.
 */
export function orderTime(ownMs: number, deadline: Deadline | null): number {
  if (deadline === null) return ownMs;
  const left = deadline.remainingMs();
  return Math.max(1, Math.floor(Math.min(ownMs, left - Math.min(left * 0.1, 300_000))));
}
