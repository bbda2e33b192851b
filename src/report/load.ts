/** The number of parallel activities over time. */
export interface Load {
  readonly now: number;
  /** The maximum at one time. */
  readonly peak: number;
  /** Time of the last change, in ms since the epoch. */
  readonly at: number;
  /** Milliseconds with any activity, and the sum over all activities. */
  readonly busyMs: number;
  readonly sumMs: number;
}

/** The state before any activity. */
export const noLoad: Load = { now: 0, peak: 0, at: 0, busyMs: 0, sumMs: 0 };

/** The load after a change by `by` at a later time. A clock that was set back adds no time. */
export function loaded(load: Load, at: number, by: number): Load {
  const ms = load.now === 0 ? 0 : Math.max(0, at - load.at);
  const now = Math.max(0, load.now + by);
  return {
    now,
    peak: Math.max(load.peak, now),
    at: load.now === 0 ? at : Math.max(load.at, at),
    busyMs: load.busyMs + ms,
    sumMs: load.sumMs + ms * load.now,
  };
}

/** Average number of activities while there were any; 0 if there were none. */
export function averageLoad({ busyMs, sumMs }: Load): number {
  return busyMs === 0 ? 0 : sumMs / busyMs;
}
