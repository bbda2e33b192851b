import { fromUsd, formatUsd } from '../model/money.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import { plural } from '../util/text/plural.ts';
import { formatDuration } from './duration.ts';
import { code, inline } from './markdown-text.ts';

/*
 * What follows from the reports of several runs on one queue: what differs between two, and what all since some time did.
 */

type State = ReportUnit['state'];
type Verdict = ReportUnit['criteria'][number]['verdict'];

/** A run, in the account of several. */
export interface RunInShort {
  readonly id: string;
  /** ISO 8601, like `endedAt`. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: string;
  readonly exitCode: number;
  /** Units that landed in it. */
  readonly landed: number;
  readonly done: number;
  readonly units: number;
  /** Null if unknown. */
  readonly costUsd: number | null;
  readonly durationMs: number;
}

/** What differs between the reports of two runs. */
export interface Comparison {
  readonly before: RunInShort;
  readonly after: RunInShort;
  /** Units whose state or criteria differ, in the order of the later report; those that only one has come last. */
  readonly units: readonly {
    readonly id: string;
    readonly key: string;
    /** Null where that run had no such unit. */
    readonly was: State | null;
    readonly now: State | null;
    /** Criteria with another verdict. Null where one of the two has no such criterion. */
    readonly criteria: readonly { readonly text: string; readonly was: Verdict | null; readonly now: Verdict | null }[];
  }[];
}

export function compareReports(before: Report, after: Report): Comparison {
  const earlier = new Map(before.units.map((unit) => [unit.id, unit]));
  const later = new Set(after.units.map(({ id }) => id));
  const pairs = [
    ...after.units.map((now) => [earlier.get(now.id) ?? null, now] as const),
    ...before.units.filter(({ id }) => !later.has(id)).map((was) => [was, null] as const),
  ];
  const units = pairs.map(([was, now]) => ({
    ...{ id: now?.id ?? was?.id ?? '', key: now?.key ?? was?.key ?? '' },
    ...{ was: was?.state ?? null, now: now?.state ?? null },
    criteria: was === null || now === null ? [] : changedCriteria(was, now),
  }));
  return {
    ...{ before: inShort(before), after: inShort(after) },
    units: units.filter(({ was, now, criteria }) => was !== now || criteria.length > 0),
  };
}

function changedCriteria(was: ReportUnit, now: ReportUnit): Comparison['units'][number]['criteria'] {
  const [before, after] = [verdictsOf(was), verdictsOf(now)];
  return [...new Set([...after.keys(), ...before.keys()])]
    .map((text) => ({ text, was: before.get(text) ?? null, now: after.get(text) ?? null }))
    .filter((one) => one.was !== one.now);
}

/** By the text of the criterion; of several with the same text, the last one. */
function verdictsOf({ criteria }: ReportUnit): ReadonlyMap<string, Verdict> {
  return new Map(criteria.map(({ text, verdict }) => [text, verdict]));
}

function inShort({ run, units, totals }: Report): RunInShort {
  return {
    ...{ id: run.id, startedAt: run.startedAt, endedAt: run.endedAt, outcome: run.outcome, exitCode: run.exitCode },
    ...{ landed: units.filter(isLandedIn).length, done: units.filter(({ state }) => state === 'done').length },
    ...{ units: units.length, costUsd: totals.costUsd, durationMs: totals.durationMs },
  };
}

function isLandedIn({ state, attempts, commit }: ReportUnit): boolean {
  return state === 'done' && attempts > 0 && commit !== null;
}

/** What the runs since some time did together, and what is left. */
export interface Since {
  /** Oldest first. */
  readonly runs: readonly RunInShort[];
  /** Runs of that time without a report: they are active, crashed, or their report is damaged or removed. */
  readonly without: readonly string[];
  /** In the order in which they landed, run by run. */
  readonly landed: readonly {
    readonly id: string;
    readonly key: string;
    readonly title: string;
    readonly run: string;
  }[];
  /** Units that the last report has as not done. */
  readonly open: readonly {
    readonly id: string;
    readonly key: string;
    readonly state: State;
    readonly why: string | null;
  }[];
  readonly totals: {
    /** Null if that of no run is known. */
    readonly costUsd: number | null;
    /** Runs of unknown cost. */
    readonly unknown: number;
    readonly durationMs: number;
    readonly filesChanged: number;
    readonly linesAdded: number;
    readonly linesRemoved: number;
  };
}

/** `reports`: oldest first. A unit that landed in several runs is told by the last one. */
export function accountSince(reports: readonly Report[], without: readonly string[]): Since {
  const landed = new Map<string, Since['landed'][number]>();
  for (const { run, units } of reports)
    for (const unit of units.filter(isLandedIn)) {
      landed.delete(unit.id);
      landed.set(unit.id, { id: unit.id, key: unit.key, title: unit.title, run: run.id });
    }
  const known = reports.flatMap(({ totals }) => totals.costUsd ?? []);
  const sum = (of: (totals: Report['totals']) => number): number =>
    reports.reduce((all, { totals }) => all + of(totals), 0);
  return {
    ...{ runs: reports.map(inShort), without, landed: [...landed.values()] },
    open: (reports.at(-1)?.units ?? [])
      .filter(({ state }) => state !== 'done')
      .map(({ id, key, state, failure, why }) => ({ id, key, state, why: failure?.sentence ?? why })),
    totals: {
      costUsd: known.length === 0 ? null : known.reduce((all, usd) => all + fromUsd(usd), 0) / 1e6,
      unknown: reports.length - known.length,
      durationMs: sum(({ durationMs }) => durationMs),
      filesChanged: sum(({ filesChanged }) => filesChanged),
      linesAdded: sum(({ linesAdded }) => linesAdded),
      linesRemoved: sum(({ linesRemoved }) => linesRemoved),
    },
  };
}

const costOf = (usd: number | null): string => formatUsd(usd === null ? null : fromUsd(usd));
const when = (iso: string): string => `${inline(iso.replace('T', ' ').slice(0, 16))} UTC`;

/** A comparison as Markdown. Foreign text is escaped. */
export function comparisonMarkdown({ before, after, units }: Comparison): string {
  const row = (name: string, of: (run: RunInShort) => string): string => `| ${name} | ${of(before)} | ${of(after)} |`;
  const parts = (
    title: string,
    of: Comparison['units'],
    tell: (unit: Comparison['units'][number]) => string,
  ): string[] =>
    of.length === 0 ? [] : [`## ${title}`, '', ...of.flatMap((unit) => [`- ${tell(unit)}`, ...flips(unit)]), ''];
  const landed = units.filter(({ was, now }) => now === 'done' && was !== 'done');
  const lost = units.filter(({ was, now }) => was === 'done' && now !== 'done' && now !== null);
  const fresh = units.filter(({ was, now }) => was === null && now !== 'done');
  const gone = units.filter(({ now }) => now === null);
  const told = new Set([...landed, ...lost, ...fresh, ...gone]);
  const name = ({ key }: Comparison['units'][number]): string => code(key);
  const lines = [
    `# ${inline(before.id)} and ${inline(after.id)}`,
    '',
    '| | before | after |',
    '|---|---|---|',
    row('Began', (run) => when(run.startedAt)),
    row('Ended', (run) => `${inline(run.outcome)}, exit ${run.exitCode}`),
    row('Units done', (run) => `${run.done} of ${run.units}, ${run.landed} in this run`),
    row('Cost', (run) => costOf(run.costUsd)),
    row('Time', (run) => formatDuration(run.durationMs)),
    '',
    ...parts('Done now', landed, (unit) => `${name(unit)}${unit.was === null ? '' : `, ${unit.was} before`}`),
    ...parts('No longer done', lost, (unit) => `${name(unit)}: ${unit.now}`),
    ...parts('New, and not done', fresh, (unit) => `${name(unit)}: ${unit.now}`),
    ...parts('Gone', gone, (unit) => `${name(unit)}, ${unit.was} before`),
    ...parts(
      'Otherwise changed',
      units.filter((unit) => !told.has(unit)),
      (unit) => (unit.was === unit.now ? name(unit) : `${name(unit)}: ${unit.was} before, ${unit.now} now`),
    ),
    ...(units.length === 0 ? ['No unit differs.', ''] : []),
  ];
  return lines.join('\n');
}

function flips({ criteria }: Comparison['units'][number]): string[] {
  return criteria.map(
    ({ text, was, now }) => `  - ${inline(text)}: ${was ?? 'not there'} before, ${now ?? 'gone'} now`,
  );
}

/** The account of several runs as Markdown. Foreign text is escaped. */
export function sinceMarkdown({ runs, without, landed, open, totals }: Since): string {
  const unknown =
    totals.unknown === 0 || totals.costUsd === null ? '' : `, and ${plural(totals.unknown, 'run')} of unknown cost`;
  const lines = [
    `# ${plural(runs.length, 'run')}: ${landed.length} landed, ${open.length} not done`,
    '',
    '| | |',
    '|---|---|',
    `| Cost | ${costOf(totals.costUsd)}${unknown} |`,
    `| Time | ${formatDuration(totals.durationMs)} |`,
    `| Changed | ${plural(totals.filesChanged, 'file')}, +${totals.linesAdded} −${totals.linesRemoved} lines |`,
    '',
    '| Run | Began | Ended | Landed | Cost | Time |',
    '|---|---|---|---|---|---|',
    ...runs.map(
      (run) =>
        `| ${code(run.id)} | ${when(run.startedAt)} | ${inline(run.outcome)}, exit ${run.exitCode} | ${run.landed} | ${costOf(run.costUsd)} | ${formatDuration(run.durationMs)} |`,
    ),
    '',
    ...(without.length === 0 ? [] : [`Without a report: ${without.map(code).join(', ')}.`, '']),
    ...(open.length === 0
      ? []
      : [
          '## Not done',
          '',
          ...open.map(({ key, state, why }) => `- ${code(key)}: ${state}${why === null ? '' : `: ${inline(why)}`}`),
          '',
        ]),
    ...(landed.length === 0
      ? []
      : [
          '## Landed',
          '',
          ...landed.map(({ key, title, run }) => `- ${inline(title)} (${code(key)}), ${code(run)}`),
          '',
        ]),
  ];
  return lines.join('\n');
}
