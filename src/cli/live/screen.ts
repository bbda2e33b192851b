import type { Terminal } from './terminal.ts';

/** A line as it is written, and the columns that it takes. */
export interface ScreenLine {
  readonly text: string;
  readonly width: number;
}

const [beginFrame, endFrame] = ['\u001b[?2026h\u001b[?25l', '\u001b[?2026l'];
const [wrapOff, wrapOn] = ['\u001b[?7l', '\u001b[?7h'];
const [eraseRight, eraseRow, eraseBelow, down] = ['\u001b[K', '\u001b[2K', '\u001b[J', '\u001b[B'];
const showCursor = '\u001b[?25h';

const up = (rows: number): string => (rows > 0 ? `\r\u001b[${rows}A` : '\r');

/**
 * Lines that stay at the end of a terminal's output and change in place, below all that is printed. It writes only what
 * changed, in one piece, and leaves nothing behind when it is erased. Between calls the cursor is in the last line.
 */
export class Screen {
  readonly #terminal: Terminal;
  #drawn: readonly ScreenLine[] = [];
  #columns: number;

  constructor(terminal: Terminal, columns: number) {
    [this.#terminal, this.#columns] = [terminal, columns];
  }

  /** Replaces the lines, if the terminal has taken the last ones; false if it has not. */
  draw(lines: readonly ScreenLine[], columns: number): boolean {
    if (!this.#terminal.isReady) return false;
    const isSame =
      lines.length === this.#drawn.length && lines.every(({ text }, index) => text === this.#drawn[index]?.text);
    if (isSame && columns === this.#columns) return true;
    this.#terminal.write(beginFrame + this.#replaced(lines, columns) + endFrame);
    return true;
  }

  /** Prints text above the lines, which ends with a line break. It stays in the terminal's history. */
  print(text: string, columns: number): void {
    const lines = this.#drawn;
    this.#terminal.write(
      beginFrame + this.#erased(columns) + wrapOn + asRows(text) + this.#replaced(lines, columns) + endFrame,
    );
  }

  /** Removes the lines, and shows the cursor. */
  erase(columns: number): void {
    this.#terminal.write(this.#erased(columns) + wrapOn + showCursor);
  }

  /** Rows above the cursor's: a narrower terminal breaks lines anew. */
  #rowsAbove(columns: number): number {
    return this.#drawn.slice(0, -1).reduce((sum, line) => sum + rowsOf(line, columns), 0);
  }

  /** Row by row: where all rows are erased at once, some terminals keep them in their history. */
  #erased(columns: number): string {
    const above = this.#rowsAbove(columns);
    const rows = Array.from({ length: above + rowsOf(this.#drawn.at(-1), columns) }, () => eraseRow);
    [this.#drawn, this.#columns] = [[], columns];
    return `${up(above)}${rows.join(down)}${up(rows.length - 1)}`;
  }

  #replaced(lines: readonly ScreenLine[], columns: number): string {
    const isResized = columns !== this.#columns;
    const before = isResized ? this.#erased(columns) : up(this.#rowsAbove(columns));
    const old = this.#drawn;
    const rows = lines.map(({ text }, index) => (text === old[index]?.text ? '' : `${text}${eraseRight}`));
    this.#drawn = lines;
    // What is left below is erased from the next row on.
    const rest = lines.length < old.length ? `\r\n${eraseBelow}\u001b[1A` : '';
    return `${before}${wrapOff}${rows.join('\r\n')}${rest}\r${wrapOn}`;
  }
}

/** The rows that a line takes at a width; one for none. */
function rowsOf(line: ScreenLine | undefined, columns: number): number {
  return Math.max(1, Math.ceil((line?.width ?? 0) / Math.max(1, columns)));
}

/** A line break in raw mode only moves down. */
function asRows(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}
