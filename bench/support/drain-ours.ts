// Drains no-op units: the real queue, planner, executor and events; each unit starts one process.
// node bench/support/drain-ours.ts COUNT WIDTH FOLDER prepare   fills a queue, in a process of its own
// node bench/support/drain-ours.ts COUNT WIDTH FOLDER
import { drain, type Hands } from '../../src/engine/run/drain.ts';
import { learnEstimates } from '../../src/engine/run/estimates.ts';
import { LocalExecutor } from '../../src/engine/jobs/local-executor.ts';
import { openSlots } from '../../src/engine/jobs/slots.ts';
import { RunEnd } from '../../src/engine/context/run-end.ts';
import { bareOrder, noLink, orderWork } from '../../tests/support/order-work.ts';
import { noUsage } from '../../src/model/agent.ts';
import { configSchema } from '../../src/model/config.ts';
import { runId } from '../../src/model/ids.ts';
import { claim, endAttempt } from '../../src/queue/attempts.ts';
import { uncapped } from '../../src/queue/budget.ts';
import { openDatabase } from '../../src/queue/database.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { transition } from '../../src/queue/transitions.ts';
import { systemClock } from '../../src/util/time/clock.ts';
import { runProcess, startThroughHelper } from '../../src/util/process/run-process.ts';
import { benchUnit, layeredGraph } from './units.ts';

const count = Number(process.argv[2]);
const width = Number(process.argv[3]);
const folder = process.argv[4] ?? '.';
const database = openDatabase(folder);
const id = runId(new Date(), 'bench');
if (process.argv[5] === 'prepare') {
  const units = layeredGraph(count, 7).map((depends, index) => benchUnit(index, depends));
  syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: null });
  database.close();
} else {
  await measured();
}

async function measured(): Promise<void> {
  const row = { id, startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  const before = process.cpuUsage();
  const started = performance.now();
  const closeHelper = await startThroughHelper();
  const env = { PATH: '/usr/bin:/bin' };
  const end = new RunEnd();
  const work = orderWork(async () => {
    await runProcess({ file: '/bin/true', args: [], cwd: '/', env, maxOutputBytes: 0 });
    return { outcome: { kind: 'stopped' }, usage: noUsage };
  });
  const executor = new LocalExecutor(openSlots(width), work, end.signal);
  const clock = systemClock;
  const hands: Hands = {
    prepare: () => Promise.resolve(),
    claim: (unit) =>
      claim(database, {
        at: clock.now(),
        run: id,
        unit: unit.spec.id,
        role: 'builder',
        baseCommit: 'c',
        baseTree: 't',
        projectChecks: [],
        configHash: 'h',
        to: 'working',
      }),
    async drive(unit, attempt) {
      await executor.order(bareOrder(attempt.id, unit.spec.id), noLink, end.signal);
      database.write(() => {
        endAttempt(database, clock.now(), attempt.id, 'landed', null);
        transition(database, clock.now(), id, { unit: unit.spec.id, to: 'done', fence: attempt.fence });
      });
    },
    apply: () => Promise.resolve(),
    isUnusable: () => false,
    pausedUntil: () => null,
  };
  await drain(
    {
      id,
      database,
      clock,
      emit: (event) => database.write(() => appendEvent(database, clock.now(), id, event)),
      config: configSchema.parse({}),
      end,
      settings: {
        maxAgents: width,
        barrier: false,
        parallelism: 'balanced' as const,
        caps: uncapped,
        maxUnits: null,
        isFailFast: false,
      },
    },
    hands,
    { deadline: null, maxParkMs: 0, isAskedFor: () => true },
    learnEstimates([]),
  );
  await executor.close();
  await closeHelper();
  const cpu = process.cpuUsage(before);
  const done = database.get("select count(*) as n from units where state = 'done'") as { n: number };
  database.close();
  if (done.n !== count) throw new Error(`${done.n} of ${count} done`);
  process.stdout.write(
    `${JSON.stringify({
      wallMs: performance.now() - started,
      ownCpuMs: (cpu.user + cpu.system) / 1000,
      peakRssMiB: process.resourceUsage().maxRSS / 1024,
    })}\n`,
  );
}
