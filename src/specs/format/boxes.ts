import type { ListItem, Nodes } from 'mdast';
import { splitFrontMatter } from '../text/front-matter.ts';
import { fold, parseMarkdown, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import type { Mark } from './mark.ts';

/** A box at the beginning of a list item, also one that GitHub does not show as a box, such as `[-]` or `[ ]*`. */
export interface Box {
  readonly state: 'open' | 'done' | 'started' | 'not-applicable';
  /** True for `[ ]*`, by which Kiro marks optional tasks. */
  readonly isOptional: boolean;
  /** Offsets in the text of the item: of the characters between the brackets, and of the text after the box. */
  readonly start: number;
  readonly end: number;
  readonly textStart: number;
}

const marker = /^[^\S\n]*(?:[-*+]|\d{1,9}[.)])[^\S\n]+/;
const box = /^\[( ?|[xX~✓✔✅-]|[nN]\/?[aA])\](\*?)(?:(?=\s|$)|(?<=\[[ xX]\])(?=[\p{L}\p{N}`~"'_<“„«]|\*\*))[^\S\n]*/u;
const states: Readonly<Record<string, Box['state']>> = { '': 'open', ' ': 'open', '~': 'started', '-': 'started' };

/** The box of a list item; null without one. `raw` begins with the item's marker. */
export function readBox(raw: string): Box | null {
  const before = marker.exec(raw)?.[0];
  const found = before === undefined ? null : box.exec(raw.slice(before.length, before.length + 100));
  if (before === undefined || found === null) return null;
  const [whole, inside = '', star] = found;
  const start = before.length + 1;
  return {
    state: states[inside] ?? (/^n/i.test(inside) ? 'not-applicable' : 'done'),
    isOptional: star === '*',
    start,
    end: start + inside.length,
    textStart: before.length + whole.length,
  };
}

/** The text of an item without its box, which Markdown takes away only if GitHub shows it as one. */
export function withoutBox({ checked }: ListItem, text: string): string {
  return typeof checked === 'boolean' ? text : text.replace(box, '');
}

/** The mark of a list item's box; null if it has none, or does not apply. `offset` is the offset of the item in the file. */
export function boxMark(file: string, offset: number, found: Box | null, of: string): Mark | null {
  if (found === null || found.state === 'not-applicable') return null;
  const isDone = found.state === 'done';
  return { file, start: offset + found.start, end: offset + found.end, isDone, done: 'x', open: ' ', of };
}

/** All boxes of list items in a Markdown file; not text that only looks like one, such as code. */
export function boxesIn(source: Source): Mark[] {
  const { file, text } = source;
  const split = splitFrontMatter(source);
  if ('severity' in split) return [];
  const items: ListItem[] = [];
  const visit = (node: Nodes): void => {
    if (node.type === 'listItem') items.push(node);
    if ('children' in node) node.children.forEach(visit);
  };
  visit(parseMarkdown(split.body));
  return items.flatMap((item) => {
    const start = startOffset(item) + split.bodyOffset;
    const line = /^.*/.exec(text.slice(start, start + 10_000))?.[0] ?? '';
    const found = readBox(line);
    return boxMark(file, start, found, fold(line.slice(found?.textStart))) ?? [];
  });
}
