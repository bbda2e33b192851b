import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { blocked, fail, onUnit } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, statesOf, TestProject, writeFile } from '../support/project.ts';

interface Refused {
  readonly isTaken: boolean;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

test('every refusal ends with exit code 2 and says its code, in text and in JSON', async () => {
  const it = TestProject.make({
    ...scripted([onUnit('bad', fail()), onUnit('stuck', blocked('which port?')), writeFile], {
      limits: { attempts: 1 },
    }),
    ...fileUnit('good'),
    ...fileUnit('bad'),
    ...fileUnit('stuck'),
    ...fileUnit('off'),
    ...fileUnit('behind', ['depends: [bad]']),
    'specs/asks.md': spec('Asks', ['touches: [asks.txt]'], ['x — check: `test -f asks.txt`', '(human) It is nice']),
    'specs/empty.md': '# Empty\n',
  });
  await it.backlog('cancel', 'off');
  expect(statesOf(await it.run(1))).toEqual({
    asks: 'awaiting',
    bad: 'failed: agent-failed',
    behind: 'waiting',
    empty: 'not-runnable',
    good: 'done',
    off: 'cancelled',
    stuck: 'blocked: blocked',
  });
  const rows: readonly (readonly [code: string, ...args: readonly string[]])[] = [
    ['unit-done', 'retry', 'good'],
    ['not-runnable', 'retry', 'empty'],
    ['unknown-unit', 'retry', 'nowhere'],
    ['missing-argument', 'retry'],
    ['conflicting-option', 'retry', 'bad', '--failed'],
    ['unit-done', 'cancel', 'good'],
    ['not-awaiting', 'approve', 'bad'],
    ['change-differs', 'approve', 'asks', '--digest', 'abc'],
    ['conflicting-option', 'approve', 'asks', 'good', '--digest', 'abc'],
    ['not-awaiting', 'reject', 'good', '-m', 'no'],
    ['missing-mandatory-option-value', 'reject', 'asks'],
    ['not-pausable', 'pause', 'bad'],
    ['not-paused', 'resume', 'bad'],
    ['missing-argument', 'resume'],
    ['not-blocked', 'unblock', 'bad', '-m', 'x'],
    ['not-landed', 'undo', 'bad'],
    ['not-claimed', 'adopt', 'bad'],
    ['missing-argument', 'adopt', '--refuse'],
    ['conflicting-option', 'adopt', 'bad', '--all'],
    ['unknown-agent', 'agents', 'tell', 'nobody', 'hello'],
    ['agent-ended', 'agents', 'tell', 'good.1-builder', 'hello'],
    ['agent-ended', 'agents', 'stop', 'good.1-builder'],
    ['missing-argument', 'agents', 'rm'],
    ['unknown-run', 'report', 'nope'],
    ['unknown-run', 'status', '--run', 'nope'],
    ['no-folder', 'pause', 'good', '-C', 'nowhere'],
    ['two-folders', 'list', 'specs', '--specs', 'other'],
    ['unknown-option', 'retry', 'bad', '--fail'],
    ['unknown-command', 'rety', 'bad'],
  ];
  for (const [code, ...args] of rows) {
    const ended = await it.backlog(...args, '--json');
    const said = JSON.parse(ended.stdout) as Refused;
    expect([args, ended.code, said]).toMatchObject([args, 2, { isTaken: false, code }]);
    expect(ended.stderr.split('\n')[0]).toBe(`error: ${said.message} [${code}]`);
    expect([args, said.hint !== null || code === 'no-folder']).toEqual([args, true]);
  }
  // Without --json it is the same, and nothing on standard output.
  expect(await it.backlog('resume', 'bad')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: bad is not paused: it is failed [not-paused]\n  See "backlog show bad". To try it again: "backlog retry bad".\n',
  });
  // What was refused changed nothing.
  expect((await it.backlog('list')).stdout).toMatch(
    /^awaiting .*\nfailed .*\nwaiting .*\nnot-runnable .*\ndone .*\ncancelled .*\nblocked /,
  );

  const some = await it.backlog('retry', 'good', 'bad', 'off');
  expect(some).toMatchObject({
    code: 2,
    stdout: 'bad will be retried\noff will be retried\n',
    stderr: expect.stringMatching(/^error: good is done \[unit-done\]\n/) as string,
  });
});

test('several units are retried at once, by name or because they failed; a run says which it did not', async () => {
  const it = TestProject.make({
    ...scripted([onUnit(['x', 'y'], fail()), writeFile], { limits: { attempts: 1 } }),
    ...fileUnit('x'),
    ...fileUnit('y'),
    ...fileUnit('z', ['depends: [y]']),
  });
  await it.run(1, '--exclude', 'z');
  const again = await it.backlog('run', '--only', 'x', '--only', 'y');
  expect([again.code, again.stdout]).toEqual([
    1,
    'Nothing to run: the remaining units need you.\n2 units failed earlier; not retried, since nothing changed (x, y): backlog retry --failed\n',
  ]);
  expect((await it.backlog('plan', '--only', 'x')).stdout).toBe(
    'Nothing would start.\n1 unit failed earlier; not retried, since nothing changed (x): backlog retry x\n',
  );
  // One that waits for a failed one is no reason to be silent.
  expect((await it.backlog('run')).stdout).toMatch(
    /^✗ x \+1 {2}failed earlier; not retried, since nothing changed {3}backlog retry --failed\n +x, y\n +holds back z$/m,
  );
  expect((await it.backlog('retry', 'x', 'Y', 'x')).stdout).toBe('x will be retried\ny will be retried\n');
  expect((await it.backlog('run', '--json')).code).toBe(1);
  const failed = JSON.parse((await it.backlog('retry', '--failed', '--json')).stdout) as object;
  expect(failed).toMatchObject({
    kind: 'requests',
    isTaken: true,
    code: null,
    requests: [
      { verb: 'retry', key: 'x', isTaken: true, outcome: 'x will be retried', state: 'ready' },
      { verb: 'retry', key: 'y', isTaken: true, outcome: 'y will be retried', state: 'ready' },
    ],
  });
  expect((await it.backlog('retry', '--failed')).stdout).toBe('No unit has failed.\n');
});

test('past runs are listed, and their ids are what other commands take', async () => {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
  expect((await it.backlog('runs')).stdout).toBe('Nothing has run here yet.\n');
  expect((await it.backlog('log', 'a')).stdout).toBe('Nothing has happened to a yet.\n');
  await it.run(0);
  it.write({ ...fileUnit('b'), ...scripted(fail(), { limits: { attempts: 1 } }) });
  it.commit('One that fails');
  await it.run(1);
  const { runs } = JSON.parse((await it.backlog('runs', '--json')).stdout) as { runs: { id: string }[] };
  expect(runs).toMatchObject([
    {
      exitCode: 1,
      outcome: 'units-failed',
      isRunning: false,
      units: { units: 1, landed: 0, failed: 1 },
      costUsd: null,
    },
    { exitCode: 0, outcome: 'done', isRunning: false, units: { units: 1, landed: 1, failed: 0 }, costUsd: null },
  ]);
  const [last, first] = runs.map(({ id }) => id);
  expect((await it.backlog('runs', '-n', '1')).stdout).toMatch(
    new RegExp(
      `^${last} {2}\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d {2}.*s {2}0 of 1 landed, 1 failed {2}cost unknown {2}units-failed, exit 1\n$`,
    ),
  );
  expect((await it.backlog('status', '--run', first ?? '')).stdout).toMatch(
    new RegExp(`^${first}, started .*, onto backlog/next\ndone, exit 0 after .*: 1 of 1 landed, cost unknown\nSee `),
  );
  expect((await it.backlog('report', first ?? '', '--json')).stdout).toContain(`"id": "${first}"`);
  expect((await it.backlog('costs', '--run', first ?? '')).stdout).toContain(`run ${first}: `);
  expect((await it.backlog('report', '2')).stderr).toBe(
    'error: "2" is the beginning of 2 runs [ambiguous-run]\n  Use a longer part of the name; "backlog runs" lists them.\n',
  );
});

test('past runs are told on a branch without a commit, and before the first one', async () => {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
  await it.run(0);
  it.git('checkout', '--quiet', '--orphan', 'fresh');
  const { runs } = JSON.parse((await it.backlog('runs', '--json')).stdout) as { runs: { id: string }[] };
  const id = runs[0]?.id ?? '';
  expect(runs).toMatchObject([{ outcome: 'done', units: { units: 1, landed: 1, failed: 0 } }]);
  expect((await it.backlog('status', '--run', id)).stdout).toContain(`${id}, started `);
  expect((await it.backlog('costs')).stdout).toContain(`run ${id}: `);
  // What is as new as the specs cannot be told there.
  expect((await it.backlog('list')).stderr).toContain('[no-commit]');

  rmSync(path.join(it.root, '.git'), { recursive: true });
  it.git('init', '--quiet');
  expect((await it.backlog('runs')).stdout).toBe('Nothing has run here yet.\n');
  expect((await it.backlog('costs')).stderr).toBe(
    'error: nothing has run in specs yet [no-run]\n  Start with "backlog run".\n',
  );
});
