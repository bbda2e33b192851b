import type { RunId } from '../model/ids.ts';
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
