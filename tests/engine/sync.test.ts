import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fail, touch } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

/* What the queue makes of specs that people edit, move and remove. */

interface Shown {
  readonly row: {
    readonly state: string;
    readonly why: string | null;
    readonly attempts: number;
    readonly landedCommit: string | null;
    readonly spec: { readonly title: string; readonly criteria: readonly { readonly text: string }[] };
  };
  readonly attempts: readonly { readonly id: string; readonly outcome: string }[];
}

async function show(project: TestProject, unit: string): Promise<Shown> {
  const { code, stdout, stderr } = await project.backlog('show', unit, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Shown;
}

/** The state and reason of each unit, retired ones too. */
async function states(project: TestProject): Promise<Record<string, string>> {
  const lists = [
    await project.backlog('list', '--json'),
    await project.backlog('list', '--state', 'retired', '--json'),
  ];
  const units = lists.flatMap(
    ({ stdout }) => (JSON.parse(stdout) as { units: { id: string; state: string; why: string | null }[] }).units,
  );
  return Object.fromEntries(units.map(({ id, state, why }) => [id, why === null ? state : `${state}: ${why}`]));
}

function move(project: TestProject, from: string, to: string): void {
  mkdirSync(path.dirname(path.join(project.root, to)), { recursive: true });
  renameSync(path.join(project.root, from), path.join(project.root, to));
}

const followups =
  '# Followups\n\n- [ ] One\n  - [ ] first — check: `test -f one.txt`\n- [ ] Two\n  - [ ] second — check: `test -f two.txt`\n';

test('an edited criterion reopens its own unit, and no other one of its file or that depends on it', async () => {
  const later = spec(
    'Later',
    ['depends: [followups.one]', 'touches: [later.txt]'],
    ['Yes — check: `test -f later.txt`'],
  );
  const project = TestProject.make({
    ...scripted('echo x > one.txt; echo x > two.txt; echo x > later.txt'),
    'specs/followups.md': followups,
    'specs/later.md': later,
  });
  project.write({ 'specs/followups.md': followups.replace('[ ] One', '[x] One').replace('[ ] first', '[x] first') });
  project.write({ 'specs/later.md': later.replace('[ ]', '[x]') });
  project.commit('Ticked');
  expect(await states(project)).toEqual({
    'followups.one': 'done: its boxes are ticked',
    'followups.two': 'ready',
    later: 'done: its boxes are ticked',
  });
  project.write({
    'specs/followups.md': project
      .read('specs/followups.md')
      .replace('[x] first', '[ ] first, and better')
      .replace('[x] One', '[ ] One'),
  });
  expect(await states(project)).toEqual({
    'followups.one': 'ready: its text changed',
    'followups.two': 'ready',
    later: 'done: its boxes are ticked',
  });
});

test('a landed unit whose file is moved stays done, committed or not, with its attempts and its commit', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
  await project.run(0);
  const before = await show(project, 'a');
  expect(before.attempts.map(({ id, outcome }) => [id, outcome])).toEqual([['a.1', 'landed']]);
  move(project, 'specs/a.md', 'specs/new/name.md');
  expect(await states(project)).toEqual({
    'new.name': `done: ${before.row.why ?? ''}`,
    a: 'retired: it is new.name now',
  });
  const after = await show(project, 'new.name');
  expect([after.attempts, after.row.landedCommit]).toEqual([
    before.attempts.map((attempt) => ({ ...attempt, unit: 'new.name' })),
    before.row.landedCommit,
  ]);
  // A run has nothing to do, and ticks it under its new name once that is committed.
  const idle = await project.backlog('run', 'specs');
  expect([idle.code, idle.stdout]).toEqual([0, expect.stringContaining('Nothing to do')]);
  project.commit('Moved');
  expect((await project.backlog('run', 'specs')).code).toBe(0);
  expect((await states(project))['new.name']).toMatch(/^done/);
  expect((await project.backlog('merge', 'specs')).code).toBe(0);
  expect([
    project.read('specs/new/name.md').match(/- \[(.)\]/)?.[1],
    existsSync(path.join(project.root, 'specs/a.md')),
  ]).toEqual(['x', false]);
});

test('the units of a feature whose folder is renamed keep what became of them', async () => {
  const project = TestProject.make({
    ...scripted(fail(), { limits: { attempts: 1 } }),
    'specs/.kiro/specs/auth/requirements.md':
      '# Requirements\n\n### Requirement 1\n\n#### Acceptance Criteria\n\n1. WHEN a THEN the system SHALL b\n',
    'specs/.kiro/specs/auth/tasks.md':
      '# Implementation Plan\n\n- [x] 1. Set up\n  - _Requirements: 1.1_\n- [ ] 2. Login\n  - _Requirements: 1.1_\n- [ ] 3. Logout\n  - _Requirements: 1.1_\n',
  });
  await project.run(1);
  const before = await states(project);
  expect(before).toEqual({
    'auth.1': 'done: its boxes are ticked',
    'auth.2': expect.stringMatching(/^failed/) as string,
    'auth.3': expect.stringMatching(/^waiting/) as string,
  });
  project.git('mv', 'specs/.kiro/specs/auth', 'specs/.kiro/specs/login');
  project.commit('Renamed');
  expect(await states(project)).toEqual({
    ...{ 'login.1': before['auth.1'], 'login.2': before['auth.2'] },
    'login.3': before['auth.3']?.replace('auth.', 'login.'),
    'auth.1': 'retired: it is login.1 now',
    'auth.2': 'retired: it is login.2 now',
    'auth.3': 'retired: it is login.3 now',
  });
});

const header =
  '---\nfor-each: src/*.js\n---\n# Header\n\nAdd it.\n\n## Acceptance criteria\n\n- Yes — check: `ls *.txt`\n';

test.each([
  {
    name: 'whose file is gone, while another is new',
    change: ['src/a.js', 'src/b.js'],
    is: { 'h.src.b.js': 'ready', 'h.src.a.js': 'retired: its spec is gone' },
  },
  {
    name: 'whose spec is renamed',
    change: ['specs/h.md', 'specs/g.md'],
    is: { 'g.src.a.js': 'done: it landed on the branch', 'h.src.a.js': 'retired: it is g.src.a.js now' },
  },
] as const)(
  'a unit for each file $name, and whose text does not name it, is known by its file',
  async ({ change: [from, to], is }) => {
    const project = TestProject.make({ ...scripted(touch('a.txt')), 'specs/h.md': header, 'src/a.js': 'x\n' });
    await project.run(0);
    await project.backlog('merge', 'specs');
    expect(await states(project)).toEqual({ 'h.src.a.js': 'done: it landed on the branch' });
    project.git('mv', from, to);
    project.commit('Moved');
    expect(await states(project)).toEqual(is);
  },
  60_000,
);

test('a failed unit whose file is moved stays failed, and costs no other attempt', async () => {
  const project = TestProject.make({ ...scripted(fail(), { limits: { attempts: 1 } }), ...fileUnit('a') });
  await project.run(1);
  const before = await show(project, 'a');
  project.git('mv', 'specs/a.md', 'specs/b.md');
  project.commit('Moved');
  const idle = await project.backlog('run', 'specs', '--json');
  expect([idle.code, JSON.parse(idle.stdout)]).toEqual([1, expect.objectContaining({ isIdle: true })]);
  const after = await show(project, 'b');
  expect([after.row.state, after.row.attempts, after.attempts]).toEqual([
    'failed',
    before.row.attempts,
    before.attempts.map((attempt) => ({ ...attempt, unit: 'b' })),
  ]);
  const log = await project.backlog('log', 'b');
  expect(log.stdout).toContain('failed');
});

test('a unit whose spec is removed is retired, keeps what it had done, and is shown with the text that it had', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a'), ...fileUnit('b') });
  await project.run(0, '--only', 'a');
  const before = await show(project, 'a');
  rmSync(path.join(project.root, 'specs/a.md'));
  expect(await states(project)).toEqual({ b: 'ready', a: 'retired: its spec is gone' });
  const after = await show(project, 'a');
  expect(after.row.landedCommit).toBe(before.row.landedCommit);
  expect([after.row.spec.title, after.row.spec.criteria, after.attempts]).toEqual([
    'A',
    before.row.spec.criteria,
    before.attempts,
  ]);
  expect((await project.backlog('diff', 'a')).stdout).toContain('+a');
  project.git('restore', 'specs/a.md');
  const back = await show(project, 'a');
  expect([back.row.state, back.row.landedCommit, back.attempts]).toEqual([
    'done',
    before.row.landedCommit,
    before.attempts,
  ]);
});

const after = (key: string, other: string): Record<string, string> => ({
  [`specs/${key}.md`]: spec(
    key.toUpperCase(),
    [`depends: [${other}]`, `touches: [${key}.txt]`],
    [`${key} is there — check: \`test -f ${key}.txt\``],
  ),
});

test('a unit that waits for one that was done runs, also once that is removed, and in another clone', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a'), ...after('b', 'a') });
  await project.run(0, '--only', 'a');
  await project.backlog('merge', 'specs');
  project.git('rm', '-q', 'specs/a.md');
  project.commit('Removed');
  expect((await project.backlog('check', 'specs')).code).toBe(0);
  expect(await states(project)).toEqual({ b: 'ready', a: 'retired: its spec is gone' });
  expect(await states(project)).toEqual({ b: 'ready', a: 'retired: its spec is gone' });
  rmSync(project.state, { recursive: true });
  expect(await states(project)).toEqual({ b: 'ready' });
  await project.run(0);
  expect(await states(project)).toEqual({ b: expect.stringMatching(/^done/) as string });
});

test('a unit that a person ticked counts as done once it is removed', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a'), ...after('b', 'a') });
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('[ ]', '[x]') });
  expect(await states(project)).toEqual({ a: 'done: its boxes are ticked', b: 'ready' });
  rmSync(path.join(project.root, 'specs/a.md'));
  expect(await states(project)).toEqual({ b: 'ready', a: 'retired: its spec is gone' });
});

test('a unit that waits for one that was removed before it was done cannot run', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a'), ...after('b', 'a') });
  expect(await states(project)).toEqual({ a: 'ready', b: 'waiting' });
  rmSync(path.join(project.root, 'specs/a.md'));
  const why = 'not-runnable: unit "a" is retired: its spec is gone';
  expect(await states(project)).toEqual({ b: why, a: 'retired: its spec is gone' });
  expect((await project.backlog('check', 'specs')).stdout).toContain('[retired-dependency]');
  project.write({ ...after('b', 'nosuch') });
  expect((await states(project))['b']).toBe('not-runnable: there is no unit "nosuch"');
});

test('a landed unit that its author unticks and commits is open at once, for all that look', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a'), ...after('b', 'a') });
  await project.run(0, '--only', 'a');
  await project.backlog('merge');
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('[x]', '[ ]') });
  project.commit('Untick');
  const list = await project.backlog('list');
  const plan = await project.backlog('plan');
  const drift = await project.backlog('status', 'specs', '--drift');
  const waves = plan.stdout.split('\n').filter((line) => /^wave|^ {2}[ab]:/.test(line));
  expect([list.stdout.match(/^\w+ +[ab] /gm), waves.map((line) => line.trim().slice(0, 6)), drift.stdout]).toEqual([
    ['ready    a ', 'waiting  b '],
    ['wave 1', 'a: A', 'wave 2', 'b: B ('],
    'Nothing drifts on backlog/next.\n',
  ]);
});
