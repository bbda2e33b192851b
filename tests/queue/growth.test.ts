import Sqlite from 'better-sqlite3';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CriterionVerdict } from '../../src/model/evidence.ts';
import { type AttemptId, attemptId, idFromKey, runId } from '../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../src/model/unit.ts';
import * as attempts from '../../src/queue/attempts.ts';
import * as bets from '../../src/queue/bets.ts';
import * as budget from '../../src/queue/budget.ts';
import * as spendByDay from '../../src/queue/spend-by-day.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import * as events from '../../src/queue/events.ts';
import * as evidence from '../../src/queue/evidence.ts';
import * as proposals from '../../src/queue/proposals.ts';
import * as requests from '../../src/queue/requests.ts';
import { insertRun } from '../../src/queue/runs.ts';
import * as sessions from '../../src/queue/sessions.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import * as transitions from '../../src/queue/transitions.ts';
import * as units from '../../src/queue/units.ts';
import { temporaryFolder } from '../support/project.ts';

const run = runId(new Date(0), 'abcd');
const unit = idFromKey('u');
const attempt: AttemptId = attemptId(unit, 1);

function unitSpec(key: string): UnitSpec {
  return {
    ...unasked,
    ...{ id: idFromKey(key), key, title: key, kind: 'change', file: `${key}.md`, line: 1, body: '' },
    ...{ contentHash: `content of ${key}`, criteriaHash: `criteria of ${key}` },
    criteria: [{ position: 0, text: 'Done', kind: 'check', command: 'true', hash: 'h', isTicked: false, line: 3 }],
  };
}

function queueWith(keys: readonly string[]): { readonly folder: string; readonly database: Database } {
  const folder = temporaryFolder();
  const database = openDatabase(folder);
  const row = { id: run, startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  const truth = (): { readonly isDone: false; readonly why: null } => ({ isDone: false, why: null });
  syncUnits(database, { units: keys.map(unitSpec), truth, at: 1, run });
  return { folder, database };
}

/** Tables of which a row is added with every step of every unit. */
const growing = ['events', 'evidence', 'reservations', 'totals', 'attempts', 'sessions'];

const caps = { run: 1000, day: 1000, unit: 1000, roles: { builder: 1000, reviewer: 1000 } };
const purse = { run, unit, attempt, role: 'builder', caps, isUnmetered: false, now: () => 5 } as const;

/** What a run asks of the queue for each unit, by the names of the functions. */
const perUnit: Readonly<Record<string, (database: Database) => unknown>> = {
  claim: (database) =>
    attempts.claim(database, {
      ...{ at: 2, run, unit, role: 'builder', baseCommit: 'c', baseTree: 't' },
      ...{ projectChecks: [], configHash: 'h', to: 'working' },
    }),
  readAttempt: (database) => attempts.readAttempt(database, attempt),
  readAttempts: (database) => attempts.readAttempts(database, unit),
  readAttemptOf: (database) => attempts.readAttemptOf(database, 'c'),
  recordWork: (database) => attempts.recordWork(database, attempt, { tree: 't', commit: 'c' }),
  recordLandingIntent: (database) => attempts.recordLandingIntent(database, attempt, 'c'),
  mergedOn: (database) => attempts.mergedOn(database, attempt, { at: 1, baseCommit: 'c', baseTree: 't' }),
  recordRepair: (database) => attempts.recordRepair(database, attempt),
  openSession: (database) =>
    sessions.openSession(database, {
      ...{ run, name: 'n', attempt, unit, role: 'builder', agent: 'a', model: null, round: 0, startedAt: 1 },
    }),
  updateSession: (database) =>
    sessions.updateSession(database, 1, {
      usage: {
        ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 0, toolCalls: 0 },
        ...{ costMicroUsd: 0, possibleMicroUsd: 0, notionalMicroUsd: 0 },
      },
      ...{ contextTokens: null, contextWindow: null, filesRead: [], filesWritten: [] },
      ...{ lastWord: null, orientationMicroUsd: null },
    }),
  endSession: (database) => sessions.endSession(database, 1, 2, 'finished'),
  holdForJudging: (database) => budget.holdForJudging(database, purse, 100),
  openBudget(database) {
    for (const role of ['builder', 'reviewer'] as const) {
      const money = budget.openBudget(database, { ...purse, role });
      const made = money.reserve(10);
      if ('settle' in made) made.settle({ spentMicroUsd: 5, possibleMicroUsd: 0 });
      money.isRunningOut();
    }
  },
  capLeft: (database) => budget.capLeft(database, { run, caps, now: 5 }),
  readBet: (database) => bets.readBet(database, attempt, true),
  spentOnUnit: (database) => budget.spentOnUnit(database, run, unit),
  runSpending: (database) => budget.runSpending(database, run),
  readSpendByDay: (database) => spendByDay.readSpendByDay(database),
  releaseHold: (database) => budget.releaseHold(database, attempt),
  appendEvent: (database) =>
    database.write(() => events.appendEvent(database, 1, run, { type: 'notice', text: 'Something.' })),
  readMap: (database) => events.readMap(database, null),
  readSince: (database) => [...events.readSince(database, run, 5)],
  readUnitEvents: (database) => events.readUnitEvents(database, unit),
  readEvidence: (database) => evidence.readEvidence(database, 1),
  findEvidence: (database) => evidence.findEvidence(database, 't', 'true'),
  recordEvidence: (database) =>
    evidence.recordEvidence(database, {
      ...{ at: 1, run, unit, attempt, subject: 'true' },
      evidence: {
        ...{ kind: 'command', on: 'base', tree: 't', tier: 'none', command: 'true', exitCode: 0, signal: null },
        ...{ timedOut: false, durationMs: 1, digest: 'd', excerpt: '', testsRun: null },
      },
    }),
  recordVerdicts: (database) => evidence.recordVerdicts(database, { at: 1, run, unit, attempt, criteria: [verdict] }),
  readVerdicts: (database) => evidence.readVerdicts(database, unitSpec('u')),
  addProposal: (database) =>
    proposals.addProposal(database, 1, run, proposals.proposedBy(unit, { title: 'More', criteria: ['Done'] })),
  readProposed: (database) => units.readProposed(database),
  openRequests: (database) => requests.openRequests(database),
  addRequest: (database) =>
    requests.addRequest(database, 1, { verb: 'tell', unit, message: '', by: 'p', digest: null }),
  applyRequest: (database) =>
    requests.openRequests(database).map((one) => requests.applyRequest(database, 1, run, one, () => '')),
  requestAnswer: (database) => requests.requestAnswer(database, 1),
  readUnit: (database) => units.readUnit(database, unit),
  readPlanned: (database) => units.readPlanned(database, unit),
  readDependents: (database) => units.readDependents(database, unit),
  readParked: (database) => units.readParked(database),
  recordReach: (database) => transitions.recordReach(database, unit, ['a']),
  pauseUnit: (database) => transitions.pauseUnit(database, 1, run, unit, true),
  transition: (database) => transitions.transition(database, 1, run, { unit, to: 'done' }),
  endAttempt: (database) => attempts.endAttempt(database, 1, attempt, 'landed', null),
};

/** What is asked for once in a run, or by a person: it may look at everything. */
const perRun: readonly string[] = [
  ...[
    'readBets',
    'readRunAttempts',
    'readLandedUnits',
    'readBusyShare',
    'readSessions',
    'removeSessions',
    'endDeadSessions',
  ],
  ...[
    'readSpending',
    'totalSpending',
    'isCapped',
    'isOfEarlierQueue',
    'closeAccounts',
    'restoreSpend',
    'acceptProposals',
    'settleProposal',
    'mergeProposals',
    'proposedBy',
    'criteriaOf',
  ],
  ...['readUnits', 'readUnitsIn', 'eachPlanned', 'readUnitLines', 'readUnitNames', 'refreshReady'],
];

const verdict: CriterionVerdict = {
  ...{ position: 0, text: 'Done', kind: 'check', verdict: 'met', role: 'proof', note: null, failure: null },
  evidence: [],
};

test('whatever a run asks for with each unit is found by an index, in all tables that grow with the units', () => {
  const files = [
    attempts,
    bets,
    budget,
    spendByDay,
    events,
    evidence,
    proposals,
    requests,
    sessions,
    transitions,
    units,
  ];
  const rooms: Readonly<Record<string, unknown>> = Object.assign({}, ...files) as Record<string, unknown>;
  const asking = Object.entries(rooms).filter(([name, value]) => typeof value === 'function' && name !== 'StaleFence');
  expect(asking.map(([name]) => name).toSorted()).toEqual([...Object.keys(perUnit), ...perRun].toSorted());
  const { folder, database } = queueWith(['u', 'v']);
  const before = new Set(database.statements);
  for (const ask of Object.values(perUnit)) ask(database);
  const asked = [...database.statements].filter((sql) => !before.has(sql));
  database.close();
  const sqlite = new Sqlite(path.join(folder, 'backlog.db'), { readonly: true });
  const scans = asked.flatMap((sql) => {
    const plan = sqlite.prepare(`explain query plan ${sql}`);
    const rows = plan.all(...Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => null)) as {
      detail: string;
    }[];
    const isWhole = ({ detail }: { detail: string }): boolean =>
      growing.some((table) => new RegExp(`^SCAN ${table}\\b(?!.*events_of_maps)`).test(detail));
    return rows.filter(isWhole).map(({ detail }) => `${detail}: ${sql}`);
  });
  sqlite.close();
  expect(asked.length).toBeGreaterThan(30);
  expect(scans).toEqual([]);
});

/** Numbers from 0 to below 1 that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The totals as the rows add up to. */
const addedUp = `select scope, name, sum(spent) as spent, sum(possible) as possible, sum(held) as held from (
  select scopes.value ->> 0 as scope, scopes.value ->> 1 as name, coalesce(settled_micro_usd, 0) as spent,
    iif(kind = 'call', coalesce(possible_micro_usd * (settled_micro_usd is not null), 0) + iif(settled_micro_usd is null, reserved_micro_usd, 0), 0) as possible,
    iif(kind = 'hold' and settled_micro_usd is null, reserved_micro_usd, 0) as held
  from reservations, json_each(json_array(
    json_array('run', run), json_array('unit', run || ' ' || coalesce(unit, '')),
    json_array('role', run || ' ' || coalesce(role, '')),
    json_array('day', date(created_at / 1000, 'unixepoch', 'localtime')))) as scopes
  ) group by scope, name order by scope, name`;
const kept = `select scope, name, spent_micro_usd as spent, possible_micro_usd as possible, held_micro_usd as held
  from totals order by scope, name`;

test.each(Array.from({ length: 10 }, (_, seed) => seed))(
  'the sums that caps are held against are those of the rows, whatever was reserved, settled, held and closed (%d)',
  (seed) => {
    const random = randomFrom(seed + 1);
    const pick = (below: number): number => Math.floor(random() * below);
    const { database } = queueWith(['a', 'b']);
    spendByDay.restoreSpend(database, { '2026-01-05': 40, '2026-01-06': 2 }, 'lost' as typeof run);
    const open: { settle(charge: { readonly spentMicroUsd: number; readonly possibleMicroUsd: number }): void }[] = [];
    for (let step = 0; step < 80; step++) {
      const of = idFromKey(pick(2) === 0 ? 'a' : 'b');
      const it = { ...purse, unit: of, attempt: attemptId(of, 1 + pick(3)), now: () => pick(4) * 86_400_000 } as const;
      const role = pick(2) === 0 ? 'builder' : 'reviewer';
      switch (pick(6)) {
        case 0:
          budget.holdForJudging(database, it, pick(60));
          break;
        case 1:
          budget.releaseHold(database, it.attempt);
          break;
        case 2:
          if (pick(6) === 0) budget.closeAccounts(database);
          break;
        case 3: {
          const [call] = open.splice(pick(open.length), 1);
          call?.settle({ spentMicroUsd: pick(40), possibleMicroUsd: pick(3) * 5 });
          break;
        }
        default: {
          const made = budget.openBudget(database, { ...it, role }).reserve(pick(50));
          if ('settle' in made) open.push(made);
        }
      }
      expect(database.all(kept)).toEqual(database.all(addedUp));
    }
    const { spentMicroUsd, possibleMicroUsd, heldMicroUsd } = budget.totalSpending(
      budget.readSpending(database, { run }),
    );
    expect(budget.runSpending(database, run)).toEqual({ spentMicroUsd, possibleMicroUsd, heldMicroUsd });
    database.close();
  },
);
