import type { Bet } from '../model/bet.ts';
import type { AttemptId, RunId } from '../model/ids.ts';
import type { Database } from './database.ts';

/** True for an attempt of a unit that conflicted since it last landed. */
const isRedoneOf = `exists (select 1 from attempts m where m.unit = t.unit and m.fence < t.fence and m.outcome = 'misfit'
  and m.fence > coalesce((select max(l.fence) from attempts l
    where l.unit = t.unit and l.fence < t.fence and l.outcome = 'landed'), 0))`;
const costOf = `coalesce((select sum(s.cost_micro_usd) from sessions s where s.attempt = t.id), 0)`;

interface Row {
  isLost: number;
  isRedone: number;
  costMicroUsd: number;
}

function fromRow({ isLost, isRedone, costMicroUsd }: Row): Bet {
  return { isLost: isLost === 1, isRedone: isRedone === 1, costMicroUsd };
}

/** The last attempts that came to their landing, of all runs or of one, oldest first. */
export function readBets(database: Database, limit: number, run: RunId | null = null): Bet[] {
  const rows = database.all(
    `select t.outcome = 'misfit' as isLost, ${isRedoneOf} as isRedone, ${costOf} as costMicroUsd
     from (select id, unit, fence, outcome, ended_at from attempts
       where outcome in ('landed', 'misfit') and (? is null or run = ?) order by ended_at desc, id desc limit ?) t
     order by t.ended_at, t.id`,
    ...[run, run, limit],
  ) as Row[];
  return rows.map(fromRow);
}

/** An attempt that comes to its landing now. */
export function readBet(database: Database, attempt: AttemptId, isLost: boolean): Bet {
  const row = database.get(
    `select ? as isLost, ${isRedoneOf} as isRedone, ${costOf} as costMicroUsd from attempts t where t.id = ?`,
    ...[isLost ? 1 : 0, attempt],
  ) as Row | undefined;
  return row === undefined ? { isLost, isRedone: false, costMicroUsd: 0 } : fromRow(row);
}
