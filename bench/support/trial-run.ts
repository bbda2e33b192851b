import Sqlite from 'better-sqlite3';
import type { Report } from '../../src/model/report.ts';

/** A run of a check, as it wrote it down itself; times in ms since the epoch. Not whole if it was told to stop. */
export interface Ran {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly isWhole: boolean;
}

/** Where the time of a run went, in ms. What is read is in events and reports of all versions. */
export interface Trial {
  readonly wallMs: number;
  /** Along the run: one check ran, several did, an agent without any, or neither. */
  readonly aloneMs: number;
  readonly besideMs: number;
  readonly agentMs: number;
  readonly neitherMs: number;
  /** In the report: those that were needed. */
  readonly checkRuns: number;
  readonly runs: number;
  readonly stopped: number;
  readonly checksMs: number;
  /** Summed over the units. */
  readonly phases: Readonly<Record<Phase, number>>;
  /** Null in reports of versions without. */
  readonly limitedBy: string | null;
}

const phases = ['before', 'base', 'agent', 'judging', 'queued', 'landing'] as const;
type Phase = (typeof phases)[number];

interface EventRow {
  readonly at: number;
  readonly unit: string | null;
  readonly type: string;
  readonly step: string | null;
}

export function readTrial(
  report: Report,
  database: string,
  { from, to, ran }: { readonly from: number; readonly to: number; readonly ran: readonly Ran[] },
): Trial {
  const sqlite = new Sqlite(database, { readonly: true });
  const rows = sqlite
    .prepare("select at, unit, type, json_extract(event, '$.step') as step from events order by id")
    .all() as EventRow[];
  sqlite.close();
  const agents = [...Map.groupBy(rows, ({ unit }) => unit)].flatMap(([unit, own]) =>
    unit === null ? [] : between(own, 'agent-started', 'agent-ended'),
  );
  const along = { aloneMs: 0, besideMs: 0, agentMs: 0, neitherMs: 0 };
  const edges = [from, to, ...[...ran, ...agents].flatMap((one) => [one.from, one.to])].toSorted((a, b) => a - b);
  for (const [index, at] of edges.entries()) {
    const ms = (edges[index + 1] ?? at) - at;
    const isAt = (one: { readonly from: number; readonly to: number }): boolean => one.from <= at && one.to > at;
    const checks = ran.filter(isAt).length;
    along[checks > 1 ? 'besideMs' : checks === 1 ? 'aloneMs' : agents.some(isAt) ? 'agentMs' : 'neitherMs'] += ms;
  }
  const limitedBy = (report as Partial<Report>).limitedBy ?? null;
  return {
    ...{ wallMs: to - from, ...along, phases: phasesOf(rows) },
    checkRuns: report.units.reduce((sum, unit) => sum + unit.checkRuns, 0),
    runs: ran.length,
    stopped: ran.filter(({ isWhole }) => !isWhole).length,
    checksMs: ran.reduce((sum, one) => sum + one.to - one.from, 0),
    limitedBy: limitedBy === null ? null : `${limitedBy.factor} (${Math.round(limitedBy.share * 100)} %)`,
  };
}

function between(rows: readonly EventRow[], begin: string, end: string): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let begun: number | null = null;
  for (const { at, type } of rows) {
    if (type === begin) begun = at;
    else if (type === end && begun !== null) {
      found.push({ from: begun, to: at });
      begun = null;
    }
  }
  return found;
}

/** For each unit, the time between the last times that it came to each of its steps. */
function phasesOf(rows: readonly EventRow[]): Record<Phase, number> {
  const sums: Record<Phase, number> = { before: 0, base: 0, agent: 0, judging: 0, queued: 0, landing: 0 };
  const start = rows[0]?.at ?? 0;
  for (const [unit, own] of Map.groupBy(rows, (row) => row.unit)) {
    if (unit === null) continue;
    const last = (type: string, step: string | null = null): number | null =>
      own.findLast((row) => row.type === type && (step === null || row.step === step))?.at ?? null;
    const ends = [
      last('claimed'),
      last('agent-started'),
      last('harvested'),
      last('merge-queue', 'waits') ?? last('merge-queue', 'holds'),
      last('merge-queue', 'holds'),
      last('landed'),
    ];
    let at = start;
    for (const [index, phase] of phases.entries()) {
      const end = ends[index] ?? at;
      sums[phase] += Math.max(0, end - at);
      at = Math.max(at, end);
    }
  }
  return sums;
}
