import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLauncher, type Launcher, markVariable } from '../../src/sandbox/launcher.ts';
import { noTier } from '../../src/sandbox/none.ts';
import { sweepMarked } from '../../src/sandbox/sweep.ts';
import type { Box } from '../../src/sandbox/tier.ts';
import { temporaryFolder } from '../support/project.ts';

const signal = new AbortController().signal;

async function open(
  more: { readonly maxCommandMs?: number; readonly maxOutputBytes?: number } = {},
): Promise<{ readonly launcher: Launcher; readonly box: Box }> {
  const launcher = createLauncher({ tier: noTier, maxCommandMs: 60_000, searchPath: '/usr/bin:/bin', ...more });
  const folder = temporaryFolder();
  const box = { workspace: path.join(folder, 'ws'), scratch: path.join(folder, 'scratch'), mark: 'm' };
  mkdirSync(box.workspace);
  await launcher.prepare(box);
  return { launcher, box };
}

/** A process with a mark in its environment, as a child that left its group would carry it. */
function marked(mark: string): { readonly pid: number; readonly ended: Promise<NodeJS.Signals | null> } {
  const child = spawn('sleep', ['60'], { env: { [markVariable]: mark, PATH: '/usr/bin:/bin' }, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, how) => resolve(how)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { pid: child.pid ?? 0, ended };
}

test('a command gets a home and a temporary folder of its own, and its environment cannot be overridden', async () => {
  const { launcher, box } = await open();
  const env = { PATH: '/evil', HOME: '/root', EXTRA: 'x' };
  const { output } = await launcher.run(box, 'echo "$HOME $TMPDIR $PATH $EXTRA"; touch "$TMPDIR/a" && pwd', {
    signal,
    env,
  });
  expect(output).toBe(`${box.scratch}/home ${box.scratch}/tmp /usr/bin:/bin x\n${box.workspace}\n`);
});

test('output is cut to its limit, and a command that runs too long is ended', async () => {
  const { launcher, box } = await open({ maxCommandMs: 500, maxOutputBytes: 1000 });
  expect((await launcher.run(box, 'yes', { signal })).timedOut).toBe(true);
  expect((await launcher.run(box, 'seq 100000', { signal })).output.length).toBeLessThan(1100);
});

test('what a command says on both streams stays in its order; of a long output the middle is cut, and counted', async () => {
  const { launcher, box } = await open({ maxOutputBytes: 40 });
  const speaks = 'echo one; echo two >&2; echo three; echo four >&2';
  expect((await launcher.run(box, speaks, { signal })).output).toBe('one\ntwo\nthree\nfour\n');
  const long = `${speaks}; seq 1000 1100; echo "# tests 7" >&2; seq 2000 2100; echo end`; // 1043 bytes
  const { output, gist } = await launcher.run(box, long, { signal, keepLine: /^# tests/ });
  expect(output).toBe('one\ntwo\nthree\nfour\n1\n[… 1003 bytes cut …]\n\n2098\n2099\n2100\nend\n');
  expect(gist).toBe('one\ntwo\nthree\nfour\n# tests 7\n2098\n2099\n2100\nend\n');
});

test('a program whose output is read as it comes keeps its streams apart', async () => {
  const { launcher, box } = await open();
  const chunks: string[] = [];
  const onOutput = (chunk: Buffer): void => void chunks.push(chunk.toString());
  const { output } = await launcher.run(box, 'echo out; echo err >&2', { signal, onOutput });
  expect([chunks.join(''), output]).toEqual(['out\n', 'err\n']);
});

test('a sweep ends the processes of one attempt, and of no other whose name begins alike', async () => {
  const mine = marked('run/a.1');
  const below = marked('run/a.1/deeper');
  const others = [marked('run/a.10'), marked('run/a.1-b.1'), marked('runs/a.1')];
  expect(sweepMarked('run/a.1')).toBe(2);
  expect([await mine.ended, await below.ended]).toEqual(['SIGKILL', 'SIGKILL']);
  for (const { pid } of others) expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^State:\s+[^ZX]/m);
});
