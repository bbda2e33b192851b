/** An error or warning about the user's input: its place, what was expected, and the next step. */
export interface Diagnostic<Code extends string = string> {
  readonly severity: 'error' | 'warning';
  /** Short, stable name, e.g. `unknown-dependency`. */
  readonly code: Code;
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

interface Indexed {
  readonly text: string;
  readonly starts: readonly number[];
}

/** The last two texts, since a file is usually asked about many times in a row, or in turn with a text inside it. */
let indexed: readonly Indexed[] = [];

function lineStarts(text: string): readonly number[] {
  const [last, other] = indexed;
  if (last?.text === text) return last.starts;
  const found = other?.text === text ? other : { text, starts: startsIn(text) };
  indexed = last === undefined ? [found] : [found, last];
  return found.starts;
}

function startsIn(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
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
  const next = starts[low + 1] ?? text.length + 1;
  const end = next - (text.startsWith('\r', next - 2) && next - 2 >= start ? 2 : 1);
  return {
    line: low + 1,
    column: offset - start + 1,
    sourceLine: text.slice(start, Math.min(end, start + 400)),
    length: Math.max(1, Math.min(length, end - offset)),
  };
}
