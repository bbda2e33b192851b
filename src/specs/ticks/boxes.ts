import type { ListItem, Nodes } from 'mdast';
import { splitFrontMatter } from '../text/front-matter.ts';
import { fold, parseMarkdown, startOffset } from '../text/markdown.ts';
import { parseSpecFile } from '../formats/parse.ts';
import type { Source } from '../text/source.ts';

/** A box of a list item, wherever in the file it is; what only looks like one (in code, say) is none. */
export interface Box {
  /** Offset in the file of the character between the brackets. */
  readonly offset: number;
  /** That character, where it ticks the box; null for an open one. */
  readonly mark: string | null;
  /**
   * What it is a box of: the unit and the criterion; for the box of a followup its title and all of its criteria. Ticks,
   * white space and the place in the file have no part in it.
   */
  readonly of: string;
}

/** The text with all boxes open; every offset stays. */
export function withoutTicks(source: Source): string {
  return opened(source, offsetsOf(source));
}

function opened(source: Source, offsets: readonly number[]): string {
  return write(
    source.text,
    offsets.map((offset) => ({ offset, mark: ' ' })),
  );
}

/** All boxes of a file, in its order. */
export function findBoxes(source: Source): Box[] {
  const offsets = offsetsOf(source);
  const text = opened(source, offsets);
  const { drafts } = parseSpecFile({ file: source.file, text });
  const owners = new Map<number, readonly string[]>();
  for (const { key, title, criteria, headBox } of drafts) {
    const unit = key.toLowerCase();
    const texts = criteria.map(({ criterion }) => criterion.text);
    if (headBox) owners.set(headBox.offset, [unit, 'unit', title, ...texts]);
    for (const { criterion, boxOffset } of criteria)
      if (boxOffset !== null) owners.set(boxOffset, [unit, 'criterion', criterion.text]);
  }
  return offsets.map((offset) => ({
    offset,
    mark: /[xX]/.test(source.text[offset] ?? '') ? (source.text[offset] ?? null) : null,
    of: JSON.stringify(owners.get(offset) ?? ['', 'item', fold(text.slice(offset + 2).split(/\r?\n/, 1)[0] ?? '')]),
  }));
}

/** The text with single characters replaced. */
export function write(text: string, marks: readonly { readonly offset: number; readonly mark: string }[]): string {
  let written = '';
  let at = 0;
  for (const { offset, mark } of marks.toSorted((a, b) => a.offset - b.offset)) {
    written += `${text.slice(at, offset)}${mark}`;
    at = offset + 1;
  }
  return written + text.slice(at);
}

function offsetsOf(source: Source): number[] {
  const split = splitFrontMatter(source);
  if ('severity' in split || parseSpecFile(source).diagnostics.length > 0) return []; // not a file that can be read
  const items: ListItem[] = [];
  const visit = (node: Nodes): void => {
    if (node.type === 'listItem' && typeof node.checked === 'boolean') items.push(node);
    if ('children' in node) node.children.forEach(visit);
  };
  visit(parseMarkdown(split.body));
  return items.flatMap((item) => {
    const start = startOffset(item) + split.bodyOffset;
    const box = /^[^\S\n]*(?:[-*+]|\d+[.)])[^\S\n]+\[[ xX]\]/.exec(source.text.slice(start, start + 1000));
    return box ? [start + box[0].length - 2] : [];
  });
}
