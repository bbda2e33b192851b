/** An error or warning about the user's input: its place, what was expected, and the next step. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Short, stable name, e.g. `unknown-dependency`. */
  readonly code: string;
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  readonly file?: string;
  /** Counted from 1, in characters. */
  readonly line?: number;
  readonly column?: number;
  /** The whole source line, and how many characters of it are meant. */
  readonly sourceLine?: string;
  readonly length?: number;
}

/** An error in words for a person; the CLI prints the diagnostics and exits with 2. */
export abstract class ToldError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** The user's input prevents a command: files or settings have to be corrected. */
export class InputError extends ToldError {
  override readonly name: string = 'InputError';
}

/** The machine prevents a command, for example its disk or another process: nothing of the user's is wrong. */
export class MachineError extends ToldError {
  override readonly name: string = 'MachineError';
  readonly isMachine = true;
}

/** An `InputError` with one diagnostic. */
export function inputError(code: string, message: string, hint?: string): InputError {
  return new InputError([{ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) }]);
}

/** A `MachineError` with one diagnostic. */
export function machineFault(code: string, message: string, hint?: string): MachineError {
  return new MachineError([{ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) }]);
}

/** True if there is an error besides warnings. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error');
}

/** Line starts of the last text, since a file is usually asked about many times in a row. */
let indexed: { readonly text: string; readonly starts: readonly number[] } = { text: '', starts: [0] };

function lineStarts(text: string): readonly number[] {
  if (indexed.text !== text) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    indexed = { text, starts };
  }
  return indexed.starts;
}

/** Line and column (from 1) of an offset in `text`, and the line itself, for a diagnostic. */
export function locate(
  text: string,
  offset: number,
  length = 1,
): Required<Pick<Diagnostic, 'line' | 'column' | 'sourceLine' | 'length'>> {
  const starts = lineStarts(text);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const start = starts[low] ?? 0;
  const end = text.indexOf('\n', offset);
  const sourceLine = text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  return {
    line: low + 1,
    column: offset - start + 1,
    sourceLine: sourceLine.slice(0, 400),
    length: Math.max(1, Math.min(length, sourceLine.length - (offset - start))),
  };
}

/**
 * ```
 * specs/a.md:3:10 error: unknown dependency "x" [unknown-dependency]
 *     depends: [x]
 *               ~
 *   Hint: …
 * ```
 */
export function formatDiagnostic(d: Diagnostic): string {
  const where =
    d.file === undefined
      ? ''
      : `${d.file.replace(/\s+/g, ' ')}${d.line === undefined ? '' : `:${d.line}:${d.column ?? 1}`} `;
  const lines = [`${where}${d.severity}: ${d.message} [${d.code}]`];
  if (d.sourceLine !== undefined && d.column !== undefined) {
    const shown = d.sourceLine.replaceAll('\t', ' ');
    lines.push(`    ${shown}`, `    ${' '.repeat(d.column - 1)}${'~'.repeat(Math.max(1, d.length ?? 1))}`);
  }
  if (d.hint !== undefined) lines.push(`  ${d.hint}`);
  return lines.join('\n');
}
