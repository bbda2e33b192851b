import type { Diagnostic } from '../model/diagnostic.ts';
import { oneLine } from '../util/text/one-line.ts';

/** The most characters of a line that are shown, and how many of them are before the place. */
const most = { shown: 200, before: 80 };

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
    const { text, at, length } = shownPart(d.sourceLine.replaceAll('\t', ' '), d.column - 1, d.length ?? 1);
    lines.push(`    ${text}`, `    ${' '.repeat(at)}${'~'.repeat(Math.max(1, length))}`);
  }
  // A hint may have several lines, each with its indent.
  if (d.hint !== undefined) lines.push(...d.hint.split('\n').map((line) => `  ${oneLine(line)}`));
  return lines.join('\n');
}

/** A line, or only what is around a place in it: a file of JSON may be one line. */
function shownPart(line: string, at: number, length: number): { text: string; at: number; length: number } {
  if (line.length <= most.shown) return { text: line, at, length };
  const start = Math.max(0, at - most.before);
  const end = start + most.shown;
  const lead = start === 0 ? '' : '…';
  const text = `${lead}${line.slice(start, end)}${end < line.length ? '…' : ''}`;
  return { text, at: at - start + lead.length, length: Math.min(length, end - at) };
}
