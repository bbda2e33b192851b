import type { Budget, OverCap, Reservation, Role } from '../model/agent.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import { type BudgetScope, type Charge, type MicroUsd, sumCharges } from '../model/money.ts';
import type { Database } from './database.ts';

/** Spending limits; null means no limit. */
export interface Caps {
  readonly run: MicroUsd | null;
  /** For one day by local time, all runs together. */
  readonly day: MicroUsd | null;
  /** Per unit and run. */
  readonly unit: MicroUsd | null;
  /** Per role and run. */
  readonly roles: Readonly<Partial<Record<Role, MicroUsd>>>;
}

export const uncapped: Caps = { run: null, day: null, unit: null, roles: {} };

/** True if there is any limit, which requires known prices. */
export function isCapped(caps: Caps): boolean {
  return caps.run !== null || caps.day !== null || caps.unit !== null || Object.keys(caps.roles).length > 0;
}

/** Share of a cap after which agents are asked to wrap up. */
const wrapUpShare = 0.8;

/*
 * A reservation is open until its call's cost is known. Then `settled_micro_usd` was certainly spent, and up to
 * `possible_micro_usd` more may have been. A hold is a reservation for judging.
 */
const spentOf = 'coalesce(settled_micro_usd, 0)';
const committedOf = 'iif(settled_micro_usd is null, reserved_micro_usd, settled_micro_usd + possible_micro_usd)';

/** The sum of some reservations. */
export interface Spending extends Charge {
  /** Held for judging. */
  readonly heldMicroUsd: MicroUsd;
}

export type SpendingOf =
  | { readonly run: RunId }
  | { readonly unit: UnitId }
  /** A range `[from, to)` in ms since the epoch. */
  | { readonly from: number; readonly to: number };

/** Spending of a role on a unit. */
export interface SpendingRow extends Spending {
  /** Null for agents of the run itself, and for an earlier queue. */
  readonly unit: UnitId | null;
  /** Null for an earlier queue. */
  readonly role: Role | null;
}

/** True for the spending of an earlier queue, which is known by day alone. */
export function isOfEarlierQueue({ role }: SpendingRow): boolean {
  return role === null;
}

/** Spending by unit and role, in order of the first reservation. */
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

export function totalSpending(rows: readonly Spending[]): Spending {
  return { ...sumCharges(rows), heldMicroUsd: rows.reduce((sum, row) => sum + row.heldMicroUsd, 0) };
}

/** A sum of reservations, which triggers on `reservations` maintain, so that reading it takes constant time. */
function readTotal(database: Database, scope: BudgetScope, name: string): Spending {
  const row = database.get(
    `select spent_micro_usd as spentMicroUsd, possible_micro_usd as possibleMicroUsd, held_micro_usd as heldMicroUsd
     from totals where scope = ? and name = ?`,
    ...[scope, name],
  ) as Spending | undefined;
  return row ?? { spentMicroUsd: 0, possibleMicroUsd: 0, heldMicroUsd: 0 };
}

export function runSpending(database: Database, run: RunId): Spending {
  return readTotal(database, 'run', run);
}

/** The amount certainly spent on a unit in a run. */
export function spentOnUnit(database: Database, run: RunId, unit: UnitId): MicroUsd {
  return readTotal(database, 'unit', `${run} ${unit}`).spentMicroUsd;
}

/** The smallest share that is left of the caps of a run and of its day; null without a cap. */
export function capLeft(
  database: Database,
  of: { readonly run: RunId | null; readonly caps: Caps; readonly now: number },
): number | null {
  const shares = (
    [
      ['run', of.caps.run, of.run],
      ['day', of.caps.day, dayOf(of.now)],
    ] as const
  ).flatMap(([scope, cap, name]) =>
    cap === null ? [] : [1 - (name === null ? 0 : readTotal(database, scope, name).spentMicroUsd) / cap],
  );
  return shares.length === 0 ? null : Math.min(...shares);
}

/** The account of an attempt's calls. */
export interface Purse {
  readonly run: RunId;
  /** Null for an agent of the run itself, as `attempt` is. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  readonly role: Role;
  readonly caps: Caps;
  /** True if calls without a known price are allowed and not counted. */
  readonly isUnmetered: boolean;
  readonly now: () => number;
}

/** Money of which it is known at once whether it can be reserved. */
export interface QueueBudget extends Budget {
  reserve(worstCase: MicroUsd): Reservation | OverCap;
}

/**
 * Reserves a run's money before each call and settles it after it, in the database: parallel agents cannot exceed a cap,
 * and after a crash the reservation still counts. Reviewers are paid from the attempt's hold first, and what a review did
 * not use returns to the hold.
 */
export function openBudget(database: Database, purse: Purse): QueueBudget {
  const { caps } = purse;
  const isOut = ({ cap, spent }: Scoped): boolean => spent() >= cap * wrapUpShare;
  // Agents that start after most of a budget is spent are not asked to wrap up: they have begun nothing.
  const watched = new Set(scopes(database, purse).flatMap((scoped) => (isOut(scoped) ? [] : [scoped.scope])));
  return {
    isCapped: isCapped(caps) && !purse.isUnmetered,
    reserve(worstCase) {
      checkAmount(worstCase);
      const made = database.write((): Made | OverCap => {
        const kept =
          purse.role === 'reviewer' && purse.attempt !== null ? takeFromHold(database, purse.attempt, worstCase) : 0;
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
  /** The part of the reservation that came from the hold. */
  readonly kept: MicroUsd;
}

/** Amounts come from providers and programs; an invalid one would defeat every cap. */
function checkAmount(amount: MicroUsd): void {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new Error(`Internal error: ${amount} is not a valid amount`);
}

/** Holds money for judging an attempt, before its agent starts; false if a cap forbids it. Ended by `releaseHold`. */
export function holdForJudging(
  database: Database,
  purse: Purse & { readonly attempt: AttemptId },
  amount: MicroUsd,
): boolean {
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

/** Releases the unused hold of an attempt. */
export function releaseHold(database: Database, attempt: AttemptId): void {
  database.write(() =>
    database.run("update reservations set settled_micro_usd = 0 where attempt = ? and kind = 'hold'", attempt),
  );
}

/**
 * Closes the accounts of dead runs: releases holds, and counts calls whose cost is unknown as possibly costing what was
 * reserved.
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

/** Returns an amount to a hold that still exists. */
function giveToHold(database: Database, attempt: AttemptId | null, amount: MicroUsd): void {
  database.run(
    `update reservations set reserved_micro_usd = reserved_micro_usd + ?
     where attempt = ? and kind = 'hold' and settled_micro_usd is null`,
    ...[amount, attempt],
  );
}

interface Scoped {
  readonly scope: BudgetScope;
  readonly cap: MicroUsd;
  /** Spent or reserved. */
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
  if (unit !== null) add('unit', caps.unit, `${run} ${unit}`);
  add('role', caps.roles[role], `${run} ${role}`);
  return found;
}

/** The first cap that an amount exceeds, and the least that any cap leaves; null if it fits. */
function firstOver(database: Database, purse: Purse, amount: MicroUsd): OverCap | null {
  const lefts = scopes(database, purse).map(({ scope, cap, used }) => ({ scope, left: Math.max(0, cap - used()) }));
  const over = lefts.find(({ left }) => amount > left);
  return over ? { refused: over.scope, leftMicroUsd: Math.min(...lefts.map(({ left }) => left)) } : null;
}

/** The local day as the database writes it: `2026-11-24`. */
function dayOf(now: number): string {
  const day = new Date(now);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
