import type { RunId } from '../model/ids.ts';
import type { MicroUsd } from '../model/money.ts';
import { isNumber, optional, orNull, record } from '../util/values/shape.ts';
import type { Database } from './database.ts';

/** One invocation of `backlog run`. */
export interface RunRow {
  readonly id: RunId;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly branch: string;
  readonly tip: string;
  readonly agent: string;
  readonly tier: string;
  readonly outcome: string | null;
  readonly exitCode: number | null;
}

const columns =
  'id, started_at as startedAt, ended_at as endedAt, branch, tip, agent, tier, outcome, exit_code as exitCode';

export function insertRun(database: Database, run: RunRow, options: object): void {
  database.write(
    () =>
      database.run(
        'insert into runs (id, started_at, branch, tip, agent, tier, options) values (?, ?, ?, ?, ?, ?, ?)',
        ...[run.id, run.startedAt, run.branch, run.tip, run.agent, run.tier, JSON.stringify(options)],
      ),
    'run begins',
  );
}

/** What a run was limited to, as it was recorded when it began. */
export interface RunLimits {
  readonly maxAgents: number | null;
  /** The most that it may spend; null without a cap. */
  readonly capMicroUsd: MicroUsd | null;
}

const isLimits = record<{
  readonly maxAgents: number | undefined;
  readonly caps: { readonly run: number | null } | undefined;
}>({
  maxAgents: optional(isNumber),
  caps: optional(record<{ readonly run: number | null }>({ run: orNull(isNumber) })),
});

/** Null for each limit that the run of an older version did not record. */
export function readRunLimits(database: Database, run: RunId): RunLimits {
  const row = database.get('select options from runs where id = ?', run) as { readonly options: string } | undefined;
  const options = row && database.decode(row.options, isLimits, 'runs.options');
  return { maxAgents: options?.maxAgents ?? null, capMicroUsd: options?.caps?.run ?? null };
}

/** Records how a run ended. */
export function endRun(
  database: Database,
  run: RunId,
  end: { readonly at: number; readonly outcome: string; readonly exitCode: number; readonly tip: string },
): void {
  database.write(
    () =>
      database.run(
        'update runs set ended_at = ?, outcome = ?, exit_code = ?, tip = ? where id = ?',
        end.at,
        end.outcome,
        end.exitCode,
        end.tip,
        run,
      ),
    'run ends',
  );
}

/** A run by its id, or by a unique prefix of it. */
export function readRun(database: Database, id: string): RunRow | null {
  const rows = database.all(
    `select ${columns} from runs where substr(id, 1, ?) = ? limit 2`,
    id.length,
    id,
  ) as RunRow[];
  return rows.length === 1 ? (rows[0] ?? null) : null;
}

/** All runs, newest first, without the placeholder for the runs of a lost queue. */
export function readRuns(database: Database): RunRow[] {
  return database.all(`select ${columns} from runs where started_at > 0 order by rowid desc`) as RunRow[];
}

/** Runs without a recorded end: their process died. */
export function unendedRuns(database: Database): RunRow[] {
  return database.all(`select ${columns} from runs where ended_at is null order by rowid`) as RunRow[];
}
