/*
 * A line of a text, as a parser of Markdown goes through it: from the left, by columns, of which a tab has up to four.
 */

export class Line {
  /** What is left of it. */
  rest: string;
  /** The column at which that begins. */
  #column = 0;

  constructor(text: string) {
    this.rest = text;
  }

  /** A line at the same place, that can go on without this one. */
  copy(): Line {
    const copy = new Line(this.rest);
    copy.#column = this.#column;
    return copy;
  }

  /** True if there are only blanks and tabs. */
  isBlank(): boolean {
    return this.content() === '';
  }

  /** The rest of the line without blanks and tabs around it. */
  content(): string {
    let [start, end] = [0, this.rest.length];
    while (start < end && isSpace(this.rest[start])) start++;
    while (end > start && isSpace(this.rest[end - 1])) end--;
    return this.rest.slice(start, end);
  }

  /** Columns of white space before the rest of the line. */
  indent(): number {
    let columns = 0;
    for (const char of this.rest) {
      if (char === ' ') columns++;
      else if (char === '\t') columns += 4 - ((this.#column + columns) % 4);
      else break;
    }
    return columns;
  }

  /** Consumes the marker of a quote, and a blank after it. */
  takeQuote(): void {
    this.take(this.indent() + 1);
    this.take(Math.min(1, this.indent()));
  }

  /** Consumes columns. A tab may be consumed in part; then the rest of it stays, as blanks. */
  take(columns: number): void {
    let [left, at] = [columns, 0];
    for (; left > 0 && at < this.rest.length; at++) {
      const width = this.rest[at] === '\t' ? 4 - (this.#column % 4) : 1;
      const taken = Math.min(width, left);
      this.#column += taken;
      left -= taken;
      if (taken < width) {
        this.rest = ' '.repeat(width - taken) + this.rest.slice(at + 1);
        return;
      }
    }
    this.rest = this.rest.slice(at);
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}
