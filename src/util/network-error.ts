/** Codes of what was called in a wrong way: nobody outside can bring that about. */
const misuse = /^(?:ERR_INVALID_ARG|ERR_INVALID_THIS|ERR_OUT_OF_RANGE|ERR_ASSERTION|SQLITE_)/;

/** True for an error that says that we called something in a wrong way, or that our database did not take a statement. */
export function isMisuse(error: unknown): boolean {
  return misuse.test(codeOf(error));
}

/**
 * True for what Node says of a connection, or of what came over it: such errors have a code (`ECONNRESET`,
 * `ERR_HTTP_INVALID_STATUS_CODE`, `ABORT_ERR`). One without is a bug of ours, and so is a misuse.
 */
export function isNetworkError(error: unknown): boolean {
  return codeOf(error) !== '' && !isMisuse(error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}
