import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ProcessOptions, type ProcessResult, runProcess } from '../../src/util/process.ts';
import { temporaryFolder } from '../support/project.ts';

async function sh(command: string, more: Partial<ProcessOptions> = {}): Promise<ProcessResult> {
  return runProcess({ file: 'sh', args: ['-c', command], cwd: '/', env: { PATH: process.env['PATH'] ?? '' }, ...more });
}

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('it tells exit code, output and signal apart', async () => {
  expect(await sh('echo out; echo err >&2; exit 3')).toMatchObject({
    exitCode: 3,
    signal: null,
    timedOut: false,
    startError: null,
    stdout: Buffer.from('out\n'),
    stderr: Buffer.from('err\n'),
  });
  expect(await sh('kill -9 $$')).toMatchObject({
    exitCode: null,
    signal: 'SIGKILL',
    timedOut: false,
    startError: null,
  });
  expect(await runProcess({ file: 'no-such-program', args: [], cwd: '/', env: {} })).toMatchObject({
    exitCode: null,
    signal: null,
    startError: 'ENOENT',
  });
});

test('a time limit and an abort end the whole group', async () => {
  const folder = temporaryFolder();
  const pids = (): number[] => readFileSync(path.join(folder, 'pids'), 'utf8').trim().split('\n').map(Number);
  expect(await sh('sleep 60 & echo $! > pids; wait', { cwd: folder, timeoutMs: 300 })).toMatchObject({
    timedOut: true,
    exitCode: null,
  });
  expect(pids().some(isAlive)).toBe(false);
  const stop = new AbortController();
  const running = sh('sleep 60 & echo $! > pids; wait', { cwd: folder, signal: stop.signal });
  await expect.poll(() => readFileSync(path.join(folder, 'pids'), 'utf8').length).toBeGreaterThan(0);
  stop.abort();
  expect((await running).aborted).toBe(true);
  expect(pids().some(isAlive)).toBe(false);
});

test('children that are left in the background are ended with it', async () => {
  const folder = temporaryFolder();
  await sh('sleep 60 & echo $! > pids', { cwd: folder });
  expect(isAlive(Number(readFileSync(path.join(folder, 'pids'), 'utf8')))).toBe(false);
});

test('of a flood, head and tail are kept', async () => {
  const result = await sh('echo first; yes | head -c 5000000; echo last', { maxOutputBytes: 1000 });
  const text = result.stdout.toString();
  expect([text.slice(0, 6), text.slice(-5), result.isTruncated, text.length < 1100]).toEqual([
    'first\n',
    'last\n',
    true,
    true,
  ]);
});

test('standard input is what it is given, and ends; a process that does not read it is no error', async () => {
  expect((await sh('cat', { input: 'abc' })).stdout.toString()).toBe('abc');
  expect((await sh('cat')).stdout.toString()).toBe('');
  expect((await sh('exit 0', { input: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
});
