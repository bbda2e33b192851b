import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { lookAtCpu } from '../../../src/util/process/cpu-time.ts';

/** Starts a group of processes, and gives its number. */
function start(script: string): number {
  const { pid = 0 } = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void process.kill(-pid, 'SIGKILL'));
  return pid;
}

test('the CPU time of a command is that of all its processes, also of those that it left behind', async () => {
  const busy = 'while :; do :; done';
  const pids = {
    asleep: start('sleep 1000 & wait'),
    busy: start(`sh -c 'sh -c "${busy}" & wait' & wait`),
    orphaned: start(`(sh -c '${busy}' &); sleep 1000`),
  };
  const used = (name: keyof typeof pids): number => lookAtCpu(Object.values(pids))?.get(pids[name])?.ms ?? NaN;
  for (const name of ['busy', 'orphaned'] as const)
    await expect.poll(() => used(name), { timeout: 60_000 }).toBeGreaterThan(100);
  expect(used('asleep')).toBeLessThan(100);
  await expect.poll(() => lookAtCpu([pids.busy])?.get(pids.busy)?.wantsCore, { timeout: 60_000 }).toBe(true);
});
