/**
 * Printable text with each run of blank lines as one. Keeps regular expressions that match at each line's start from
 * running across lines of white space.
 */
export function withoutBlankRuns(text: string): string {
  const lines = /[\r\u2028\u2029]/.test(text) ? text.replace(/\r\n?|[\u2028\u2029]/g, '\n') : text;
  return lines.replace(/(^|\n)\s*\n/g, '$1\n');
}

/** The same with long lines cut, so that expressions quadratic in a line's length stay cheap. */
export function readable(text: string): string {
  return withoutBlankRuns(text).replace(/^(.{500}).+$/gm, '$1');
}
