/** Steps of opening a connection, by the names that the system gives them. */
const opening: readonly unknown[] = ['connect', 'getaddrinfo'];

/** True for an error of a request that was never sent: no connection came about, so nobody can charge for it. */
export function isUnreached(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { syscall, code, cause } = error as {
    readonly syscall?: unknown;
    readonly code?: unknown;
    readonly cause?: unknown;
  };
  if (opening.includes(syscall) || code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  // Several addresses were tried: none of them may have answered.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isUnreached);
  return isUnreached(cause);
}
