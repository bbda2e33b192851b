import type { Budget, Role } from '../model/agent.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import type { BudgetScope, MicroUsd } from '../model/money.ts';
import type { Database, SqlValue } from './database.ts';

/** What may be spent; null where nothing is said. */
export interface Caps {
  readonly run: MicroUsd | null;
  /** From midnight to midnight, all runs together. */
  readonly day: MicroUsd | null;
  /** For each unit, in one run. */
  readonly unit: MicroUsd | null;
  /** For each role, in one run. */
  readonly roles: Readonly<Partial<Record<Role, MicroUsd>>>;
}

/** No caps at all. */
export const uncapped: Caps = { run: null, day: null, unit: null, roles: {} };

/** True when anything may not be overspent, so that prices must be known. */
export function isCapped(caps: Caps): boolean {
  return caps.run !== null || caps.day !== null || caps.unit !== null || Object.keys(caps.roles).length > 0;
}

/** Part of a cap from which on agents are told to come to an end. */
const wrapUpShare = 0.8;

/** Money spent and set aside: a reservation that was never settled counts whole. */
function sum(database: Database, where: string, ...parameters: readonly SqlValue[]): MicroUsd {
  const row = database.get(
    `select coalesce(sum(coalesce(settled_micro_usd, reserved_micro_usd)), 0) as total from reservations where ${where}`,
    ...parameters,
  );
  return (row as { total: number }).total;
}

/** Money spent for certain: of what is set aside for calls that are being made, most comes back. */
function sumSpent(database: Database, where: string, ...parameters: readonly SqlValue[]): MicroUsd {
  const row = database.get(
    `select coalesce(sum(settled_micro_usd), 0) as total from reservations where ${where}`,
    ...parameters,
  );
  return (row as { total: number }).total;
}

/** Money spent and set aside in a run. */
export function committed(database: Database, run: RunId): MicroUsd {
  return sum(database, 'run = ?', run);
}

/** Money that calls for a unit took, or may have taken, in a run; what is kept for judging is not among it. */
export function spentOnUnit(database: Database, run: RunId, unit: UnitId): MicroUsd {
  return sum(database, "run = ? and unit = ? and kind = 'call'", run, unit);
}

/** Where the money of an attempt comes from. */
export interface Purse {
  readonly run: RunId;
  readonly unit: UnitId;
  readonly attempt: AttemptId;
  readonly role: Role;
  readonly caps: Caps;
  /** True: what has no known price is not counted, and allowed. */
  readonly isUnmetered: boolean;
  readonly now: () => number;
}

/**
 * The money of a run, reserved before each call and settled after it, in the database: agents side by side cannot
 * overrun a cap, and a crash in between leaves the reservation spent. Reviewers are paid from what was kept for judging
 * before anything else.
 */
export function openBudget(database: Database, purse: Purse): Budget {
  const { caps } = purse;
  const isOut = ({ cap, spent }: Scoped): boolean => spent() >= cap * wrapUpShare;
  // Who begins when most is spent already is not told to come to an end: there is nothing yet to be brought to one.
  const watched = new Set(scopes(database, purse).flatMap((scoped) => (isOut(scoped) ? [] : [scoped.scope])));
  return {
    isCapped: isCapped(caps) && !purse.isUnmetered,
    reserve(worstCase) {
      const made = database.write((): { readonly id: number } | { readonly refused: BudgetScope } => {
        const kept = purse.role === 'reviewer' ? takeFromHold(database, purse.attempt, worstCase) : 0;
        const refused = firstOver(database, purse, worstCase);
        if (refused !== null) {
          if (kept > 0) giveToHold(database, purse.attempt, kept);
          return { refused };
        }
        const row = database.get(
          `insert into reservations (run, attempt, unit, role, kind, reserved_micro_usd, created_at)
           values (?, ?, ?, ?, 'call', ?, ?) returning id`,
          ...[purse.run, purse.attempt, purse.unit, purse.role, worstCase, purse.now()],
        );
        return { id: (row as { id: number }).id };
      }, 'reservation');
      if ('refused' in made) return made;
      return {
        settle(actual) {
          if (actual === null) return;
          database.write(
            () => database.run('update reservations set settled_micro_usd = ? where id = ?', actual, made.id),
            'settlement',
          );
        },
      };
    },
    isRunningOut() {
      return scopes(database, purse).some((scoped) => watched.has(scoped.scope) && isOut(scoped));
    },
  };
}

/**
 * Keeps money for judging what an attempt will make, before its agent starts; false when a cap does not allow it. It
 * is given back with `releaseHold`.
 */
export function holdForJudging(database: Database, purse: Purse, amount: MicroUsd): boolean {
  return database.write(() => {
    if (firstOver(database, { ...purse, role: 'reviewer' }, amount) !== null) return false;
    database.run(
      `insert into reservations (run, attempt, unit, role, kind, reserved_micro_usd, created_at)
       values (?, ?, ?, 'reviewer', 'hold', ?, ?)`,
      ...[purse.run, purse.attempt, purse.unit, amount, purse.now()],
    );
    return true;
  });
}

/** Gives back what was kept for judging an attempt and was not needed. */
export function releaseHold(database: Database, attempt: AttemptId): void {
  database.write(() =>
    database.run("update reservations set settled_micro_usd = 0 where attempt = ? and kind = 'hold'", attempt),
  );
}

function takeFromHold(database: Database, attempt: AttemptId, wanted: MicroUsd): MicroUsd {
  const row = database.get(
    "select id, reserved_micro_usd as left from reservations where attempt = ? and kind = 'hold' and settled_micro_usd is null",
    attempt,
  ) as { id: number; left: number } | undefined;
  const taken = row ? Math.min(row.left, wanted) : 0;
  if (row && taken > 0)
    database.run('update reservations set reserved_micro_usd = reserved_micro_usd - ? where id = ?', taken, row.id);
  return taken;
}

function giveToHold(database: Database, attempt: AttemptId, amount: MicroUsd): void {
  database.run(
    "update reservations set reserved_micro_usd = reserved_micro_usd + ? where attempt = ? and kind = 'hold'",
    ...[amount, attempt],
  );
}

interface Scoped {
  readonly scope: BudgetScope;
  readonly cap: MicroUsd;
  /** Spent, or set aside. */
  readonly used: () => MicroUsd;
  readonly spent: () => MicroUsd;
}

function scopes(database: Database, purse: Purse): Scoped[] {
  const { caps, run, unit, role } = purse;
  const found: Scoped[] = [];
  const add = (scope: BudgetScope, cap: MicroUsd | null | undefined, where: string, ...of: SqlValue[]): void => {
    if (cap === null || cap === undefined) return;
    const used = (): MicroUsd => sum(database, where, ...of);
    found.push({ scope, cap, used, spent: () => sumSpent(database, where, ...of) });
  };
  add('run', caps.run, 'run = ?', run);
  add('day', caps.day, 'created_at >= ?', startOfDay(purse.now()));
  add('unit', caps.unit, 'unit = ? and run = ?', unit, run);
  add('role', caps.roles[role], 'run = ? and role = ?', run, role);
  return found;
}

function firstOver(database: Database, purse: Purse, amount: MicroUsd): BudgetScope | null {
  return scopes(database, purse).find(({ cap, used }) => used() + amount > cap)?.scope ?? null;
}

function startOfDay(now: number): number {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

/** Micro-dollars spent or set aside, by local day (`2026-11-24`), the latest hundred days. */
export function readSpendByDay(database: Database): Record<string, MicroUsd> {
  const rows = database.all(
    `select date(created_at / 1000, 'unixepoch', 'localtime') as day,
     sum(coalesce(settled_micro_usd, reserved_micro_usd)) as spent from reservations group by day order by day desc limit 100`,
  ) as { day: string; spent: number }[];
  return Object.fromEntries(rows.filter(({ spent }) => spent > 0).map(({ day, spent }) => [day, spent]));
}

/** Takes over what an earlier queue spent, in the name of a run that stands for all of its runs. */
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
