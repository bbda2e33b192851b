// What the parts of a run of so many units take, in one process through the real functions: 60 events and 30 calls each.
// node bench/support/growth-parts.ts COUNT
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { typedBy } from '../../src/engine/project/typed.ts';
import { drain, type Hands } from '../../src/engine/run/drain.ts';
import { learnEstimates } from '../../src/engine/run/estimates.ts';
import { keepLedger } from '../../src/engine/project/recovery-ledger.ts';
import { LocalExecutor } from '../../src/engine/jobs/local-executor.ts';
import { openSlots } from '../../src/engine/jobs/slots.ts';
import { RunEnd } from '../../src/engine/context/run-end.ts';
import { openProject, openTarget, projectMark } from '../../src/engine/project/project.ts';
import { bareOrder, noLink, orderWork } from '../../tests/support/order-work.ts';
import { openQueue } from '../../src/engine/project/state-place.ts';
import { everything } from '../../src/engine/context/selection.ts';
import { list } from '../../src/engine/verbs/looking/list.ts';
import { status } from '../../src/engine/verbs/looking/status.ts';
import { plan } from '../../src/engine/verbs/running/plan.ts';
import { writeReport } from '../../src/engine/verbs/running/write-report.ts';
import { noUsage } from '../../src/model/agent.ts';
import { runId } from '../../src/model/ids.ts';
import { claim, endAttempt } from '../../src/queue/attempts.ts';
import { openBudget, uncapped } from '../../src/queue/budget.ts';
import { appendEvent, readUnitEvents } from '../../src/queue/events.ts';
import { recordVerdicts } from '../../src/queue/evidence.ts';
import { endRun, insertRun } from '../../src/queue/runs.ts';
import { endSession, openSession } from '../../src/queue/sessions.ts';
import { readUnits } from '../../src/queue/units.ts';
import { transition } from '../../src/queue/transitions.ts';
import { systemClock } from '../../src/util/time/clock.ts';

const count = Number(process.argv[2]);
const perUnit = { events: 60, calls: 30 } as const;
const width = 8;
const perFile = 100;

// Commits wait for the disk; what they cost the processor is of interest here.
const memory = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
const root = mkdtempSync(path.join(memory, 'backlog-growth-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const folder = path.join(root, 'repo', 'specs');

const cpu: Record<string, number> = {};
/** Adds what `action` takes of the processor, in ms, to a part. */
async function part<T>(name: string, action: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const result = await action();
  const { user, system } = process.cpuUsage(before);
  cpu[name] = (cpu[name] ?? 0) + (user + system) / 1000;
  return result;
}

function specOf(index: number): string {
  return [
    `## Unit: u${index}`,
    '',
    '```yaml',
    `id: u${index}`,
    `touches: [src/d${index % 97}/f${index}.ts]`,
    ...(index % 3 === 0 || index < 10 ? [] : [`depends: [u${Math.floor(index / 2)}]`]),
    '```',
    '',
    'What and why. '.repeat(20),
    '',
    '### Acceptance criteria',
    '',
    `- [ ] It is there — check: \`test -f src/d${index % 97}/f${index}.ts\``,
    '- [ ] It is right — check: `true`',
    '',
  ].join('\n');
}

function makeProject(): void {
  mkdirSync(folder, { recursive: true });
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', args, { cwd: path.dirname(folder), stdio: 'ignore' });
  const config = { agents: { a: { type: 'command', command: 'true' } }, agent: 'a', limits: { maxAgents: width } };
  writeFileSync(path.join(folder, 'backlog.config.json'), JSON.stringify(config));
  for (let first = 0; first < count; first += perFile) {
    const units = Array.from({ length: Math.min(perFile, count - first) }, (_, index) => specOf(first + index));
    writeFileSync(path.join(folder, `s${first}.md`), `# Some units\n\n${units.join('\n')}`);
  }
  git('init', '--quiet');
  git('config', 'user.name', 'Bench');
  git('config', 'user.email', 'bench@localhost');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
}

makeProject();
const asker = { name: 'Bench', folder: root, shownFrom: root, env: process.env };
const meanwhile = { signal: new AbortController().signal };
const sync = async (): Promise<unknown> => list.run(asker, { folder, states: [] }, meanwhile);
await sync(); // for the first time
const wave = {
  agent: null,
  maxAgents: width,
  maxUnits: null,
  barrier: false,
  parallelism: null,
  selection: everything,
};
await part('plan', () => plan.run(asker, { folder, ...wave }, meanwhile));
await part('sync', sync);
await part('status', () => status.run(asker, { folder }, meanwhile));

const project = await openProject(asker, folder);
const repository = await openTarget(project);
const id = runId(new Date(), 'bench');
const clock = systemClock;
const row = { startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };

await goThrough();
rmSync(project.state, { recursive: true, force: true });
await sync();
await failAll();
process.stdout.write(`${JSON.stringify({ cpu, peakMiB: process.resourceUsage().maxRSS / 1024 })}\n`);

/** A run in which each unit lands, with its events and calls, and its report; then a look at how things are. */
async function goThrough(): Promise<void> {
  const database = openQueue(project);
  insertRun(database, { ...row, id, outcome: null, exitCode: null }, {});
  const end = new RunEnd();
  const work = orderWork(async () => ({ outcome: { kind: 'stopped' }, usage: noUsage }));
  const executor = new LocalExecutor(openSlots(width), work, end.signal);
  const emit = (event: Parameters<typeof appendEvent>[3]): void =>
    database.write(() => appendEvent(database, clock.now(), id, event));
  const commit = 'c'.repeat(40);
  const frozen = { role: 'builder', baseCommit: commit, baseTree: 't', projectChecks: [], configHash: 'h' } as const;
  const hands: Hands = {
    prepare: () => Promise.resolve(),
    claim: (unit) =>
      claim(database, { ...frozen, at: clock.now(), run: id, unit: unit.spec.id, to: 'working' as const }),
    async drive({ spec }, attempt) {
      const of = { unit: spec.id, attempt: attempt.id, role: 'builder' } as const;
      readUnitEvents(database, spec.id);
      const session = openSession(database, {
        ...{ ...of, run: id, name: attempt.id, agent: 'a', model: null, round: 0, startedAt: clock.now() },
      });
      for (let event = 0; event < perUnit.events; event++)
        emit({ type: 'agent-tool', ...of, tool: 'bash', summary: 'npm test -- --filter x', isError: false });
      await executor.order(bareOrder(attempt.id, spec.id), noLink, end.signal);
      endSession(database, session, clock.now(), 'finished');
      const criteria = spec.criteria.map(({ position, text }) => ({
        ...({ position, text, kind: 'check', verdict: 'met', role: 'proof', note: null, failure: null } as const),
        evidence: [],
      }));
      recordVerdicts(database, { ...of, at: clock.now(), run: id, criteria });
      database.write(() => {
        endAttempt(database, clock.now(), attempt.id, 'landed', null);
        transition(database, clock.now(), id, {
          ...{ unit: spec.id, to: 'done', landedCommit: commit, fence: attempt.fence },
        });
      });
    },
    apply: () => Promise.resolve(),
    isUnusable: () => false,
    pausedUntil: () => null,
  };
  const settings = {
    maxAgents: width,
    barrier: false,
    parallelism: 'balanced' as const,
    caps: uncapped,
    maxUnits: null,
    isFailFast: false,
  };
  const run = { id, database, clock, emit, config: project.config, end, settings };
  const limits = { deadline: null, maxParkMs: 0, isAskedFor: () => true };
  await part('drain', () => drain(run, hands, limits, learnEstimates([])));
  await executor.close();

  const caps = { run: 1e12, day: 1e12, unit: 1e12, roles: { builder: 1e12 } };
  await part('budget', () => {
    for (const { spec } of readUnits(database)) {
      const of = { run: id, unit: spec.id, attempt: `${spec.id}.1` as never, role: 'builder', caps } as const;
      const budget = openBudget(database, { ...of, isUnmetered: false, now: () => clock.now() });
      for (let call = 0; call < perUnit.calls; call++) {
        const made = budget.reserve(1000);
        if ('settle' in made) made.settle({ spentMicroUsd: 900, possibleMicroUsd: 0 });
        budget.isRunningOut();
      }
    }
  });
  endRun(database, id, { at: clock.now(), outcome: 'done', exitCode: 0, tip: commit });
  const planned = { maxAgents: 8, barrier: false, phases: [], parallelism: 'balanced' } as const;
  const began = { rows: readUnits(database), limits: planned, exclusive: [] };
  await part('report', () =>
    writeReport({ project, repository, bringHome: [], typed: typedBy(asker, folder), began, database, run: id }),
  );
  const done = database.get("select count(*) as n from units where state = 'done'") as { n: number };
  database.close();
  if (done.n !== count) throw new Error(`${done.n} of ${count} done`);
  // As after a run whose branch was taken home: the boxes are ticked.
  for (let first = 0; first < count; first += perFile) {
    const file = path.join(folder, `s${first}.md`);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('- [ ]', '- [x]'));
  }
  await part('sync', sync);
  await part('status', () => status.run(asker, { folder }, meanwhile));
  for (let first = 0; first < count; first += perFile) {
    const file = path.join(folder, `s${first}.md`);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('- [x]', '- [ ]'));
  }
}

/** A run in which each unit fails, one after the other, with its ledger. */
async function failAll(): Promise<void> {
  const database = openQueue(project);
  insertRun(database, { ...row, id, outcome: null, exitCode: null }, {});
  const units = readUnits(database).map(({ spec }) => spec.id);
  const ledger = keepLedger({ repository, database, mark: projectMark(project), canCostMoney: () => true });
  await part('ledger', async () => {
    for (const [index, unit] of units.entries()) {
      transition(database, clock.now(), id, { unit, to: 'failed', failure: { reason: 'no-proof' } });
      // Time goes on between two units: others' work is done meanwhile, and a write may begin.
      if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await ledger.close();
  });
  database.close();
}
