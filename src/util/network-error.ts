/**
 * True for what Node says of a connection, or of what came over it: such errors have a code (`ECONNRESET`,
 * `ERR_HTTP_INVALID_STATUS_CODE`, `ABORT_ERR`). One without is a bug of ours.
 */
export function isNetworkError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}
