import type { ListItem, Nodes, RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import {
  type Addition,
  criteriaLines,
  insertLines,
  type NewUnit,
  type Refusal,
  type Spot,
  titleText,
} from '../format/addition.ts';
import type { Draft } from '../format/draft.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { contentOf } from './states.ts';

/**
 * Adds an item below the last one that is open, so that it is not below "Done" or "Later"; if all are done, below the last
 * task of a section for tasks. `known` are the tasks of the file.
 */
export function addItem(unit: NewUnit, { file, sources }: Spot, known: readonly Draft[]): Addition | Refusal | null {
  const source = sources.find((one) => one.file === file);
  const split = source === undefined ? null : splitFrontMatter(source);
  if (source === undefined || split === null || 'severity' in split) return null;
  if (unit.touches.length > 0 || unit.priority !== null)
    return { refusal: 'is a list of tasks, which have no paths and no priority' };
  const { children } = parseMarkdown(split.body);
  const within = (nodes: readonly Nodes[], lines: ReadonlySet<number>): ListItem | undefined =>
    nodes.flatMap(itemsIn).findLast((one) => lines.has(lineOf(one, source, split.bodyOffset)));
  const open = known.filter((draft) => !draft.isDone && draft.hold === undefined);
  const free = known.filter(({ hold }) => hold === undefined);
  const item = within(children, linesOf(open)) ?? within(forTasks(children), linesOf(free));
  if (item === undefined) return { refusal: 'has no task that is open, and no list of tasks to add to' };
  const depends = unit.depends.map(
    (key) => known.find((draft) => draft.key.toLowerCase() === key.toLowerCase())?.title,
  );
  if (depends.includes(undefined)) return { refusal: 'has no task for each of the dependencies' };
  const start = startOffset(item);
  const margin = split.body.slice(split.body.lastIndexOf('\n', start - 1) + 1, start);
  if (margin.trim() !== '') return null;
  const mark = `${/^\S+/.exec(split.body.slice(start, start + 20))?.[0] ?? '-'} [ ] `;
  // The title of an ordered list would have the number of the one before.
  if (!/^[-*+] /.test(mark)) return { refusal: 'has a numbered list, to which "add" does not write' };
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

function linesOf(drafts: readonly Draft[]): Set<number> {
  return new Set(drafts.map(({ line }) => line));
}

/** The blocks that are in no section for finished tasks, or for what nobody works on. */
function forTasks(nodes: readonly RootContent[]): RootContent[] {
  let closed: number | null = null;
  return nodes.filter((node) => {
    if (node.type === 'heading' && (closed === null || node.depth <= closed))
      closed = contentOf(plainText(node)).kind === 'tasks' ? null : node.depth;
    return closed === null;
  });
}

function itemsIn(node: Nodes): ListItem[] {
  const inside = 'children' in node ? node.children.flatMap(itemsIn) : [];
  return node.type === 'listItem' ? [node, ...inside] : inside;
}

function lineOf(item: ListItem, source: Source, offset: number): number {
  return locate(source.text, startOffset(item) + offset).line;
}
