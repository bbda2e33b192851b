import type { Line } from './line.ts';

/*
 * The blocks that a line of Markdown can begin: containers (list items, quotes, footnotes) and blocks without others inside.
 */

/** An open list item, quote or footnote. */
export interface Container {
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
export type Leaf =
  | { readonly kind: 'paragraph'; readonly hasPipe: boolean; readonly isBracketed: boolean }
  | { readonly kind: 'fence'; readonly char: string; readonly size: number }
  /** Ends with a line that has `end`; without one, before a blank line. */
  | { readonly kind: 'html'; readonly end: RegExp | null }
  | { readonly kind: 'code' | 'unsure' };

const rule = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const bullet = /^[-*+](?=[ \t]|$)/;
const number = /^(\d{1,9})[.)](?=[ \t]|$)/;
const note = /^\[\^(?:[^[\]\\\s]|\\[[\\\]]?){1,999}\]:/;
const fence = /^(?:(`{3,})[^`]*$|(~{3,}))/;
const heading = /^#{1,6}(?:[ \t]|$)/;
const underline = /^(?:=+|-+)[ \t]*$/;
const sections =
  'address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset ' +
  'figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu ' +
  'menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr track ul';
const html: readonly (readonly [begin: RegExp, end: RegExp | null])[] = [
  [/^<(?:script|pre|style|textarea)(?=[ \t>]|$)/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<!\[CDATA\[/, /\]\]>/],
  [/^<![a-z]/i, />/],
  [new RegExp(`^</?(?:${sections.replaceAll(' ', '|')})(?:[ \\t]|/?>|$)`, 'i'), null],
];
const value = /(?:[ \t]*=[ \t]*(?:[^ \t"'/<=>`]+|(?=\/)))*(?:[ \t]*=[ \t]*(?:"[^"]*"|'[^']*')(?=[ \t/>]))?/.source;
/** A line that is one tag, of any name. */
const tag = new RegExp(
  `^<(?:[a-z][a-z0-9-]*(?:[ \\t]+[a-z:_][\\w.:-]*${value})*[ \\t]*/?|/[a-z][a-z0-9-]*[ \\t]*)>$`,
  'i',
);

/** Consumes the beginning of a container; null if there is none. */
export function containerOf(line: Line, doesInterrupt: boolean): Container | null {
  if (line.indent() > 3) return null;
  const content = line.content();
  if (content[0] === '>') {
    line.takeQuote();
    return { kind: 'quote', marker: '>', size: 0, isEmpty: false, isOver: false };
  }
  const label = content[0] === '[' ? note.exec(content)?.[0] : undefined;
  if (label === undefined) return itemOf(line, doesInterrupt);
  line.take(line.indent() + label.length);
  line.take(line.indent());
  return { kind: 'note', marker: '[', size: 4, isEmpty: false, isOver: false };
}

/** Consumes the marker of a list item; null if there is none. */
export function itemOf(line: Line, doesInterrupt: boolean): Container | null {
  const indent = line.indent();
  const content = line.content();
  if (indent > 3) return null;
  const numbered = number.exec(content);
  const marker = numbered?.[0] ?? bullet.exec(content)?.[0];
  if (marker === undefined || (numbered === null && rule.test(content))) return null;
  const isEmpty = content.length === marker.length;
  if (doesInterrupt && (isEmpty || (numbered !== null && numbered[1] !== '1'))) return null;
  line.take(indent + marker.length);
  const after = line.indent();
  const space = isEmpty || after > 4 ? 1 : after;
  line.take(Math.min(space, after));
  const size = indent + marker.length + space;
  return { kind: 'item', marker: marker.at(-1) ?? '', size, isEmpty, isOver: false };
}

/** True for a line below a paragraph that makes it a heading. */
export function isUnderline(content: string): boolean {
  return underline.test(content);
}

/** The block without others inside that a line begins or is, with what stays open of it; null for text. */
export function blockOf(content: string): { readonly leaf: Leaf | null } | null {
  if (heading.test(content) || rule.test(content)) return { leaf: null };
  const [marks, ticks, tildes] = fence.exec(content) ?? [];
  if (marks !== undefined) {
    const run = ticks ?? tildes ?? '';
    return { leaf: { kind: 'fence', char: run[0] ?? '', size: run.length } };
  }
  const [, end] = html.find(([begin]) => begin.test(content)) ?? [];
  if (end === undefined) return null;
  return { leaf: end?.test(content.slice(1)) === true ? null : { kind: 'html', end } };
}

/** True for a line that begins HTML where it does not go on with a paragraph. */
export function isTag(content: string): boolean {
  return tag.test(content);
}
