import type { RunId } from '../model/ids.ts';
import { type MicroUsd } from '../model/money.ts';
import type { Database } from './database.ts';

/** Micro-dollars certainly or possibly spent by local day (`2026-11-24`), for the latest hundred days. */
export function readSpendByDay(database: Database): Record<string, MicroUsd> {
  const rows = database.all(
    `select name as day, spent_micro_usd + possible_micro_usd as spent from totals
     where scope = 'day' order by name desc limit 100`,
  ) as { day: string; spent: number }[];
  return Object.fromEntries(rows.filter(({ spent }) => spent > 0).map(({ day, spent }) => [day, spent]));
}

/** Imports the spending of an earlier queue, under one run that stands for all of its runs. */
export function restoreSpend(database: Database, spend: Readonly<Record<string, MicroUsd>>, run: RunId): void {
  if (Object.keys(spend).length === 0) return;
  database.write(() => {
    database.run(
      `insert or ignore into runs (id, started_at, ended_at, branch, tip, agent, tier, options, outcome, exit_code)
       values (?, 0, 0, '', '', '', '', '{}', 'lost', 0)`,
      run,
    );
    for (const [day, spent] of Object.entries(spend)) {
      const noon = new Date(`${day}T12:00:00`).getTime();
      if (!Number.isFinite(noon)) continue;
      database.run(
        `insert into reservations (run, reserved_micro_usd, settled_micro_usd, created_at, kind) values (?, ?, ?, ?, 'call')`,
        ...[run, spent, spent, noon],
      );
    }
  });
}
