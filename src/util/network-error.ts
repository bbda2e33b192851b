/** Error codes of wrong calls, which no outside party can cause. */
const misuse = /^(?:ERR_INVALID_ARG|ERR_INVALID_THIS|ERR_OUT_OF_RANGE|ERR_ASSERTION|SQLITE_)/;

/** True for a wrong call of an API, or a statement that our database rejected. */
export function isMisuse(error: unknown): boolean {
  return misuse.test(codeOf(error));
}

/**
 * True for errors of a connection or of data that came over it: those have a code (`ECONNRESET`,
 * `ERR_HTTP_INVALID_STATUS_CODE`, `ABORT_ERR`). An error without a code is a bug of ours, and so is a wrong call.
 */
export function isNetworkError(error: unknown): boolean {
  return codeOf(error) !== '' && !isMisuse(error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}
