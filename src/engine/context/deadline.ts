import { performance } from 'node:perf_hooks';

/** When everything must have ended. Counted by a clock that nobody can set: a jump of the wall clock moves nothing. */
export interface Deadline {
  /** In ms since the epoch, for saying it. */
  readonly at: number;
  /** Milliseconds that are left; below zero once it is past. */
  remainingMs(): number;
}

/** The longest time that a timer can be set to, in milliseconds: about 24 days. */
const longestTimer = 2 ** 31 - 1;

/** The deadline `ms` milliseconds from `now`. */
export function deadlineIn(ms: number, now: number): Deadline {
  const end = performance.now() + ms;
  return { at: now + ms, remainingMs: () => end - performance.now() };
}

/** Calls `then` when the deadline is reached, until the returned function is called. */
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
 * Whole milliseconds that an order may take: its own limit, or what the run has left. A tenth of what is left, five minutes at most, is
 * kept for judging what it makes.
 */
export function orderTime(ownMs: number, deadline: Deadline | null): number {
  if (deadline === null) return ownMs;
  const left = deadline.remainingMs();
  return Math.max(1, Math.floor(Math.min(ownMs, left - Math.min(left * 0.1, 300_000))));
}
