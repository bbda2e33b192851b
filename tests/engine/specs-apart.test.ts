import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileUnit, scripted, spec, statesOf, TestProject, writeFile, writeFiles } from '../support/project.ts';

/* Specs in a repository of their own: what lands in the target is ticked there. */

interface Two {
  /** The repository with the specs, where commands are typed. */
  readonly specs: TestProject;
  /** Runs git in the target. */
  readonly app: (...args: readonly string[]) => string;
}

/** Two repositories: one with specs and configuration, and the one that is to be changed. */
function two(files: Readonly<Record<string, string>> = { ...fileUnit('a'), ...fileUnit('b') }): Two {
  const target = { target: '../../outside/app', limits: { maxAgents: 1 } };
  const specs = TestProject.make({ ...scripted(writeFile, target), ...files });
  const cwd = path.join(specs.outside, 'app');
  mkdirSync(cwd);
  const app = (...args: readonly string[]): string => {
    const result = spawnSync('git', args, { cwd, env: specs.env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
    return result.stdout.trimEnd();
  };
  app('init', '--quiet', '--initial-branch=main');
  writeFiles(cwd, { 'readme.txt': 'The target\n' });
  app('add', '--all');
  app('commit', '--quiet', '--message', 'The beginning');
  return { specs, app };
}

/** The commits of the branch for ticks, oldest first, with what they name of landings. */
function tickings({ specs, app }: Two, branch = 'backlog/next'): string[] {
  const names = new Map(
    app('log', '--all', '--format=%H %s')
      .split('\n')
      .map((line) => [line.slice(0, 40), `<${line.slice(41)}>`]),
  );
  return specs
    .git('log', '--reverse', '--format=%s%x09%(trailers:key=Backlog-Ticked,valueonly,separator=%x20)', branch)
    .split('\n')
    .map((line) => line.replaceAll(/[0-9a-f]{40}/g, (commit) => names.get(commit) ?? commit).trimEnd());
}

const boxOf = (text: string): string => /^- \[(.)\]/m.exec(text)?.[1] ?? '?';
/** The box of a unit on the branch for ticks. */
const ticked = ({ specs }: Two, unit: string): string => boxOf(specs.landed(`specs/${unit}.md`));
/** Leaves a lock on the branch for ticks, as a git does that is killed there. */
function leaveLock(specs: TestProject): string {
  const lock = path.join(specs.root, '.git/refs/heads/backlog/next.lock');
  mkdirSync(path.dirname(lock), { recursive: true });
  writeFileSync(lock, '');
  return lock;
}

/** The state of each unit. */
async function states({ specs }: Two): Promise<Record<string, string>> {
  const { units } = JSON.parse((await specs.backlog('list', '--json')).stdout) as {
    units: { id: string; state: string }[];
  };
  return Object.fromEntries(units.map(({ id, state }) => [id, state]));
}

test('what lands in the target is ticked on the branch of the same name where the specs are, and merge brings both home', async () => {
  const it = two();
  const { specs, app } = it;
  const mine = `${specs.read('specs/a.md')}\nNot committed yet.\n`;
  specs.write({ 'specs/a.md': mine });
  const before = specs.git('status', '--porcelain');
  const report = await specs.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done' });
  expect(report.next).toEqual([
    'Look at it: git -C ../outside/app log -p HEAD..backlog/next',
    'Push it with its records: backlog push',
    'Push the ticks: git push origin backlog/next',
    'Merge it: backlog merge',
  ]);
  expect(tickings(it)).toEqual(['The beginning', 'Tick what landed: a\t<A>', 'Tick what landed: b\t<B>']);
  expect([ticked(it, 'a'), ticked(it, 'b')]).toEqual(['x', 'x']);
  // Nothing of the user's was touched.
  expect([specs.read('specs/a.md'), specs.git('status', '--porcelain'), specs.git('log', '--format=%s')]).toEqual([
    mine,
    before,
    'The beginning',
  ]);
  const idle = await specs.backlog('run', 'specs');
  expect([idle.code, idle.stdout]).toEqual([0, expect.stringContaining('Merge it: backlog merge')]);

  const merged = await specs.backlog('merge', 'specs');
  expect([merged.code, merged.stderr]).toEqual([0, '']);
  expect(merged.stdout.replaceAll(/\b[0-9a-f]{10}\b/g, '<commit>').replaceAll(specs.root, '<specs>')).toBe(
    'Merged backlog/next into main, moved forward to <commit>: 2 files changed.\n' +
      'In <specs>, with the specs: merged backlog/next into main, moved forward to <commit>: 2 files changed.\n' +
      'Your changes in specs/a.md are kept, and still uncommitted.\n',
  );
  expect(specs.read('specs/a.md')).toBe(mine.replace('[ ]', '[x]'));
  expect([specs.git('diff', '--stat', 'backlog/next', 'main'), app('rev-parse', 'main')]).toEqual([
    '',
    app('rev-parse', 'backlog/next'),
  ]);
  expect(await states(it)).toEqual({ a: 'done', b: 'done' });
  const again = await specs.backlog('merge', 'specs');
  expect(again.stdout.split('\n').slice(0, 2)).toEqual([
    'main has everything that landed on backlog/next: nothing to merge.',
    `In ${specs.root}, with the specs: main has everything that landed on backlog/next: nothing to merge.`,
  ]);
});

test.each(['landed', 'tick apart', 'ticked apart'])(
  'a run that is killed at "%s" is made up for by the next one',
  async (place) => {
    const it = two(fileUnit('a'));
    const { specs } = it;
    const killed = await specs.start(['run', 'specs'], { env: { BACKLOG_FAILPOINT: `${place}=kill` } }).ended;
    expect(killed.stderr).toContain(`failpoint ${place}: kill`);
    const lock = leaveLock(specs); // by its git
    expect((await specs.backlog('run', 'specs')).code).toBe(0);
    expect([await states(it), existsSync(lock)]).toEqual([{ a: 'done' }, false]);
    expect(tickings(it)).toEqual(['The beginning', 'Tick what landed: a\t<A>']);
    expect((await specs.backlog('run', 'specs')).code).toBe(0);
    expect(tickings(it)).toHaveLength(2);
  },
);

test('a lock of somebody else on the branch for ticks is told with the way on, and the next run ticks', async () => {
  const it = two(fileUnit('a'));
  const { specs } = it;
  const lock = leaveLock(specs);
  const report = await specs.run(0);
  expect(report.notices.filter((text) => text.includes('boxes'))).toEqual([
    expect.stringMatching(
      /^The boxes of 1 unit could not be written to .*next\.lock has existed for more than 10 seconds.*\. .*remove.*\. The next run tries again\.$/i,
    ),
  ]);
  rmSync(lock);
  await specs.run(0);
  expect(ticked(it, 'a')).toBe('x');
});

test('commits of others on both branches of the specs are kept: HEAD is merged by meaning, and ticks come on top', async () => {
  const it = two();
  const { specs } = it;
  await specs.run(0, '--only', 'a');
  // Somebody commits to the branch for ticks, and the author goes on.
  specs.git('switch', '--quiet', 'backlog/next');
  specs.write({ 'theirs.txt': 'theirs\n' });
  specs.commit('Theirs');
  specs.git('switch', '--quiet', 'main');
  specs.write({ 'specs/a.md': `${specs.read('specs/a.md')}\nMore.\n`, 'mine.txt': 'mine\n' });
  specs.commit('Mine');
  const report = await specs.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done' });
  const names = specs.git('ls-tree', '-r', '--name-only', 'backlog/next').split('\n');
  expect(names.filter((name) => name.endsWith('.txt'))).toEqual(['mine.txt', 'theirs.txt']);
  expect([ticked(it, 'a'), ticked(it, 'b')]).toEqual(['x', 'x']);
  expect(specs.landed('specs/a.md')).toContain('More.');
});

test('an untick of the author, in the working tree or committed, reopens a unit; what lands again is ticked again', async () => {
  const it = two(fileUnit('a'));
  const { specs, app } = it;
  await specs.run(0);
  await specs.backlog('merge', 'specs');
  const open = specs.read('specs/a.md').replace('[x]', '[ ]');
  specs.write({ 'specs/a.md': open });
  expect(await states(it)).toEqual({ a: 'ready' });
  specs.commit('Unticked');
  // Its file has to be made again, for its check to prove something.
  app('rm', '--quiet', 'a.txt');
  app('commit', '--quiet', '--message', 'Without');
  await specs.run(0);
  expect(await states(it)).toEqual({ a: 'done' });
  expect(tickings(it).at(-1)).toBe('Tick what landed: a\t<A>');
  expect(ticked(it, 'a')).toBe('x');
  // The author sees neither the new landing nor its tick yet: their old untick does not count twice.
  expect((await specs.backlog('run', 'specs')).code).toBe(0);
  expect(
    app('log', '--format=%s', 'backlog/next')
      .split('\n')
      .filter((line) => line === 'A'),
  ).toHaveLength(2);
}, 90_000);

test.each([
  ['at once', ''],
  ['by the next run, if it was killed between', 'tick apart=kill'],
])(
  'an undo opens the boxes %s',
  async (_when, failpoint) => {
    const it = two();
    const { specs } = it;
    await specs.run(0);
    const undo = specs.start(['undo', 'a', '--specs', 'specs'], {
      env: { BACKLOG_FAILPOINT: failpoint, BACKLOG_TRUST: specs.agree(['run', 'specs']).env['BACKLOG_TRUST'] ?? '' },
    });
    const { stdout, stderr } = await undo.ended;
    expect(failpoint === '' ? stdout : stderr).toContain(
      failpoint === '' ? 'a is undone' : 'failpoint tick apart: kill',
    );
    expect(await states(it)).toEqual({ a: 'ready', b: 'done' });
    expect(ticked(it, 'a')).toBe(failpoint === '' ? ' ' : 'x');
    await specs.run(0);
    expect(await states(it)).toEqual({ a: 'done', b: 'done' });
    expect([ticked(it, 'a'), ticked(it, 'b')]).toEqual(['x', 'x']);
    expect(tickings(it).filter((line) => line.startsWith('Tick what landed: a'))).toHaveLength(2);
    expect(tickings(it).some((line) => line.startsWith('Untick what was undone: a'))).toBe(true);
  },
  90_000,
);

test('where branches were squashed, ticks are brought home all the same, and an untick counts', async () => {
  const it = two();
  const { specs, app } = it;
  await specs.run(0);
  // Only the target's was merged: it is not done again, and waits.
  app('merge', '--quiet', '--squash', 'backlog/next');
  app('commit', '--quiet', '--message', 'Squashed');
  expect((await specs.backlog('run', 'specs')).code).toBe(5);
  expect(await states(it)).toEqual({ a: 'awaiting', b: 'awaiting' });
  expect((await specs.backlog('merge', 'specs')).code).toBe(0);
  expect(await states(it)).toEqual({ a: 'done', b: 'done' });
});

test('an untick counts after the ticks were squashed, in the working tree and committed', async () => {
  const it = two(fileUnit('a'));
  const { specs } = it;
  await specs.run(0);
  specs.git('merge', '--quiet', '--squash', 'backlog/next');
  specs.commit('Squashed');
  expect((await specs.backlog('run', 'specs')).code).toBe(0);
  expect(await states(it)).toEqual({ a: 'done' });
  specs.write({ 'specs/a.md': specs.read('specs/a.md').replace('[x]', '[ ]') });
  // Its check passes already: a person is asked.
  expect((await specs.backlog('run', 'specs')).code).toBe(5);
  expect([await states(it), tickings(it)]).toEqual([{ a: 'awaiting' }, ['The beginning', 'Squashed']]);
  specs.commit('Unticked');
  expect((await specs.backlog('run', 'specs')).code).toBe(5);
  expect(await states(it)).toEqual({ a: 'awaiting' });
});

test('the branch for ticks is the one that work lands on, and ticks of another have no effect', async () => {
  const it = two(fileUnit('a'));
  const { specs, app } = it;
  await specs.run(0, '--into', 'backlog/other');
  expect([tickings(it, 'backlog/other').at(-1), specs.git('branch', '--list', 'backlog/next')]).toEqual([
    'Tick what landed: a\t<A>',
    '',
  ]);
  const merged = await specs.backlog('merge', 'specs', '--into', 'backlog/other');
  expect([merged.code, boxOf(specs.read('specs/a.md')), app('log', '-1', '--format=%s')]).toEqual([0, 'x', 'A']);
});

test('a spec that is not committed yet is ticked once it is', async () => {
  const it = two(fileUnit('a'));
  const { specs } = it;
  specs.write(fileUnit('late'));
  expect(statesOf(await specs.run(0))).toEqual({ a: 'done', late: 'done' });
  expect(tickings(it)).toEqual(['The beginning', 'Tick what landed: a\t<A>']);
  specs.commit('Late');
  const report = await specs.run(0);
  expect(report.notices.filter((text) => text.startsWith('Ticked'))).toEqual([
    `Ticked in ${specs.root} what landed before: late.`,
  ]);
  expect([ticked(it, 'late'), ticked(it, 'a')]).toEqual(['x', 'x']);
});

test('a branch for ticks that is checked out is refused, and one that conflicts with HEAD goes on as it is', async () => {
  const it = two();
  const { specs } = it;
  await specs.run(0, '--only', 'a');
  specs.git('switch', '--quiet', 'backlog/next');
  const { code, stderr } = await specs.backlog('run', 'specs');
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`the branch backlog/next is checked out in ${specs.root}; landing on it`),
  ]);
  const doctor = await specs.backlog('doctor', 'specs', '--json');
  const { findings } = JSON.parse(doctor.stdout) as { findings: { what: string; level: string }[] };
  expect(findings.filter(({ what }) => what === 'ticks').map(({ level }) => level)).toEqual(['problem']);
  specs.write({ 'other.txt': 'theirs\n' });
  specs.commit('Theirs');
  specs.git('switch', '--quiet', 'main');
  specs.write({ 'other.txt': 'mine\n' });
  specs.commit('Mine');
  const report = await specs.run(0);
  expect(report.notices.filter((text) => text.includes('conflict'))).toEqual([
    `In ${specs.root}, backlog/next and your HEAD conflict in other.txt; ticks are added to backlog/next as it is. Merge it there: "backlog merge" says how.`,
  ]);
  expect([ticked(it, 'a'), ticked(it, 'b')]).toEqual(['x', 'x']);
  const merge = await specs.backlog('merge', 'specs');
  expect([merge.code, merge.stderr.split('\n')[0]]).toEqual([
    2,
    `error: in ${specs.root}, where the specs are: backlog/next and main conflict in other.txt; nothing was changed [merge-conflict]`,
  ]);
});

test('specs in no repository are ticked nowhere, and the run says so once', async () => {
  const it = two();
  const { specs } = it;
  rmSync(path.join(specs.root, '.git'), { recursive: true });
  const env = { XDG_STATE_HOME: path.join(specs.outside, 'state') };
  const { BACKLOG_TRUST = '' } = specs.agree(['run', 'specs']).env;
  const ended = await specs.start(['run', 'specs', '--json', '--allow-unsandboxed'], { env: { ...env, BACKLOG_TRUST } })
    .ended;
  expect(ended.code).toBe(0);
  const { notices } = JSON.parse(ended.stdout) as { notices: string[] };
  expect(notices.filter((text) => text.includes('ticked'))).toEqual([
    'What lands is ticked in no file, since the specs folder is in no git repository: only the queue and the landing records know that it is done.',
  ]);
  expect(boxOf(readFileSync(path.join(specs.root, 'specs/a.md'), 'utf8'))).toBe(' ');
  const list = await specs.start(['list', '--json'], { env }).ended;
  expect(list.stdout.match(/"state": "done"/g)).toHaveLength(2);
});

test('specs in a repository that is nested in the target are ticked there', async () => {
  const project = TestProject.make({ 'readme.txt': 'The target\n', '.gitignore': 'specs/\n' });
  project.write({
    ...scripted(writeFile, { target: '..' }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['Yes — check: `test -f a.txt`']),
  });
  const git = (...args: readonly string[]): string => project.git('-C', 'specs', ...args);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
  await project.run(0);
  expect(boxOf(git('show', 'backlog/next:a.md'))).toBe('x');
  expect(project.git('ls-tree', '-r', '--name-only', 'backlog/next')).toBe('.gitignore\na.txt\nreadme.txt');
});
