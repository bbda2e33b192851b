import { type Costly, TooCostly } from './too-costly.ts';

/* What a parser of Markdown is slow at, or cannot do at all, and how much of it a text may have. */

/** Deeper lists and quotes overflow the parser's stack at some thousands. */
const maxDepth = 100;
/** Maximum steps for a text. Each takes the parser some 20 μs: a line with a few words is one. */
const maxSteps = 200_000;
/** Steps for a list item, quote, heading, rule, fence or table row, besides its line; and for a line that may be a definition. */
const [perBlock, perDefinition] = [2, 4];
/** Steps for each container around a list item or quote, from the second one on, and for a cell of a table. */
const [perDepth, perCell] = [1 / 3, 1 / 2];
/** Lines that the parser handles again in one step. */
const repeatsPerStep = 60;

type Kind = 'blocks' | 'nested' | 'lazy' | 'underlined';

const costs: Readonly<Record<Kind, Costly>> = {
  blocks: { what: 'there are too many lines, list items, headings and rows', hint: 'Split this file.' },
  nested: {
    what: 'too many lists and quotes follow each other, or are in one list item or quote',
    hint: 'Write a blank line before each list and quote, or split this file.',
  },
  lazy: {
    what: 'the text of a quote or list item goes on for too many lines without its marker',
    hint: 'End it with a blank line, or begin each line with the marker or its indentation.',
  },
  underlined: {
    what: 'too many underlined headings follow each other without a blank line',
    hint: 'Write a blank line before each of them.',
  },
};
const tooDeep: Costly = { what: 'lists and quotes are nested too deeply', hint: 'Flatten them.' };

/** Counts what the parser is slow at, line by line. Throws `TooCostly` once there is too much of it. */
export class Costs {
  readonly #text: string;
  /** The offset of the current line. */
  #offset = 0;
  /** Lines of the current part before the current one. */
  #lines = -1;
  #lazy = 0;
  #sum = 0;
  readonly #steps: Record<Kind, number> = { blocks: 0, nested: 0, lazy: 0, underlined: 0 };

  constructor(text: string) {
    this.#text = text;
  }

  beginLine(offset: number): void {
    this.#offset = offset;
    this.#lines++;
    this.#add('blocks', 1);
  }

  /** The current line is the first one of a part, which is parsed separately. */
  beginPart(): void {
    this.#lines = 0;
  }

  block(): void {
    this.#add('blocks', perBlock);
  }

  /** A line that may be a row of a table, with this many cells. */
  row(cells: number): void {
    this.#add('blocks', perBlock + cells * perCell);
  }

  /** A line that may define where a link leads. */
  defined(): void {
    this.#add('blocks', perDefinition);
  }

  /** A container begins within others: `depth` of them, with itself. */
  container(depth: number): void {
    this.#add('blocks', perBlock + Math.max(0, depth - 2) * perDepth);
    if (depth > maxDepth) throw new TooCostly(tooDeep, this.#text, this.#offset);
  }

  /** Containers end: the parser goes through the part again. */
  closed(): void {
    this.#add('nested', this.#lines / repeatsPerStep);
  }

  /** A paragraph becomes a heading, for which the parser goes through the part again. */
  underlined(): void {
    this.#add('underlined', this.#lines / repeatsPerStep);
  }

  /** Text goes on without the markers of its containers. */
  lazy(): void {
    this.#add('lazy', (2 * ++this.#lazy) / repeatsPerStep);
  }

  endLazy(): void {
    this.#lazy = 0;
  }

  #add(kind: Kind, steps: number): void {
    this.#steps[kind] += steps;
    if ((this.#sum += steps) <= maxSteps) return;
    const [most] = (Object.entries(this.#steps) as [Kind, number][]).toSorted(([, a], [, b]) => b - a);
    throw new TooCostly(costs[most?.[0] ?? kind], this.#text, this.#offset);
  }
}
