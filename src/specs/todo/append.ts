import type { ListItem, Nodes } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { type Addition, criteriaLines, insertLines, type NewUnit, type Spot, titleText } from '../format/addition.ts';
import type { Draft } from '../format/draft.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, parseMarkdown, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/**
 * Adds an item below the last one that is open, so that it is not below "Done" or "Later". Null if there is none. `known` are
 * the tasks of the file.
 */
export function addItem(unit: NewUnit, { file, sources }: Spot, known: readonly Draft[]): Addition | null {
  const source = sources.find((one) => one.file === file);
  const split = source === undefined ? null : splitFrontMatter(source);
  if (source === undefined || split === null || 'severity' in split) return null;
  if (unit.touches.length > 0 || unit.priority !== null) return null;
  const open = new Set(known.filter((draft) => !draft.isDone && draft.hold === undefined).map(({ line }) => line));
  const item = itemsIn(parseMarkdown(split.body)).findLast((one) => open.has(lineOf(one, source, split.bodyOffset)));
  if (item === undefined) return null;
  const depends = unit.depends.map(
    (key) => known.find((draft) => draft.key.toLowerCase() === key.toLowerCase())?.title,
  );
  if (depends.includes(undefined)) return null;
  const start = startOffset(item);
  const margin = split.body.slice(split.body.lastIndexOf('\n', start - 1) + 1, start);
  if (margin.trim() !== '') return null;
  const mark = `${/^\S+/.exec(split.body.slice(start, start + 20))?.[0] ?? '-'} [ ] `;
  // The title of an ordered list would have the number of the one before.
  if (!/^[-*+] /.test(mark)) return null;
  const lines = [
    `${mark}${titleText(unit.title, '- [ ] ')}${unit.isDraft ? ' (draft)' : ''}`,
    ...(unit.body.trim() === '' ? [] : ['']),
    ...unit.body
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .map((line) => `  ${line.trim().replace(/^([-*+])(?=\s)/, '\\$1')}`),
    ...depends.map((title) => `  - Depends on: ${title ?? ''}`),
    ...criteriaLines(unit).map((line) => (line === '' ? '' : `  ${line}`)),
  ];
  const indented = lines.map((line) => (line === '' ? '' : `${margin}${line}`));
  return { file, text: insertLines(source.text, endOffset(item) + split.bodyOffset, indented) };
}

function itemsIn(node: Nodes): ListItem[] {
  const inside = 'children' in node ? node.children.flatMap(itemsIn) : [];
  return node.type === 'listItem' ? [node, ...inside] : inside;
}

function lineOf(item: ListItem, source: Source, offset: number): number {
  return locate(source.text, startOffset(item) + offset).line;
}
