import { fromUsd, possiblyMore } from '../model/money.ts';
import { listSome } from '../model/list-some.ts';
import type { Report } from '../model/report.ts';
import { cutTo, fitTo, widthOf, wrapTo } from '../util/text/width.ts';
import { printable, printableLine } from '../util/text/printable.ts';
import { accountOf, type Item, type Said } from './account.ts';
import { formatDuration } from './duration.ts';
import { limitSentence } from './limiting.ts';
import { type Line, type Look, shownOn, signs, span, type Tone } from './line.ts';
import { environmentHint, headline } from './markdown.ts';

/** From this width on, a command stands on the line of what it is for. */
const wide = 96;
/** The most columns that lines are aligned to. */
const widest = 110;
/** The most columns that a unit's name gets, and a command beside what it is for. */
const widestName = 24;
const widestCommand = 48;
/** Columns between a text and its command. */
const gap = 3;

const tones: Readonly<Record<Item['sign'], Tone>> = {
  failed: 'bad',
  question: 'warn',
  approval: 'warn',
  waiting: 'dim',
  done: 'good',
};

/** The end of a run as lines: how it ended, what did not land and why, what did, each with the command to type next. */
export function accountLines(report: Report, said: Said, look: Look): Line[] {
  const items = accountOf(report, said);
  const columns = Math.min(look.columns, widest);
  const limit = limitSentence(report);
  const lines = [
    [],
    ...headingLines(report, columns),
    ...(limit === null ? [] : indented(limit, columns, 'dim')),
    ...environmentLines(report, columns),
    [],
  ];
  const written = report.account === null ? [] : writtenLines(report.account, columns);
  return [
    ...lines.map((line) => shownOn(look, line)),
    ...itemsLines(items, look),
    ...written.map((line) => shownOn(look, line)),
  ];
}

/** Items as lines, each with its command. */
export function itemsLines(items: readonly Item[], look: Look): Line[] {
  const layout = layoutOf(items, Math.min(look.columns, widest));
  return items.flatMap((item) => itemLines(item, layout)).map((line) => shownOn(look, line));
}

/** A text as lines that begin below the text of a heading. */
function indented(text: string, columns: number, tone: Tone = 'plain'): Line[] {
  return wrapTo(text, columns - 2).map((line) => [span(`  ${line}`, tone)]);
}

/** Lines of a model's account that are shown. */
const mostWritten = 20;

/** What a model wrote, marked as such. */
function writtenLines({ agent, text }: NonNullable<Report['account']>, columns: number): Line[] {
  const all = printable(text)
    .split('\n')
    .flatMap((line) => wrapTo(line, columns - 4));
  return [
    [],
    [span(`${printableLine(agent)} writes (a model; figures and verdicts are above):`, 'dim')],
    ...all.slice(0, mostWritten).map((line): Line => [span('  | ', 'dim'), span(line)]),
    ...(all.length > mostWritten ? [[span('  | …', 'dim')]] : []),
  ];
}

function headingLines(report: Report, columns: number): Line[] {
  const { totals, run } = report;
  const isDone = run.exitCode === 0;
  const isFailed = report.units.some(({ state }) => state === 'failed' || state === 'quarantined');
  const sign = isDone
    ? signs.done
    : isFailed || report.environment !== null
      ? signs.failed
      : run.outcome === 'waiting-for-person'
        ? signs.approval
        : signs.question;
  const notional = totals.notionalUsd > 0 ? ` (and $${totals.notionalUsd.toFixed(2)} notional)` : '';
  const spent = totals.costUsd === null ? 'cost unknown' : `$${totals.costUsd.toFixed(2)}`;
  const cost = spent + possiblyMore(fromUsd(totals.possibleUsd)) + notional;
  const time = `in ${formatDuration(totals.durationMs)} (one at a time: ${formatDuration(totals.sequentialMs)})`;
  const tone = isDone ? 'good' : 'bad';
  const [ends, rest] = [`${sign} ${headline(report)}`, `${time}, ${cost}, at most ${totals.peakParallel} in parallel`];
  if (widthOf(`${ends} ${rest}`) <= columns) return [[span(ends, tone), span(` ${rest}`)]];
  const [first = '', ...more] = wrapTo(ends, columns - 2);
  return [[span(first, tone)], ...more.flatMap((line) => indented(line, columns, tone)), ...indented(rest, columns)];
}

function environmentLines({ environment }: Report, columns: number): Line[] {
  if (environment === null) return [];
  const excerpt = printable(environment.excerpt).trimEnd().split('\n').slice(-15);
  return [
    ...indented(`${printableLine(environment.command)} fails on the base commit; no agent was started.`, columns),
    ...indented(environmentHint, columns),
    ...excerpt.map((line) => [span(`    ${line}`, 'dim')]),
  ];
}

/** The names of an item's units, as one. */
function nameOf({ keys }: Item): string {
  const [first = '', ...rest] = keys.map((key) => printableLine(key));
  const others = rest.length === 0 ? '' : ` +${rest.length}`;
  return `${cutTo(first, widestName - others.length)}${others}`;
}

interface Layout {
  readonly columns: number;
  /** Width of the names; null where they are a part of the text, to leave it more place. */
  readonly nameWidth: number | null;
  /** Where commands begin that stand beside what they are for; null on a narrow terminal. */
  readonly commandsAt: number | null;
}

function layoutOf(items: readonly Item[], columns: number): Layout {
  if (columns < wide) return { columns, nameWidth: null, commandsAt: null };
  const nameWidth = Math.max(0, ...items.map((item) => widthOf(nameOf(item))));
  const commands = items.map(({ command }) => widthOf(command ?? '')).filter((width) => width <= widestCommand);
  const last = columns - Math.max(0, ...commands);
  const ends = items.map((item) => indentOf(item, nameWidth) + widthOf(item.what) + gap);
  return { columns, nameWidth, commandsAt: Math.min(last, Math.max(...ends)) };
}

/** Where the text of an item begins. */
function indentOf({ keys }: Item, nameWidth: number | null): number {
  return 2 + (nameWidth === null || keys.length === 0 ? 0 : nameWidth + 2);
}

function itemLines(item: Item, { columns, nameWidth, commandsAt }: Layout): Line[] {
  const [indent, name] = [indentOf(item, nameWidth), nameOf(item)];
  const command = printableLine(item.command ?? '', 1000);
  const isBesides = commandsAt !== null && command !== '' && commandsAt + widthOf(command) <= columns;
  const width = columns - indent;
  const firstWidth = isBesides ? commandsAt - indent - gap : width;
  const sign = span(`${signs[item.sign]} `, tones[item.sign]);
  const isInText = nameWidth === null && name !== '';
  const head = indent > 2 ? [sign, span(fitTo(name, indent - 2), 'strong')] : [sign];
  const [first = '', ...rest] = wrapTo(isInText ? `${name}  ${item.what}` : item.what, firstWidth);
  const more = [
    ...rest.map((line) => ({ line, tone: 'plain' as const })),
    ...[...listedNames(item), ...item.details, ...(item.holdsBack === null ? [] : [item.holdsBack])].map((line) => ({
      ...{ line, tone: 'dim' as const },
    })),
  ];
  const beside = isBesides ? [span(fitTo(first, firstWidth + gap)), span(command, 'accent')] : [span(first)];
  const below = isBesides || command === '' ? [] : [span(command, 'accent')];
  const blanks = span(' '.repeat(indent));
  return [
    [...head, ...beside],
    ...more.flatMap(({ line, tone }) => wrapTo(line, width).map((one) => [blanks, span(one, tone)])),
    ...below.map((one) => [blanks, one]),
  ];
}

/** The units that share an item. */
function listedNames({ keys }: Item): string[] {
  return keys.length < 2
    ? []
    : [
        listSome(
          keys.map((key) => printableLine(key)),
          12,
        ),
      ];
}
