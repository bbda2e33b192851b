import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLauncher, markVariable } from '../../src/sandbox/launcher.ts';
import { sweepMarked } from '../../src/sandbox/sweep.ts';
import { temporaryFolder } from '../support/project.ts';

const launcher = createLauncher({
  tier: 'none',
  allowUnsandboxed: true,
  maxCommandMs: 60_000,
  searchPath: '/usr/bin:/bin',
});
const signal = new AbortController().signal;

/** A process with a mark in its environment, as a child that left its group would carry it. */
function marked(mark: string): { readonly pid: number; readonly ended: Promise<NodeJS.Signals | null> } {
  const child = spawn('sleep', ['60'], { env: { [markVariable]: mark, PATH: '/usr/bin:/bin' }, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, how) => resolve(how)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { pid: child.pid ?? 0, ended };
}

test('without consent nothing is launched', () => {
  expect(() => createLauncher({ tier: 'none', allowUnsandboxed: false, maxCommandMs: 1 })).toThrow(/no sandbox/);
});

test('a command gets a home and a temporary folder of its own, and its environment cannot be overridden', async () => {
  const folder = temporaryFolder();
  const box = { workspace: folder, scratch: path.join(folder, 'scratch'), mark: 'm' };
  const env = { PATH: '/evil', HOME: '/root', EXTRA: 'x' };
  const { output } = await launcher.run(box, 'echo "$HOME $TMPDIR $PATH $EXTRA"; touch "$TMPDIR/a" && pwd', {
    signal,
    env,
  });
  expect(output).toBe(`${folder}/scratch/home ${folder}/scratch/tmp /usr/bin:/bin x\n${folder}\n`);
});

test('output is cut to its limit, and a command that runs too long is ended', async () => {
  const folder = temporaryFolder();
  const small = createLauncher({
    tier: 'none',
    allowUnsandboxed: true,
    maxCommandMs: 300,
    maxOutputBytes: 1000,
    searchPath: '/usr/bin:/bin',
  });
  const box = { workspace: folder, scratch: path.join(folder, 'scratch'), mark: 'm' };
  expect((await small.run(box, 'yes', { signal })).timedOut).toBe(true);
  expect((await small.run(box, 'seq 100000', { signal })).output.length).toBeLessThan(1100);
});

test('a sweep ends the processes of one attempt, and of no other whose name begins alike', async () => {
  const mine = marked('run/a.1');
  const below = marked('run/a.1/deeper');
  const others = [marked('run/a.10'), marked('run/a.1-b.1'), marked('runs/a.1')];
  expect(sweepMarked('run/a.1')).toBe(2);
  expect([await mine.ended, await below.ended]).toEqual(['SIGKILL', 'SIGKILL']);
  for (const { pid } of others) expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^State:\s+S/m);
});
