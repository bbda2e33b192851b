import type { ListItem, Nodes } from 'mdast';
import { splitFrontMatter } from '../text/front-matter.ts';
import { fold, parseMarkdown, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import type { Mark } from './mark.ts';

/** The box of a list item. `offset` is the offset of the character between the brackets. */
export function boxMark(file: string, offset: number, isDone: boolean, of: string): Mark {
  return { file, start: offset, end: offset + 1, isDone, done: 'x', open: ' ', of };
}

/** All boxes of list items in a Markdown file; not text that only looks like one, such as code. */
export function boxesIn(source: Source): Mark[] {
  const { file, text } = source;
  const split = splitFrontMatter(source);
  if ('severity' in split) return [];
  const items: ListItem[] = [];
  const visit = (node: Nodes): void => {
    if (node.type === 'listItem' && typeof node.checked === 'boolean') items.push(node);
    if ('children' in node) node.children.forEach(visit);
  };
  visit(parseMarkdown(split.body));
  return items.flatMap((item) => {
    const start = startOffset(item) + split.bodyOffset;
    const box = /^[^\S\n]*(?:[-*+]|\d+[.)])[^\S\n]+\[[ xX]\]/.exec(text.slice(start, start + 1000));
    if (!box) return [];
    const offset = start + box[0].length - 2;
    return [boxMark(file, offset, item.checked === true, fold(text.slice(offset + 2).split(/\r?\n/, 1)[0] ?? ''))];
  });
}
