/** Steps of opening a connection, by the names that the system gives them. */
const opening: readonly unknown[] = ['connect', 'getaddrinfo'];
/** What goes wrong before a connection is encrypted, so that nothing was sent: certificates, and who speaks no TLS. */
const handshake =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT|HOSTNAME_MISMATCH$|INVALID_CA$|ERR_TLS_CERT_ALTNAME_INVALID$|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL|HTTP_REQUEST|[A-Z0-9_]*HANDSHAKE[A-Z_]*)$)/;

interface Told {
  readonly syscall?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** True for an error of a request that was never sent: no connection came about, so nobody can charge for it. */
export function isUnreached(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { syscall, code, cause } = error as Told;
  // Ports of other services are never called (`fetch`).
  if (error.message === 'bad port') return true;
  if (opening.includes(syscall) || code === 'UND_ERR_CONNECT_TIMEOUT' || handshake.test(String(code))) return true;
  // Several addresses were tried: none of them may have answered.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isUnreached);
  return isUnreached(cause);
}

/** What kept a request from an answer, in the system's word for it (`ECONNREFUSED`); in its own, where there is none. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as Told;
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return cause instanceof Error ? causeOf(cause) : error.message;
}
