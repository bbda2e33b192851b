import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Outputs, type Written } from '../../../src/engine/boxes/outputs.ts';
import { Checkouts } from '../../../src/engine/checks/checkouts.ts';
import type { CheckResult } from '../../../src/engine/jobs/job.ts';
import { configSchema } from '../../../src/model/config.ts';
import type { CommandEvidence, Observed } from '../../../src/model/evidence.ts';
import { runId } from '../../../src/model/ids.ts';
import { openDatabase } from '../../../src/queue/database.ts';
import { insertRun } from '../../../src/queue/runs.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import type { Turn } from '../../../src/util/process/turn.ts';
import { onAborted } from '../../../src/util/time/aborted.ts';
import { TestProject } from '../../support/project.ts';

const id = runId(new Date(0), 'test');
const observed: Observed = {
  ...{ exitCode: 1, signal: null, timedOut: false, durationMs: 3, digest: 'a'.repeat(64), excerpt: 'x', testsRun: 2 },
};
const check = { command: 'make test', cwd: 'here' };
const [tree, other] = ['1'.repeat(40), '2'.repeat(40)];
const wanted: CommandEvidence = { kind: 'command', on: 'base', tree, ...check, tier: 'strict', ...observed };

/** Checks of a run whose worker answers this, the run's folder of outputs, and a file outside of it. */
async function withWorker(
  answer: (outside: string) => { readonly end: object; readonly written?: object },
  execute?: (turn: Turn) => Promise<CheckResult>,
): Promise<{
  readonly checkouts: Checkouts;
  readonly folder: string;
  readonly outside: string;
  readonly recorded: () => unknown[];
}> {
  const project = TestProject.make({ 'a.txt': 'a\n' });
  const repository = await openRepository({
    ...{ folder: project.root, stateFolder: path.join(project.outside, 'state'), identity: null, env: project.env },
  });
  const database = openDatabase(path.join(project.outside, 'queue'));
  onTestFinished(() => database.close());
  const row = { id, startedAt: 1, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'strict' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  const folder = path.join(project.outside, 'output');
  const outside = path.join(project.outside, 'precious.txt');
  mkdirSync(folder);
  writeFileSync(outside, 'precious');
  const { end, written = null } = answer(outside);
  const result = JSON.parse(JSON.stringify({ kind: 'ran', end, written, trace: null })) as CheckResult;
  const none = (): never => {
    throw new Error('only checks are executed here');
  };
  const checkouts = new Checkouts({
    ...{ repository, database, id, env: project.env, config: configSchema.parse({}), tier: 'strict' },
    executor: { canTrace: false, check: (_job, turn) => execute?.(turn) ?? Promise.resolve(result), setUp: none },
    clock: { now: () => 1, sleep: none },
    settings: { branch: 'b', checkTimeoutMs: 1000 },
    outputs: new Outputs(folder),
    touchesOf: () => [],
  });
  const recorded = (): unknown[] =>
    database.all('select tree, evidence from evidence').map((one) => {
      const { tree: of, evidence } = one as { tree: string; evidence: string };
      return { tree: of, evidence: JSON.parse(evidence) as unknown };
    });
  return { checkouts, folder, outside, recorded };
}

test.each<[lie: string, said: object]>([
  ['nothing', {}],
  ['another tree', { tree: other }],
  ['another command', { command: 'true', cwd: 'there' }],
  ['hosts that it did not reach', { hosts: ['example.org'] }],
  ['the tree before the work', { on: 'candidate' }],
  ['another sandbox', { tier: 'none' }],
  ['a file with all of its output', { output: '/etc/passwd' }],
  ['another kind of evidence', { kind: 'person', verdict: 'approved', by: 'Ada' }],
])('a worker that makes up %s is believed what it observed, and no more', async (_, said) => {
  const { checkouts, recorded } = await withWorker(() => ({ end: { ...observed, ...said } }));
  expect(await checkouts.check(tree, check, 'base', { unit: null, attempt: null })).toEqual(wanted);
  expect(recorded()).toEqual([{ tree, evidence: wanted }]);
});

test.each<[lie: string, spill: (outside: string) => string, digest?: string]>([
  ['an absolute path', (outside) => outside],
  ['a path that leads out', () => '../precious.txt'],
  ['a hidden path that leads out', () => '.0123456789ab/../../precious.txt'],
  ['no name', () => ''],
  ['the folder itself', () => '.'],
  ['a name that is no name of an output', () => '.bashrc'],
  ['a digest that leads out', () => '.0123456789ab', '/../../x'],
])('a worker that names %s as its output moves and removes nothing', async (_, spill, digest = observed.digest) => {
  const { checkouts, folder, outside } = await withWorker((precious) => ({
    end: { ...observed, digest },
    written: { output: 'all of it\n', spill: spill(precious) } satisfies Written,
  }));
  const evidence = await checkouts.check(tree, check, 'base', { unit: null, attempt: null });
  const kept = checkouts.keepOutput(evidence).output;
  if (digest === observed.digest) expect(readFileSync(kept ?? '', 'utf8')).toBe('all of it\n');
  else expect(kept).toBeUndefined();
  new Outputs(folder).drop(spill(outside));
  expect(readFileSync(outside, 'utf8')).toBe('precious');
  expect(readdirSync(path.dirname(folder)).filter((name) => name.endsWith('.log'))).toEqual([]);
});

test('what a worker wrote under a name of ours is kept whole, dropped, or removed in the end', async () => {
  const { folder } = await withWorker(() => ({ end: observed }));
  const outputs = new Outputs(folder);
  const places = [outputs.place(), outputs.place(), outputs.place()] as const;
  for (const { file } of places) writeFileSync(file, 'all');
  const kept = outputs.keep('a', { output: 'cut', spill: places[0].spill });
  expect([kept, readFileSync(kept ?? '', 'utf8')]).toEqual([path.join(folder, 'a.log'), 'all']);
  outputs.drop(places[1].spill);
  expect(places.map(({ file }) => existsSync(file))).toEqual([false, false, true]);
  outputs.close();
  expect(readdirSync(folder)).toEqual(['a.log']);
});

/** A turn that a test decides, and what came of a check in it. */
function asks(checkouts: Checkouts, again = false) {
  const [needed, stop] = [new AbortController(), new AbortController()];
  const turn = { needed: needed.signal, stop: stop.signal };
  const result = checkouts.check(tree, check, 'base', { unit: null, attempt: null }, { turn, again }).then(
    ({ exitCode }) => exitCode,
    (error: unknown) => String(error),
  );
  return { needed, stop, result };
}

test('a run that several wait for is needed once one of them needs it, and ends when none is left', async () => {
  const log: string[] = [];
  const turns: Turn[] = [];
  const { checkouts, recorded } = await withWorker(
    () => ({ end: observed }),
    async (turn) => {
      turns.push(turn);
      log.push('begins');
      const stopped = Promise.withResolvers<CheckResult>();
      onAborted(turn.needed, () => log.push('needed'));
      onAborted(turn.stop, () => {
        log.push('ends');
        stopped.resolve({ kind: 'stopped' });
      });
      return stopped.promise;
    },
  );
  const [first, second] = [asks(checkouts), asks(checkouts)];
  await expect.poll(() => log).toEqual(['begins']);
  second.needed.abort();
  first.stop.abort();
  expect(await first.result).toBe('Interrupted: stopped');
  expect(log).toEqual(['begins', 'needed']);
  second.stop.abort();
  const third = asks(checkouts); // does not join what is about to end
  expect(await second.result).toBe('Interrupted: stopped');
  await expect.poll(() => log).toEqual(['begins', 'needed', 'ends', 'begins']);
  third.stop.abort();
  expect(await third.result).toBe('Interrupted: stopped');
  expect([turns.length, recorded()]).toEqual([2, []]);
});

test('a run that is needed for a bet alone goes first only once the bet is needed, and is told as needed before', async () => {
  const log: string[] = [];
  const go = Promise.withResolvers<void>();
  const { checkouts } = await withWorker(
    () => ({ end: observed }),
    async (turn) => {
      onAborted(turn.needed, () => log.push('goes first'));
      await go.promise;
      return JSON.parse(JSON.stringify({ kind: 'ran', end: observed, written: null, trace: null })) as CheckResult;
    },
  );
  const bet = new AbortController();
  const onNeeded = (): void => void log.push('is needed');
  const options = { after: bet.signal, onNeeded };
  const result = checkouts.check(tree, check, 'base', { unit: null, attempt: null }, options);
  await expect.poll(() => log).toEqual(['is needed']);
  bet.abort();
  expect(log).toEqual(['is needed', 'goes first']);
  go.resolve();
  expect((await result).exitCode).toBe(observed.exitCode);
});

test('a result is recorded also if who asked for it first has left', async () => {
  const go = Promise.withResolvers<void>();
  const ran = JSON.parse(JSON.stringify({ kind: 'ran', end: observed, written: null, trace: null })) as CheckResult;
  const { checkouts, recorded } = await withWorker(
    () => ({ end: observed }),
    () => go.promise.then(() => ran),
  );
  const [first, second] = [asks(checkouts), asks(checkouts)];
  first.stop.abort();
  expect(await first.result).toBe('Interrupted: stopped');
  go.resolve();
  expect(await second.result).toBe(1);
  expect(recorded()).toEqual([{ tree, evidence: wanted }]);
});

test.each([
  ['the first ends first', [0, 1]],
  ['the repetition ends first', [1, 0]],
])('different results of one check on one tree are noticed: %s', async (_, order) => {
  const waiting: (() => void)[] = [];
  const { checkouts } = await withWorker(
    () => ({ end: observed }),
    async () => {
      const exitCode = waiting.length;
      await new Promise<void>((go) => waiting.push(go));
      return { kind: 'ran', end: { ...observed, exitCode }, written: null, trace: null };
    },
  );
  const asked = [asks(checkouts)];
  await expect.poll(() => waiting.length).toBe(1);
  asked.push(asks(checkouts, true));
  await expect.poll(() => waiting.length).toBe(2);
  expect(checkouts.everDiffered(check)).toBe(false);
  for (const nth of order) {
    waiting[nth]?.();
    await asked[nth]?.result;
  }
  expect(checkouts.everDiffered(check)).toBe(true);
});
