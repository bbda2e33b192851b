import type { Budget, OverCap, Reservation, Role } from '../model/agent.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import { type BudgetScope, type Charge, type MicroUsd, sumCharges } from '../model/money.ts';
import type { Database } from './database.ts';

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

/*
 * A reservation is open until something is known of its call. From then on `settled_micro_usd` was spent for certain, and
 * `possible_micro_usd` may come to that. What judging needs is a reservation of its own kind, a hold.
 */
const spentOf = 'coalesce(settled_micro_usd, 0)';
const committedOf = 'iif(settled_micro_usd is null, reserved_micro_usd, settled_micro_usd + possible_micro_usd)';

/** Money of some reservations. */
export interface Spending extends Charge {
  /** Kept for judging. */
  readonly heldMicroUsd: MicroUsd;
}

/** Whose money. */
export type SpendingOf =
  | { readonly run: RunId }
  | { readonly unit: UnitId }
  /** From the one time to before the other, in ms since the epoch. */
  | { readonly from: number; readonly to: number };

/** What orders of a role for a unit took; `unit` is null for what an earlier queue spent. */
export interface SpendingRow extends Spending {
  readonly unit: UnitId | null;
  readonly role: Role | null;
}

/** Money by unit and role, in the order in which it was first asked for. */
export function readSpending(database: Database, of: SpendingOf): SpendingRow[] {
  const [where, ...values] =
    'run' in of
      ? (['run = ?', of.run] as const)
      : 'unit' in of
        ? (['unit = ?', of.unit] as const)
        : (['created_at >= ? and created_at < ?', of.from, of.to] as const);
  return database.all(
    `select unit, role, sum(${spentOf}) as spentMicroUsd,
     sum(iif(kind = 'call', ${committedOf} - ${spentOf}, 0)) as possibleMicroUsd,
     sum(iif(kind = 'hold', ${committedOf}, 0)) as heldMicroUsd
     from reservations where ${where} group by unit, role order by min(id)`,
    ...values,
  ) as SpendingRow[];
}

/** All of it together. */
export function totalSpending(rows: readonly Spending[]): Spending {
  return { ...sumCharges(rows), heldMicroUsd: rows.reduce((sum, row) => sum + row.heldMicroUsd, 0) };
}

/**
 * A sum of reservations. The database keeps it true with every row that is written (the triggers of `reservations`), so
 * that it costs the same however many calls there were.
 */
function readTotal(database: Database, scope: BudgetScope, name: string): Spending {
  const row = database.get(
    `select spent_micro_usd as spentMicroUsd, possible_micro_usd as possibleMicroUsd, held_micro_usd as heldMicroUsd
     from totals where scope = ? and name = ?`,
    ...[scope, name],
  ) as Spending | undefined;
  return row ?? { spentMicroUsd: 0, possibleMicroUsd: 0, heldMicroUsd: 0 };
}

/** All money of a run. */
export function runSpending(database: Database, run: RunId): Spending {
  return readTotal(database, 'run', run);
}

/** Money that calls for a unit took for certain, in a run. */
export function spentOnUnit(database: Database, run: RunId, unit: UnitId): MicroUsd {
  return readTotal(database, 'unit', `${run} ${unit}`).spentMicroUsd;
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

/** Money of which it is known at once whether it can be reserved. */
export interface QueueBudget extends Budget {
  reserve(worstCase: MicroUsd): Reservation | OverCap;
}

/**
 * The money of a run, reserved before each call and settled after it, in the database: agents side by side cannot
 * overrun a cap, and a crash in between leaves the reservation counted. Reviewers are paid from what was kept for judging
 * before anything else; what a call of theirs did not need goes back there.
 */
export function openBudget(database: Database, purse: Purse): QueueBudget {
  const { caps } = purse;
  const isOut = ({ cap, spent }: Scoped): boolean => spent() >= cap * wrapUpShare;
  // Who begins when most is spent already is not told to come to an end: there is nothing yet to be brought to one.
  const watched = new Set(scopes(database, purse).flatMap((scoped) => (isOut(scoped) ? [] : [scoped.scope])));
  return {
    isCapped: isCapped(caps) && !purse.isUnmetered,
    reserve(worstCase) {
      checkAmount(worstCase);
      const made = database.write((): Made | OverCap => {
        const kept = purse.role === 'reviewer' ? takeFromHold(database, purse.attempt, worstCase) : 0;
        const over = firstOver(database, purse, worstCase);
        if (over !== null) {
          if (kept > 0) giveToHold(database, purse.attempt, kept);
          return over;
        }
        const id = database.insert(
          `insert into reservations (run, attempt, unit, role, kind, reserved_micro_usd, created_at)
           values (?, ?, ?, ?, 'call', ?, ?)`,
          ...[purse.run, purse.attempt, purse.unit, purse.role, worstCase, purse.now()],
        );
        return { id, kept };
      }, 'reservation');
      if ('refused' in made) return made;
      let { kept } = made;
      return {
        settle({ spentMicroUsd, possibleMicroUsd }) {
          checkAmount(spentMicroUsd);
          checkAmount(possibleMicroUsd);
          database.write(() => {
            database.run(
              'update reservations set settled_micro_usd = ?, possible_micro_usd = ? where id = ?',
              ...[spentMicroUsd, possibleMicroUsd, made.id],
            );
            const rest = Math.max(0, kept - spentMicroUsd - possibleMicroUsd);
            if (rest > 0) giveToHold(database, purse.attempt, rest);
            kept -= rest;
          }, 'settlement');
        },
      };
    },
    isRunningOut() {
      return scopes(database, purse).some((scoped) => watched.has(scoped.scope) && isOut(scoped));
    },
  };
}

interface Made {
  readonly id: number;
  /** Of the reservation, what came from the hold. */
  readonly kept: MicroUsd;
}

/** Amounts are computed from what providers and programs tell: one that is none would lift every cap. */
function checkAmount(amount: MicroUsd): void {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new Error(`Internal error: ${amount} is no amount of money`);
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

/**
 * Closes the account of runs of which nothing is at work any more: what was kept for judging is given back, and a call
 * whose end nobody saw may have cost what was reserved for it.
 */
export function closeAccounts(database: Database): void {
  database.write(() => {
    database.run("update reservations set settled_micro_usd = 0 where kind = 'hold' and settled_micro_usd is null");
    database.run(
      `update reservations set settled_micro_usd = 0, possible_micro_usd = reserved_micro_usd
       where kind = 'call' and settled_micro_usd is null`,
    );
  });
}

function openHold(database: Database, attempt: AttemptId): { readonly id: number; readonly left: number } | undefined {
  return database.get(
    "select id, reserved_micro_usd as left from reservations where attempt = ? and kind = 'hold' and settled_micro_usd is null",
    attempt,
  ) as { id: number; left: number } | undefined;
}

function takeFromHold(database: Database, attempt: AttemptId, wanted: MicroUsd): MicroUsd {
  const hold = openHold(database, attempt);
  const taken = hold ? Math.min(hold.left, wanted) : 0;
  if (hold && taken > 0)
    database.run('update reservations set reserved_micro_usd = reserved_micro_usd - ? where id = ?', taken, hold.id);
  return taken;
}

/** Puts something back into a hold that is still there. */
function giveToHold(database: Database, attempt: AttemptId, amount: MicroUsd): void {
  database.run(
    `update reservations set reserved_micro_usd = reserved_micro_usd + ?
     where attempt = ? and kind = 'hold' and settled_micro_usd is null`,
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
  const add = (scope: BudgetScope, cap: MicroUsd | null | undefined, name: string): void => {
    if (cap === null || cap === undefined) return;
    const used = (): MicroUsd => {
      const { spentMicroUsd, possibleMicroUsd, heldMicroUsd } = readTotal(database, scope, name);
      return spentMicroUsd + possibleMicroUsd + heldMicroUsd;
    };
    found.push({ scope, cap, used, spent: () => readTotal(database, scope, name).spentMicroUsd });
  };
  add('run', caps.run, run);
  add('day', caps.day, dayOf(purse.now()));
  add('unit', caps.unit, `${run} ${unit}`);
  add('role', caps.roles[role], `${run} ${role}`);
  return found;
}

/** The first cap that an amount is over, and what the narrowest one leaves; null for none. */
function firstOver(database: Database, purse: Purse, amount: MicroUsd): OverCap | null {
  const lefts = scopes(database, purse).map(({ scope, cap, used }) => ({ scope, left: Math.max(0, cap - used()) }));
  const over = lefts.find(({ left }) => amount > left);
  return over ? { refused: over.scope, leftMicroUsd: Math.min(...lefts.map(({ left }) => left)) } : null;
}

/** The day by this machine's clock, as the database writes it: `2026-11-24`. */
function dayOf(now: number): string {
  const day = new Date(now);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** Micro-dollars that calls took or may have taken, by local day (`2026-11-24`), the latest hundred days. */
export function readSpendByDay(database: Database): Record<string, MicroUsd> {
  const rows = database.all(
    `select name as day, spent_micro_usd + possible_micro_usd as spent from totals
     where scope = 'day' order by name desc limit 100`,
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
