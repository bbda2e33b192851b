import path from 'node:path';

/** A line of a comment, without its markers. */
export interface CommentLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

interface Syntax {
  /** What begins a comment to the end of the line. */
  readonly line: readonly string[];
  readonly block: readonly (readonly [open: string, close: string])[];
  /** Quotes of strings; those of several characters, and backticks, span lines. */
  readonly quotes: readonly string[];
  /** True if a slash can begin a regular expression. */
  readonly hasPatterns?: true;
}

const slashes = ['/*', '*/'] as const;
const markup = ['<!--', '-->'] as const;
const both = ['"', "'"] as const;
const c: Syntax = { line: ['//'], block: [slashes], quotes: both };
const script: Syntax = { ...c, quotes: [...both, '`'], hasPatterns: true };
const hash: Syntax = { line: ['#'], block: [], quotes: both };
const python: Syntax = { ...hash, quotes: ['"""', "'''", ...both] };
const dashes: Syntax = { line: ['--'], block: [], quotes: both };
const html: Syntax = { line: [], block: [markup], quotes: [] };

const groups: readonly (readonly [syntax: Syntax, endings: string])[] = [
  [script, 'js jsx mjs cjs ts tsx mts cts'],
  [c, 'c h cc cpp cxx hh hpp hxx m mm cs java kt kts scala swift rs dart groovy gradle proto zig v sv jsonc json5'],
  [{ ...c, quotes: [...both, '`'] }, 'go'],
  [{ ...c, line: ['//', '#'] }, 'php'],
  [{ ...c, line: ['#', '//'] }, 'tf hcl'],
  [{ ...c, line: [] }, 'css'],
  [c, 'scss less'],
  [{ line: ['//'], block: [slashes, markup], quotes: [] }, 'vue svelte astro'],
  [python, 'py pyi pyw toml'],
  [hash, 'rb sh bash zsh fish yaml yml pl pm r ex exs jl nim tcl mk cmake dockerfile ps1 conf'],
  [{ ...dashes, block: [slashes] }, 'sql'],
  [{ ...dashes, block: [['--[[', ']]']] }, 'lua'],
  [{ ...dashes, block: [['{-', '-}']], quotes: ['"'] }, 'hs elm purs'],
  [{ ...dashes, quotes: ['"'] }, 'adb ads vhd vhdl'],
  [html, 'html htm xml xhtml svg md markdown'],
  [{ line: [';'], block: [], quotes: ['"'] }, 'lisp clj cljs cljc el scm rkt asm'],
  [{ line: ['%'], block: [], quotes: [] }, 'tex erl hrl'],
];
const byEnding = new Map(
  groups.flatMap(([syntax, endings]) => endings.split(' ').map((one) => [one, syntax] as const)),
);
const byName: ReadonlyMap<string, Syntax> = new Map([
  ['dockerfile', hash],
  ['makefile', hash],
  ['gemfile', hash],
  ['rakefile', hash],
  ['cmakelists.txt', hash],
]);

/**
 * The lines of the comments in a file; none for a file whose language is not known by its name. Strings are no comments. It
 * reads roughly as the language would, in linear time.
 */
export function commentLines(file: string, text: string): CommentLine[] {
  const name = path.basename(file).toLowerCase();
  const syntax = byName.get(name) ?? byEnding.get(name.slice(name.lastIndexOf('.') + 1));
  return syntax === undefined ? [] : new Scan(text, syntax).read();
}

class Scan {
  readonly #text: string;
  readonly #syntax: Syntax;
  readonly #found: CommentLine[] = [];
  #at = 0;
  /** The number of the line at `#counted`. */
  #line = 1;
  #counted = 0;
  /** For each quote, and for a regular expression: the offset before which none is closed. */
  readonly #open = new Map<string, number>();

  constructor(text: string, syntax: Syntax) {
    this.#text = text;
    this.#syntax = syntax;
  }

  read(): CommentLine[] {
    while (this.#at < this.#text.length) if (!this.#comment() && !this.#string() && !this.#pattern()) this.#at++;
    return this.#found;
  }

  /** Reads a comment, if one begins here. */
  #comment(): boolean {
    for (const [open, close] of this.#syntax.block) {
      if (!this.#text.startsWith(open, this.#at)) continue;
      const end = this.#text.indexOf(close, this.#at + open.length);
      this.#take(this.#at + open.length, end < 0 ? this.#text.length : end, close.length);
      return true;
    }
    for (const open of this.#syntax.line) {
      if (!this.#text.startsWith(open, this.#at) || !this.#mayBegin(open)) continue;
      const end = this.#text.indexOf('\n', this.#at);
      this.#take(this.#at + open.length, end < 0 ? this.#text.length : end, 0);
      return true;
    }
    return false;
  }

  /** False for marks that belong to a word, an address or an escape. */
  #mayBegin(open: string): boolean {
    const before = this.#text[this.#at - 1] ?? '\n';
    if (open === '#') return /[\s;]/.test(before);
    return open === '//' ? before !== ':' : before !== '\\';
  }

  #take(start: number, end: number, closing: number): void {
    let from = start;
    for (const raw of this.#text.slice(start, end).split('\n')) {
      const text = raw.trim().replace(/^[*/#;%!-]+\s*/, '');
      if (text !== '') this.#found.push({ line: this.#lineAt(from), text });
      from += raw.length + 1;
    }
    this.#at = end + closing;
  }

  #lineAt(offset: number): number {
    for (let at = this.#text.indexOf('\n', this.#counted); at >= 0 && at < offset;) {
      this.#line++;
      this.#counted = at + 1;
      at = this.#text.indexOf('\n', this.#counted);
    }
    return this.#line;
  }

  /** Skips a string, if one begins here. */
  #string(): boolean {
    const quote = this.#syntax.quotes.find((one) => this.#text.startsWith(one, this.#at));
    if (quote === undefined) return false;
    if (quote === "'" && /\w/.test(this.#text[this.#at - 1] ?? '')) return false; // an apostrophe
    const spansLines = quote.length > 1 || quote === '`';
    let at = Math.max(this.#at + quote.length, this.#open.get(quote) ?? 0);
    for (; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === '\\') at++;
      else if (char === '\n' && !spansLines) break;
      else if (this.#text.startsWith(quote, at)) {
        this.#at = at + quote.length;
        return true;
      }
    }
    // It is never closed: a quote that begins no string.
    this.#open.set(quote, at);
    this.#at += spansLines ? this.#text.length : quote.length;
    return true;
  }

  /** Skips a regular expression, which may contain quotes and slashes, if one begins here. */
  #pattern(): boolean {
    if (this.#syntax.hasPatterns !== true || this.#text[this.#at] !== '/') return false;
    const before = /\S?\s*$/.exec(this.#text.slice(Math.max(0, this.#at - 20), this.#at))?.[0][0] ?? '\n';
    if (!/[(,=:[!&|?{};\n]/.test(before)) return false;
    if (this.#at < (this.#open.get('/') ?? 0)) return false;
    let isInClass = false;
    let at = this.#at + 1;
    for (; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === '\n') break;
      if (char === '\\') at++;
      else if (char === '[') isInClass = true;
      else if (char === ']') isInClass = false;
      else if (char === '/' && !isInClass) {
        this.#at = at + 1;
        return true;
      }
    }
    this.#open.set('/', at);
    return false;
  }
}
