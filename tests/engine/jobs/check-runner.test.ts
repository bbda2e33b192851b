import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { apart } from '../../../src/engine/checks/apart.ts';
import { CheckRunner } from '../../../src/engine/jobs/check-runner.ts';
import { openProject } from '../../../src/engine/project/project.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { treeOf } from '../../../src/repo/objects/tree.ts';
import { atOnce } from '../../../src/util/process/turn.ts';
import { spec, TestProject } from '../../support/project.ts';

/** Processes that sleep for this long. */
function sleeping(seconds: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
      } catch {
        return false; // it ended meanwhile
      }
    });
}

test('a check that is stopped is gone with all of its processes, and nothing is kept of it', async () => {
  const it = TestProject.make({ 'specs/u.md': spec('U', [], ['So — check: `true`']) });
  const project = await openProject(it.asker, path.join(it.root, 'specs'));
  const repository = await openRepository({
    ...{ folder: it.root, stateFolder: path.join(it.outside, 'state'), identity: null, env: it.env },
  });
  const tree = await treeOf(repository, repository.head);
  const { signal } = new AbortController();
  const around = { project, repository, branch: 'b', tree, allowUnsandboxed: true, signal };
  const seconds = `4${process.pid}`;
  const results = await apart(around, async (means) => {
    const runner = new CheckRunner(means);
    const check = { command: `sleep ${seconds} & (setsid sleep ${seconds} &); wait`, cwd: '' };
    const job = {
      tree,
      tip: repository.head,
      check,
      on: 'candidate',
      unit: null,
      touches: [],
      timeoutMs: 600_000,
    } as const;
    const stop = new AbortController();
    const turn = { ...atOnce, stop: stop.signal };
    const ended = runner.check({ ...job, tier: means.launcher.tier, isTraced: false }, turn);
    await expect.poll(() => sleeping(seconds).length, { timeout: 60_000 }).toBe(2);
    stop.abort();
    const results = [await ended, await runner.check({ ...job, tier: means.launcher.tier, isTraced: false }, turn)];
    await expect.poll(() => sleeping(seconds), { timeout: 10_000 }).toEqual([]); // the kernel takes a moment for a sandbox
    expect(readdirSync(means.cache).filter((name) => name.startsWith('judge-'))).toEqual([]);
    return results;
  });
  const some = expect.any(Number) as number;
  const spent = { waitedMs: some, openedMs: some, ranMs: some };
  expect(results).toEqual([
    { kind: 'stopped', spent },
    { kind: 'stopped', spent: { ...spent, openedMs: 0, ranMs: 0 } }, // it never came to its turn
  ]);
});
