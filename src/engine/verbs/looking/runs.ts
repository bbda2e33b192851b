import { toUsd } from '../../../model/money.ts';
import { refused } from '../../../model/refusal.ts';
import { type RunCounts, readRunCounts } from '../../../queue/run-counts.ts';
import { readRuns, type RunRow } from '../../../queue/runs.ts';
import { findRun } from '../queue/find-run.ts';
import { readPast } from '../queue/reading.ts';
import { verb } from '../verb.ts';

/** A run as it is listed. */
export interface ListedRun extends Pick<RunRow, 'id' | 'branch' | 'agent' | 'outcome' | 'exitCode'> {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null while it is active, or when it was killed. */
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  /** True for the active run. */
  readonly isRunning: boolean;
  /** Units that it worked on; of those the ones that landed, and that it gave up. */
  readonly units: Pick<RunCounts, 'units' | 'landed' | 'failed'>;
  /** Null when unknown. */
  readonly costUsd: number | null;
}

/** The runs of a folder, newest first. */
export const runs = verb(
  (z) => z.strictObject({ folder: z.string(), limit: z.int().min(1).default(20) }),
  async (asker, { folder, limit }) =>
    readPast(asker, folder, ({ database, isRunning }) => {
      if (database === null) return { kind: 'runs' as const, runs: [] };
      const counts = readRunCounts(database);
      const newest = readRuns(database).slice(0, limit);
      const all = newest.map((row, index) => listed(row, counts.get(row.id), isRunning && index === 0));
      return { kind: 'runs' as const, runs: all };
    }),
);

/** One run, by its id or the beginning of it. */
export const runStatus = verb(
  (z) => z.strictObject({ folder: z.string(), run: z.string() }),
  async (asker, { folder, run }) =>
    readPast(asker, folder, ({ database, isRunning }) => {
      if (database === null) throw refused('no-run', { folder });
      const row = findRun(database, folder, run);
      const isNewest = readRuns(database)[0]?.id === row.id;
      const it = listed(row, readRunCounts(database).get(row.id), isRunning && isNewest);
      return { kind: 'run-status' as const, run: it };
    }),
);

function listed(row: RunRow, counts: RunCounts | undefined, isRunning: boolean): ListedRun {
  const { units = 0, landed = 0, failed = 0, spentMicroUsd = 0, isCostUnknown = false } = counts ?? {};
  const { id, branch, agent, outcome, exitCode, startedAt, endedAt } = row;
  const isAtWork = isRunning && endedAt === null;
  return {
    ...{ id, branch, agent, exitCode },
    outcome: outcome ?? (isAtWork ? null : 'crashed'),
    startedAt: new Date(startedAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
    durationMs: endedAt === null ? null : endedAt - startedAt,
    isRunning: isAtWork,
    units: { units, landed, failed },
    costUsd: isCostUnknown ? null : toUsd(spentMicroUsd),
  };
}
