/**
 * Milliseconds between tries: each pause half as long again as the one before, up to `longestMs`, and spread, so that
 * several who wait for one thing do not come back together.
 */
export function pauses(firstMs: number, longestMs: number): () => number {
  let next = firstMs;
  return () => {
    const pause = next;
    next = Math.min(pause * 1.5, longestMs);
    return pause * (0.5 + Math.random() / 2);
  };
}
