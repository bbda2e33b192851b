import type { Bet } from '../model/bet.ts';
import type { AttemptId, RunId } from '../model/ids.ts';
import type { Database } from './database.ts';

/** True for an attempt of a unit that conflicted since it last landed. */
const isRedoneOf = `exists (select 1 from attempts m where m.unit = t.unit and m.fence < t.fence
  and (m.outcome = 'misfit' or m.conflict_at is not null)
  and m.fence > coalesce((select max(l.fence) from attempts l
    where l.unit = t.unit and l.fence < t.fence and l.outcome = 'landed'), 0))`;
const costWhere = (condition: string): string =>
  `coalesce((select sum(s.cost_micro_usd) from sessions s where s.attempt = t.id and ${condition}), 0)`;

/** An attempt that conflicted and went on with both changes is two bets: what it did before, and what came after. */
const before = { isRedone: isRedoneOf, cost: costWhere('s.started_at < t.conflict_at') };
const after = {
  isRedone: `(t.conflict_at is not null or ${isRedoneOf})`,
  cost: costWhere('s.started_at >= coalesce(t.conflict_at, 0)'),
};

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
    `select isLost, case part when 0 then ${before.isRedone} else ${after.isRedone} end as isRedone,
       case part when 0 then ${before.cost} else ${after.cost} end as costMicroUsd
     from (select id, unit, fence, conflict_at, 0 as part, 1 as isLost, conflict_at as at from attempts
         where conflict_at is not null and (? is null or run = ?)
       union all select id, unit, fence, conflict_at, 1, outcome = 'misfit', ended_at from attempts
         where outcome in ('landed', 'misfit') and (? is null or run = ?)
       order by at desc, id desc, part desc limit ?) t
     order by t.at, t.id, t.part`,
    ...[run, run, run, run, limit],
  ) as Row[];
  return rows.map(fromRow);
}

/** An attempt that comes to its landing now. */
export function readBet(database: Database, attempt: AttemptId, isLost: boolean): Bet {
  const row = database.get(
    `select ? as isLost, ${after.isRedone} as isRedone, ${after.cost} as costMicroUsd from attempts t where t.id = ?`,
    ...[isLost ? 1 : 0, attempt],
  ) as Row | undefined;
  return row === undefined ? { isLost, isRedone: false, costMicroUsd: 0 } : fromRow(row);
}
