import { exitCodes, type RunOutcome } from '../../../model/exit-code.ts';
import type { UnitId } from '../../../model/ids.ts';
import type { Report } from '../../../model/report.ts';
import { isSettled } from '../../../model/unit.ts';
import { isClaimed } from '../../../queue/sync.ts';
import type { UnitRow } from '../../../queue/units.ts';
import type { NotWorkCount } from '../../project/not-work.ts';

/** A unit that a run leaves as it is. */
export type Left = Pick<UnitRow, 'state'> & {
  readonly key: string;
  /** True when the branch claims that it is done, and no record does. */
  readonly isClaim: boolean;
};

/** How a run ended. */
export interface RunResult {
  readonly kind: 'run';
  readonly outcome: RunOutcome | 'declined';
  readonly exitCode: number;
  readonly report: Report | null;
  /** Absolute path of `report.md`. */
  readonly reportFile: string | null;
  /** True when there was nothing to do. */
  readonly isIdle: boolean;
  readonly branch: string;
  /** How to look at the branch, share it and, last, merge it; empty when the user's own branch has all of it. */
  readonly bringHome: readonly string[];
  /** Units that it was asked for and did not run: they failed before, or wait for a person. */
  readonly left: readonly Left[];
  /** When a provider accepts calls again, in ms since the epoch; null when none said. */
  readonly comeBackAt: number | null;
  /** What looks like work but is none; only where nothing was open, since a run tells it when it begins. */
  readonly notWork: readonly NotWorkCount[];
}

/** Units that no run goes on with by itself. */
export function leftOf(
  rows: readonly UnitRow[],
  isAskedFor: (unit: UnitId) => boolean,
): readonly (Left & { readonly id: UnitId })[] {
  return rows
    .filter(({ spec, state }) => isAskedFor(spec.id) && isSettled(state) && state !== 'done' && state !== 'proposed')
    .map((row) => ({ id: row.spec.id, key: row.spec.key, state: row.state, isClaim: isClaimed(row) }));
}

/** The end of a run without a report. */
export function ended(it: Pick<RunResult, 'outcome' | 'isIdle' | 'branch' | 'left'>): RunResult {
  const exitCode = it.outcome === 'declined' ? exitCodes['bad-input'] : exitCodes[it.outcome];
  return { kind: 'run', ...it, exitCode, report: null, reportFile: null, bringHome: [], comeBackAt: null, notWork: [] };
}
