import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Reservation } from '../../src/model/agent.ts';
import { type AttemptId, attemptId, idFromKey, runId } from '../../src/model/ids.ts';
import {
  type Caps,
  closeAccounts,
  holdForJudging,
  isOfEarlierQueue,
  openBudget,
  type Purse,
  readSpending,
  releaseHold,
  type Spending,
  totalSpending,
  uncapped,
} from '../../src/queue/budget.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { readRunCounts } from '../../src/queue/run-counts.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { readSpendByDay, restoreSpend } from '../../src/queue/spend-by-day.ts';
import { temporaryFolder } from '../support/project.ts';

let folder: string;
let database: Database;
const run = runId(new Date(0), 'abcd');

beforeEach(() => {
  folder = temporaryFolder();
  database = openDatabase(folder);
  const row = { id: run, startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
});
afterEach(() => database.close());

/** Numbers from 0 to below 1 that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A call as the provider sees it: what it will be charged is known there alone. */
interface Call {
  readonly reservation: Reservation;
  readonly most: number;
  /** What is charged in the end. */
  readonly charge: number;
  /** What the beginning of its answer tells. */
  readonly prompt: number;
  readonly unit: number;
  readonly role: 'builder' | 'reviewer';
}

const caps: Caps = { run: 10_000, day: 12_000, unit: 6000, roles: { reviewer: 7000 } };
const units = ['a', 'b', 'c'].map((key) => idFromKey(key));

describe('money over random runs, with kills and faults', () => {
  test.each(Array.from({ length: 25 }, (_, seed) => seed))('seed %d', (seed) => {
    const random = randomFrom(seed + 1);
    const pick = (below: number): number => Math.floor(random() * below);
    let calls: Call[] = [];
    let fences = units.map(() => 1);
    let held = units.map(() => 0);
    /** Charged by the provider: by unit, and what reviewers took of it. */
    const charged = units.map(() => 0);
    let reviewed = 0;

    const purse = (unit: number, role: Purse['role']): Purse & { readonly attempt: AttemptId } => ({
      run,
      unit: units[unit] ?? idFromKey('x'),
      attempt: attemptId(units[unit] ?? idFromKey('x'), fences[unit] ?? 1),
      role,
      caps,
      isUnmetered: false,
      now: () => 5,
    });
    const charge = ({ unit, role, charge: amount }: Call): void => {
      charged[unit] = (charged[unit] ?? 0) + amount;
      if (role === 'reviewer') reviewed += amount;
    };
    const total = (of: Parameters<typeof readSpending>[1]): Spending => totalSpending(readSpending(database, of));
    const sum = (spending: Spending): number =>
      spending.spentMicroUsd + spending.possibleMicroUsd + spending.heldMicroUsd;

    const actions: readonly (() => void)[] = [
      // A call is made, if the caps allow it.
      () => {
        const unit = pick(units.length);
        const role = random() < 0.4 ? 'reviewer' : 'builder';
        const most = 1 + pick(1500);
        const reservation = openBudget(database, purse(unit, role)).reserve(most);
        if ('refused' in reservation) return;
        const amount = Math.floor(most * random());
        calls.push({ reservation, most, charge: amount, prompt: Math.floor(amount * random()), unit, role });
      },
      // Its answer begins: what it can no longer cost is free for others.
      () => {
        const call = calls[pick(calls.length)];
        if (!call) return;
        const possibleMicroUsd = call.charge - call.prompt + pick(call.most - call.charge + 1);
        call.reservation.settle({ spentMicroUsd: call.prompt, possibleMicroUsd });
      },
      // It ends, and says what it cost.
      () => {
        const [call] = calls.splice(pick(calls.length), 1);
        if (!call) return;
        charge(call);
        call.reservation.settle({ spentMicroUsd: call.charge, possibleMicroUsd: 0 });
      },
      // It breaks off: it is charged, and nobody says how much.
      () => {
        const [call] = calls.splice(pick(calls.length), 1);
        if (!call) return;
        charge(call);
        call.reservation.settle({ spentMicroUsd: call.prompt, possibleMicroUsd: call.most - call.prompt });
      },
      // It reaches nobody.
      () => {
        const [call] = calls.splice(pick(calls.length), 1);
        call?.reservation.settle({ spentMicroUsd: 0, possibleMicroUsd: 0 });
      },
      // Money is kept for judging, and given back.
      () => {
        const unit = pick(units.length);
        if (held[unit] !== 0) {
          releaseHold(database, purse(unit, 'reviewer').attempt);
          held[unit] = 0;
        } else if (holdForJudging(database, purse(unit, 'reviewer'), 1 + pick(2000))) held[unit] = 1;
      },
      // The run is killed: calls at work may be charged, nobody hears of it, and the next run begins.
      () => {
        if (random() < 0.7) return;
        for (const call of calls) charge(call);
        calls = [];
        database.close();
        database = openDatabase(folder);
        closeAccounts(database);
        held = held.map(() => 0);
        fences = fences.map((fence) => fence + 1);
        expect(total({ run }).heldMicroUsd).toBe(0);
        const open = database.get('select count(*) as n from reservations where settled_micro_usd is null');
        expect(open).toEqual({ n: 0 });
      },
    ];

    for (let step = 0; step < 150; step++) {
      actions[pick(actions.length)]?.();
      const all = total({ run });
      const real = charged.reduce((some, amount) => some + amount, 0);
      const unheard = calls.reduce((some, call) => some + call.charge, 0);
      // Never above a cap, never below what is or will be charged, and never said to be spent what was not.
      expect(sum(all)).toBeLessThanOrEqual(caps.run ?? 0);
      expect(all.spentMicroUsd + all.possibleMicroUsd).toBeGreaterThanOrEqual(real + unheard);
      expect(all.spentMicroUsd).toBeLessThanOrEqual(real + unheard);
      for (const [index, unit] of units.entries()) {
        const own = total({ unit });
        expect(sum(own)).toBeLessThanOrEqual(caps.unit ?? 0);
        expect(own.spentMicroUsd + own.possibleMicroUsd).toBeGreaterThanOrEqual(charged[index] ?? 0);
      }
      const reviewers = totalSpending(readSpending(database, { run }).filter(({ role }) => role === 'reviewer'));
      expect(sum(reviewers)).toBeLessThanOrEqual(caps.roles.reviewer ?? 0);
      expect(reviewers.spentMicroUsd + reviewers.possibleMicroUsd).toBeGreaterThanOrEqual(reviewed);
    }
  });
});

test('what a review did not need goes back to what is kept for judging', () => {
  const unit = idFromKey('a');
  const of = { run, unit, attempt: attemptId(unit, 1), caps: { ...caps, run: 1000 }, isUnmetered: false, now: () => 5 };
  const reviewer = { ...of, role: 'reviewer' } as const;
  expect(holdForJudging(database, reviewer, 600)).toBe(true);
  const review = openBudget(database, reviewer).reserve(500);
  if ('refused' in review) throw new Error('refused');
  review.settle({ spentMicroUsd: 50, possibleMicroUsd: 0 });
  expect(totalSpending(readSpending(database, { run }))).toEqual({
    spentMicroUsd: 50,
    possibleMicroUsd: 0,
    heldMicroUsd: 550,
  });
  // Who builds finds what is left beside it, whoever reviews all of it.
  expect(openBudget(database, { ...of, role: 'builder' }).reserve(401)).toEqual({ refused: 'run', leftMicroUsd: 400 });
  expect('refused' in openBudget(database, reviewer).reserve(950)).toBe(false);
});

test('what agents of a run spend counts in the run and the month; what an earlier queue spent, for the day alone', () => {
  const earlier = runId(new Date(0), 'lost');
  restoreSpend(database, { '2026-11-24': 700 }, earlier);
  const purse = { run, unit: null, attempt: null, role: 'planner', caps: uncapped, isUnmetered: false } as const;
  const call = openBudget(database, { ...purse, now: () => new Date('2026-11-24T12:00:00').getTime() }).reserve(60);
  if ('refused' in call) throw new Error('refused');
  call.settle({ spentMicroUsd: 50, possibleMicroUsd: 0 });
  const rows = readSpending(database, { from: 0, to: Date.now() });
  const own = { unit: null, role: 'planner', spentMicroUsd: 50, possibleMicroUsd: 0, heldMicroUsd: 0 };
  expect(rows.filter((row) => !isOfEarlierQueue(row))).toEqual([own]);
  expect(rows.filter(isOfEarlierQueue).map(({ spentMicroUsd }) => spentMicroUsd)).toEqual([700]);
  expect(readSpendByDay(database)).toEqual({ '2026-11-24': 750 });
  const none = { units: 0, landed: 0, failed: 0 };
  expect(readRunCounts(database).get(run)).toEqual({ ...none, spentMicroUsd: 50, isCostUnknown: false });
});
