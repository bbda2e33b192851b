/** System calls that open a connection. */
const opening: readonly unknown[] = ['connect', 'getaddrinfo'];
/** Errors before encryption, with nothing sent: certificates, and servers without TLS. */
const handshake =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT|HOSTNAME_MISMATCH$|INVALID_CA$|ERR_TLS_CERT_ALTNAME_INVALID$|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL|HTTP_REQUEST|[A-Z0-9_]*HANDSHAKE[A-Z_]*)$)/;

interface Told {
  readonly syscall?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** True for a request that was never sent, as no connection was made: it costs nothing. */
export function isUnreached(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { syscall, code, cause } = error as Told;
  // `fetch` never calls ports of other services.
  if (error.message === 'bad port') return true;
  if (opening.includes(syscall) || code === 'UND_ERR_CONNECT_TIMEOUT' || handshake.test(String(code))) return true;
  // Several addresses were tried, and none answered.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isUnreached);
  return isUnreached(cause);
}

/** The code of a failed request (`ECONNREFUSED`), else its message. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as Told;
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return cause instanceof Error ? causeOf(cause) : error.message;
}
