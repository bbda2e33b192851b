import type { Diagnostic } from '../model/diagnostic.ts';
import { oneLine } from '../util/text/one-line.ts';

/**
 * ```
 * specs/a.md:3:10 error: unknown dependency "x" [unknown-dependency]
 *     depends: [x]
 *               ~
 *   Hint: …
 * ```
 * Each on a line of its own, whatever names and words of files a message quotes.
 */
export function formatDiagnostic(d: Diagnostic): string {
  const where =
    d.file === undefined ? '' : `${oneLine(d.file)}${d.line === undefined ? '' : `:${d.line}:${d.column ?? 1}`} `;
  const lines = [`${where}${d.severity}: ${oneLine(d.message)} [${d.code}]`];
  if (d.sourceLine !== undefined && d.column !== undefined && d.column <= d.sourceLine.length + 1) {
    const shown = d.sourceLine.replaceAll('\t', ' ');
    lines.push(`    ${shown}`, `    ${' '.repeat(d.column - 1)}${'~'.repeat(Math.max(1, d.length ?? 1))}`);
  }
  // A hint may have several lines, each with its indent.
  if (d.hint !== undefined) lines.push(...d.hint.split('\n').map((line) => `  ${oneLine(line)}`));
  return lines.join('\n');
}
