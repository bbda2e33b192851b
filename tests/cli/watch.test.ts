import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { onUnit } from '../support/agent-script.ts';
import { fileUnit, mergeNamedIn, scripted, TestProject, writeFile } from '../support/project.ts';
import { hasTmux, Tmux } from '../support/tmux.ts';

const main = path.resolve(import.meta.dirname, '../../dist/main.js');

/** A project whose unit a ends once a file says so. */
function make(): { it: TestProject; go: () => void } {
  const it = TestProject.make(fileUnit('a'));
  const file = path.join(it.outside, 'go');
  it.write({ ...scripted([onUnit('a', `while [ ! -e ${file} ]; do sleep 0.05; done`), writeFile]), ...fileUnit('b') });
  it.commit('More');
  return { it, go: () => writeFileSync(file, '') };
}

/** Waits until a process has printed something. */
async function told(of: { readonly stderr: () => string }, wanted: RegExp): Promise<void> {
  while (!wanted.test(of.stderr())) await new Promise((done) => setTimeout(done, 20));
}

test('watch follows a run of another process to its end, and log one of its units', async () => {
  const { it, go } = make();
  expect(await it.backlog('watch')).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: 'error: nothing has run in specs yet [no-run]\n  Start with "backlog run".\n',
  });
  const run = it.start(['run', '--allow-unsandboxed']);
  await told(run, /^b: done/m);
  const [watch, events, log] = [['watch'], ['watch', '--json'], ['log', 'a', '--follow']].map((args) => it.start(args));
  await (async () => {
    while ((await it.backlog('agents')).stdout === 'No agent is active.\n');
  })();
  go();
  const ended = await run.ended;
  const seen = await watch?.ended;
  expect([ended.code, seen?.code, seen?.stderr]).toEqual([0, 0, '']);
  // What it prints from now on, and the end as the run tells it.
  expect(seen?.stdout).toMatch(/^\d\d:\d\d:\d\d {2}a: done ✓ landed as [0-9a-f]{10} \(\+1 −0\)$/m);
  expect(seen?.stdout).not.toContain('b: done');
  expect(mergeNamedIn(seen?.stdout ?? '')).toBe('backlog merge');
  const lines = ((await events?.ended)?.stdout ?? '').trimEnd().split('\n');
  const types = lines.map((line) => (JSON.parse(line) as { event: { type: string } }).event.type);
  expect([types[0], types.at(-1), types.filter((type) => type === 'landed')]).toEqual([
    ...['run-started', 'run-ended', ['landed', 'landed']],
  ]);
  expect((await log?.ended)?.stdout).toMatch(/ a: attempt a\.1 as builder\n[^]* a: done ✓ landed/);
  expect((await it.backlog('watch')).stdout).toMatch(/^No run is active\. The latest, .*, ended: done, exit 0\.\n$/);
  expect((await it.backlog('board')).stdout).toMatch(
    /^planned +0 {2}building +0 .*landed +2\n─+[^\n]*\n +✓ a\n +✓ b\n$/,
  );
});

describe.skipIf(!hasTmux)('on a terminal, which needs tmux', () => {
  test('watch shows the live view, and leaving it does not stop the run', async () => {
    const { it, go } = make();
    const run = it.start(['run', '--allow-unsandboxed']);
    await told(run, /^b: done/m);
    const terminal = new Tmux({ cwd: it.root, env: { ...it.env, TERM: 'screen', PS1: '$ ' }, columns: 100, rows: 20 });
    terminal.type(`node ${main} watch; echo exit $?`);
    const screen = await terminal.shows(/● a [^]*q quit/);
    expect(screen).toMatch(/1 of 2 landed$/m);
    expect(screen).not.toContain('d drain');
    terminal.press('q');
    await terminal.shows(/^exit 0$/m);
    terminal.type(`clear; node ${main} watch; echo exit $?`);
    await terminal.shows(/● a [^]*q quit/);
    go();
    expect((await run.ended).code).toBe(0);
    expect(await terminal.shows(/^exit 0$/m)).toMatch(/^✓ 2 landed on backlog\/next/m);
  });
});
