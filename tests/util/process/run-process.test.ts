import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ProcessOptions,
  type ProcessResult,
  runProcess,
  startThroughHelper,
} from '../../../src/util/process/run-process.ts';
import { temporaryFolder } from '../../support/project.ts';

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

describe.each([
  ['as a child', null],
  ['through the helper', startThroughHelper],
])('%s', (_how, open) => {
  let close = async (): Promise<void> => {};
  beforeAll(async () => {
    if (open) close = await open();
  });
  afterAll(() => close());

  test('a limit beyond what a timer can be set to cuts nothing', async () => {
    expect(await sh('sleep 0.2', { timeoutMs: 100 * 86_400_000 })).toMatchObject({ exitCode: 0, timedOut: false });
  });

  test.each([40, 41, 50, 77, 100])(
    'of an output that is cut to %i bytes, lines that are wanted are there once and whole, wherever the cut goes',
    async (maxOutputBytes) => {
      const words = 'for i in $(seq 1 30); do echo "ok $i ✔"; echo "noise $i"; done';
      const wanted = Array.from({ length: 30 }, (_, i) => `ok ${i + 1} ✔`);
      const { gist } = await sh(words, { maxOutputBytes, keepLine: /^ok \d+ ✔$/ });
      expect(
        gist
          ?.toString()
          .split('\n')
          .filter((line) => line.startsWith('ok')),
      ).toEqual(wanted);
    },
  );

  test('what a process wrote arrives, however busy this one is', async () => {
    const busy = setInterval(() => {
      for (const until = Date.now() + 300; Date.now() < until;);
    }, 10);
    onTestFinished(() => clearInterval(busy));
    const run = async (): Promise<string[]> => {
      const said: string[] = [];
      for (let i = 0; i < 3; i++) said.push((await sh('echo out; echo err >&2')).stdout.toString());
      return said;
    };
    const all = await Promise.all(Array.from({ length: 4 }, run));
    expect(all.flat()).toEqual(Array.from({ length: 12 }, () => 'out\n'));
  });

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
      startFault: { isFolder: false, says: 'no-such-program is not installed, or not on PATH' },
    });
    // The system says the same of a folder that is not there.
    for (const [cwd, says] of [
      ['/no/such/folder', 'does not exist'],
      ['/etc/passwd', 'is not a folder'],
    ] as const)
      expect(await runProcess({ file: 'sh', args: [], cwd, env: { PATH: '/usr/bin:/bin' } })).toMatchObject({
        startFault: { isFolder: true, says: `${cwd} ${says}` },
      });
  });

  test('what it tells beside its output is heard, and its time counts from when it is ready', async () => {
    const ready = { word: 'u', maxMs: 20_000 };
    expect(await sh('echo out; printf mu >&3; exec 3>&-; echo more', { ready })).toMatchObject({
      told: 'mu',
      stdout: Buffer.from('out\nmore\n'),
    });
    const slow = 'sleep 0.6; printf u >&3; exec 3>&-; sleep';
    expect(await sh(`${slow} 0`, { ready, timeoutMs: 500 })).toMatchObject({ told: 'u', timedOut: false, exitCode: 0 });
    expect(await sh(`${slow} 30`, { ready, timeoutMs: 500 })).toMatchObject({ told: 'u', timedOut: true });
    expect(await sh(slow, { ready: { word: 'u', maxMs: 100 } })).toMatchObject({ told: '', timedOut: true });
    expect(await sh('echo x >&3')).toMatchObject({ told: '', exitCode: 2 });
  });

  test('a time limit and an abort end the whole group', async () => {
    const folder = temporaryFolder();
    const toldIn = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
    expect(await sh('sleep 60 & echo $! > limited; wait', { cwd: folder, timeoutMs: 300 })).toMatchObject({
      timedOut: true,
      exitCode: null,
    });
    expect(isAlive(Number(toldIn('limited')))).toBe(false);
    const stop = new AbortController();
    const running = sh('sleep 60 & echo $! > aborted; wait', { cwd: folder, signal: stop.signal });
    await expect.poll(() => existsSync(path.join(folder, 'aborted')) && toldIn('aborted').endsWith('\n')).toBe(true);
    stop.abort();
    expect((await running).aborted).toBe(true);
    expect(isAlive(Number(toldIn('aborted')))).toBe(false);
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

  test('large output and input come whole', async () => {
    const input = 'x'.repeat(3_000_000);
    const result = await sh('cat', { input, maxOutputBytes: 8_000_000 });
    expect([result.stdout.length, result.isTruncated, result.stdout.equals(Buffer.from(input))]).toEqual([
      3_000_000,
      false,
      true,
    ]);
  });

  test('many at once do not mix up', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => sh(`echo ${index}; echo e${index} >&2; exit ${index}`)),
    );
    expect(results.map((one) => [one.exitCode, String(one.stdout), String(one.stderr)])).toEqual(
      Array.from({ length: 50 }, (_, index) => [index, `${index}\n`, `e${index}\n`]),
    );
  });
});

/** A program of its own that lets the helper start something long, and says the ids of the helper's children. */
const outliving = `
  import { readFileSync, readdirSync } from 'node:fs';
  import { runProcess, startThroughHelper } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../../src/util/process/run-process.ts'))};
  const close = await startThroughHelper();
  const sleeping = runProcess({ file: 'sh', args: ['-c', 'echo $$ $PPID > ' + process.argv[2] + '; sleep 60'], cwd: '/', env: { PATH: process.env.PATH } });
  const ended = await sleeping;
  process.stdout.write(JSON.stringify([ended.startError, ended.exitCode]));
  const after = await runProcess({ file: 'echo', args: ['hi'], cwd: '/', env: { PATH: process.env.PATH } });
  process.stdout.write(String(after.stdout));
  await close();
`;

async function outlive(folder: string): Promise<{ child: ReturnType<typeof spawn>; shell: number; helper: number }> {
  const pids = path.join(folder, 'pids');
  writeFileSync(path.join(folder, 'program.mjs'), outliving);
  const child = spawn(process.execPath, [path.join(folder, 'program.mjs'), pids], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n')).toBe(true);
  const [shell, helper] = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
  return { child, shell: shell ?? 0, helper: helper ?? 0 };
}

test('when the program is killed, the helper ends, and with it what it started and the folder between them', async () => {
  const folder = temporaryFolder();
  const { child, shell, helper } = await outlive(folder);
  const between = (): string[] => readdirSync(folder).filter((name) => name.startsWith('backlog-spawn-'));
  expect(between().length).toBe(1);
  child.kill('SIGKILL');
  await expect.poll(() => [isAlive(shell), isAlive(helper)]).toEqual([false, false]);
  expect(between()).toEqual([]);
});

test('when the helper is killed, what it was asked for ends with an error, and others start without it', async () => {
  const { child, shell, helper } = await outlive(temporaryFolder());
  let said = '';
  child.stdout?.on('data', (chunk) => (said += String(chunk)));
  process.kill(helper, 'SIGKILL');
  await once(child, 'close');
  if (isAlive(shell)) process.kill(shell, 'SIGKILL'); // nobody knew of it yet
  expect(said).toBe('["EPIPE",null]hi\n');
});
