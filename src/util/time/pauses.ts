/** Pauses between retries in milliseconds: exponential up to `longestMs`, with jitter so that waiters spread. */
export function pauses(firstMs: number, longestMs: number): () => number {
  let next = firstMs;
  return () => {
    const pause = next;
    next = Math.min(pause * 1.5, longestMs);
    return pause * (0.5 + Math.random() / 2);
  };
}
