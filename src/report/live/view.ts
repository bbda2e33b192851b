import { describeFailure } from '../../model/describe-failure.ts';
import type { UnitId } from '../../model/ids.ts';
import { listSome } from '../../model/list-some.ts';
import { plural } from '../../util/text/plural.ts';
import { printableLine } from '../../util/text/printable.ts';
import { cutTo, fitTo, widthOf } from '../../util/text/width.ts';
import { formatClock, formatRange } from '../duration.ts';
import { type Line, type Look, shownOn, signs, span, type Span } from '../line.ts';
import { keyOf, type RunState } from '../run-state.ts';
import type { Known } from './known.ts';
import { holdLine, nextLine } from './outlook.ts';
import { type Row, rowsOf, shortUsd, tableLines } from './rows.ts';

/** What a person chose in the live view. */
export interface Chosen {
  readonly unit: UnitId | null;
  /** Whether more is shown of it. */
  readonly isExpanded: boolean;
  /** The unit whose agents are followed; null for none. */
  readonly followed: UnitId | null;
  /** The last line: what was asked and answered, or what is being typed; null for the keys. */
  readonly says: string | null;
}

export const nothingChosen: Chosen = { unit: null, isExpanded: false, followed: null, says: null };

/** How the live view is shown. */
export interface LiveLook extends Look {
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The keys that can be pressed; '' for none. */
  readonly keys: string;
}

/** From this width on there are more words. */
const wide = 100;

/**
 * A run as lines that fit a terminal: how far it is, one line for each running unit, what comes next and what holds it up.
 * Never more than `rows - 1` lines: running units that have no place are counted.
 */
export function liveLines(state: RunState, known: Known, chosen: Chosen, look: LiveLook): Line[] {
  const { columns } = look;
  const rows = rowsOf(state, known, look.now);
  const place = Math.max(1, look.rows - 1);
  const counts = countsOf(state);
  const head = [headLine(state, known, look), barLine(counts, columns), countsLine(counts, known, state, columns)];
  const outlook = [
    nextLine(state, known, columns),
    holdLine(state, known),
    ...(columns >= wide ? [fleetLine(state, known)] : []),
  ].filter((line) => line !== null);
  const last =
    chosen.says === null ? (look.keys === '' ? [] : [[span(` ${look.keys}`, 'dim')]]) : [[span(` ${chosen.says}`)]];
  // What has to give way first stands last in this list.
  const spare = place - head.length - last.length;
  const more = expanded(state, chosen, rows);
  const table = folded(rows, more, {
    place: Math.max(2, spare - (spare > 12 ? outlook.length + 2 : 0)),
    columns,
    chosen,
  });
  const used = table.length;
  const rest = spare - used;
  const shownOutlook = outlook.slice(0, Math.max(0, rest - (rest > outlook.length + 1 ? 2 : 0)));
  const isAiry = rest >= shownOutlook.length + 2;
  const blank: Line[] = isAiry ? [[]] : [];
  const lines = [...head, ...blank, ...table, ...(shownOutlook.length > 0 ? blank : []), ...shownOutlook];
  // What is typed or answered stays, however few rows there are.
  return [...lines.slice(0, place - last.length), ...last].map((line) => shownOn(look, cutLine(line, columns - 1)));
}

export interface Counts {
  readonly done: number;
  readonly running: number;
  readonly waiting: number;
  readonly failed: number;
  readonly needYou: number;
  readonly all: number;
}

/** How many units are how far. */
export function countsOf({ counts, busy, run }: RunState): Counts {
  const of = (...states: readonly (keyof typeof counts)[]): number =>
    states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const [done, failed] = [of('done'), of('failed', 'quarantined')];
  const needYou = of('awaiting', 'blocked');
  const told = [done, failed, needYou, busy.length, of('cancelled', 'retired')].reduce((sum, count) => sum + count, 0);
  const waiting = Math.max(0, (run?.open ?? 0) - told);
  return { done, failed, needYou, running: busy.length, waiting, all: done + failed + needYou + busy.length + waiting };
}

function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** Parts at the left and at the right end of a line. */
function ends(left: readonly Span[], right: readonly Span[], columns: number): Line {
  const blanks = columns - 1 - lineWidth(left) - lineWidth(right);
  return blanks < 1 ? left : [...left, span(' '.repeat(blanks)), ...right];
}

function headLine(state: RunState, known: Known, { now, columns }: LiveLook): Line {
  const busy = new Set(state.busy);
  const phases = [...new Set(known.units.flatMap(({ id, phase }) => (busy.has(id) && phase !== null ? [phase] : [])))];
  const where = [
    ...(phases.length === 0 ? [] : [`phase ${printableLine(listSome(phases, 2), 40)}`]),
    ...(state.wave === null ? [] : [`wave ${state.wave.number}`]),
  ].join(', ');
  const elapsed = formatClock((state.end?.at ?? now) - (state.startedAt ?? now));
  const left =
    known.left === null || state.end !== null ? '' : `  ${formatRange(known.left.fromMs, known.left.toMs)} left`;
  const name = `backlog run  ${printableLine(state.run?.branch ?? '', 40)}`;
  return ends(
    [span(` ${name}`, 'strong'), span(where === '' ? '' : `  ${where}`)],
    [span(`${elapsed}${left}`)],
    columns,
  );
}

/** The same number of cells for each unit, or none if there is no place for them. */
function barLine({ done, failed, needYou, running, waiting, all }: Counts, columns: number): Line {
  const tail = `${done} of ${all} landed`;
  const width = Math.max(0, columns - 5 - widthOf(tail));
  const cells = all === 0 ? 0 : Math.min(6, Math.floor(width / all));
  const scaled = (count: number): number =>
    cells > 0 ? count * cells : Math.round((count * width) / Math.max(1, all));
  const bar = [
    span(signs.barDone.repeat(scaled(done)), 'good'),
    span(signs.failed.repeat(scaled(failed)), 'bad'),
    span(signs.question.repeat(scaled(needYou)), 'warn'),
    span(signs.barBusy.repeat(scaled(running)), 'accent'),
    span(signs.barOpen.repeat(scaled(waiting)), 'dim'),
  ];
  return ends([span(' '), ...bar], [span(tail)], columns);
}

function countsLine(counts: Counts, known: Known, state: RunState, columns: number): Line {
  const words = columns >= wide;
  const part = (sign: string, count: number, word: string, tone: Span['tone']): Span =>
    span(`${sign} ${count}${word === '' ? '' : ` ${word}`}${words ? '   ' : '  '}`, count === 0 ? 'dim' : tone);
  const cap = known.capMicroUsd === null ? '' : ` of ${shortUsd(known.capMicroUsd)}`;
  const spent = Math.max(known.spentMicroUsd, state.money.spentMicroUsd);
  const money = spent === 0 && cap === '' ? '' : `${shortUsd(spent)}${cap}`;
  return ends(
    [
      span(' '),
      part(signs.done, counts.done, words ? 'landed' : '', 'good'),
      part(signs.working, counts.running, 'running', 'plain'),
      part(signs.waiting, counts.waiting, 'waiting', 'plain'),
      part(signs.failed, counts.failed, words ? 'failed' : '', 'bad'),
      part(signs.question, counts.needYou, words ? 'need you' : '', 'warn'),
    ],
    [span(money)],
    columns,
  );
}

function fleetLine(state: RunState, known: Known): Line {
  const { holder, waiting } = state.mergeQueue;
  const queue = waiting.length + (holder === null ? 0 : 1);
  const rate = known.tokensPerMinute;
  const conflicts = state.units.values().reduce((sum, unit) => sum + unit.conflicts, 0);
  const parts = [
    `${plural(state.agentLoad.now, 'agent')}${known.maxAgents === null ? '' : ` of ${known.maxAgents}`}`,
    ...(rate === null || rate < 500 ? [] : [`${Math.round(rate / 1000)}k tokens/min`]),
    queue === 0 ? 'merge queue empty' : `${queue} in the merge queue`,
    ...(conflicts === 0 ? [] : [plural(conflicts, 'conflict')]),
  ];
  return [span(` ${fitTo('FLEET', 8)}`, 'dim'), span(parts.join('   '))];
}

/** The rows that have a place, below their heading, and how many have none. */
function folded(
  rows: readonly Row[],
  more: { readonly unit: UnitId | null; readonly lines: readonly Line[] },
  { place, columns, chosen }: { readonly place: number; readonly columns: number; readonly chosen: Chosen },
): Line[] {
  if (rows.length === 0) return [];
  const most = place - 1 - more.lines.length;
  const isAll = rows.length <= most;
  const count = Math.max(1, isAll ? rows.length : most - 1);
  const at = rows.findIndex(({ unit }) => unit === chosen.unit);
  const from = Math.max(0, Math.min(at - count + 1, rows.length - count));
  const shown = rows.slice(from, from + count);
  const table = tableLines(shown, columns, chosen.unit);
  const lines = table.rows.flatMap((line, index) =>
    shown[index]?.unit === more.unit ? [line, ...more.lines] : [line],
  );
  if (isAll) return [table.heading, ...lines];
  const hidden = [...rows.slice(0, from), ...rows.slice(from + count)];
  const stages = [...Map.groupBy(hidden, ({ stage }) => stage)].map(([stage, all]) => `${all.length} ${stage}`);
  return [table.heading, ...lines, [span(`   + ${hidden.length} more running: ${stages.join(', ')}`, 'dim')]];
}

/** More of the chosen unit: its agents, and why it was not done before. */
function expanded(state: RunState, chosen: Chosen, rows: readonly Row[]): { unit: UnitId | null; lines: Line[] } {
  const unit = chosen.unit === null || !chosen.isExpanded ? undefined : state.units.get(chosen.unit);
  if (unit === undefined || !rows.some((row) => row.unit === unit.id)) return { unit: null, lines: [] };
  const line = (text: string): Line => [span(`     ${printableLine(text, 400)}`, 'dim')];
  return {
    unit: unit.id,
    lines: [
      line(unit.title),
      ...unit.agents.map(({ name, agent, model, doing }) =>
        line(`${name}: ${agent}${model === null ? '' : ` ${model}`}${doing === null ? '' : `: ${doing}`}`),
      ),
      ...(unit.failure === null ? [] : [line(`before: ${describeFailure(unit.failure)}`)]),
      ...unit.overlaps.map(({ with: other, files }) =>
        line(`conflicts so far with ${keyOf(state, other)} in ${listSome(files, 3)}`),
      ),
    ],
  };
}

/** A line that does not reach the last column, where some terminals break it. */
function cutLine(line: Line, width: number): Line {
  if (lineWidth(line) <= width) return line;
  const parts: Span[] = [];
  let left = width;
  for (const { text, tone } of line) {
    if (left <= 0) break;
    const cut = cutTo(text, left);
    parts.push({ text: cut, tone });
    left -= widthOf(cut);
    if (cut !== text) break;
  }
  return parts;
}
