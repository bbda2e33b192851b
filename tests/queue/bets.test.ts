import { expect, onTestFinished, test } from 'vitest';
import { noUsage } from '../../src/model/agent.ts';
import { type AttemptId, idFromKey, runId } from '../../src/model/ids.ts';
import { unasked } from '../../src/model/unit.ts';
import { claim, endAttempt, mergedOn } from '../../src/queue/attempts.ts';
import { readBet, readBets } from '../../src/queue/bets.ts';
import { capLeft, openBudget, uncapped } from '../../src/queue/budget.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { endSession, openSession, updateSession } from '../../src/queue/sessions.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { transition } from '../../src/queue/transitions.ts';
import { temporaryFolder } from '../support/project.ts';

const [first, second] = [runId(new Date(0), 'aaaa'), runId(new Date(0), 'bbbb')];

function queueOf(...keys: readonly string[]): Database {
  const database = openDatabase(temporaryFolder());
  onTestFinished(() => database.close());
  for (const id of [first, second]) {
    const row = { id, startedAt: 1, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
    insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  }
  const units = keys.map((key) => ({
    ...unasked,
    ...{ id: idFromKey(key), key, title: key, kind: 'change' as const, file: `${key}.md`, line: 1, body: '' },
    ...{ contentHash: key, criteriaHash: key, criteria: [] },
  }));
  syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: first });
  return database;
}

/** What an agent did in an attempt of `a` or another unit. */
function session(database: Database, id: AttemptId, at: number, cost: number, run = first): void {
  const unit = idFromKey(id.split('.')[0] ?? '');
  const named = { run, name: id, attempt: id, unit, role: 'builder', agent: 'a', model: null } as const;
  const opened = openSession(database, { ...named, round: 0, startedAt: at });
  const live = { contextTokens: null, contextWindow: null, filesRead: [], filesWritten: [] };
  const usage = { ...noUsage, costMicroUsd: cost };
  updateSession(database, opened, { ...live, usage, lastWord: null, orientationMicroUsd: null });
  endSession(database, opened, at, 'finished');
}

/** An attempt with what it cost; without an end it goes on. */
function attempt(
  database: Database,
  of: { readonly unit: string; readonly at: number; readonly cost: number; readonly end?: string },
  run = first,
): AttemptId {
  const unit = idFromKey(of.unit);
  const frozen = { role: 'builder', baseCommit: 'c', baseTree: 't', projectChecks: [], configHash: 'h' } as const;
  const { id, fence } = claim(database, { ...frozen, to: 'working', at: of.at, run, unit });
  session(database, id, of.at, of.cost, run);
  if (of.end === undefined) return id;
  endAttempt(database, of.at, id, of.end, null);
  transition(database, of.at, run, { unit, to: 'ready', fence });
  return id;
}

test('a bet is an attempt that came to its landing; what follows a conflict, until it lands, is work done again', () => {
  const database = queueOf('a', 'b');
  attempt(database, { unit: 'a', at: 1, cost: 10, end: 'misfit' });
  attempt(database, { unit: 'b', at: 2, cost: 20, end: 'landed' });
  attempt(database, { unit: 'a', at: 3, cost: 5, end: 'failed' });
  attempt(database, { unit: 'a', at: 4, cost: 30, end: 'misfit' }, second);
  attempt(database, { unit: 'a', at: 5, cost: 40, end: 'landed' }, second);
  attempt(database, { unit: 'a', at: 6, cost: 50, end: 'landed' }, second);
  const bets = [
    { isLost: true, isRedone: false, costMicroUsd: 10 },
    { isLost: false, isRedone: false, costMicroUsd: 20 },
    { isLost: true, isRedone: true, costMicroUsd: 30 },
    { isLost: false, isRedone: true, costMicroUsd: 40 },
    { isLost: false, isRedone: false, costMicroUsd: 50 },
  ];
  expect([readBets(database, 10), readBets(database, 2), readBets(database, 10, first)]).toEqual([
    bets,
    bets.slice(3),
    bets.slice(0, 2),
  ]);
  attempt(database, { unit: 'b', at: 7, cost: 1, end: 'misfit' });
  const now = attempt(database, { unit: 'b', at: 8, cost: 2 });
  expect(readBet(database, now, true)).toEqual({ isLost: true, isRedone: true, costMicroUsd: 2 });
});

test('an attempt that conflicted and went on with both changes is a lost bet and, once it lands, one that did work again', () => {
  const database = queueOf('a');
  const id = attempt(database, { unit: 'a', at: 1, cost: 10 });
  expect(readBet(database, id, true)).toEqual({ isLost: true, isRedone: false, costMicroUsd: 10 });
  mergedOn(database, id, { at: 5, baseCommit: 'c', baseTree: 't' });
  session(database, id, 6, 3);
  const lost = { isLost: true, isRedone: false, costMicroUsd: 10 };
  const landed = { isLost: false, isRedone: true, costMicroUsd: 3 };
  expect([readBets(database, 10), readBet(database, id, false)]).toEqual([[lost], landed]);
  endAttempt(database, 7, id, 'landed', null);
  expect([readBets(database, 10), readBets(database, 1), readBets(database, 10, second)]).toEqual([
    [lost, landed],
    [landed],
    [],
  ]);
});

test('what is left of caps is the smallest share, of the run and of its day', () => {
  const database = queueOf();
  const now = new Date('2026-11-24T12:00:00').getTime();
  const purse = { run: first, unit: null, attempt: null, role: 'planner', caps: uncapped, isUnmetered: false } as const;
  const call = openBudget(database, { ...purse, now: () => now }).reserve(60);
  if ('refused' in call) throw new Error('refused');
  const left = (run: number | null, day: number | null, of = first): number | null =>
    capLeft(database, { run: of, caps: { ...uncapped, run, day }, now });
  expect(left(100, null)).toBe(1);
  call.settle({ spentMicroUsd: 50, possibleMicroUsd: 0 });
  expect([left(null, null), left(100, null), left(100, 60), left(100, 500, second)]).toEqual([
    null,
    0.5,
    1 - 50 / 60,
    0.9,
  ]);
});

test('what follows the first conflict of an attempt is work done again, however often it conflicts', () => {
  const database = queueOf('a');
  const id = attempt(database, { unit: 'a', at: 1, cost: 10 });
  mergedOn(database, id, { at: 5, baseCommit: 'c', baseTree: 't' });
  session(database, id, 6, 3);
  mergedOn(database, id, { at: 9, baseCommit: 'd', baseTree: 'u' });
  session(database, id, 10, 2);
  endAttempt(database, 11, id, 'landed', null);
  expect(readBets(database, 10)).toEqual([
    { isLost: true, isRedone: false, costMicroUsd: 10 },
    { isLost: false, isRedone: true, costMicroUsd: 5 },
  ]);
});
