import { expect, onTestFinished, test } from 'vitest';
import { noUsage } from '../../src/model/agent.ts';
import { type AttemptId, idFromKey, runId } from '../../src/model/ids.ts';
import { unasked } from '../../src/model/unit.ts';
import { claim, endAttempt, readBusyShare } from '../../src/queue/attempts.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { transition } from '../../src/queue/transitions.ts';
import { temporaryFolder } from '../support/project.ts';

const run = runId(new Date(0), 'aaaa');

interface Past {
  readonly ms: number;
  readonly outcome: string;
  readonly agent: { readonly ranMs: number; readonly limitedMs?: number } | null;
  readonly checks: readonly number[];
}

/** A queue in which one unit had these attempts. */
function queueWith(attempts: readonly Past[]): Database {
  const database = openDatabase(temporaryFolder());
  onTestFinished(() => database.close());
  const row = { id: run, startedAt: 1, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  const unit = {
    ...unasked,
    ...{ id: idFromKey('a'), key: 'a', title: 'a', kind: 'change' as const, file: 'a.md', line: 1, body: '' },
    ...{ contentHash: 'a', criteriaHash: 'a', criteria: [] },
  };
  syncUnits(database, { units: [unit], truth: () => ({ isDone: false, why: null }), at: 1, run });
  for (const [at, past] of attempts.entries()) {
    const frozen = { role: 'builder', baseCommit: 'c', baseTree: 't', projectChecks: [], configHash: 'h' } as const;
    const began = 1 + at * 1_000_000;
    const { id, fence } = claim(database, { ...frozen, to: 'working', at: began, run, unit: unit.id });
    database.write(() => tell(database, id, past));
    endAttempt(database, began + past.ms, id, past.outcome, null);
    transition(database, began + past.ms, run, { unit: unit.id, to: 'ready', fence });
  }
  return database;
}

function tell(database: Database, attempt: AttemptId, { agent, checks }: Past): void {
  const of = { unit: idFromKey('a'), attempt };
  if (agent) {
    const spent = { waitedMs: 5, openedMs: 5, ...agent };
    const session = { role: 'builder', agent: 'a', model: null, name: 'n', round: 0 } as const;
    const ended = { type: 'agent-ended', outcome: 'finished', usage: noUsage, spent } as const;
    appendEvent(database, 1, run, { ...ended, ...of, ...session });
  }
  for (const [index, ranMs] of checks.entries()) {
    const ran = { type: 'check-ran', ...of, also: [], number: index + 1, command: 'c', on: 'candidate' } as const;
    appendEvent(database, 1, run, { ...ran, isStopped: false, tookMs: 9, spent: { waitedMs: 5, openedMs: 5, ranMs } });
  }
}

test.each<[string, readonly Past[], number | null]>([
  ['is unknown without a history', [], null],
  [
    'is unknown for units of which nothing is recorded',
    [{ ms: 100, outcome: 'landed', agent: null, checks: [] }],
    null,
  ],
  [
    'is what agents and checks took, without what they waited for',
    [{ ms: 1000, outcome: 'landed', agent: { ranMs: 300, limitedMs: 100 }, checks: [200, 100] }],
    0.5,
  ],
  [
    'is above one where checks ran side by side',
    [{ ms: 1000, outcome: 'landed', agent: { ranMs: 500 }, checks: [500, 500] }],
    1.5,
  ],
  [
    'knows only the last attempts that landed',
    [
      { ms: 1000, outcome: 'landed', agent: { ranMs: 1000 }, checks: [] },
      { ms: 1000, outcome: 'landed', agent: { ranMs: 100 }, checks: [100] },
      { ms: 1000, outcome: 'landed', agent: { ranMs: 200 }, checks: [200] },
      { ms: 9000, outcome: 'failed', agent: { ranMs: 9000 }, checks: [] },
    ],
    0.3,
  ],
])('the busy share of units %s', (_what, past, share) => {
  expect(readBusyShare(queueWith(past), 2)).toBe(share);
});
