/** Awaits a promise that takes no signal; rejects with the signal's reason as soon as it aborts. */
export async function orAborted<T>(signal: AbortSignal, waited: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([waited, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Calls `action` once the signal aborts, at once if it has. The returned function ends the wait. */
export function onAborted(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) {
    action();
    return () => {};
  }
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}

/** Resolves once the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  onAborted(signal, resolve);
  return promise;
}

/** Aborts once both have. */
export function bothAborted(a: AbortSignal, b: AbortSignal): AbortSignal {
  if (a.aborted || b.aborted) return a.aborted ? b : a;
  const both = new AbortController();
  for (const one of [a, b]) onAborted(one, () => a.aborted && b.aborted && both.abort());
  return both.signal;
}
