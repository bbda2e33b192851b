import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { attemptId, idFromKey, runId, type RunId } from '../../src/model/ids.ts';
import type { Reservation } from '../../src/model/agent.ts';
import type { UnitSpec } from '../../src/model/unit.ts';
import { claim, endAttempt, readAttempts } from '../../src/queue/attempts.ts';
import {
  openBudget,
  type QueueBudget,
  type Purse,
  readSpending,
  type Spending,
  totalSpending,
  uncapped,
} from '../../src/queue/budget.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { readSince, readUnitEvents } from '../../src/queue/events.ts';
import { addRequest, applyRequest, openRequests, requestAnswer } from '../../src/queue/requests.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { syncUnits, type Truth } from '../../src/queue/sync.ts';
import { type KeptWork, readUnit, readUnits } from '../../src/queue/units.ts';
import { pauseUnit, recordReach, StaleFence, transition } from '../../src/queue/transitions.ts';
import { temporaryFolder } from '../support/project.ts';

const run: RunId = runId(new Date(0), 'test');
let database: Database;

beforeEach(() => {
  database = openDatabase(temporaryFolder());
  onTestFinished(() => database.close());
  insertRun(
    database,
    {
      id: run,
      startedAt: 0,
      endedAt: null,
      branch: 'next',
      tip: 'c0',
      agent: 'a',
      tier: 'none',
      outcome: null,
      exitCode: null,
    },
    {},
  );
});

function unit(key: string, more: Partial<UnitSpec> = {}): UnitSpec {
  return {
    id: idFromKey(key),
    key,
    title: key,
    kind: 'change',
    file: `${key}.md`,
    files: [`${key}.md`],
    line: 1,
    body: '',
    criteria: [{ position: 0, text: 'x', kind: 'claim', command: null, hash: 'h', isTicked: false, line: 3 }],
    depends: [],
    touches: [],
    contracts: [],
    ...{ format: 'native', hold: null, isParallel: false, joins: { resolved: 0, dangling: 0 } },
    exclusive: null,
    cwd: '',
    network: [],
    gate: null,
    phase: null,
    priority: 0,
    labels: [],
    agent: null,
    recipe: null,
    skills: [],
    answer: null,
    prompt: null,
    isTicked: false,
    forEachFile: null,
    contentHash: `content of ${key}`,
    criteriaHash: `criteria of ${key}`,
    problems: [],
    ...more,
  };
}

const open: Truth = { isDone: false, why: null };
const done: Truth = { isDone: true, commit: 'c1', how: 'it landed' };

function sync(units: readonly UnitSpec[], truth: Readonly<Record<string, Truth>> = {}): ReturnType<typeof syncUnits> {
  return syncUnits(database, { units, truth: (it) => truth[it.id] ?? open, at: 1, run });
}

const take = (key = 'a'): ReturnType<typeof claim> =>
  claim(database, {
    at: 5,
    run,
    unit: id(key),
    role: 'builder',
    baseCommit: 'c0',
    baseTree: 't0',
    projectChecks: ['npm test'],
    configHash: 'h',
    to: 'working',
  });

const states = (): Record<string, string> =>
  Object.fromEntries(
    readUnits(database).map((row) => [row.spec.id, row.why === null ? row.state : `${row.state}: ${row.why}`]),
  );
const id = idFromKey;

describe('sync', () => {
  test('new units wait or are ready; the second time nothing changes', () => {
    const units = [unit('a'), unit('b', { depends: [id('a')] })];
    expect(sync(units)).toEqual({ added: ['a', 'b'], reopened: [], retired: [], unchanged: 0 });
    expect(states()).toEqual({ a: 'ready', b: 'waiting' });
    const events = [...readSince(database, run, 0)].length;
    expect(sync(units)).toEqual({ added: [], reopened: [], retired: [], unchanged: 2 });
    expect([states(), [...readSince(database, run, 0)].length]).toEqual([{ a: 'ready', b: 'waiting' }, events]);
  });

  test('what the branch has is done, and what waits for it is ready', () => {
    sync([unit('a'), unit('b', { depends: [id('a')] })], { a: done });
    expect(states()).toEqual({ a: 'done: it landed', b: 'ready' });
    expect(readUnit(database, id('a'))?.landedCommit).toBe('c1');
  });

  test('what lands while the branch is looked at stays done: that look came too early to know', () => {
    const units = [unit('a'), unit('b')];
    sync(units, { a: done });
    const look = (lookedAt: number): readonly string[] =>
      syncUnits(database, { units, truth: () => open, at: 5, lookedAt, run }).reopened;
    expect([look(0), look(1), states()['a']]).toEqual([[], [], 'done: it landed']);
    expect(look(2)).toEqual(['a']);
  });

  test('what lands while the branch is looked at, and was renamed before that look, is not begun again', () => {
    const [was, is] = [unit('a', { title: 'Same' }), unit('b', { title: 'Same' })];
    sync([was], { a: done });
    const look = (lookedAt: number, truth: Truth): object =>
      syncUnits(database, { units: [is], truth: () => truth, at: 5, lookedAt, run });
    look(1, open);
    expect(states()).toEqual({ a: 'done: it landed' });
    look(2, { isDone: false, why: null, former: ['c1'] });
    expect(states()).toEqual({ b: 'done: it landed', a: 'retired: it is b now' });
  });

  test('a row that says done while the branch does not is reopened, and so is what builds on it', () => {
    const units = [unit('a'), unit('b', { depends: [id('a')] })];
    sync(units, { a: done });
    expect(sync(units).reopened).toEqual(['a']);
    expect(states()).toEqual({
      a: 'ready: it was done, but its commit is not on the branch',
      b: 'waiting: a dependency is not done',
    });
  });

  test('a failure is kept while its text stays, and forgotten when it changes', () => {
    sync([unit('a')]);
    transition(database, 2, run, {
      unit: id('a'),
      to: 'failed',
      why: 'red',
      failure: { reason: 'no-proof' },
      attempts: 3,
    });
    sync([unit('a')]);
    expect(readUnit(database, id('a'))).toMatchObject({
      state: 'failed',
      why: 'red',
      attempts: 3,
      failure: { reason: 'no-proof' },
    });
    expect(sync([unit('a', { contentHash: 'other' })]).reopened).toEqual(['a']);
    expect(readUnit(database, id('a'))).toMatchObject({ state: 'ready', attempts: 0, failure: null });
  });

  test('a unit whose spec is gone is retired, and comes back with it', () => {
    sync([unit('a'), unit('b')]);
    expect(sync([unit('b')]).retired).toEqual(['a']);
    expect(states()).toEqual({ b: 'ready', a: 'retired: its spec is gone' });
    sync([unit('a'), unit('b')]);
    expect(states()).toEqual({ a: 'ready', b: 'ready' });
  });

  const dangling = [{ severity: 'error', code: 'unknown-dependency', message: 'there is no unit "z"' }] as const;

  test.each<[how: string, away: readonly UnitSpec[], now: string]>([
    ['its file is not read, or not there on another branch', [unit('z')], 'retired: its spec is gone'],
    ['what it waits for is not there', [unit('a', { problems: dangling })], 'not-runnable: there is no unit "z"'],
    ['it is held', [unit('a', { hold: 'is a draft' })], 'not-runnable: it is a draft'],
  ])('a unit is what it was once this is over: %s', (_how, away, now) => {
    const kept: KeptWork = {
      ...{
        purpose: 'land',
        attempt: attemptId(id('a'), 1),
        tree: 't1',
        commit: 'c1',
        baseCommit: 'c0',
        baseTree: 't0',
      },
      ...{ feedback: null, approvals: [] },
    };
    for (const change of [
      { to: 'failed', why: 'red', failure: { reason: 'no-proof' }, attempts: 3 },
      { to: 'awaiting', why: 'a person must look', keptWork: kept },
      { to: 'blocked', why: 'it cannot be done', attempts: 1 },
      { to: 'cancelled', why: 'cancelled' },
    ] as const) {
      sync([unit('a')]);
      transition(database, 2, run, { unit: id('a'), ...change });
      const before = readUnit(database, id('a'));
      sync(away);
      sync(away);
      expect(states()['a']).toBe(now);
      const end = sync([unit('a')]);
      expect([end.reopened, { ...readUnit(database, id('a')), changedAt: before?.changedAt }]).toEqual([[], before]);
    }
  });

  test('a unit that comes back with another text begins anew, also if it was away with that', () => {
    for (const away of [[], [unit('a', { contentHash: 'other', problems: dangling })]]) {
      sync([unit('a')]);
      transition(database, 2, run, { unit: id('a'), to: 'failed', why: 'red', attempts: 3 });
      sync(away);
      sync([unit('a', { contentHash: 'other' })]);
      expect(readUnit(database, id('a'))).toMatchObject({ state: 'ready', attempts: 0, failure: null });
    }
  });

  test('a unit that was ready and comes back waits for what is not done', () => {
    sync([unit('a')]);
    sync([]);
    sync([unit('b'), unit('a', { depends: [id('b')] })]);
    expect(states()).toEqual({ b: 'ready', a: 'waiting' });
  });

  /** A unit that was attempted once, and failed. */
  function failedOnce(key: string, more: Partial<UnitSpec> = {}): void {
    sync([unit(key, more)]);
    const attempt = take(key);
    endAttempt(database, 2, attempt.id, 'failed', { reason: 'no-proof' });
    const failed = { to: 'failed', why: 'red', failure: { reason: 'no-proof' }, attempts: 3 } as const;
    transition(database, 2, run, { unit: id(key), ...failed });
  }

  test('a unit whose file was moved keeps its state, its attempts and its log, also if its dependencies were moved', () => {
    failedOnce('a', { title: 'Same', depends: [] });
    const told = readUnitEvents(database, id('a')).length;
    const moved = unit('new.a', { title: 'Same', depends: [id('new.c')] });
    expect(sync([moved])).toEqual({ added: ['new.a'], reopened: [], retired: ['a'], unchanged: 0 });
    expect(states()).toEqual({ 'new.a': 'failed: red', a: 'retired: it is new.a now' });
    expect(readUnit(database, id('new.a'))).toMatchObject({ fence: 1, attempts: 3, failure: { reason: 'no-proof' } });
    expect(readAttempts(database, id('new.a')).map((attempt) => attempt.id)).toEqual(['a.1']);
    expect(readUnitEvents(database, id('new.a')).length).toBe(told + 1);
    expect(sync([moved])).toEqual({ added: [], reopened: [], retired: [], unchanged: 1 });
    // The numbers of its attempts go on.
    transition(database, 3, run, { unit: id('new.a'), to: 'ready' });
    expect(take('new.a').id).toBe('new.a.2');
  });

  test('a unit whose file is moved while it is at work is not begun again, and goes on under its new name once that ended', () => {
    sync([unit('a')]);
    const attempt = take();
    const moved = unit('new.a', { contentHash: 'content of a', title: 'a', file: 'new/a.md' });
    const copy = unit('copy', { contentHash: 'content of a', title: 'a', file: 'copy.md' });
    expect(sync([moved, copy])).toEqual({ added: ['copy'], reopened: [], retired: [], unchanged: 1 });
    expect(states()).toEqual({ a: 'working', copy: 'ready' });
    endAttempt(database, 2, attempt.id, 'failed', { reason: 'no-proof' });
    transition(database, 2, run, { unit: id('a'), to: 'failed', why: 'red', attempts: 1 });
    sync([moved, copy]);
    expect(states()).toEqual({ 'new.a': 'failed: red', copy: 'ready', a: 'retired: it is new.a now' });
  });

  test('of two units with one text, each keeps its own history, and a copy has none', () => {
    failedOnce('a', { title: 'Same' });
    sync([unit('a', { title: 'Same' }), unit('copy', { title: 'Same' })]);
    expect(states()).toEqual({ a: 'failed: red', copy: 'ready' });
    sync([unit('b', { title: 'Same' }), unit('c', { title: 'Same' })]);
    expect(states()).toEqual({
      b: 'failed: red',
      c: 'ready',
      a: 'retired: it is b now',
      copy: 'retired: it is c now',
    });
  });

  const same = (key: string): UnitSpec => unit(key, { title: 'Same' });

  test.each<[how: string, way: readonly (readonly string[])[], now: string]>([
    ['moved', [['b']], 'b'],
    ['moved and moved back', [['b'], ['a']], 'a'],
    ['moved, on a branch without it, and back', [['b'], [], ['a']], 'a'],
    ['moved there and back again', [['b'], ['a'], ['b'], ['a']], 'a'],
    ['moved along two names', [['b'], ['c'], ['a']], 'a'],
  ])('what became of a unit goes with it: %s', (_how, way, now) => {
    sync([same('a')]);
    sync([same('b')]);
    failedOnce('b', { title: 'Same' });
    pauseUnit(database, 3, run, id('b'), true);
    recordReach(database, id('b'), ['x']);
    const row = readUnit(database, id('b'));
    const events = readUnitEvents(database, id('b'));
    for (const keys of way) sync(keys.map(same));
    expect({ ...readUnit(database, id(now)), changedAt: row?.changedAt }).toEqual({ ...row, spec: same(now) });
    expect(readAttempts(database, id(now)).map((attempt) => attempt.id)).toEqual(['b.1']);
    expect(readUnitEvents(database, id(now))).toEqual(expect.arrayContaining(events));
    transition(database, 4, run, { unit: id(now), to: 'ready' });
    expect(take(now).id).toBe(`${now}.2`);
  });

  test("what is given to a moved unit is no copy's, and no other unit's that has its old name", () => {
    failedOnce('a', { title: 'Same' });
    sync([same('b')]);
    sync([same('b'), same('c')]);
    expect(states()).toEqual({ b: 'failed: red', c: 'ready', a: 'retired: it is b now' });
    sync([same('b'), same('c'), same('a')]);
    expect(states()).toEqual({ b: 'failed: red', c: 'ready', a: 'ready' });
    expect(readUnit(database, id('a'))).toMatchObject({ attempts: 0, failure: null });
  });

  test('a unit that was away keeps what is its own where another one of its text goes', () => {
    failedOnce('a', { title: 'Same' });
    sync([]);
    sync([same('b'), unit('c')]);
    expect(states()).toEqual({ b: 'failed: red', c: 'ready', a: 'retired: it is b now' });
    sync([same('b'), same('a')]);
    expect(states()).toMatchObject({ b: 'failed: red', a: 'ready' });
    // It has attempts of its own, and then those of the other one: none has the number of another.
    endAttempt(database, 6, take('a').id, 'failed', { reason: 'no-proof' });
    transition(database, 6, run, { unit: id('a'), to: 'failed', why: 'amber' });
    sync([same('b'), same('d')]);
    sync([same('a'), same('d')]);
    expect(states()).toMatchObject({ a: 'failed: red', d: 'failed: amber' });
    transition(database, 7, run, { unit: id('a'), to: 'ready' });
    expect(take('a').id).toBe('a.3');
  });

  test('units whose folder was moved keep their history, also if their text names it, and each its own', () => {
    const inFolder = (folder: string, name: string, more: Partial<UnitSpec> = {}): UnitSpec =>
      unit(`${folder}.${name}`, {
        ...{ title: name, file: `${folder}/tasks.md`, files: [`${folder}/tasks.md`, `${folder}/design.md`] },
        ...{ body: `The spec around it: ${folder}/design.md`, ...more },
      });
    const feature = (folder: string): UnitSpec[] => [
      inFolder(folder, folder === 'auth' || folder === 'login' ? 'form' : 'card'),
      inFolder(folder, 'check'),
    ];
    sync([...feature('pay'), ...feature('auth')]);
    const attempt = take('auth.check');
    endAttempt(database, 2, attempt.id, 'failed', { reason: 'no-proof' });
    const failed = { to: 'failed', why: 'red', failure: { reason: 'no-proof' }, attempts: 3 } as const;
    transition(database, 2, run, { unit: id('auth.check'), ...failed });
    // Both are moved at once, and their orders change.
    sync([...feature('login'), ...feature('shop')]);
    expect(states()).toEqual({
      'login.form': 'ready',
      'login.check': 'failed: red',
      'shop.card': 'ready',
      'shop.check': 'ready',
      'pay.card': 'retired: it is shop.card now',
      'pay.check': 'retired: it is shop.check now',
      'auth.form': 'retired: it is login.form now',
      'auth.check': 'retired: it is login.check now',
    });
  });

  test('a landed unit whose file was moved stays done while its landing is on the branch', () => {
    const former: Truth = { isDone: false, why: null, former: ['c1'] };
    sync([unit('a', { title: 'Same' })], { a: done });
    sync([unit('b', { title: 'Same' })], { b: former });
    expect([states(), readUnit(database, id('b'))?.landedCommit]).toEqual([
      { b: 'done: it landed', a: 'retired: it is b now' },
      'c1',
    ]);
    sync([unit('b', { title: 'Same' })], { b: former });
    expect(states()['b']).toBe('done: it landed');
    // Another landing with these criteria, or another text, is no sign of it.
    sync([unit('b', { title: 'Same' })], { b: { ...former, former: ['c2'] } });
    expect(states()['b']).toBe('ready: it was done, but its commit is not on the branch');
    sync([unit('d', { title: 'New' })], { d: former });
    expect(states()['d']).toBe('ready');
  });

  const checks = (...commands: readonly string[]): UnitSpec['criteria'] =>
    commands.map((command, position) => ({
      ...{ position, text: 'It works', kind: 'check' as const, command, hash: command, isTicked: false, line: 3 },
    }));
  const former = { contentHash: 'content of a', criteriaHash: 'criteria of a', isWhole: false };

  test.each([
    ['keeps a failure whose commands are the same', ['npm test', 'make'], 'failed: it failed'],
    ['tries one again whose command was corrected', ['npm test', 'make all'], 'ready: its text changed'],
    ['tries one again that has a command more', ['npm test', 'make', 'make all'], 'ready: its text changed'],
  ])('an upgrade from a version that hashed no commands %s', (_what, commands, expected) => {
    sync([unit('a', { criteria: checks('npm test', 'make') })]);
    transition(database, 2, run, { unit: id('a'), to: 'failed', why: 'it failed' });
    const now = unit('a', { criteria: checks(...commands), contentHash: 'new', former });
    sync([now]);
    expect(states()).toEqual({ a: expected });
    sync([now]);
    expect(states()).toEqual({ a: expected });
  });

  test('an edited unit is reopened alone, and one that is gone keeps its text and what it had done', () => {
    const units = [unit('a'), unit('b', { depends: [id('a')] }), unit('c')];
    sync(units, { a: done, b: done });
    const edited = unit('a', { contentHash: 'edited', criteriaHash: 'edited' });
    expect(sync([edited, ...units.slice(1)], { b: done }).reopened).toEqual(['a']);
    expect(states()).toEqual({ a: 'ready: its text changed', b: 'done: it landed', c: 'ready' });
    sync([edited]);
    const gone = readUnit(database, id('b'));
    expect([gone?.state, gone?.landedCommit, gone?.spec]).toEqual(['retired', 'c1', units[1]]);
    expect(database.all('select content_hash, criteria_hash from units where id = ?', 'b')).toEqual([
      { content_hash: 'content of b', criteria_hash: 'criteria of b' },
    ]);
  });

  test('a unit with an error is not runnable until it is corrected', () => {
    sync([unit('a', { problems: [{ severity: 'error', code: 'no-criteria', message: 'no criteria' }] })]);
    expect(states()).toEqual({ a: 'not-runnable: no criteria' });
    sync([unit('a')]);
    expect(states()).toEqual({ a: 'ready' });
  });

  test('a done unit stays done whatever is wrong with its text, and what waits for it runs', () => {
    const problems = [{ severity: 'error', code: 'unknown-agent', message: 'there is no agent "old"' }] as const;
    const after = unit('b', { depends: [id('a')] });
    sync([unit('a'), after], { a: done });
    expect(sync([unit('a', { problems }), after], { a: done }).reopened).toEqual([]);
    expect(states()).toEqual({ a: 'done: it landed', b: 'ready' });
    expect(readUnit(database, id('a'))?.landedCommit).toBe('c1');
    // No longer done, its error counts.
    sync([unit('a', { problems }), after]);
    expect(states()).toEqual({ a: 'not-runnable: there is no agent "old"', b: 'waiting: a dependency is not done' });
  });
});

describe('claim', () => {
  test('raises the fence, opens the attempt and tells it, in one transaction', () => {
    sync([unit('a')]);
    expect(take()).toMatchObject({ id: 'a.1', fence: 1, number: 1, baseCommit: 'c0' });
    expect(readUnit(database, id('a'))).toMatchObject({ state: 'working', fence: 1 });
    expect([...readSince(database, run, 0)].slice(-2).map(({ event }) => event)).toEqual([
      {
        type: 'claimed',
        ...{ key: 'a', title: 'a' },
        unit: 'a',
        attempt: 'a.1',
        fence: 1,
        role: 'builder',
        inputs: {
          baseCommit: 'c0',
          baseTree: 't0',
          contentHash: unit('a').contentHash,
          criteriaHash: unit('a').criteriaHash,
          checks: ['npm test'],
          configHash: 'h',
        },
      },
      { type: 'unit-changed', unit: 'a', key: 'a', title: 'a', from: 'ready', to: 'working', why: null },
    ]);
    expect(take).toThrow('Internal error: claim of a, which is working');
  });

  test('the late writes of an older claim are void', () => {
    sync([unit('a')]);
    const old = take();
    transition(database, 6, run, { unit: id('a'), to: 'ready' });
    take();
    expect(() =>
      transition(database, 7, run, { unit: id('a'), to: 'done', fence: old.fence, landedCommit: 'late' }),
    ).toThrow(StaleFence);
    expect(readUnit(database, id('a'))).toMatchObject({ state: 'working', landedCommit: null });
  });

  test('an attempt ends once', () => {
    sync([unit('a')]);
    const attempt = take();
    endAttempt(database, 8, attempt.id, 'landed', null);
    endAttempt(database, 9, attempt.id, 'crashed', null);
    expect(readAttempts(database, id('a')).map(({ outcome, endedAt }) => [outcome, endedAt])).toEqual([['landed', 8]]);
  });
});

test('a request is applied once, together with its outcome', () => {
  sync([unit('a')]);
  const number = addRequest(database, 1, { verb: 'cancel', digest: null, unit: id('a'), message: '', by: 'ada' });
  const [request] = openRequests(database);
  if (!request) throw new Error('no request');
  expect(() =>
    applyRequest(database, 2, run, request, () => {
      transition(database, 2, run, { unit: id('a'), to: 'cancelled' });
      throw new Error('crash');
    }),
  ).toThrow('crash');
  expect([states(), openRequests(database).length]).toEqual([{ a: 'ready' }, 1]);
  applyRequest(database, 3, run, request, () => 'a is cancelled');
  expect([openRequests(database), requestAnswer(database, number)]).toEqual([
    [],
    { outcome: 'a is cancelled', refusal: null },
  ]);
});

describe('the budget', () => {
  /** Who pays for an attempt at a unit. */
  function purseOfA(): Omit<Purse, 'caps'> {
    sync([unit('a')]);
    const attempt = claim(database, {
      at: 5,
      run,
      unit: id('a'),
      role: 'builder',
      baseCommit: 'c0',
      baseTree: 't0',
      projectChecks: [],
      configHash: 'h',
      to: 'working',
    });
    return { run, unit: id('a'), attempt: attempt.id, role: 'builder', isUnmetered: false, now: () => 1 };
  }

  test('counts what is set aside until it is settled, and never goes over the cap', () => {
    const purse = purseOfA();
    const budget = openBudget(database, { ...purse, caps: { ...uncapped, run: 100 } });
    const reserve = (amount: number): Reservation => {
      const reservation = budget.reserve(amount);
      if ('refused' in reservation) throw new Error(`refused: ${reservation.refused}`);
      return reservation;
    };
    const over = (leftMicroUsd: number): object => ({ refused: 'run', leftMicroUsd });
    const spending = (): Spending => totalSpending(readSpending(database, { run }));
    const first = reserve(60);
    expect([budget.reserve(50), budget.isRunningOut()]).toEqual([over(40), false]);
    expect(spending()).toEqual({ spentMicroUsd: 0, possibleMicroUsd: 60, heldMicroUsd: 0 });
    first.settle({ spentMicroUsd: 5, possibleMicroUsd: 20 }); // its answer has begun: it cannot come to more than 25
    expect(budget.reserve(76)).toEqual(over(75));
    first.settle({ spentMicroUsd: 10, possibleMicroUsd: 0 });
    const second = reserve(90);
    // What is set aside for a call mostly comes back: nothing runs out by it alone.
    expect([budget.reserve(1), budget.isRunningOut()]).toEqual([over(0), false]);
    second.settle({ spentMicroUsd: 30, possibleMicroUsd: 60 }); // nobody saw its end: the rest stays reserved
    expect([spending(), budget.reserve(1), budget.isRunningOut()]).toEqual([
      { spentMicroUsd: 40, possibleMicroUsd: 60, heldMicroUsd: 0 },
      over(0),
      false,
    ]);
    expect(() => second.settle({ spentMicroUsd: -1, possibleMicroUsd: 0 })).toThrow('not a valid amount');
    expect(() => budget.reserve(Number.NaN)).toThrow('not a valid amount');
  });

  test('an agent is told that most is spent when that comes to be so, not when it begins so', () => {
    const purse = purseOfA();
    const open = (): QueueBudget => openBudget(database, { ...purse, caps: { ...uncapped, run: 100, unit: 200 } });
    const spend = (amount: number): void => {
      const reservation = open().reserve(amount);
      if ('refused' in reservation) throw new Error(`refused: ${reservation.refused}`);
      reservation.settle({ spentMicroUsd: amount, possibleMicroUsd: 0 });
    };
    const early = open();
    spend(79);
    expect(early.isRunningOut()).toBe(false);
    spend(1);
    expect([early.isRunningOut(), open().isRunningOut()]).toEqual([true, false]);
  });
});

test('rows of versions that knew one file for each unit name that file', () => {
  const units = [unit('a'), unit('b')];
  syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: null });
  database.write(() => database.run("update units set spec = json_remove(spec, '$.files')"));
  expect(readUnits(database).map(({ spec }) => spec)).toEqual(units);
});
