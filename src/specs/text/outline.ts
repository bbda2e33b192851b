import { type Costly, TooCostly } from './too-costly.ts';

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

/** An open list item, quote or footnote. */
interface Container {
  readonly kind: 'item' | 'quote' | 'note';
  /** The character that items of one list share. */
  readonly marker: string;
  /** Columns by which the content of an item is indented. */
  readonly size: number;
  /** True for an item that begins with a blank line. */
  readonly isEmpty: boolean;
  /** True for an empty item after another blank line. */
  readonly isOver: boolean;
}

/** The open block that has no blocks inside. `unsure` is HTML or a paragraph; it ends with a blank line in any case. */
type Leaf =
  | { readonly kind: 'paragraph'; readonly hasPipe: boolean; readonly isBracketed: boolean }
  | { readonly kind: 'fence'; readonly char: string; readonly size: number }
  | { readonly kind: 'html'; readonly end: RegExp }
  | { readonly kind: 'code' | 'unsure' };

const rule = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const bullet = /^[-*+](?=[ \t]|$)/;
const number = /^(\d{1,9})[.)](?=[ \t]|$)/;
const note = /^\[\^(?:[^[\]\\\s]|\\[[\\\]]?){1,999}\]:/;
const fence = /^(?:(`{3,})[^`]*$|(~{3,}))/;
const heading = /^#{1,6}(?:[ \t]|$)/;
const underline = /^(?:=+|-+)[ \t]*$/;
const html: readonly (readonly [begin: RegExp, end: RegExp])[] = [
  [/^<(?:script|pre|style|textarea)(?=[ \t>]|$)/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<!\[CDATA\[/, /\]\]>/],
  [/^<![a-z]/i, />/],
];

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
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
  readonly #cuts: Cut[] = [];
  #open: Container[] = [];
  #leaf: Leaf | null = null;
  #isAfterBlank = true;
  /** False once a construct is in doubt. */
  #canCut = true;
  #line = 0;
  #offset = 0;
  #partStart = 0;
  #partLine = 0;
  #blocks = 0;
  #repeats = 0;
  #lazy = 0;
  /** The rest of the current line, and its column. */
  #rest = '';
  #column = 0;

  constructor(text: string, distance: number) {
    this.#text = text;
    this.#distance = distance;
  }

  read(): Cut[] {
    const ends = /\r\n?|\n/g;
    while (this.#offset < this.#text.length) {
      ends.lastIndex = this.#offset;
      const end = ends.exec(this.#text);
      this.#readLine(this.#text.slice(this.#offset, end?.index));
      this.#line++;
      this.#offset = end === null ? this.#text.length : ends.lastIndex;
    }
    return this.#cuts;
  }

  #readLine(line: string): void {
    this.#rest = line;
    this.#column = 0;
    const isBlank = this.#isBlank();
    const before = this.#open.length;
    let matched = this.#matchOpen();
    const isWhole = matched === before;
    const sibling = isWhole ? null : this.#siblingOf(this.#open[matched]);
    if (sibling !== null) {
      this.#cutHere(line, matched === 0, true);
      this.#nested(before - matched - 1);
      this.#begin(matched++, sibling);
    } else if (isWhole && this.#readInside()) {
      this.#isAfterBlank = isBlank;
      return;
    } else if (matched === 0 && this.#isAfterBlank) this.#cutHere(line, true, false);
    const doesInterrupt = sibling === null && isWhole && this.#leaf !== null;
    for (let next = this.#container(doesInterrupt); next !== null; next = this.#container(doesInterrupt)) {
      if (this.#leaf?.kind === 'unsure') this.#canCut = false;
      if (matched < this.#open.length) this.#nested(matched === 0 ? 0 : this.#open.length - matched);
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
    const indent = this.#indent();
    if (container.kind === 'quote') {
      if (indent > 3 || this.#content()[0] !== '>') return false;
      this.#takeQuote();
      return true;
    }
    const size = container.kind === 'note' ? 4 : container.size;
    if (this.#isBlank()) {
      if (container.isEmpty) this.#open[index] = { ...container, isOver: true };
      this.#take(Math.min(size, indent));
      return true;
    }
    if (indent < size || container.isOver) return false;
    if (container.isEmpty) this.#open[index] = { ...container, isEmpty: false };
    this.#take(size);
    return true;
  }

  /** The next item of the list of an item that does not go on; null if there is none. */
  #siblingOf(item: Container | undefined): Container | null {
    if (item?.kind !== 'item') return null;
    const [rest, column] = [this.#rest, this.#column];
    const next = this.#item(false);
    if (next?.marker === item.marker) return next;
    [this.#rest, this.#column] = [rest, column];
    return null;
  }

  /** Reads a line in a block that contains no others; false if there is none, or if the line ends it. */
  #readInside(): boolean {
    const leaf = this.#leaf;
    const content = this.#content();
    if (leaf?.kind === 'fence') {
      const closing = this.#indent() < 4 && content.startsWith(leaf.char.repeat(leaf.size));
      if (closing && content.replaceAll(leaf.char, '') === '') this.#leaf = null;
      return true;
    }
    if (leaf?.kind !== 'html') return false;
    if (leaf.end.test(this.#rest)) this.#leaf = null;
    return true;
  }

  /** Consumes the beginning of a container; null if there is none. */
  #container(doesInterrupt: boolean): Container | null {
    if (this.#indent() > 3) return null;
    const content = this.#content();
    if (content[0] === '>') {
      this.#takeQuote();
      return { kind: 'quote', marker: '>', size: 0, isEmpty: false, isOver: false };
    }
    const label = content[0] === '[' ? note.exec(content)?.[0] : undefined;
    if (label === undefined) return this.#item(doesInterrupt);
    this.#take(this.#indent() + label.length);
    this.#take(this.#indent());
    return { kind: 'note', marker: '[', size: 4, isEmpty: false, isOver: false };
  }

  /** Consumes the marker of a list item; null if there is none. */
  #item(doesInterrupt: boolean): Container | null {
    const indent = this.#indent();
    const content = this.#content();
    if (indent > 3) return null;
    const numbered = number.exec(content);
    const marker = numbered?.[0] ?? bullet.exec(content)?.[0];
    if (marker === undefined || (numbered === null && rule.test(content))) return null;
    const isEmpty = content.length === marker.length;
    if (doesInterrupt && (isEmpty || (numbered !== null && numbered[1] !== '1'))) return null;
    this.#take(indent + marker.length);
    const after = this.#indent();
    const space = isEmpty || after > 4 ? 1 : after;
    this.#take(Math.min(space, after));
    const size = indent + marker.length + space;
    return { kind: 'item', marker: marker.at(-1) ?? '', size, isEmpty, isOver: false };
  }

  #begin(at: number, container: Container): void {
    this.#open.length = at;
    this.#open.push(container);
    this.#leaf = null;
    this.#lazy = 0;
    this.#countBlock();
    if (this.#open.length > maxDepth) this.#refuse(tooDeep);
  }

  /** Reads the rest of a line, after the markers of `matched` containers. */
  #readText(matched: number): void {
    const content = this.#content();
    const isIndented = this.#indent() > 3;
    const isParagraph = this.#leaf?.kind === 'paragraph' || this.#leaf?.kind === 'unsure';
    const isWhole = matched === this.#open.length;
    const found = isIndented ? null : this.#block(content, isParagraph && isWhole);
    if (found !== null && this.#leaf?.kind === 'unsure') this.#canCut = false;
    if (content !== '' && isParagraph && found === null) {
      if (!isWhole && (content[0] === '<' || this.#leaf?.kind === 'unsure')) this.#canCut = false;
      if (!isWhole && (this.#repeats += ++this.#lazy / 8) > maxRepeats) this.#refuse(tooLazy);
      this.#goOn(content);
      return;
    }
    if (!isWhole) {
      this.#nested(matched === 0 ? 0 : this.#open.length - matched);
      this.#open.length = matched;
    }
    this.#lazy = 0;
    if (content === '' && isWhole && this.#leaf?.kind === 'code') return; // the parser waits for more of it
    this.#leaf = null;
    if (content === '') return;
    if (found !== null) {
      this.#countBlock();
      this.#leaf = found.leaf;
    } else if (isIndented) this.#leaf = { kind: 'code' };
    else if (content[0] === '<') this.#leaf = { kind: 'unsure' };
    else this.#leaf = { kind: 'paragraph', hasPipe: content.includes('|'), isBracketed: content[0] === '[' };
  }

  /** A line of an open paragraph or table. */
  #goOn(content: string): void {
    const leaf = this.#leaf;
    if (content[0] === '<') this.#leaf = { kind: 'unsure' };
    if (leaf?.kind !== 'paragraph' || (!leaf.hasPipe && !content.includes('|'))) return;
    this.#countBlock();
    if (!leaf.hasPipe && content[0] !== '<') this.#leaf = { ...leaf, hasPipe: true };
  }

  /** The block that a line begins, or is; null for text. */
  #block(content: string, isInParagraph: boolean): { readonly leaf: Leaf | null } | null {
    if (isInParagraph && underline.test(content)) {
      const leaf = this.#leaf;
      // Below a definition, or in a table, it would be text.
      if (leaf?.kind !== 'paragraph' || leaf.isBracketed || (leaf.hasPipe && content[0] === '=')) this.#canCut = false;
      if ((this.#repeats += this.#line - this.#partLine) > maxRepeats) this.#refuse(tooManyUnderlined);
      return { leaf: null };
    }
    if (heading.test(content) || rule.test(content)) return { leaf: null };
    const [marks, ticks, tildes] = fence.exec(content) ?? [];
    const begun = html.find(([begin]) => begin.test(content));
    if (marks !== undefined) {
      const run = ticks ?? tildes ?? '';
      return { leaf: { kind: 'fence', char: run[0] ?? '', size: run.length } };
    }
    if (!begun) return null;
    const [, end] = begun;
    return { leaf: end.test(content.slice(1)) ? null : { kind: 'html', end } };
  }

  #cutHere(line: string, isPossible: boolean, isInList: boolean): void {
    if (!isPossible || !this.#canCut || /^[ \t\uFEFF]|^$/.test(line)) return;
    const leaf = this.#leaf?.kind;
    if (leaf === 'fence' || leaf === 'html' || (leaf !== undefined && !isInList)) return;
    if (this.#offset - this.#partStart < this.#distance) return;
    this.#cuts.push({ offset: this.#offset, line: this.#line, isInList, isAfterBlank: this.#isAfterBlank });
    this.#partStart = this.#offset;
    this.#partLine = this.#line;
  }

  /** Counts that the parser goes through a part again, when nested containers end within another one. */
  #nested(ended: number): void {
    if (ended > 0 && (this.#repeats += this.#line - this.#partLine) > maxRepeats) this.#refuse(tooNested);
  }

  #countBlock(): void {
    if (++this.#blocks > maxBlocks) this.#refuse(tooMany);
  }

  #refuse(costly: Costly): never {
    throw new TooCostly(costly, this.#text, this.#offset);
  }

  #isBlank(): boolean {
    return this.#content() === '';
  }

  /** The rest of the line without blanks and tabs around it. */
  #content(): string {
    let [start, end] = [0, this.#rest.length];
    while (start < end && isSpace(this.#rest[start])) start++;
    while (end > start && isSpace(this.#rest[end - 1])) end--;
    return this.#rest.slice(start, end);
  }

  /** Columns of white space before the rest of the line. */
  #indent(): number {
    let columns = 0;
    for (const char of this.#rest) {
      if (char === ' ') columns++;
      else if (char === '\t') columns += 4 - ((this.#column + columns) % 4);
      else break;
    }
    return columns;
  }

  #takeQuote(): void {
    this.#take(this.#indent() + 1);
    this.#take(Math.min(1, this.#indent()));
  }

  /** Consumes columns. A tab may be consumed in part; then the rest of it stays, as blanks. */
  #take(columns: number): void {
    let [left, at] = [columns, 0];
    for (; left > 0 && at < this.#rest.length; at++) {
      const width = this.#rest[at] === '\t' ? 4 - (this.#column % 4) : 1;
      const taken = Math.min(width, left);
      this.#column += taken;
      left -= taken;
      if (taken < width) {
        this.#rest = ' '.repeat(width - taken) + this.#rest.slice(at + 1);
        return;
      }
    }
    this.#rest = this.#rest.slice(at);
  }
}
