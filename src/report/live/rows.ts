import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { MicroUsd } from '../../model/money.ts';
import { printableLine } from '../../util/text/printable.ts';
import { fitTo, widthOf } from '../../util/text/width.ts';
import { formatClock } from '../duration.ts';
import { type Line, signs, span, type Tone } from '../line.ts';
import { type AgentNow, doingOf, type RunState, unknownUnit, type UnitNow } from '../run-state.ts';
import type { Known } from './known.ts';

/** One running unit, as its columns show it. */
export interface Row {
  readonly unit: UnitId;
  readonly sign: string;
  readonly tone: Tone;
  readonly name: string;
  readonly tries: string;
  readonly stage: string;
  readonly now: string;
  readonly time: string;
  readonly usual: string;
  readonly context: string;
  readonly cost: string;
}

/** A unit is late from this multiple of its usual time on. */
const lateFrom = 2;

/** The running units, in order of their start. */
export function rowsOf(state: RunState, known: Known, now: number): Row[] {
  const busy = new Set(state.busy);
  const usualOf = new Map(known.units.flatMap(({ id, usualMs }) => (busy.has(id) ? [[id, usualMs]] : [])));
  return state.busy.map((id) => {
    const unit = state.units.get(id) ?? unknownUnit(id);
    const agent = unit.agents.at(-1) ?? null;
    const since = unit.attempt?.since ?? unit.since ?? now;
    const usual = usualOf.get(id) ?? null;
    const isLate = usual !== null && now - since >= lateFrom * usual;
    return {
      unit: id,
      ...stageOf(state, unit, agent),
      name: printableLine(unit.key),
      tries: unit.attempt === null ? '' : (numberOf(unit.attempt.id) ?? ''),
      time: `${isLate ? signs.late : ''}${formatClock(now - since)}`,
      usual: usual === null ? '' : `~${formatClock(usual)}`,
      context: contextOf(agent, known),
      cost: costOf(unit, known),
    };
  });
}

/** The number of an attempt: `2` of `sort.2`. */
function numberOf(attempt: AttemptId): string | null {
  return /\.(\d+)$/.exec(attempt)?.[1] ?? null;
}

const stages: Readonly<Record<AgentNow['role'], string>> = {
  ...{
    lead: 'leading',
    scout: 'exploring',
    planner: 'planning',
    builder: 'building',
    debugger: 'fixing',
    researcher: 'research',
  },
  ...{ synthesizer: 'research', reviewer: 'reviewing', shipper: 'describing' },
};

/** What is done with a unit now, in which form, and by what. */
function stageOf(state: RunState, unit: UnitNow, agent: AgentNow | null): Pick<Row, 'sign' | 'tone' | 'stage' | 'now'> {
  const doing = doingOf(state, unit.id);
  const judging = { sign: signs.judging, tone: 'accent' } as const;
  const reviewers = unit.agents.filter(({ role }) => role === 'reviewer').length;
  if (doing === 'landing') return { ...judging, stage: 'landing', now: '' };
  if (doing === 'waiting to land') {
    const place = state.mergeQueue.waiting.indexOf(unit.id) + 1;
    return {
      ...judging,
      stage: 'to land',
      now: `place ${place} of ${state.mergeQueue.waiting.length} in the merge queue`,
    };
  }
  if (doing === 'judging' && (agent === null || agent.role === 'reviewer')) {
    const { done, last } = unit.checks;
    const command = last === null ? '' : `: ${printableLine(last)}`;
    const checked = done === 0 ? '' : `${done} ${done === 1 ? 'check' : 'checks'} done${command}`;
    const asked = reviewers === 0 ? '' : `${reviewers} ${reviewers === 1 ? 'reviewer' : 'reviewers'}`;
    return {
      ...judging,
      stage: reviewers > 0 ? 'reviews' : 'checks',
      now: [asked, checked].filter(Boolean).join('; '),
    };
  }
  if (agent === null) return { sign: signs.working, tone: 'good', stage: 'starting', now: '' };
  const now = printableLine(agent.doing ?? '', 200);
  if (agent.round > 0) return { sign: signs.repairing, tone: 'warn', stage: `repair ${agent.round}`, now };
  return { sign: signs.working, tone: 'good', stage: stages[agent.role], now };
}

function contextOf(agent: AgentNow | null, { sessions }: Known): string {
  const session = agent === null ? undefined : sessions.find(({ name }) => name === agent.name);
  if (session === undefined || session.contextTokens === null) return '';
  return session.contextWindow === null || session.contextWindow <= 0
    ? `${Math.round(session.contextTokens / 1000)}k`
    : `${Math.round((100 * session.contextTokens) / session.contextWindow)}%`;
}

function costOf(unit: UnitNow, { sessions }: Known): string {
  const active = sessions.filter((session) => unit.agents.some(({ name }) => name === session.name));
  const spent = active.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0), unit.money.spentMicroUsd);
  return spent > 0 ? shortUsd(spent) : '';
}

/** `$0.17`, with cents also below one. */
export function shortUsd(micro: MicroUsd): string {
  return `$${(micro / 1e6).toFixed(2)}`;
}

const columnsOf = [
  ['tries', 'TRY', 'left'],
  ['stage', 'STAGE', 'left'],
  ['now', 'NOW', 'left'],
  ['time', 'TIME', 'right'],
  ['usual', 'USUAL', 'right'],
  ['context', 'CTX', 'right'],
  ['cost', 'COST', 'right'],
] as const;

/** The most columns of a name. */
const widestName = 22;
/** Columns of the mark of the chosen unit and of the sign. */
const signWidth = 4;

/** Rows as aligned lines with a heading; columns without anything in them are left out. */
export function tableLines(
  rows: readonly Row[],
  columns: number,
  chosen: UnitId | null,
): { heading: Line; rows: Line[] } {
  const shown = columnsOf.filter(([field]) => field === 'now' || rows.some((row) => row[field] !== ''));
  const widths = new Map(
    shown.map(([field, title]) => [field, Math.max(widthOf(title), ...rows.map((row) => widthOf(row[field])))]),
  );
  const names = Math.max(4, ...rows.map(({ name }) => widthOf(name)));
  const nameWidth = Math.min(names, widestName, Math.max(8, Math.floor(columns / 4)));
  const others = shown.reduce((sum, [field]) => sum + (field === 'now' ? 2 : (widths.get(field) ?? 0) + 2), 0);
  widths.set('now', Math.max(0, columns - signWidth - nameWidth - others - 1));
  const line = (cells: Readonly<Record<(typeof columnsOf)[number][0], string>>): string =>
    shown
      .map(([field, , side]) => `  ${fitTo(cells[field], widths.get(field) ?? 0, { isRight: side === 'right' })}`)
      .join('');
  const titles = Object.fromEntries(columnsOf.map(([field, title]) => [field, title])) as Parameters<typeof line>[0];
  return {
    heading: [span(`${' '.repeat(signWidth - 1)}${fitTo('UNIT', nameWidth)}${line(titles)}`, 'dim')],
    rows: rows.map((row) => {
      const isChosen = row.unit === chosen;
      return [
        span(isChosen ? '>' : ' ', 'strong'),
        span(`${row.sign} `, row.tone),
        span(fitTo(row.name, nameWidth), isChosen ? 'strong' : 'plain'),
        span(line(row)),
      ];
    }),
  };
}
