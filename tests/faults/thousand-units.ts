import { withoutWork } from '../../src/engine/unit/unfinished.ts';
// Drains units whose attempts fail in all ways: the real queue, planner, executor, events and settling; see thousand.test.ts.
// node tests/faults/thousand-units.ts FOLDER COUNT
import { appendFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { machineError } from '../../src/engine/context/machine.ts';
import { toData } from '../../src/engine/jobs/error-data.ts';
import type { OrderJob, OrderOutcome } from '../../src/engine/jobs/job.ts';
import { drain, type Hands } from '../../src/engine/run/drain.ts';
import type { Driving } from '../../src/engine/unit/driving.ts';
import { end } from '../../src/engine/unit/driving.ts';
import { learnEstimates } from '../../src/engine/run/estimates.ts';
import { LocalExecutor } from '../../src/engine/jobs/local-executor.ts';
import { openSlots } from '../../src/engine/jobs/slots.ts';
import { RunEnd } from '../../src/engine/context/run-end.ts';
import { bareOrder, noLink, orderWork } from '../support/order-work.ts';
import { resume } from '../../src/engine/run/resume.ts';
import { noUsage } from '../../src/model/agent.ts';
import { configSchema } from '../../src/model/config.ts';
import type { Event } from '../../src/model/event.ts';
import { idFromKey, runId, type AttemptId } from '../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../src/model/unit.ts';
import { claim } from '../../src/queue/attempts.ts';
import { uncapped } from '../../src/queue/budget.ts';
import { openDatabase } from '../../src/queue/database.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { endRun, insertRun } from '../../src/queue/runs.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { openRepository } from '../../src/repo/git/repository.ts';
import { systemClock } from '../../src/util/time/clock.ts';
import { runProcess } from '../../src/util/process/run-process.ts';

const [folder = '', counted = ''] = process.argv.slice(2);
const count = Number(counted);
const clock = systemClock;
const state = path.join(folder, '.git/backlog/@root');
const repository = await openRepository({ folder, stateFolder: state, env: process.env, identity: null });
const isNew = !existsSync(path.join(state, 'backlog.db'));
const database = openDatabase(state);
if (isNew) {
  const units = Array.from({ length: count }, (_, index): UnitSpec => {
    const key = `u${index}`;
    const depends = index < 20 ? [] : [idFromKey(`u${(index * 7919) % index}`)];
    const hashes = { contentHash: key, criteriaHash: key };
    const criteria = [
      { position: 0, text: 'x', kind: 'check' as const, command: 'true', hash: 'h', isTicked: false, line: 1 },
    ];
    const at = { file: `${key}.md`, line: 1, body: '', criteria };
    return {
      ...unasked,
      ...hashes,
      ...at,
      id: idFromKey(key),
      key,
      title: key,
      kind: 'change',
      depends,
      touches: [`${key}.txt`],
    };
  });
  syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: null });
}
const cache = path.join(folder, 'cache');
await resume({
  database,
  repository,
  apart: null,
  run: null,
  now: clock.now(),
  mark: 'thousand',
  cache,
  units: [],
  specsPath: 'specs',
});

const id = runId(new Date(), String(process.pid));
const row = { id, startedAt: clock.now(), endedAt: null, branch: 'b', tip: repository.head, agent: 'a', tier: 'none' };
insertRun(database, { ...row, outcome: null, exitCode: null }, {});
const emit = (event: Event): void => database.write(() => appendEvent(database, clock.now(), id, event));
const runEnd = new RunEnd();

const fates = [
  ...['crash', 'limited', 'hang', 'killed', 'silent', 'disk', 'crash', 'killed'],
  ...['good', 'good', 'good'],
] as const;

/** What happens to an attempt: two of three are hit by something, each claim by another thing. */
function fateOf(attempt: string): string {
  let hash = 7;
  for (const char of attempt) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519) >>> 0;
  const fate = fates[(hash >>> 8) % fates.length] ?? 'good';
  // A full disk ends the whole drain, and a program is started anew: that happens often enough at a quarter of this.
  return fate === 'disk' && hash % 4 !== 0 ? 'crash' : fate;
}

const sh = async (command: string, timeoutMs: number): ReturnType<typeof runProcess> =>
  runProcess({ file: '/bin/sh', args: ['-c', command], cwd: folder, env: { PATH: '/usr/bin:/bin' }, timeoutMs });
const failed = (kind: 'crashed' | 'time' | 'silent', detail: string): OrderOutcome => ({
  kind: 'failed',
  failure: { reason: 'agent-failed', kind, detail },
});

async function live(job: Pick<OrderJob, 'name'>): Promise<OrderOutcome> {
  const fate = fateOf(job.name);
  appendFileSync(path.join(folder, 'fates'), `${fate}\n`);
  switch (fate) {
    case 'crash':
      return failed('crashed', `exit ${String((await sh('exit 3', 5000)).exitCode)}`);
    case 'killed':
      return failed('crashed', `killed by ${String((await sh('kill -9 $$', 5000)).signal)}`);
    case 'hang':
      return failed('time', `time limit: ${String((await sh("trap '' TERM; sleep 60", 50)).timedOut)}`);
    case 'silent':
      return failed('silent', 'said nothing');
    case 'limited':
      return { kind: 'limited', until: clock.now() + 20, why: '429' };
    case 'disk':
      return { kind: 'broken', error: toData(machineError('the disk is full (for a while)')) };
    default:
      await sh('true', 5000);
      return { kind: 'finished', answer: '', followups: [], session: null, harvested: null };
  }
}

const work = orderWork(async (job) => ({ outcome: await live(job), usage: noUsage }));
const executor = new LocalExecutor(openSlots(8), work, runEnd.signal);
const settings = {
  maxAgents: 8,
  barrier: false,
  parallelism: 'balanced' as const,
  caps: uncapped,
  maxUnits: null,
  isFailFast: false,
  attempts: 1000,
};
const stops = new Map<AttemptId, AbortController>();
const run = { id, database, clock, emit, stops, config: configSchema.parse({}), end: runEnd, settings };
const driver = { run, isCancelled: () => false } as unknown as Driving['driver'];
const hands: Hands = {
  prepare: () => Promise.resolve(),
  claim: (unit) => {
    const frozen = { baseCommit: repository.head, baseTree: 't', projectChecks: [], configHash: 'h' };
    return claim(database, { ...frozen, at: clock.now(), run: id, unit: unit.spec.id, role: 'builder', to: 'working' });
  },
  async drive(unit, attempt) {
    const it: Driving = { driver, row: { ...unit, waits: 0 }, attempt };
    const { outcome } = await executor.order(bareOrder(attempt.id, unit.spec.id), noLink, runEnd.signal);
    if (outcome.kind === 'finished') end(it, 'landed', null, { to: 'done', keptWork: null, crashes: 0 });
    else withoutWork(it, outcome);
  },
  apply: () => Promise.resolve(),
  isUnusable: () => false,
  pausedUntil: () => null,
};
try {
  const limits = { deadline: null, maxParkMs: 60_000, isAskedFor: () => true };
  await drain(run, hands, limits, learnEstimates([]));
  endRun(database, id, { at: clock.now(), outcome: 'done', exitCode: 0, tip: repository.head });
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 2;
} finally {
  await executor.close();
  database.close();
}
