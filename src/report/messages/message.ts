import type { Message, MessageItem } from '../../model/hook-event.ts';
import type { HookEvent } from '../../model/hooks.ts';
import { fromUsd, possiblyMore } from '../../model/money.ts';
import type { Report, ReportUnit } from '../../model/report.ts';
import { printableLine } from '../../util/text/printable.ts';
import { accountOf, type Item, type Said } from '../account.ts';
import { formatDuration } from '../duration.ts';
import { limitSentence } from '../limiting.ts';
import { headline } from '../markdown.ts';
import { decideLines } from './decide.ts';

/** What happened in a run, by the name of what hooks are called for: the ids of units, or texts about the run. */
export type Happened = ReadonlyMap<HookEvent, ReadonlySet<string>>;

/** What a message is made of. */
export interface Telling {
  /** The name of the repository's folder. */
  readonly project: string;
  readonly said: Said;
  readonly happened: Happened;
}

/** The most items of a message. */
const shownItems = 200;
/** The most units of an item whose evidence is told. */
const shownUnits = 3;

/** All that a report tells about what is not done, what waits for a person first, and what landed. */
export function itemsOf(report: Report, said: Said): MessageItem[] {
  return accountOf(report, said)
    .toSorted((a, b) => rank(a) - rank(b))
    .map(messageItem(report));
}

const rank = ({ sign }: Item): number => ['question', 'approval', 'failed', 'waiting', 'done'].indexOf(sign);

function messageItem(report: Report): (item: Item) => MessageItem {
  const units = new Map(report.units.map((unit) => [unit.id, unit]));
  return ({ sign, keys, ids, what, details, holdsBack, command }) => {
    const isAsked = sign === 'question' || sign === 'approval';
    const of = isAsked ? ids.flatMap((id) => units.get(id) ?? []).slice(0, shownUnits) : [];
    const decide = of.flatMap((unit) =>
      decideLines(unit).map((line) => (of.length > 1 ? `${unit.key}: ${line}` : line)),
    );
    return { sign, units: [...keys], what, details: [...details], decide, holdsBack, command };
  };
}

const states: Readonly<Partial<Record<HookEvent, readonly ReportUnit['state'][]>>> = {
  'unit.landed': ['done'],
  'unit.failed': ['failed', 'quarantined'],
  'gate.failed': ['failed', 'quarantined'],
  'unit.waits': ['awaiting', 'blocked'],
};

/** Of what happened, what is still so at the end of the run. */
function stillSo(report: Report, happened: Happened): Happened {
  const units = new Map(report.units.map(({ id, state }) => [id, state]));
  return new Map(
    [...happened].map(([event, ids]) => {
      const wanted = states[event];
      if (wanted === undefined) return [event, ids];
      const isSo = (id: string): boolean => wanted.some((state) => state === units.get(id));
      return [event, new Set([...ids].filter(isSo))];
    }),
  );
}

/** The message of a run for a webhook; null if nothing of what it is registered for happened. */
export function messageOf(report: Report, events: readonly HookEvent[], telling: Telling): Message | null {
  const { project, said } = telling;
  const happened = stillSo(report, telling.happened);
  const those = events.filter((event) => event === 'run.ended' || (happened.get(event)?.size ?? 0) > 0);
  if (those.length === 0) return null;
  const isWhole = events.includes('run.ended');
  const ids = new Set(those.flatMap((event) => [...(happened.get(event) ?? [])]));
  const items = accountOf(report, said)
    .filter((item) => isWhole || item.ids.some((id) => ids.has(id)) || (item.sign === 'done' && isLanded(those)))
    .toSorted((a, b) => rank(a) - rank(b))
    .map(messageItem(report));
  const limits = those.includes('limit.reached') || isWhole ? [...(happened.get('limit.reached') ?? [])] : [];
  const { run, totals } = report;
  const limit = isWhole ? limitSentence(report) : null;
  return {
    ...{ schemaVersion: 1, kind: 'message', project, events: those },
    title: `${project}: ${headline(report)}`,
    about: [
      aboutRun(report),
      ...(report.environment === null
        ? []
        : [`${printableLine(report.environment.command, 200)} fails on the base commit; no agent was started.`]),
      ...limits.slice(0, 5).map((text) => `limit: ${printableLine(text, 300)}`),
      ...(limit === null ? [] : [limit]),
    ],
    run: {
      ...{ id: run.id, branch: run.branch, startedAt: run.startedAt, endedAt: run.endedAt },
      ...{ outcome: run.outcome, exitCode: run.exitCode, durationMs: totals.durationMs, costUsd: totals.costUsd },
    },
    items: items.slice(0, shownItems),
    left: Math.max(0, items.length - shownItems),
  };
}

const isLanded = (events: readonly HookEvent[]): boolean => events.includes('unit.landed');

function aboutRun({ run, totals }: Report): string {
  const spent = totals.costUsd === null ? 'cost unknown' : `$${totals.costUsd.toFixed(2)}`;
  const cost = spent + possiblyMore(fromUsd(totals.possibleUsd));
  return `${run.outcome.replaceAll('-', ' ')} (exit code ${run.exitCode}) after ${formatDuration(totals.durationMs)}, ${cost}; run ${run.id}`;
}

/** How a run ended that could not go on, and has no report. */
export interface Halt {
  readonly run: { readonly id: string; readonly branch: string; readonly startedAt: string };
  readonly endedAt: string;
  readonly exitCode: number;
  readonly outcome: 'halted' | 'bug';
  readonly why: string;
}

/** The message of a run that could not go on. */
export function haltMessage(halt: Halt, events: readonly HookEvent[], telling: Telling): Message | null {
  const { project, said, happened } = telling;
  const those = events.filter((event) => event === 'run.ended' || (happened.get(event)?.size ?? 0) > 0);
  if (those.length === 0) return null;
  const { run, endedAt, exitCode, outcome } = halt;
  const durationMs = Math.max(0, Date.parse(endedAt) - Date.parse(run.startedAt));
  const item = { sign: 'failed', units: [], what: printableLine(halt.why, 400), details: [], decide: [] } as const;
  return {
    ...{ schemaVersion: 1, kind: 'message', project, events: those },
    title: `${project}: the run could not go on`,
    about: [`${outcome} (exit code ${exitCode}) after ${formatDuration(durationMs)}; run ${run.id}`],
    run: { ...run, endedAt, exitCode, outcome, durationMs, costUsd: null },
    items: [{ ...item, details: [], decide: [], units: [], holdsBack: null, command: said.command('run') }],
    left: 0,
  };
}
