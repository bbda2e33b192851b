import type { RunId } from '../model/ids.ts';
import type { Database } from './database.ts';

export interface RunCounts {
  /** Units that it worked on; of those, the ones that landed, and the ones that failed. */
  readonly units: number;
  readonly landed: number;
  readonly failed: number;
  readonly spentMicroUsd: number;
  /** True if the cost of some of its agents is unknown. */
  readonly isCostUnknown: boolean;
}

/** Counts of all runs. */
export function readRunCounts(database: Database): ReadonlyMap<RunId, RunCounts> {
  // A unit counts by its last attempt in the run.
  const tried = database.all(
    `select run, count(*) as units, sum(outcome in ('landed', 'passed', 'warned')) as landed,
     sum(outcome in ('failed', 'blocked')) as failed
     from (select run, unit, coalesce(outcome, '') as outcome, max(fence) from attempts group by run, unit) group by run`,
  ) as (Pick<RunCounts, 'units' | 'landed' | 'failed'> & { run: RunId })[];
  const spent = database.all(
    "select run, sum(coalesce(settled_micro_usd, 0)) as micro from reservations where kind = 'call' group by run",
  ) as { run: RunId; micro: number }[];
  const unknown = database.all(
    'select distinct run from sessions where ended_at is not null and cost_micro_usd is null',
  ) as { run: RunId }[];
  const money = new Map(spent.map(({ run, micro }) => [run, micro]));
  const dark = new Set(unknown.map(({ run }) => run));
  const counts = new Map(tried.map(({ run, units, landed, failed }) => [run, { units, landed, failed }]));
  const none = { units: 0, landed: 0, failed: 0 }; // only agents of its own worked in it
  return new Map(
    [...new Set([...counts.keys(), ...money.keys(), ...dark])].map((run) => [
      run,
      { ...(counts.get(run) ?? none), spentMicroUsd: money.get(run) ?? 0, isCostUnknown: dark.has(run) },
    ]),
  );
}
