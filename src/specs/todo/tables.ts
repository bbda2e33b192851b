import type { RootContent, Table, TableRow } from 'mdast';
import { boxMark, isWaiving, readCell } from '../format/boxes.ts';
import { checksIn } from '../format/checks.ts';
import { criterionOf, type ParsedCriterion } from '../format/criterion.ts';
import { opensRegion } from '../format/region-names.ts';
import { unknownStatus } from '../format/unknown-status.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import { holdOfTitle, type Said, stateOf } from '../format/title-says.ts';
import { statusMark } from './status.ts';
import { type Around, type NoTask, type Page, renumbered, type Task } from './task.ts';

/** A table of tasks: its rows, and the columns of title, state and key. */
export interface TaskTable {
  readonly rows: readonly TableRow[];
  readonly columns: Columns;
}

interface Columns {
  readonly title: number;
  readonly state: number;
  /** -1 without one. */
  readonly id: number;
}

const stateColumn = /^(?:status|state|done\??|progress|stand|estado|statut|状态|状態)$/i;
const idColumn = /^(?:#|id|key|no\.?|nr\.?|number|issue|ticket)$/i;
const titleColumn =
  /^(?:title|tasks?|items?|features?|description|what|name|to-?do|work|deliverable|action|summary|story|aufgabe|tarea|任务|タスク)$/i;

/** The table of tasks that a node is; null for any other node. Most of its rows have a state. */
export function taskTable(node: RootContent, page: Page): TaskTable | null {
  if (node.type !== 'table') return null;
  const [, ...rows] = node.children;
  const columns = columnsOf(namesOf(node));
  if (columns === null) return null;
  const stated = rows.filter((row) => stateIn(row, columns, page) !== null);
  return stated.length > 0 && stated.length * 2 >= rows.length ? { rows, columns } : null;
}

/** True for a table that is none of tasks, although some of its rows say that they are open. */
export function hasOpenRows(table: Table, page: Page): boolean {
  const state = namesOf(table).findIndex((name) => stateColumn.test(name));
  if (state < 0 || taskTable(table, page) !== null) return false;
  const rows = table.children.slice(1);
  return rows.some((row) => stateIn(row, { title: -1, state, id: -1 }, page)?.state.kind === 'open');
}

function namesOf({ children: [head] }: Table): string[] {
  return (head?.children ?? []).map((cell) => fold(plainText(cell)));
}

function columnsOf(names: readonly string[]): Columns | null {
  const state = names.findIndex((name) => stateColumn.test(name));
  const named = names.findIndex((name) => titleColumn.test(name));
  const id = names.findIndex((name, index) => index !== named && idColumn.test(name));
  const title = named >= 0 ? named : names.findIndex((_name, index) => index !== state && index !== id);
  if (state < 0 || title < 0 || (named < 0 && id < 0)) return null;
  return { title, state, id };
}

function cellOf(row: TableRow, column: number, { body }: Page): { readonly raw: string; readonly start: number } {
  const cell = row.children[column];
  if (!cell) return { raw: '', start: startOffset(row) };
  const [first, last] = [cell.children[0], cell.children.at(-1)];
  if (!first || !last) return { raw: '', start: startOffset(cell) };
  return { raw: body.slice(startOffset(first), endOffset(last)), start: startOffset(first) };
}

function stateIn(row: TableRow, { state }: Columns, page: Page): Said | null {
  const { raw } = cellOf(row, state, page);
  if (isWaiving(readCell(raw, 0))) return { state: { kind: 'dropped' }, start: 0, end: raw.length };
  const box = /^\[([ xX])\]/.exec(raw);
  if (box) return { state: { kind: box[1] === ' ' ? 'open' : 'done' }, start: 1, end: 2 };
  return stateOf(raw);
}

/** Columns of criteria, beside those that are called like a region. */
const asking: ReadonlySet<string> = new Set([
  'check',
  'checks',
  'verification',
  'verify',
  'verified by',
  'how to verify',
]);

/** The criterion in each cell that has a check, or stands in a column of criteria; null for other cells. */
function asksIn(row: TableRow, { title, state, id }: Columns, names: readonly string[], page: Page) {
  return row.children.map((cell, index): ParsedCriterion | null => {
    if (index === state || index === id) return null;
    const { raw, start } = cellOf(row, index, page);
    const checks = checksIn([cell]);
    const isAsked = index !== title && opensRegion(names[index] ?? '', asking);
    const says = /[\p{L}\p{N}]/u.test(raw) && !/^(?:n\/a|none|tbd)$/i.test(raw);
    if (checks.commands.length === 0 && !(isAsked && says)) return null;
    return criterionOf({ source: page.source, start: start + page.offset, text: raw, ...checks, position: 0 });
  });
}

/** A row of a table as a task, or why it is none. */
export function readRow(
  row: TableRow,
  { rows, columns }: TaskTable,
  table: Table,
  page: Page,
  around: Around,
): Task | NoTask {
  const said = stateIn(row, columns, page);
  const title = fold(plainText(row.children[columns.title] ?? row)).trim();
  const key = columns.id < 0 ? '' : fold(plainText(row.children[columns.id] ?? row)).replace(/^#/, '');
  const id = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,40}$/u.test(key) && /\d/.test(key) ? key : null;
  if (said?.state.kind === 'dropped') return { why: 'cancelled tasks', id };
  if (title === '' || rows.length === 0) return { why: 'empty rows' };
  const cell = cellOf(row, columns.state, page);
  const isBox = /^\[[ xX]\]/.test(cell.raw);
  const mark =
    said === null
      ? null
      : isBox
        ? boxMark(page.source.file, cell.start + page.offset, boxIn(cell.raw), title)
        : statusMark(said, cell.start, cell.raw, page, title);
  const isDone = said?.state.kind === 'done' || (said === null && around.isDone);
  const names = namesOf(table);
  const asks = asksIn(row, columns, names, page);
  const criteria = asks.flatMap((one) => one ?? []).map((one, position) => renumbered(one, position));
  const details = row.children.flatMap((one, index): string[] => {
    const text = fold(plainText(one));
    const isCut = index === columns.state || (index !== columns.title && asks[index] !== null);
    return isCut || text === '' ? [] : [`${names[index] ?? text}: ${text}`];
  });
  const context = around.path.length === 0 ? '' : `Section: ${around.path.join(' › ')}\n\n`;
  return {
    id,
    title,
    start: startOffset(row) + page.offset,
    body: `${context}${details.join('\n')}`,
    criteria,
    problems: [
      ...(said === null && /\p{L}/u.test(cell.raw)
        ? [unknownStatus(page.source, cell.start + page.offset, cell.raw)]
        : []),
      ...criteria.flatMap((one) => one.problems),
    ],
    marks: mark === null ? [] : [mark],
    isDone,
    hold: isDone ? null : said?.state.kind === 'hold' ? said.state.why : (around.hold ?? holdOfTitle(title)),
    depends: [],
    place: 'row',
  };
}

function boxIn(raw: string): Parameters<typeof boxMark>[2] {
  const state = raw[1] === ' ' ? 'open' : 'done';
  return { state, isOptional: false, start: 1, end: 2, textStart: 3 };
}
