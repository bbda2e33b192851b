import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { TestProject } from '../support/project.ts';

const followups = '# Followups\n\n- [ ] One\n  - [ ] first\n';

/** A project whose branch has landed something: made by git alone, which is quicker than a run. */
function landedProject(
  landed: Readonly<Record<string, string>>,
  mine: Readonly<Record<string, string>> = {},
): TestProject {
  const project = TestProject.make({
    'specs/followups.md': followups,
    'src/a.txt': 'a\n',
    'src/b.txt': 'b\n',
    'old/c.txt': 'c\n',
    '.gitignore': 'ignored.txt\n',
  });
  project.git('switch', '--quiet', '--create', 'backlog/next');
  project.write(landed);
  project.commit('Landed');
  project.git('switch', '--quiet', 'main');
  project.write(mine);
  if (Object.keys(mine).length > 0) project.commit('Mine');
  return project;
}

/** Everything of the user's that a merge could lose. */
function stateOf(project: TestProject): string {
  return ['rev-parse HEAD', 'status --porcelain --ignored', 'diff', 'diff --cached', 'ls-files --stage']
    .map((command) => project.git(...command.split(' ')))
    .join('\n');
}

test('what is in the way of a merge is named, and nothing is changed', async () => {
  const project = landedProject({
    'src/a.txt': 'A\n',
    'src/b.txt': 'B\n',
    'new/d.txt': 'd\n',
    'folder/e.txt': 'e\n',
    'linked/f.txt': 'f\n',
    'g.txt': 'g\n',
    'specs/followups.md': followups.replaceAll('[ ]', '[x]'),
  });
  project.git('switch', '--quiet', 'backlog/next');
  project.write({ 'ignored.txt': 'theirs\n' });
  project.git('add', '--force', 'ignored.txt');
  project.git('commit', '--quiet', '--message', 'More');
  project.git('switch', '--quiet', 'main');
  project.write({
    'src/a.txt': 'mine\n',
    'src/b.txt': 'mine\n',
    'ignored.txt': 'mine\n',
    folder: 'mine\n',
    'g.txt/h': 'mine\n',
  });
  project.git('add', 'src/b.txt');
  mkdirSync(path.join(project.outside, 'elsewhere'));
  symlinkSync(path.join(project.outside, 'elsewhere'), path.join(project.root, 'linked'));
  project.write({ 'specs/followups.md': followups.replace('first', 'the very first').replace('[ ] One', '[ ] Uno') });
  const before = stateOf(project);
  const ended = await project.backlog('merge');
  expect([ended.code, ended.stderr]).toEqual([
    2,
    'error: merging backlog/next would overwrite uncommitted changes: folder/e.txt (not tracked), g.txt (not tracked), ignored.txt (not tracked), linked/f.txt (not tracked), src/a.txt (changed, not committed), src/b.txt (staged, not committed); nothing was changed [not-committed]\n  Commit ("git commit"), stash ("git stash --include-untracked") or move these files, and run the same command again.\n',
  ]);
  expect(stateOf(project)).toBe(before);
});

test('specs that are not committed are merged, and go on being not committed', async () => {
  const project = landedProject(
    { 'specs/followups.md': followups.replaceAll('[ ]', '[x]'), 'src/a.txt': 'A\n', 'old/c.txt': 'C\n' },
    { 'src/mine.txt': 'mine\n' },
  );
  appendFileSync(path.join(project.root, 'specs/followups.md'), '- [ ] Two\n  - [ ] second\n');
  project.write({ 'src/b.txt': 'mine, not committed\n', 'src/new.txt': 'not tracked\n' });
  // A merge that was killed half-way had written one file already.
  project.write({ 'old/c.txt': 'C\n' });
  const { code, stdout } = await project.backlog('merge', '--json');
  expect(code).toBe(0);
  expect({ ...(JSON.parse(stdout) as object), from: '', to: '' }).toEqual({
    schemaVersion: 1,
    kind: 'merge',
    how: 'merged',
    branch: 'backlog/next',
    into: 'main',
    from: '',
    to: '',
    files: ['old/c.txt', 'specs/followups.md', 'src/a.txt'],
    kept: ['specs/followups.md'],
  });
  expect(project.read('specs/followups.md')).toBe(`${followups.replaceAll('[ ]', '[x]')}- [ ] Two\n  - [ ] second\n`);
  expect(project.git('show', 'HEAD:specs/followups.md')).toBe(followups.replaceAll('[ ]', '[x]').trimEnd());
  expect(project.git('status', '--porcelain').split('\n')).toEqual([
    ' M specs/followups.md',
    ' M src/b.txt',
    '?? src/new.txt',
  ]);
  expect(project.git('log', '-1', '--format=%s, %an, %P')).toBe(
    `Merge branch 'backlog/next' into main, Ada, ${project.git('rev-parse', 'HEAD^1')} ${project.git('rev-parse', 'backlog/next')}`,
  );
});

test('a merge goes through whatever the names of clean files are, and sees a change in any of them', async () => {
  const names = [
    'a\tb',
    'a\t',
    '\ta\tb\tc',
    '"q"',
    '"',
    'a"b',
    'a\nb',
    'a\n',
    'a\r',
    'a\\tb',
    '\\',
    '-n',
    ' a ',
    ':a',
    'é',
  ];
  const written = (text: string): Record<string, string> =>
    Object.fromEntries(names.map((name, index) => [`${index % 2 === 0 ? '' : 'in/'}${name}`, text]));
  const project = TestProject.make({ 'specs/followups.md': followups, ...written('old\n') });
  project.git('switch', '--quiet', '--create', 'backlog/next');
  project.write(written('landed\n'));
  project.commit('Landed');
  project.git('switch', '--quiet', 'main');
  project.write(written('mine\n'));
  const { code, stderr } = await project.backlog('merge');
  expect(code).toBe(2);
  expect(stderr.match(/\(changed, not committed\)/g)).toHaveLength(10);
  expect(stderr.split('\n')).toHaveLength(3); // what is wrong, what to do, and the end
  expect(stderr).toContain(` and ${names.length - 10} more; nothing was changed [not-committed]\n`);
  project.write(written('old\n'));
  expect((await project.backlog('merge')).code).toBe(0);
  expect(project.git('rev-parse', 'main')).toBe(project.git('rev-parse', 'backlog/next'));
  expect(project.git('status', '--porcelain')).toBe('');
});

test.each([
  ['before anything of the user is changed', 'merge ready', 'Stopped. Nothing was changed.\n'],
  ['when files are being moved', 'merge begun', ''],
])('a signal %s leaves a whole working tree', async (_when, place, said) => {
  const project = landedProject({ 'src/a.txt': 'A\n', 'specs/followups.md': followups.replaceAll('[ ]', '[x]') });
  appendFileSync(path.join(project.root, 'specs/followups.md'), '- [ ] Two\n  - [ ] second\n');
  const before = stateOf(project);
  const landed = project.git('rev-parse', 'backlog/next');
  const { code, stdout, stderr } = await project.start(['merge'], {
    env: { BACKLOG_FAILPOINT: `${place}=term-twice` },
  }).ended;
  expect([code, stderr]).toEqual([
    143,
    `failpoint ${place}: term-twice\n\nStopping as soon as all files are written.\n${said}`,
  ]);
  if (said === '') {
    expect(stdout).toContain(
      `Merged backlog/next into main, moved forward to ${landed.slice(0, 10)}: 2 files changed.`,
    );
    expect([project.git('rev-parse', 'main'), project.git('status', '--porcelain')]).toEqual([
      landed,
      ' M specs/followups.md',
    ]);
  } else expect([stdout, stateOf(project)]).toEqual(['', before]);
});

test('conflicts, a detached HEAD, a branch that is not there or is checked out are told; a worktree is fine', async () => {
  const project = landedProject({ 'src/a.txt': 'A\n' }, { 'src/a.txt': 'mine\n' });
  const said = async (...args: readonly string[]): Promise<unknown> => {
    const ended = await project.backlog('merge', ...args);
    return [ended.code, ended.stderr.replaceAll(/\b[0-9a-f]{10}\b/g, '<commit>')];
  };
  const before = stateOf(project);
  expect(await said()).toEqual([
    2,
    'error: backlog/next and main conflict in src/a.txt; nothing was changed [merge-conflict]\n  Merge by hand: "git merge backlog/next", resolve the conflicts, "git add" the files, "git commit". To cancel: "git merge --abort".\n',
  ]);
  expect(stateOf(project)).toBe(before);
  expect(await said('--into', 'backlog/other')).toEqual([
    2,
    'error: there is no branch backlog/other to merge [no-branch]\n  "backlog run" creates it. To merge another branch, use --into.\n',
  ]);
  expect(await said('--into', 'refs/heads/x')).toEqual([2, expect.stringContaining('[bad-branch]')]);
  expect(await said('--into', 'a..b')).toEqual([2, expect.stringContaining('[bad-branch]')]);
  project.git('switch', '--quiet', 'backlog/next');
  expect(await said()).toEqual([2, expect.stringContaining('error: backlog/next itself is checked out [on-branch]')]);
  project.git('switch', '--quiet', '--detach', 'main');
  expect(await said()).toEqual([
    2,
    'error: HEAD is detached at <commit>: there is no branch to merge backlog/next into [detached-head]\n  Switch to a branch ("git switch main"), and run the same command again.\n',
  ]);

  const worktree = path.join(project.outside, 'worktree');
  project.git('worktree', 'add', '--quiet', '-b', 'feature', worktree, 'main~1');
  const hooked = path.join(project.outside, 'hooked');
  for (const name of [
    'post-merge',
    'post-checkout',
    'post-index-change',
    'pre-merge-commit',
    'reference-transaction',
  ]) {
    const hook = path.join(project.root, '.git/hooks', name);
    project.write({ [`.git/hooks/${name}`]: `#!/bin/sh\necho ${name} >> ${hooked}\n` });
    chmodSync(hook, 0o755);
  }
  // They would run.
  project.git('branch', 'x');
  expect(readFileSync(hooked, 'utf8')).toContain('reference-transaction\n');
  rmSync(hooked);
  const ended = await project.start(['merge'], { cwd: worktree }).ended;
  expect([ended.code, ended.stdout.replace(/\b[0-9a-f]{10}\b/, '<commit>')]).toEqual([
    0,
    'Merged backlog/next into feature, moved forward to <commit>: 1 file changed.\n',
  ]);
  expect(readFileSync(path.join(worktree, 'src/a.txt'), 'utf8')).toBe('A\n');
  expect(existsSync(hooked)).toBe(false);
  expect(project.git('rev-parse', 'main')).toBe(project.git('rev-parse', 'HEAD'));
});

test('a file that git keeps with CRLF against a rule is as it was checked out; a change of it is one', async () => {
  const project = TestProject.make({ 'a.txt': 'one\r\ntwo\r\n', 'b.txt': 'one\r\n', 'specs/a.md': '# A\n' });
  project.git('switch', '--quiet', '--create', 'backlog/next');
  project.write({ 'a.txt': 'one\r\nTWO\r\n', 'b.txt': 'ONE\r\n' });
  project.commit('Landed');
  project.git('switch', '--quiet', 'main');
  project.git('config', 'core.autocrlf', 'true');
  project.write({ 'b.txt': 'mine\r\n' });
  const refused = await project.backlog('merge', 'specs');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(': b.txt (changed, not committed);')]);
  project.write({ 'b.txt': 'one\r\n' });
  expect(await project.backlog('merge', 'specs')).toMatchObject({ code: 0 });
  expect([project.read('a.txt'), project.git('status', '--porcelain')]).toEqual(['one\r\nTWO\r\n', '']);
});

test('units that are added while a merge brings ticks home are all there, and so are the ticks', async () => {
  const file = 'specs/followups.md';
  const project = landedProject({ [file]: followups.replaceAll('[ ]', '[x]') });
  const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];
  const added = words.map(async (word) => project.backlog('add', `Write ${word}`, '--force'));
  const merged = project.backlog('merge');
  expect((await Promise.all([...added, merged])).map(({ code, stderr }) => [code, stderr])).toEqual(
    [...words, ''].map(() => [0, '']),
  );
  const text = project.read(file);
  expect(words.filter((word) => text.includes(`- [ ] Write ${word}\n`))).toEqual(words);
  expect([text.match(/\[x\]/g)?.length, text.match(/\[ \]/g)?.length]).toEqual([2, words.length]);
});
