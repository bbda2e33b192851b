import type { Report, ReportUnit } from '../../model/report.ts';

/*
 * What all sections of the page need to know of a report.
 */

/** How a unit is shown: by its shape first, then by its colour. */
export type Mark = 'landed' | 'failed' | 'question' | 'approval' | 'waiting';

/** In the order in which they are told. */
export const marks: readonly Mark[] = ['landed', 'failed', 'question', 'approval', 'waiting'];

/** A report as the page shows it. */
export interface View {
  readonly report: Report;
  /** Without gates. */
  readonly units: readonly ReportUnit[];
  readonly gates: readonly ReportUnit[];
  readonly byId: ReadonlyMap<string, ReportUnit>;
  /** Ids of the units on the critical path. */
  readonly critical: ReadonlySet<string>;
  /** True for so many units that of those that landed only the main things are shown. */
  readonly isLarge: boolean;
  /** Characters of output and of patch that each unit may show. */
  readonly room: number;
  /** The path of a file of the run from the page's folder; null where that cannot be told. */
  readonly pathTo: (file: string) => string | null;
}

/** Characters that all units together may show of outputs and patches, and the least and the most of one. */
const shown = { all: 1_600_000, least: 600, one: 12_000 } as const;

/** Prepares a report to be shown. */
export function viewOf(report: Report, pathTo: View['pathTo']): View {
  const units = report.units.filter(({ gate }) => gate === null);
  return {
    ...{ report, units, pathTo, isLarge: units.length > 200 },
    gates: report.units.filter(({ gate }) => gate !== null),
    byId: new Map(report.units.map((unit) => [unit.id, unit])),
    critical: new Set(report.criticalPath.map(({ unit }) => unit)),
    room: Math.max(shown.least, Math.min(shown.one, Math.floor(shown.all / Math.max(1, units.length)))),
  };
}

/** The mark of a unit. */
export function markOf({ state }: Pick<ReportUnit, 'state'>): Mark {
  switch (state) {
    case 'done':
      return 'landed';
    case 'failed':
    case 'quarantined':
      return 'failed';
    case 'blocked':
    case 'not-runnable':
      return 'question';
    case 'awaiting':
      return 'approval';
    default:
      return 'waiting';
  }
}

/** True for what does not go on without a person. */
export function needsPerson(unit: Pick<ReportUnit, 'state'>): boolean {
  const mark = markOf(unit);
  return mark === 'failed' || mark === 'question' || mark === 'approval';
}

/** Milliseconds in which something was done for a unit, or it waited for its landing. */
export function timeOf({ stages }: Pick<ReportUnit, 'stages'>): number {
  return stages.reduce((sum, { stage, startMs, endMs }) => sum + (stage === 'limit' ? 0 : endMs - startMs), 0);
}

/** `4.2 s`, `3:05`, `1:02:10`. */
export function clock(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return axisClock(ms);
}

/** `0:05`, `47:17`, `1:02:10`, for scales. */
export function axisClock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Whole minutes for sums; seconds where that would say nothing. */
export function minutes(ms: number): string {
  return ms < 600_000 ? clock(ms) : `${Math.round(ms / 60_000)} min`;
}

/** `$1.20`; `unknown` for null. */
export function dollars(usd: number | null): string {
  return usd === null ? 'unknown' : `$${usd.toFixed(2)}`;
}

/** A part of a whole, in percent. */
export function percent(part: number, whole: number): string {
  return `${whole <= 0 ? 0 : Math.round((100 * part) / whole)} %`;
}
