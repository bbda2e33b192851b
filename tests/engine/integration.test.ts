import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, statesOf, stragglers, TestProject, writeFile } from '../support/project.ts';

/** Fails once both units have landed, of which each passes alone. */
const both = 'test ! -f a.txt || test ! -f b.txt';
const units = {
  ...fileUnit('a', ['contracts: [contracts/x.md]', 'priority: 2']),
  ...fileUnit('b', ['contracts: [contracts/x.md]', 'depends: [a]']),
  ...fileUnit('c', ['depends: [b]']),
};
const made = (integration: object, more: Readonly<Record<string, string>> = {}): TestProject =>
  TestProject.make({ ...scripted(writeFile, { integration }), 'contracts/x.md': 'X\n', ...units, ...more });

test('what lands is checked together after every few landings, and a failure is told with what it may be about', async () => {
  const it = made({ every: 1, checks: { both, fine: 'test -f specs/a.md' } });
  const ended = await it.backlog('run', 'specs', '--json');
  const report = JSON.parse(ended.stdout) as Awaited<ReturnType<TestProject['run']>>;
  expect([ended.code, statesOf(report)]).toEqual([1, { a: 'done', b: 'done', c: 'done' }]);
  const fine = { name: 'fine', command: 'test -f specs/a.md', outcome: 'passed', wasRed: false, why: null };
  const red = { name: 'both', command: both, outcome: 'failed', wasRed: false, why: 'exit 1' };
  expect(report.integration.at(-1)).toEqual({
    ...{ commit: report.units.find(({ id }) => id === 'c')?.commit, checks: [red, fine] },
    ...{ units: ['b', 'c'], contracts: ['contracts/x.md'] },
  });
  expect(ended.stderr).toContain('The integration checks pass with a\n');
  const sentence = `The integration check both (\`${both}\`) fails with b, c, and passed before: exit 1; what their contracts leave open: contracts/x.md`;
  expect(ended.stderr).toContain(`${sentence}\n`);
  expect((await it.backlog('report')).stdout).toContain('## Integration checks\n\n- ');
  expect((await it.backlog('report', '--format', 'html')).stdout).toContain('what their contracts leave open');
  // Nothing is taken back, and the next run begins with what is there.
  expect(it.landings()).toEqual(['a', 'b', 'c']);
});

test('at the end of a run the last landings are checked, whatever their number', async () => {
  const it = made({ every: 100, checks: { both } });
  const report = await it.run(1);
  expect(report.integration.map((one) => [one.units, one.checks[0]?.outcome])).toEqual([[['a', 'b', 'c'], 'failed']]);
  it.write({ ...fileUnit('d') });
  it.commit('More');
  const again = await it.run(0);
  expect(again.integration.map((one) => one.checks)).toEqual([
    [{ name: 'both', command: both, outcome: 'failed', wasRed: true, why: 'exit 1' }],
  ]);
});

test.each<[what: string, command: string, code: number, check: object]>([
  ['what failed before', 'false', 0, { outcome: 'failed', wasRed: true }],
  ['an end that tells nothing', 'kill -9 $$', 0, { outcome: 'unclear', wasRed: false }],
  ['what passes', 'true', 0, { outcome: 'passed', wasRed: false }],
])('%s is not the fault of what landed', async (_, command, code, check) => {
  const it = made({ checks: { x: command } });
  const { integration } = await it.run(code, '--only', 'a');
  expect(integration.map(({ checks }) => checks)).toMatchObject([[check]]);
});

test.each<[what: string, args: readonly string[], signals: readonly NodeJS.Signals[], code: number]>([
  ['the time of the run', ['--max-time', '15s'], [], 3],
  ['Ctrl-C twice', [], ['SIGINT', 'SIGINT'], 130],
  ['the end of its job', [], ['SIGTERM', 'SIGTERM'], 143],
])('%s ends the last checks, and what landed is told', async (_, args, signals, code) => {
  const it = TestProject.make({});
  const began = path.join(it.outside, 'began');
  it.write({
    ...scripted(writeFile, { integration: { checks: { slow: `touch ${began}; exec sleep 1000` } } }),
    ...fileUnit('a'),
  });
  it.commit('Specs');
  const run = it.start(['run', 'specs', ...args]);
  await expect.poll(() => existsSync(began), { timeout: 60_000 }).toBe(true);
  for (const [index, signal] of signals.entries()) {
    if (index > 0) await expect.poll(run.stderr).toContain('Stopping: ');
    run.kill(signal);
  }
  const ended = await run.ended;
  expect([ended.code, it.landings(), stragglers(it)]).toEqual([code, ['a'], []]);
  expect(ended.stdout).toContain('✓ 1 landed on backlog/next');
  expect(ended.stderr).toContain('The last integration checks were not made: ');
  expect((await it.backlog('report')).stdout).not.toContain('## Integration checks');
});

test('what told nothing before is not said to have passed', async () => {
  const it = made({ checks: { x: 'test -f a.txt && exit 7; kill -9 $$' } });
  const { integration } = await it.run(1, '--only', 'a');
  expect(integration.map(({ checks }) => checks)).toMatchObject([[{ outcome: 'failed', wasRed: null, why: 'exit 7' }]]);
  expect((await it.backlog('report')).stdout).toContain(' fails with a; before, it told nothing: exit 7');
});

test('units do not wait for the checks, and a killed run leaves them to the next one', async () => {
  const it = TestProject.make({});
  const began = path.join(it.outside, 'began');
  it.write({
    ...scripted(writeFile, {
      integration: { every: 1, checks: { slow: `touch ${began}; ${waitFor(`${it.outside}/go`)}; test ! -f a.txt` } },
    }),
    ...fileUnit('a'),
    'specs/b.md': spec('B', ['depends: [a]', 'touches: [b.txt]'], ['B — check: `test -f b.txt`']),
  });
  it.commit('Specs');
  const run = it.start(['run', 'specs', '--allow-unsandboxed']);
  await expect.poll(run.stderr, { timeout: 60_000 }).toContain('b: done');
  expect(existsSync(began)).toBe(true);
  run.kill('SIGKILL');
  await run.ended;
  it.write({ '../outside/go': '', ...fileUnit('c') });
  it.commit('More');
  const report = await it.run(1);
  expect(report.integration.map((one) => [one.units, one.checks[0]?.outcome, one.checks[0]?.wasRed])).toEqual([
    [['a', 'b', 'c'], 'failed', false],
  ]);
});

test('landings of a killed run that the branch no longer has are not checked again', async () => {
  const it = TestProject.make({});
  const integration = { every: 9, checks: { x: `touch ${it.outside}/began; ${waitFor(`${it.outside}/go`)}` } };
  it.write({ ...scripted(writeFile, { integration }), ...fileUnit('a') });
  it.commit('Specs');
  const run = it.start(['run', 'specs', '--allow-unsandboxed']);
  await expect.poll(() => existsSync(path.join(it.outside, 'began')), { timeout: 60_000 }).toBe(true);
  run.kill('SIGKILL');
  await run.ended;
  it.write({ '../outside/go': '', ...fileUnit('b') });
  it.commit('More');
  it.git('update-ref', '-d', 'refs/heads/backlog/next');
  it.git('reflog', 'expire', '--expire=now', '--all');
  it.git('gc', '--quiet', '--prune=now');
  const again = await it.backlog('run', 'specs', '--json', '--only', 'b');
  const report = JSON.parse(again.stdout) as Awaited<ReturnType<TestProject['run']>>;
  expect([again.code, report.integration.map(({ units: landed }) => landed)]).toEqual([0, [['b']]]);
});
