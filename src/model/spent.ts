/** Where the time of an order or of a check went, in milliseconds, in this order; measured by who executes it. */
export interface Spent {
  /** It waited for a place: for a core, or among agents. */
  readonly waitedMs: number;
  /** Its box was made. */
  readonly openedMs: number;
  /** Its process ran, from start to end. */
  readonly ranMs: number;
  /** The part of `ranMs` in which it waited for a limit of its provider. Omitted for none. */
  readonly limitedMs?: number;
}

/** What can be true of times that a worker reports, since it cannot have spent more than was seen to pass. */
export function spentWithin({ waitedMs, openedMs, ranMs, limitedMs = 0 }: Spent, tookMs: number): Spent {
  const ran = within(ranMs, tookMs);
  const waited = within(waitedMs, tookMs - ran);
  const limited = within(limitedMs, ran);
  return {
    waitedMs: waited,
    openedMs: within(openedMs, tookMs - ran - waited),
    ranMs: ran,
    ...(limited === 0 ? {} : { limitedMs: limited }),
  };
}

function within(ms: number, most: number): number {
  return Math.round(Math.min(Math.max(0, ms), Math.max(0, most)));
}
