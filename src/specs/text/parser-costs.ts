import { type Costly, TooCostly } from './too-costly.ts';

/* What a parser of Markdown is slow at, or cannot do at all, and how much of it a text may have. */

/** Deeper lists and quotes overflow the parser's stack at some thousands. */
const maxDepth = 100;
/** Maximum number of list items, quotes, headings, rules, fences and table rows. Each takes the parser some 50 μs. */
const maxBlocks = 100_000;
/** Maximum number of lines that the parser handles again. */
const maxRepeats = 20_000_000;

const tooDeep: Costly = { what: 'lists and quotes are nested too deeply', hint: 'Flatten them.' };
const tooMany: Costly = {
  what: `there are more than ${maxBlocks.toLocaleString('en')} list items, headings and rows`,
  hint: 'Split this file.',
};
const tooNested: Costly = {
  what: 'a list item or quote contains too many nested ones',
  hint: 'Divide it into several items, or split this file.',
};
const tooLazy: Costly = {
  what: 'the text of a quote or list item goes on for too many lines without its marker',
  hint: 'End it with a blank line, or begin each line with the marker or its indentation.',
};
const tooManyUnderlined: Costly = {
  what: 'too many underlined headings follow each other without a blank line',
  hint: 'Write a blank line before each of them.',
};

/** Counts what the parser is slow at, line by line. Throws `TooCostly` once there is too much of it. */
export class Costs {
  readonly #text: string;
  /** The offset of the current line. */
  #offset = 0;
  /** Lines of the current part before the current one. */
  #lines = -1;
  #blocks = 0;
  #repeats = 0;
  #lazy = 0;

  constructor(text: string) {
    this.#text = text;
  }

  beginLine(offset: number): void {
    this.#offset = offset;
    this.#lines++;
  }

  /** The current line is the first one of a part, which is parsed separately. */
  beginPart(): void {
    this.#lines = 0;
  }

  block(): void {
    if (++this.#blocks > maxBlocks) this.#refuse(tooMany);
  }

  /** A container begins within others: `depth` of them, with itself. */
  container(depth: number): void {
    this.block();
    if (depth > maxDepth) this.#refuse(tooDeep);
  }

  /** Containers end within another one: the parser goes through the part again. */
  nested(): void {
    if ((this.#repeats += this.#lines) > maxRepeats) this.#refuse(tooNested);
  }

  /** A paragraph becomes a heading, for which the parser goes through the part again. */
  underlined(): void {
    if ((this.#repeats += this.#lines) > maxRepeats) this.#refuse(tooManyUnderlined);
  }

  /** Text goes on without the markers of its containers. */
  lazy(): void {
    if ((this.#repeats += 2 * ++this.#lazy) > maxRepeats) this.#refuse(tooLazy);
  }

  endLazy(): void {
    this.#lazy = 0;
  }

  #refuse(costly: Costly): never {
    throw new TooCostly(costly, this.#text, this.#offset);
  }
}
