import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { append } from './agent-script.ts';
import { mergeNamedIn, scripted, spec, TestProject } from './project.ts';

/**
 * Three nights of one who adds, edits and unticks specs by day, committed or not, and lets `backlog` work on them by night.
 * `command` starts the program: the bundle, or what was installed from a package.
 */
export function liveThreeNights(command: readonly [string, ...string[]]): void {
  const project = TestProject.make({
    ...scripted(append('$BACKLOG_UNIT.txt', '$BACKLOG_UNIT'), { review: 'off', limits: { attempts: 1, repairs: 0 } }),
    'specs/app.md': spec('App', ['touches: [app.txt]'], ['It is there — check: `test -f app.txt`']),
    'notes.md': 'Mine.\n',
    'work.txt': '1\n2\n3\n',
  });
  const [file, ...first] = command;
  const backlog = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(file, [...first, ...args], {
      cwd: project.root,
      env: project.env,
      encoding: 'utf8',
    });
    expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
    return stdout;
  };
  const add = (title: string): string => {
    const name = `followups.${title.toLowerCase()}.txt`;
    return backlog('add', title, '--touches', name, '--check', `test -f ${name}`);
  };
  const night = (): string | null => mergeNamedIn(backlog('run', 'specs', '--allow-unsandboxed'));
  /** Titles with their boxes, as a file has them. */
  const boxes = (text: string): string[] => [...text.matchAll(/^- (\[.\] \w+)/gm)].map(([, box = '']) => box);
  const followups = (): string => project.read('specs/followups.md');
  const status = (): string[] =>
    project
      .git('status', '--porcelain')
      .split('\n')
      .filter((line) => line !== '');

  // The first night; what landed is not merged, and a followup is committed below the one that was ticked.
  add('One');
  project.commit('One');
  expect(night()).toBe('backlog merge');
  add('Two');
  project.write({ 'work.txt': 'one\n2\n3\n' });
  project.commit('Two');

  // The second night; then a plain merge is clean.
  expect(night()).toBe('backlog merge');
  expect(boxes(project.landed('specs/followups.md'))).toEqual(['[x] One', '[x] Two']);
  project.git('merge', '--quiet', '--no-edit', 'backlog/next');
  expect(boxes(followups())).toEqual(['[x] One', '[x] Two']);

  // By day one piece of work goes and its tick is taken back, and the other item goes up; more is added and not committed, beside other work.
  const [one = '', two = ''] = followups()
    .split(/^(?=- )/m)
    .slice(1);
  project.write({ 'specs/followups.md': `# Followups\n\n${two}${one.replaceAll('[x]', '[ ]')}` });
  project.git('rm', '--quiet', 'followups.one.txt');
  project.commit('One again');
  add('Three');
  project.write({ 'notes.md': 'Mine, and more.\n', 'untracked.txt': 'also mine\n' });

  // The third night; the branch is brought home into a tree that is not clean, and nothing of it is lost.
  expect(night()).toBe('backlog merge');
  add('Four');
  expect(boxes(project.landed('specs/followups.md'))).toEqual(['[x] Two', '[x] One']);
  const merged = backlog('merge');
  expect(merged.replace(/\b[0-9a-f]{10}\b/, '<commit>')).toBe(
    'Merged backlog/next into main, moved forward to <commit>: 3 files changed.\nYour changes in specs/followups.md are kept, and still uncommitted.\n',
  );
  expect(boxes(followups())).toEqual(['[x] Two', '[x] One', '[ ] Three', '[ ] Four']);
  expect(status()).toEqual([' M notes.md', ' M specs/followups.md', '?? untracked.txt']);
  expect(project.read('followups.three.txt')).toBe('followups.three\n');
  expect(backlog('merge')).toBe('main has everything that landed on backlog/next: nothing to merge.\n');
  project.commit('Three and four');
  expect(project.landings()).toEqual(
    expect.arrayContaining(['app', 'followups.one', 'followups.two', 'followups.three']),
  );
}
