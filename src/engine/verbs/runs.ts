import { inputError } from '../../model/diagnostic.ts';
import { type RunId } from '../../model/ids.ts';
import { toUsd } from '../../model/money.ts';
import type { Database } from '../../queue/database.ts';
import { type RunCounts, readRunCounts } from '../../queue/run-counts.ts';
import { readRuns, type RunRow } from '../../queue/runs.ts';
import { readQueue } from './reading.ts';

/** A run as it is listed. */
export interface ListedRun extends Pick<RunRow, 'id' | 'branch' | 'agent' | 'outcome' | 'exitCode'> {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null while it is at work, or when it was killed. */
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  /** True for the run that is at work. */
  readonly isRunning: boolean;
  /** Units that it worked on; of those the ones that landed, and that it gave up. */
  readonly units: Pick<RunCounts, 'units' | 'landed' | 'failed'>;
  /** Null when nobody knows. */
  readonly costUsd: number | null;
}

/** The runs of a folder, the newest first. */
export async function listRuns(folder: string, limit: number): Promise<ListedRun[]> {
  return readQueue(folder, ({ database, isRunning }) => {
    const counts = readRunCounts(database);
    return readRuns(database)
      .slice(0, limit)
      .map((row, index) => listed(row, counts.get(row.id), isRunning && index === 0));
  });
}

/** One run, by its id or the beginning of it. Throws an `InputError` for an unknown one. */
export async function showRun(folder: string, name: string): Promise<ListedRun> {
  return readQueue(folder, ({ database, isRunning }) => {
    const row = findRun(database, name);
    const isNewest = readRuns(database)[0]?.id === row.id;
    return listed(row, readRunCounts(database).get(row.id), isRunning && isNewest);
  });
}

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

/** The run that a person means by its id, or by a beginning of it that fits one run only; `null` means the newest. */
export function findRun(database: Database, name: string | null): RunRow {
  const runs = readRuns(database);
  const fits = name === null ? runs.slice(0, 1) : runs.filter(({ id }) => name !== '' && id.startsWith(name));
  const exact = runs.find(({ id }) => id === (name as RunId | null));
  const found = exact ?? (fits.length === 1 ? fits[0] : undefined);
  if (found) return found;
  if (name === null) throw noRunYet();
  const hint = '"backlog runs" lists them.';
  if (fits.length > 1)
    throw inputError('ambiguous-run', `"${name}" is the beginning of ${fits.length} runs`, `Write more of it; ${hint}`);
  throw inputError('unknown-run', `there is no run "${name}"`, hint);
}

/** Nothing to look at yet. */
export function noRunYet(folder?: string): Error {
  return inputError('no-run', `nothing has run in ${folder ?? 'this folder'} yet`, 'Start with "backlog run".');
}
