import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileUnit, scripted, statesOf, TestProject, writeFile } from '../support/project.ts';

/* A program that a run needs fails: the run says so and ends, nothing is lost or blamed on a unit, and the next one goes on. */

const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim();

/** A git that fails at one subcommand; `met` is there once it did. */
function failingGit(it: TestProject, subcommand: string): { readonly env: { PATH: string }; readonly met: string } {
  const bin = path.join(it.outside, 'bin');
  const met = path.join(bin, 'met');
  mkdirSync(bin, { recursive: true });
  const fails = `touch '${met}'; echo 'fatal: Out of memory, malloc failed' >&2; exit 128`;
  const text = `#!/bin/sh\nfor arg in "$@"; do case "$arg" in ${subcommand}) ${fails};; esac; done\nexec ${real} "$@"\n`;
  writeFileSync(path.join(bin, 'git'), text, { mode: 0o755 });
  return { env: { PATH: `${bin}:${it.env['PATH'] ?? ''}` }, met };
}

test.each(['read-tree', 'pack-objects', 'update-ref', 'cat-file', 'merge-tree'])('git %s', async (subcommand) => {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('a'), ...fileUnit('b') });
  const { env, met } = failingGit(it, subcommand);
  const { code, stderr } = await it.start(['run', 'specs', '--yes'], { env, mayBreak: true }).ended;
  expect([code, stderr]).toEqual([2, expect.stringContaining('Out of memory')]);
  expect(stderr).not.toContain('Internal error');
  expect(existsSync(met)).toBe(true);
  expect((await it.backlog('list')).stdout).not.toMatch(/^(?:failed|quarantined)/m);
  expect(statesOf(await it.run(0))).toEqual({ a: 'done', b: 'done' });
  expect(it.landings().toSorted()).toEqual(['a', 'b']);
});
