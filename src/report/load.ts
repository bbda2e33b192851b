/** How many are busy at the same time, as it is told step by step. */
export interface Load {
  readonly now: number;
  /** The most at one moment. */
  readonly peak: number;
  /** When it was last told of, in ms since the epoch. */
  readonly at: number;
  /** Milliseconds in which any was busy, and of all that were together. */
  readonly busyMs: number;
  readonly sumMs: number;
}

/** Before anybody is busy. */
export const noLoad: Load = { now: 0, peak: 0, at: 0, busyMs: 0, sumMs: 0 };

/** The same at a later time, with so many more (or fewer) of them. A clock that was set back adds no time. */
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

/** How many were busy at once, on average while any was; 0 when none ever was. */
export function averageLoad({ busyMs, sumMs }: Load): number {
  return busyMs === 0 ? 0 : sumMs / busyMs;
}
