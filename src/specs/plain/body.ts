import type { RootContent } from 'mdast';
import { boxesIn } from '../format/boxes.ts';
import { edited } from '../format/mark.ts';
import { endOffset, parseMarkdown, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/** The text with all boxes open, at the same offsets. */
export function openedText(source: Source): string {
  const marks = boxesIn(source).filter(({ start, end }) => end - start === 1);
  return edited(
    source.text,
    marks.map(({ start, end }) => ({ start, end, text: ' ' })),
  );
}

/** A part of a text without its criteria. */
export function bodyOf(
  text: string,
  start: number,
  end: number,
  cuts: readonly { readonly start: number; readonly end: number }[],
): string {
  const removed = [{ start: 0, end: start }, ...cuts].map((cut) => ({ ...cut, text: '' }));
  return edited(text.slice(0, end), removed)
    .replace(/\r\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/**
 * The blocks of a text. A fence that is never closed and takes headings with it is a slip, such as the end of a fence within a
 * fence, and counts as none.
 */
export function blocksOf(text: string): readonly RootContent[] {
  const { children } = parseMarkdown(text);
  const last = children.at(-1);
  if (last?.type !== 'code' || !/^#{1,6}\s/m.test(last.value)) return children;
  const [start, end] = [startOffset(last), endOffset(last)];
  const [fence = ''] = /^(?:`{3,}|~{3,})/.exec(text.slice(start, end)) ?? [];
  const lastLine = text.slice(text.lastIndexOf('\n', end - 1) + 1, end).trim();
  if (fence === '' || lastLine.startsWith(fence)) return children;
  return parseMarkdown(`${text.slice(0, start)}${' '.repeat(fence.length)}${text.slice(start + fence.length)}`)
    .children;
}
