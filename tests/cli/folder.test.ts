import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { takers, typedFor } from '../../src/cli/folder.ts';
import { type Ended, fileUnit, mergeNamedIn, scripted, TestProject, writeFile } from '../support/project.ts';

const main = path.resolve(import.meta.dirname, '../../dist/main.js');

/** What the command line says in a folder that was removed. */
function inRemoved(it: TestProject, ...args: readonly string[]): Ended {
  const folder = path.join(it.root, 'gone');
  mkdirSync(folder);
  const words = ['-c', 'rmdir "$PWD"; exec "$@"', 'sh', process.execPath, main, ...args];
  const { status, stdout, stderr } = spawnSync('sh', words, { cwd: folder, env: it.env, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

test('a folder that was removed is none to be in, and none that is needed where another is named', () => {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
  const removed = {
    code: 2,
    stdout: '',
    stderr: `error: the current folder was removed [no-folder]
  Change to another folder ("cd"), or name one with -C and its absolute path.
`,
  };
  for (const args of [['list'], ['list', '-s', path.join(it.root, 'specs')]])
    expect(inRemoved(it, ...args)).toEqual(removed);
  expect(inRemoved(it, '-C', 'specs', 'list')).toMatchObject({ code: 2, stdout: '' });
  expect(inRemoved(it, '--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  expect(inRemoved(it, '-C', it.root, 'list')).toEqual({ code: 0, stdout: 'ready  a  A\n', stderr: '' });
  const run = inRemoved(it, '-C', it.root, 'run', '--allow-unsandboxed');
  expect({ code: run.code, last: run.stdout.trimEnd().split('\n').slice(-3), merge: mergeNamedIn(run.stdout) }).toEqual(
    {
      ...{ code: 0, merge: `backlog -C ${it.root} merge` },
      last: [
        expect.stringMatching(new RegExp(`^Report: ${it.root}/specs/\\.backlog/runs/[^/]+/report\\.md$`)),
        `Look at it: git -C ${it.root} log -p HEAD..backlog/next`,
        `Push it with its records: backlog -C ${it.root} push`,
      ],
    },
  );
});

test('a folder that is removed while a run is at work is no reason to end it', async () => {
  const it = TestProject.make(fileUnit('a'));
  const where = path.join(it.root, 'below/it');
  mkdirSync(where, { recursive: true });
  it.write(scripted([`rmdir ${where}`, writeFile]));
  it.commit('Where it is');
  const run = await it.start(['run', '--allow-unsandboxed'], { cwd: where }).ended;
  expect({ code: run.code, merge: mergeNamedIn(run.stdout) }).toEqual({ code: 0, merge: 'backlog merge' });
});

test('what is printed to be typed has the flags without which it is refused, where they are taken', () => {
  const elsewhere = { folder: 'elsewhere', formats: [], only: [], typedFormats: [], found: [] };
  const said = { into: 'other', trust: ['d1', 'd 2'], allowUnsandboxed: true } as const;
  const { command } = typedFor(elsewhere, said);
  expect([
    command('merge'),
    command('merge', '--into', 'x'),
    command('adopt', '--refuse', 'a'),
    command('approve', 'a'),
    command('retry', '--failed'),
    typedFor(elsewhere).command('merge'),
  ]).toEqual([
    "backlog merge --into other --trust d1 --trust 'd 2' -s elsewhere",
    "backlog merge --into x --trust d1 --trust 'd 2' -s elsewhere",
    "backlog adopt --refuse a --into other --trust d1 --trust 'd 2' --allow-unsandboxed -s elsewhere",
    "backlog approve a --trust d1 --trust 'd 2' --allow-unsandboxed -s elsewhere",
    'backlog retry --failed -s elsewhere',
    'backlog merge -s elsewhere',
  ]);
  const takenBy = (name: string): readonly string[] =>
    createProgram()
      .commands.find((one) => one.name() === name)
      ?.options.map((option) => option.attributeName()) ?? [];
  for (const [flag, names] of Object.entries(takers)) for (const name of names) expect(takenBy(name)).toContain(flag);
});
