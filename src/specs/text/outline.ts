import { blockOf, type Container, containerOf, isTag, isUnderline, itemOf, type Leaf } from './blocks.ts';
import { Costs } from './parser-costs.ts';
import { Line } from './line.ts';

/*
 * An outline of a Markdown text, read line by line before it is parsed: the lists, quotes and footnotes that are open, as
 * the parser would see them. It finds places to cut a long text, and constructs that the parser is slow at.
 */

/** A place at which a text can be cut, so that its parts parsed separately are the same as the whole. */
export interface Cut {
  readonly offset: number;
  /** Number of lines before it. */
  readonly line: number;
  /** True between two items of one list at the top level. */
  readonly isInList: boolean;
  /** True after a blank line. */
  readonly isAfterBlank: boolean;
}

/**
 * Finds the places to cut a text, at least `distance` characters apart. Throws `TooCostly` for a text that would take the
 * parser long.
 */
export function outline(text: string, distance: number): Cut[] {
  return new Outline(text, distance).read();
}

class Outline {
  readonly #text: string;
  readonly #distance: number;
  readonly #costs: Costs;
  readonly #cuts: Cut[] = [];
  #open: Container[] = [];
  #leaf: Leaf | null = null;
  #isAfterBlank = true;
  /** False once a construct is in doubt. */
  #canCut = true;
  #offset = 0;
  /** Number of lines before the current one. */
  #lines = 0;
  #line = new Line('');
  #partStart = 0;

  constructor(text: string, distance: number) {
    this.#text = text;
    this.#distance = distance;
    this.#costs = new Costs(text);
  }

  read(): Cut[] {
    const ends = /\r\n?|\n/g;
    if (this.#text.startsWith('\uFEFF')) this.#offset = this.#partStart = 1;
    while (this.#offset < this.#text.length) {
      ends.lastIndex = this.#offset;
      const end = ends.exec(this.#text);
      this.#costs.beginLine(this.#offset);
      this.#readLine(this.#text.slice(this.#offset, end?.index));
      this.#lines++;
      this.#offset = end === null ? this.#text.length : ends.lastIndex;
    }
    return this.#cuts;
  }

  #readLine(text: string): void {
    this.#line = new Line(text);
    const isBlank = this.#line.isBlank();
    const before = this.#open.length;
    let matched = this.#matchOpen();
    const isWhole = matched === before;
    const sibling = isWhole ? null : this.#siblingOf(this.#open[matched]);
    if (sibling !== null) {
      if (matched === 0) this.#cutHere(text, true);
      if (before > matched + 1) this.#costs.closed();
      this.#begin(matched++, sibling);
    } else if (isWhole && this.#readInside()) {
      this.#isAfterBlank = isBlank;
      return;
    }
    const doesInterrupt = sibling === null && isWhole && this.#leaf !== null;
    let next = containerOf(this.#line, doesInterrupt);
    if (next !== null && this.#leaf?.kind === 'unsure') this.#canCut = false;
    const isEnd = next === null ? this.#isOver() || this.#endsParagraph(isWhole) : !doesInterrupt;
    if (matched === 0 && isEnd) this.#cutHere(text, false);
    for (; next !== null; next = containerOf(this.#line, doesInterrupt)) {
      if (matched < this.#open.length) this.#costs.closed();
      this.#begin(matched++, next);
    }
    this.#readText(matched);
    this.#isAfterBlank = isBlank;
  }

  /** Consumes the markers and indentation of the open containers. Returns the number of those that go on. */
  #matchOpen(): number {
    for (const [index, container] of this.#open.entries()) {
      if (!this.#doesContinue(container, index)) return index;
    }
    return this.#open.length;
  }

  #doesContinue(container: Container, index: number): boolean {
    const indent = this.#line.indent();
    if (container.kind === 'quote') {
      if (indent > 3 || this.#line.content()[0] !== '>') return false;
      this.#line.takeQuote();
      return true;
    }
    const size = container.kind === 'note' ? 4 : container.size;
    if (this.#line.isBlank()) {
      if (container.isEmpty) this.#open[index] = { ...container, isOver: true };
      this.#line.take(Math.min(size, indent));
      return true;
    }
    if (indent < size || container.isOver) return false;
    if (container.isEmpty) this.#open[index] = { ...container, isEmpty: false };
    this.#line.take(size);
    return true;
  }

  /** The next item of the list of an item that does not go on; null if there is none. */
  #siblingOf(item: Container | undefined): Container | null {
    if (item?.kind !== 'item') return null;
    const line = this.#line.copy();
    const next = itemOf(this.#line, false);
    if (next?.marker === item.marker) return next;
    this.#line = line;
    return null;
  }

  /** Reads a line in a block that contains no others; false if there is none, or if the line ends it. */
  #readInside(): boolean {
    const leaf = this.#leaf;
    const content = this.#line.content();
    if (leaf?.kind === 'fence') {
      const closing = this.#line.indent() < 4 && content.startsWith(leaf.char.repeat(leaf.size));
      if (closing && content.replaceAll(leaf.char, '') === '') this.#leaf = null;
      return true;
    }
    if (leaf?.kind !== 'html') return false;
    if (leaf.end === null ? content === '' : leaf.end.test(this.#line.rest)) this.#leaf = null;
    return true;
  }

  #begin(at: number, container: Container): void {
    this.#open.length = at;
    this.#open.push(container);
    this.#leaf = null;
    this.#costs.endLazy();
    this.#costs.container(this.#open.length);
  }

  /** Reads the rest of a line, after the markers of `matched` containers. */
  #readText(matched: number): void {
    const content = this.#line.content();
    const isIndented = this.#line.indent() > 3;
    const isParagraph = this.#leaf?.kind === 'paragraph' || this.#leaf?.kind === 'unsure';
    const isWhole = matched === this.#open.length;
    const found = isIndented ? null : this.#block(content, isParagraph, isWhole);
    if (found !== null && this.#leaf?.kind === 'unsure') this.#canCut = false;
    if (content !== '' && isParagraph && found === null) {
      if (!isWhole && this.#leaf?.kind === 'unsure') this.#canCut = false;
      if (!isWhole) this.#costs.lazy();
      this.#goOn(content);
      return;
    }
    // The parser keeps a tag in the item or quote whose text it ends.
    const staysInside = isParagraph && !isWhole && found?.leaf?.kind === 'html' && blockOf(content) === null;
    if (!isWhole && !staysInside) {
      this.#costs.closed();
      this.#open.length = matched;
    }
    this.#costs.endLazy();
    if (content === '' && isWhole && this.#leaf?.kind === 'code') return; // the parser waits for more of it
    this.#leaf = null;
    if (content === '') return;
    if (content[0] === '[' && content.includes(']:')) this.#costs.defined();
    if (found !== null) {
      this.#costs.block();
      this.#leaf = found.leaf;
    } else if (isIndented)
      this.#leaf = isWhole ? { kind: 'code' } : null; // on such a line, the parser ends it
    else this.#leaf = { kind: 'paragraph', hasPipe: content.includes('|'), isBracketed: content[0] === '[' };
  }

  /** A line of an open paragraph or table. */
  #goOn(content: string): void {
    const leaf = this.#leaf;
    if (content[0] === '[' && content.includes(']:')) this.#costs.defined();
    if (leaf?.kind !== 'paragraph' || (!leaf.hasPipe && !content.includes('|'))) return;
    this.#costs.row(content.split('|').length);
    // A row ends before a tag, a paragraph does not.
    if (isTag(content)) this.#leaf = { kind: 'unsure' };
    else if (!leaf.hasPipe) this.#leaf = { ...leaf, hasPipe: true };
  }

  /** The block that a line begins, or is; null for text. */
  #block(content: string, isParagraph: boolean, isWhole: boolean): { readonly leaf: Leaf | null } | null {
    const isInParagraph = isParagraph && isWhole;
    if (!isInParagraph && isTag(content)) return blockOf(content) ?? { leaf: { kind: 'html', end: null } };
    if (!isInParagraph || !isUnderline(content)) return blockOf(content);
    const leaf = this.#leaf;
    // Below a definition, or in a table, it would be text.
    if (leaf?.kind !== 'paragraph' || leaf.isBracketed || (leaf.hasPipe && content[0] === '=')) this.#canCut = false;
    this.#costs.underlined();
    return { leaf: null };
  }

  /** True if only lists and quotes can be open, which a line at the left edge ends. */
  #isOver(): boolean {
    return this.#isAfterBlank && this.#leaf === null;
  }

  /** True for a line that begins another block, which ends the paragraph above it, and all lists and quotes around that. */
  #endsParagraph(isWhole: boolean): boolean {
    if (this.#leaf !== null && this.#leaf.kind !== 'paragraph') return false;
    const content = this.#line.content();
    return blockOf(content) !== null && !(isWhole && isUnderline(content));
  }

  #cutHere(text: string, isInList: boolean): void {
    if (!this.#canCut || /^[ \t\uFEFF]|^$/.test(text)) return;
    // The parser ends these behind the line end where something else ends them, but not at the end of a text.
    if (this.#leaf?.kind === 'fence' || this.#leaf?.kind === 'html') return;
    if (this.#offset - this.#partStart < this.#distance) return;
    this.#cuts.push({ offset: this.#offset, line: this.#lines, isInList, isAfterBlank: this.#isAfterBlank });
    this.#partStart = this.#offset;
    this.#costs.beginPart();
  }
}
