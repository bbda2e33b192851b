import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileUnit, scripted, spec, stragglers, TestProject, writeFile } from '../support/project.ts';

/*
 * How a run ends before it is through: nothing starts after its end has come, what was made is kept, and the next run
 * goes on.
 */

/** Where a program lies. */
function programOnPath(name: string): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file)) ?? name;
}

/** Waits until `condition` holds in a shell of the agent or check; not longer than the test. */
const until = (condition: string): string => `until ${condition}; do sleep 0.05; done`;

/** A run whose units are all at another place when its end comes: scouting, building, in a check, and harvested last. */
function busy(
  isEndedByLast: boolean,
  patience = 60,
): {
  readonly project: TestProject;
  readonly log: () => string[];
  readonly letGo: () => void;
} {
  const project = TestProject.make({});
  const log = path.join(project.outside, 'log');
  const go = path.join(project.outside, 'go');
  const allAtWork = `[ "$(grep -c -e 'scout of' -e 'builder of building' -e 'check of judged' ${log})" = 3 ]`;
  // What looks as if it went on for a while, unless it was let go: so somebody has the time to start something after it.
  const slow = `i=0; ${until(`[ -e ${go} ] || [ $((i=i+1)) -gt ${patience} ]`)}`;
  const script = [
    `echo "$BACKLOG_ROLE of $BACKLOG_UNIT" >> ${log}`,
    'case "$BACKLOG_ROLE $BACKLOG_UNIT" in',
    `"scout scouted") ${slow}; echo '{"findings":"x","files":[]}' > "$BACKLOG_ANSWER"; exit;;`,
    `"builder building") ${until(`[ -e ${go} ]`)};;`,
    `"builder last") ${until(isEndedByLast ? `[ -e ${go} ] || ${allAtWork}` : `[ -e ${go} ]`)};;`,
    'esac',
    writeFile,
  ].join('\n');
  // It runs more than once at the same time; the first tells.
  const check = `test -f judged.txt && { mkdir ${log}.check && echo "check of judged" >> ${log}; ${slow}; }`;
  project.write({
    ...scripted(script, { recipes: { looking: { scouts: [{}] } }, review: 'off' }),
    ...fileUnit('scouted', ['recipe: looking']),
    ...fileUnit('building'),
    'specs/judged.md': spec('JUDGED', ['touches: [judged.txt]'], [`Yes — check: \`${check}\``]),
    ...fileUnit('last'),
  });
  project.commit('Specs');
  return {
    project,
    log: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').toSorted() : []),
    letGo: () => writeFileSync(go, ''),
  };
}

const atWork = ['builder of building', 'builder of judged', 'builder of last', 'check of judged', 'scout of scouted'];

/** How `runs` calls a run that ended with an exit code. */
const ways: Readonly<Record<number, string>> = {
  2: 'halted',
  3: 'cap-reached',
  70: 'bug',
  130: 'interrupted',
  143: 'terminated',
};

describe('nothing starts after the end of a run, whatever its units are at', () => {
  test.each<{ what: string; code: number; failpoint?: string; signals?: NodeJS.Signals[]; seconds?: number }>([
    { what: 'a full disk', code: 2, failpoint: 'harvest#2=ENOSPC' },
    { what: 'a bug of ours', code: 70, failpoint: 'candidate#2=EBUG' },
    { what: 'two signals', code: 130, signals: ['SIGINT', 'SIGTERM'] },
    { what: 'a closed terminal, and the end of its job', code: 143, signals: ['SIGHUP', 'SIGTERM'] },
    { what: 'its time', code: 3, seconds: 20 },
  ])('$what', async ({ code, failpoint, signals = [], seconds }) => {
    // Whose time ends on its own is to find everything at work, whenever it all began.
    const { project, log, letGo } = busy(failpoint !== undefined, seconds === undefined ? 60 : 1000);
    const env: Record<string, string> = failpoint === undefined ? {} : { BACKLOG_FAILPOINT: failpoint };
    const time = seconds === undefined ? [] : ['--max-time', `${seconds}s`];
    const run = project.start(['run', 'specs', '--max-agents', '4', ...time], { env, mayBreak: code === 70 });
    await expect.poll(log, { timeout: 60_000 }).toEqual(atWork);
    // Of two signals that are sent at once, either may be heard first.
    for (const [index, signal] of signals.entries()) {
      if (index > 0) await expect.poll(run.stderr).toContain('Stopping: ');
      run.kill(signal);
    }
    const ended = await run.ended;
    expect([ended.code, log(), project.landings(), stragglers(project)]).toEqual([code, atWork, [], []]);
    const listed = JSON.parse((await project.backlog('runs', '--json')).stdout) as { runs: { outcome: string }[] };
    expect(listed.runs[0]?.outcome).toBe(ways[code]);
    letGo();
    await project.run(0);
    const again = log();
    expect(project.landings().toSorted()).toEqual(['building', 'judged', 'last', 'scouted']);
    // What was harvested before the end is judged now, and not made again.
    expect(again.filter((line) => line === 'builder of judged').length).toBe(1);
  });
});

test('a run whose time is over while the checks of the branch run starts nobody', async () => {
  const project = TestProject.make({});
  const slow = path.join(project.outside, 'slow');
  const asked = path.join(project.outside, 'asked');
  const checks = { all: `test ! -e ${slow} || { touch ${slow}.seen; sleep 100; }` };
  project.write({ ...scripted(`touch ${asked}; ${writeFile}`, { checks }), ...fileUnit('a') });
  project.commit('Specs');
  writeFileSync(slow, '');
  const report = await project.run(3, '--max-time', '10s');
  expect([report.units.map(({ id, state }) => [id, state]), existsSync(asked)]).toEqual([[['a', 'ready']], false]);
  expect([existsSync(`${slow}.seen`), project.landings(), stragglers(project)]).toEqual([true, [], []]);
  rmSync(slow);
  await project.run(0);
  expect(project.landings()).toEqual(['a']);
});

test('a third signal leaves at once, whatever is waited for, and no process stays', async () => {
  const { project, log, letGo } = busy(false);
  // From here on git hangs, and with it whoever waits for it.
  const bin = path.join(project.outside, 'bin');
  const stuck = path.join(project.outside, 'stuck');
  mkdirSync(bin);
  const shim = `#!/bin/sh\n[ -e ${stuck} ] && { echo hangs >> ${stuck}; sleep 100; }\nexec ${programOnPath('git')} "$@"\n`;
  writeFileSync(path.join(bin, 'git'), shim, { mode: 0o755 });
  const env = { PATH: `${bin}:${project.env['PATH'] ?? ''}` };
  const run = project.start(['run', 'specs', '--max-agents', '4'], { env });
  await expect.poll(log, { timeout: 60_000 }).toEqual(atWork);
  writeFileSync(stuck, '');
  // Signals that are pending together arrive in any order.
  run.kill('SIGINT');
  await expect.poll(run.stderr, { interval: 5 }).toContain('Stopping: nothing new starts');
  run.kill('SIGTERM');
  await expect.poll(run.stderr, { interval: 5 }).toContain('Stopping at once.');
  await expect.poll(() => readFileSync(stuck, 'utf8'), { timeout: 30_000 }).toContain('hangs');
  run.kill('SIGINT');
  const ended = await run.ended;
  expect([ended.code, ended.stderr.trim().split('\n').at(-1)]).toEqual([
    130,
    'Exited without waiting. The next run cleans up.',
  ]);
  await expect.poll(() => stragglers(project), { timeout: 10_000 }).toEqual([]);
  letGo();
  await project.run(0);
  expect(project.landings().toSorted()).toEqual(['building', 'judged', 'last', 'scouted']);
});

describe('a signal before anything has begun leaves everything as it was', () => {
  test.each([
    ['while the specs are read', 'resume=term', 143],
    ['before the queue is brought up to date', 'sync=term', 143],
  ])('%s', async (_when, failpoint, code) => {
    const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
    const ended = await project.start(['run', 'specs'], { env: { BACKLOG_FAILPOINT: failpoint } }).ended;
    expect([ended.code, ended.stdout]).toEqual([code, 'Stopped before anything started. Nothing was changed.\n']);
    expect(project.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect((await project.backlog('list')).stdout).toBe('ready  a  A\n');
    await project.run(0);
  });

  test('while `init` tries the tests', async () => {
    const scripts = { test: 'sleep 100' };
    const project = TestProject.make({ 'package.json': JSON.stringify({ name: 'x', scripts }) });
    const init = project.start(['init', 'deep/er/specs', '--allow-unsandboxed', '--yes']);
    await expect.poll(init.stderr, { timeout: 60_000 }).toContain('trying on HEAD');
    init.kill('SIGINT');
    const ended = await init.ended;
    expect([ended.code, existsSync(path.join(project.root, 'deep'))]).toEqual([130, false]);
    expect(stragglers(project)).toEqual([]);
  });

  test('while the checks of `undo` run', async () => {
    const project = TestProject.make(fileUnit('a'));
    const checked = path.join(project.outside, 'checked');
    project.write(scripted(writeFile));
    project.commit('An agent');
    await project.run(0);
    const tip = project.git('rev-parse', 'backlog/next');
    project.write(scripted(writeFile, { checks: { all: `touch ${checked}; sleep 100` } }));
    const undo = project.start(['undo', 'a']);
    await expect.poll(() => existsSync(checked), { timeout: 60_000 }).toBe(true);
    undo.kill('SIGINT');
    const ended = await undo.ended;
    expect([ended.code, ended.stderr.trim().split('\n').at(-1), project.git('rev-parse', 'backlog/next')]).toEqual([
      130,
      'Stopped. Nothing was changed.',
      tip,
    ]);
    expect(stragglers(project)).toEqual([]);
  });
});
