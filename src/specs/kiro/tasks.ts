import type { Heading, ListItem, RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { type Box, boxMark, readBox } from '../format/boxes.ts';
import type { NotWork } from '../format/format.ts';
import type { Mark } from '../format/mark.ts';
import { pageOf } from '../format/page.ts';
import { opensRegion } from '../format/region-names.ts';
import { boldState } from '../format/title-says.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/** A range of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A task that is a unit. */
export interface Task {
  /** As written; null without one. */
  readonly number: string | null;
  readonly title: string;
  /** True for `(P)` behind the number. */
  readonly isParallel: boolean;
  /** True if its title ends in a tick. */
  readonly isSaidDone: boolean;
  /** The parts of the file that belong to it, in order. */
  readonly ranges: readonly Range[];
  /** The items that are the task, or all items of its section that are in no other item. */
  readonly items: readonly ListItem[];
  /** The nodes of its section; null for a task that is an item. */
  readonly section: readonly RootContent[] | null;
  /** The box of its heading. */
  readonly mark: Mark | null;
}

/** The tasks of a file, and what looks like tasks, but is none. */
export interface Tasks {
  readonly tasks: readonly Task[];
  /** The key is the number of a task. */
  readonly notWork: readonly NotWork[];
  /** Sections of acceptance criteria that belong to no task. */
  readonly regions: readonly (readonly RootContent[])[];
}

const worded =
  /^[^\p{L}\p{N}]*(?:task|タスク|任务|任務|작업|tarea|tarefa|tâche|aufgabe)\s*[#:]?\s*(\d+(?:\.\d+)*[a-z]?)(?![\p{L}\d]|\s*[-–~]\s*\d)[.):：\s–—-]*(.*)$/iu;
const plain = /^(\d+(?:\.\d+)*)(?:[.):：]+\s*|\s+)(\S.*)$/;
const numbered =
  /^(?:[*_]{2})?(?:task\s+)?(\d+(?:\.\d+)+[a-z]?(?![\p{L}\d])|\d+(?=[*_]{0,2}[.):：]))[.):：]*[*_]{0,2}[.):：]*\s*/iu;
const ticked = /\s*[✅✔☑]\uFE0F?\s*(?:done|completed?|完了|完成)?\s*$/iu;

/**
 * Finds the tasks: sections such as `## Task 2: …` or `## 2. …`, and elsewhere the top-level items with a box. Items `2.1` of a
 * list belong to item `2`, also if they are not indented.
 */
export function tasksOf(source: Source): Tasks {
  const { nodes, offset } = pageOf(source);
  const heads = headsOf(nodes);
  const byIndex = new Map(heads.map((head) => [head.index, head]));
  const sectionOf = ({ index, end }: Head): RootContent[] => nodes.slice(index + 1, end);
  const depths = new Set(
    heads.flatMap((head) =>
      isNumbered(head) && sectionTask(head, sectionOf(head), source, offset) !== null ? head.node.depth : [],
    ),
  );
  const parts: (Task | readonly Item[])[] = [];
  const regions: (readonly RootContent[])[] = [];
  const unread: NotWork[] = [];
  let loose: RootContent[] = [];
  let last: Head | null = null;
  const endLoose = (): void => {
    const items = itemsOf(loose, source, offset);
    const list = items.length > 0 || isProse(last) ? undefined : loose.find(({ type }) => type === 'list');
    if (list !== undefined) unread.push(noteAt(list, 'lists without boxes', source, offset));
    parts.push(items);
    loose = [];
  };
  for (let at = 0; at < nodes.length;) {
    const [node, head] = [nodes[at], byIndex.get(at)];
    if (node === undefined) break;
    if (head === undefined) {
      loose.push(node);
      at++;
      continue;
    }
    endLoose();
    last = head;
    const section = sectionOf(head);
    const isRegion = opensRegion(head.title);
    // Beside numbered sections that are tasks, one of plain items is a task, too.
    const isAlike = isNumbered(head) && depths.has(head.node.depth) && !isProse(head);
    const task = isRegion ? null : sectionTask(head, section, source, offset, isAlike);
    if (isRegion) regions.push(nodes.slice(at, head.end));
    if (task !== null) parts.push(task);
    at = isRegion || task !== null ? head.end : at + 1;
  }
  endLoose();
  const { tasks, notWork } = gathered(parts, source);
  return { tasks, notWork: tasks.length === 0 ? notWork : [...notWork, ...unread], regions };
}

function noteAt(node: RootContent, why: string, { file, text }: Source, offset: number): NotWork {
  return { file, line: locate(text, startOffset(node) + offset).line, why };
}

/** Titles of sections that tell something, and list no tasks. */
const prose =
  /^(?:[\d.]+\s+)?(?:notes?|overview|summary|introduction|background|context|legend|references?|glossary|conventions|(?:success|completion) (?:metrics|criteria)|task (?:dependency graph|dependencies)|dependencies|备注|注意事项|注意事項|概述|概要|説明|メモ|補足|注記)(?![\p{L}\p{N}])/iu;

function isProse(head: Head | null): boolean {
  return head === null || head.node.depth === 1 || prose.test(head.title);
}

/** True for a heading with a number that does not say that it is a task. */
function isNumbered({ title }: Head): boolean {
  const bare = bareTitle(title);
  return plain.test(bare) && !worded.test(bare);
}

function bareTitle(title: string): string {
  return title.replace(/^\[[^\]]?\]\s+/, '');
}

interface Head {
  readonly node: Heading;
  readonly index: number;
  /** The index of the next heading of its level or above. */
  readonly end: number;
  readonly title: string;
}

function headsOf(nodes: readonly RootContent[]): Head[] {
  const heads: Head[] = [];
  const ends = Array.from({ length: 7 }, () => nodes.length);
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index];
    if (node?.type !== 'heading') continue;
    heads.push({ node, index, end: ends[node.depth] ?? nodes.length, title: fold(plainText(node)) });
    ends.fill(index, node.depth);
  }
  return heads.toReversed();
}

/**
 * The task that a heading begins; null if it is none. A heading with only a number may also be a group of tasks, or, if nothing
 * in it has a box, something else; with `isAlike`, that is a task.
 */
function sectionTask(
  head: Head,
  section: readonly RootContent[],
  source: Source,
  offset: number,
  isAlike = false,
): Task | null {
  const bare = bareTitle(head.title);
  const [, number, said] = worded.exec(bare) ?? plain.exec(bare) ?? [];
  if (number === undefined || said === undefined) return null;
  const items = section.flatMap((node) => (node.type === 'list' ? node.children : []));
  if (!worded.test(bare)) {
    const own = items.flatMap((item) => itemOf(item, source, offset) ?? []);
    const isGroup = own.some((one) => one.number !== null && !one.number.includes('.'));
    const hasTasks = section.some((node) => node.type === 'heading' && worded.test(fold(plainText(node))));
    const isEmpty = own.length === 0 && !(isAlike && items.length > 0);
    if (isEmpty || isGroup || hasTasks) return null;
  }
  const start = startOffset(head.node) + offset;
  const end = endOffset(section.at(-1) ?? head.node) + offset;
  return {
    ...{ number, title: titled(said) || bare, isParallel: isParallel(said), isSaidDone: ticked.test(head.title) },
    ...{ ranges: [{ start, end }], items, section, mark: headingMark(head, source, start) },
  };
}

/** The mark of a box in a heading: `## [ ] Task 1`. */
function headingMark({ title }: Head, { file, text }: Source, start: number): Mark | null {
  const before = /^#{1,6}[^\S\n]+/.exec(text.slice(start, start + 100))?.[0].length ?? 0;
  const box = readBox(`- ${text.slice(start + before, start + before + 100)}`);
  return boxMark(file, start + before - '- '.length, box, bareTitle(title));
}

/** A top-level item with a box. */
interface Item {
  readonly node: ListItem;
  readonly box: Box;
  readonly number: string | null;
  readonly text: string;
  readonly range: Range;
}

/** The top-level items with a box between two headings. What follows an item belongs to it. */
function itemsOf(nodes: readonly RootContent[], source: Source, offset: number): Item[] {
  const items = nodes.flatMap((node) => (node.type === 'list' ? node.children : []));
  const boxed = items.flatMap((item) => itemOf(item, source, offset) ?? []);
  const last = nodes.at(-1);
  const end = last === undefined ? 0 : endOffset(last) + offset;
  return boxed.map((item, index) => ({
    ...item,
    range: { start: item.range.start, end: boxed[index + 1]?.range.start ?? end },
  }));
}

function itemOf(node: ListItem, { text: whole }: Source, offset: number): Item | null {
  const [start, end] = [startOffset(node) + offset, endOffset(node) + offset];
  const line = /^.*/.exec(whole.slice(start, Math.min(end, start + 2000)))?.[0] ?? '';
  const box = readBox(line);
  if (box === null) return null;
  const said = line.slice(box.textStart);
  const marker = /^\s*(\d{1,9})[.)]/.exec(line)?.[1];
  const found = numbered.exec(said);
  const text = said.slice(found?.[0].length ?? 0);
  return { node, box, number: found?.[1] ?? marker ?? null, text, range: { start, end } };
}

/** Joins items to tasks. Boxes in a place without numbers are no tasks, if there are numbers elsewhere. */
function gathered(parts: readonly (Task | readonly Item[])[], source: Source): Pick<Tasks, 'tasks' | 'notWork'> {
  const isNumbered = parts.some((part) => 'title' in part || part.some(({ number }) => number !== null));
  const tasks: Task[] = [];
  const notWork: NotWork[] = [];
  const places = new Map<string, number>();
  for (const part of parts) {
    if ('title' in part) {
      tasks.push(part);
      continue;
    }
    const isList = part.some(({ number }) => number !== null);
    for (const item of part) {
      const parent = parentOf(item, places);
      const outer = parent === undefined ? undefined : tasks[parent];
      const why = isNumbered && !isList ? 'checklists' : reasonOf(item);
      if (parent !== undefined && outer !== undefined)
        tasks[parent] = { ...outer, ranges: [...outer.ranges, item.range], items: [...outer.items, item.node] };
      else if (why !== null) notWork.push(asideOf(item, why, source));
      else {
        if (item.number !== null) places.set(item.number, tasks.length);
        tasks.push(itemTask(item));
      }
    }
  }
  return { tasks, notWork };
}

function parentOf({ number }: Item, places: ReadonlyMap<string, number>): number | undefined {
  for (let end = number?.lastIndexOf('.') ?? -1; end > 0; end = number?.lastIndexOf('.', end - 1) ?? -1) {
    const place = places.get(number?.slice(0, end) ?? '');
    if (place !== undefined) return place;
  }
  return undefined;
}

/** An item that is no work. Others may depend on its number. */
function asideOf({ box, number, range }: Item, why: string, { file, text }: Source): NotWork {
  const unit =
    number === null ? {} : { key: number, end: box.isOptional ? ('optional' as const) : ('cancelled' as const) };
  return { file, line: locate(text, range.start).line, why, ...unit };
}

/** Why an item is no work; null if it is. */
function reasonOf({ box, text }: Item): string | null {
  if (box.isOptional) return 'optional tasks';
  if (box.state === 'not-applicable') return 'tasks that do not apply';
  return text.startsWith('~~') ? 'struck tasks' : null;
}

function itemTask({ node, number, text, range }: Item): Task {
  return {
    ...{
      number,
      title: titled(text) || number || 'task',
      isParallel: isParallel(text),
      isSaidDone: ticked.test(text.trimEnd()),
    },
    ...{ ranges: [range], items: [node], section: null, mark: null },
  };
}

function isParallel(text: string): boolean {
  return /^\s*\(P\)\s/.test(text);
}

function titled(said: string): string {
  const text = said.replace(/^\s*\(P\)\s+/, '').trimStart();
  const state = boldState(text);
  return fold(
    (state === null ? text : `[${state.words}]${text.slice(state.length)}`)
      .replace(/\*\*|__|`/g, '')
      .replace(ticked, ''),
  );
}
