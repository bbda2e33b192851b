/**
 * What others wrote (printable, of any shape and length) with each run of blank lines as one blank line. Whoever reads it by
 * regular expressions begins at each line, so these never reach over the space at a line's beginning into the next line.
 */
export function withoutBlankRuns(text: string): string {
  const lines = /[\r\u2028\u2029]/.test(text) ? text.replace(/\r\n?|[\u2028\u2029]/g, '\n') : text;
  return lines.replace(/(^|\n)\s*\n/g, '$1\n');
}

/** The same with its lines cut: an expression that tries each place of a line against each other one stays cheap. */
export function readable(text: string): string {
  return withoutBlankRuns(text).replace(/^(.{500}).+$/gm, '$1');
}
