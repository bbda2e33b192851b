import type { UnitState } from '../model/unit.ts';
import { printableLine } from '../util/text/printable.ts';
import { fitTo, wrapTo } from '../util/text/width.ts';
import { type Line, type Look, shownOn, signs, span, type Tone } from './line.ts';

/** A unit on the board. */
export interface BoardUnit {
  readonly key: string;
  readonly state: UnitState;
}

interface Column {
  readonly title: string;
  readonly sign: (state: UnitState) => string;
  readonly tone: Tone;
  readonly states: readonly UnitState[];
}

const attention = (state: UnitState): string =>
  state === 'awaiting' ? signs.approval : state === 'failed' || state === 'quarantined' ? signs.failed : signs.question;

const columnsOf: readonly Column[] = [
  { title: 'planned', sign: () => signs.waiting, tone: 'plain', states: ['ready', 'waiting', 'parked'] },
  { title: 'building', sign: () => signs.working, tone: 'good', states: ['working'] },
  { title: 'judging', sign: () => signs.judging, tone: 'accent', states: ['judging'] },
  {
    ...{ title: 'needs you', sign: attention, tone: 'warn' },
    states: ['failed', 'quarantined', 'blocked', 'awaiting', 'not-runnable', 'proposed'],
  },
  { title: 'landed', sign: () => signs.done, tone: 'good', states: ['done'] },
];

/** Below this width columns stand one below the other. */
const narrowest = 60;
/** Columns between columns. */
const gap = 2;

/** Units by how far they are, in columns of at most `most` units; of more, the others are counted. */
export function boardLines(units: readonly BoardUnit[], look: Look, most: number): Line[] {
  const columns = columnsOf.map((column) => ({
    ...column,
    units: units.filter(({ state }) => column.states.includes(state)),
  }));
  const lines = look.columns < narrowest ? stacked(columns, look.columns, most) : beside(columns, look.columns, most);
  return lines.map((line) => shownOn(look, line));
}

type Filled = Column & { readonly units: readonly BoardUnit[] };

/** The cells of a column: its units, and how many there are more. */
function cellsOf({ units, sign, tone }: Filled, most: number): Line[] {
  const shown = units.length > most ? units.slice(0, most - 1) : units;
  const cells = shown.map(({ key, state }) => [span(`${sign(state)} `, tone), span(printableLine(key))]);
  return shown.length === units.length ? cells : [...cells, [span(`+ ${units.length - shown.length} more`, 'dim')]];
}

function beside(columns: readonly Filled[], width: number, most: number): Line[] {
  const each = Math.floor((width - 1 - gap * (columns.length - 1)) / columns.length);
  const cells = columns.map((column) => cellsOf(column, most));
  const height = Math.max(0, ...cells.map(({ length }) => length));
  const row = (parts: readonly Line[]): Line =>
    parts.flatMap((part, index) => [...(index === 0 ? [] : [span(' '.repeat(gap))]), ...fitted(part, each)]);
  const titles = columns.map(({ title, units }) => [
    span(fitTo(title, each - String(units.length).length), 'strong'),
    span(String(units.length)),
  ]);
  const rule = columns.map(() => [span('─'.repeat(each), 'dim')]);
  const rows = Array.from({ length: height }, (_, at) => row(cells.map((column) => column[at] ?? [])));
  return [row(titles), row(rule), ...rows];
}

/** A cell of exactly this width: only its last part is cut or filled. */
function fitted(cell: Line, width: number): Line {
  const last = cell.at(-1) ?? span('');
  const first = cell.slice(0, -1);
  const taken = first.reduce((sum, { text }) => sum + text.length, 0);
  return [...first, span(fitTo(last.text, width - taken), last.tone)];
}

function stacked(columns: readonly Filled[], width: number, most: number): Line[] {
  return columns.flatMap((column) => [
    [span(`${column.title} ${column.units.length}`, 'strong')],
    ...cellsOf(column, most).flatMap((cell) =>
      wrapTo(cell.map(({ text }) => text).join(''), width - 3).map((text) => [span(`  ${text}`)]),
    ),
  ]);
}
