import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import type { UnitNow } from '../../src/report/run-state.ts';
import { Reporters } from '../../src/report/reporters.ts';
import { onUnit, touch, waitFor } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';
import { tap } from '../support/tap.ts';

const follower = path.resolve(import.meta.dirname, '../support/follow-run.ts');

test('another process follows a run by its events, and status tells who works, without a change of the queue', async () => {
  const project = TestProject.make({
    'specs/a.md': spec('Do A', ['id: A', 'touches: [a.txt]'], ['A — check: `test -f a.txt`']),
    'specs/b.md': spec('Do B', ['depends: [A]', 'touches: [b.txt]'], ['B — check: `test -f b.txt`']),
  });
  const hold = project.outside;
  const held = [touch(`${hold}/at-work`), waitFor(`${hold}/go`), touch('a.txt')];
  project.write(scripted(onUnit('a', ...held), { limits: { attempts: 1 } }));
  project.commit('Configured');
  const status = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await project.backlog('status', '--json')).stdout) as Record<string, unknown>;
  const fresh = await status();
  expect([fresh, existsSync(path.join(project.state, 'backlog.db'))]).toEqual([
    {
      ...{
        schemaVersion: 1,
        kind: 'status',
        isRunning: false,
        isCurrent: false,
        latestRun: null,
        spending: null,
        handOff: null,
      },
      ...{ counts: {}, atWork: [], needAttention: [], openRequests: 0 },
    },
    false,
  ]);

  const run = project.start(['run', 'specs', '--json']);
  await expect.poll(() => existsSync(path.join(hold, 'at-work'))).toBe(true);
  const child = spawn(process.execPath, [follower, project.state], { env: project.env });
  onTestFinished(() => void child.kill());
  let [told, wrong] = ['', ''];
  child.stdout.on('data', (chunk) => (told += String(chunk)));
  child.stderr.on('data', (chunk) => (wrong += String(chunk)));
  const followed = new Promise<number | null>((resolve) => child.on('close', resolve));
  await expect.poll(() => told).toBe('TAP version 14\n# A: builder script\n');
  const name = 'a.1-builder';
  expect(await status()).toMatchObject({
    ...{ isRunning: true, isCurrent: true, counts: { working: 1, waiting: 1 } },
    atWork: [
      {
        ...{ key: 'A', state: 'working', doing: 'at work', why: null },
        agents: [{ name, role: 'builder', agent: 'script', model: null, attempt: 'a.1', round: 0 }],
      },
    ],
  });
  expect(
    (await project.backlog('status')).stdout
      .replaceAll(/\b\d+:\d\d\b/g, '0:00')
      .replace(/\S+, landing/, '<run>, landing'),
  ).toMatchInlineSnapshot(`
      "A run is active: <run>, landing on backlog/next, spent $0.00.
      1 waiting, 1 working

       backlog run  backlog/next  wave 1                                                                       0:00
       ╍╍╍╍╍╍┄┄┄┄┄┄                                                                                   0 of 2 landed
       ✓ 0 landed   ● 1 running   ◌ 1 waiting   ✗ 0 failed   ! 0 need you

         UNIT  TRY  STAGE     NOW                                                                             TIME
       ● A     1    building                                                                                  0:00

       NEXT    b after A
       LIMIT   dependencies: 1 wait for A
       FLEET   1 agent of 10   merge queue empty

      "
    `);
  writeFileSync(path.join(hold, 'go'), '');
  const ended = await run.ended;
  expect([ended.code, await followed, wrong]).toEqual([1, 0, '']);

  const report = JSON.parse(ended.stdout) as Report;
  const lines = told.trimEnd().split('\n');
  const last = JSON.parse(lines.pop() ?? '') as Record<string, unknown> & { readonly units: readonly UnitNow[] };
  expect(lines.filter((line) => !line.startsWith('#')).join('\n')).toBe(
    new Reporters([tap]).ofReports('tap')(report).trimEnd(),
  );
  expect(last).toMatchObject({
    run: { run: report.run.id, branch: 'backlog/next' },
    end: { outcome: report.run.outcome, exitCode: 1 },
    ...{ counts: { done: 1, failed: 1 }, busy: [], mergeQueue: { holder: null, waiting: [] } },
    unitLoad: { now: 0, peak: report.totals.peakParallel },
    agentLoad: { now: 0, peak: 1 },
  });
  expect(last.units.map(({ key, title, state, landed }) => [key, title, state, landed?.commit ?? null])).toEqual(
    report.units.map(({ key, title, state, commit }) => [key, title, state, commit]),
  );

  // Whether anything changed since a run is not known; what changes after a look at the specs is, and is left alone.
  const older = (is: string): string =>
    `1 done, 1 failed\n✗ b  failed: \`test -f b.txt\` failed: exit 1.   backlog show b\nThe queue ${is} older than the specs, the branch or the last run; "backlog list" brings it up to date.\n`;
  expect((await project.backlog('status')).stdout).toContain(older('may be'));
  expect((await project.backlog('list')).stdout).toBe(
    'done    A  Do A\nfailed  b  Do B (`test -f b.txt` failed: exit 1.)\n',
  );
  project.write({ 'specs/c.md': spec('Do C', [], ['C — check: `true`']) });
  expect((await project.backlog('status')).stdout).toContain(older('is'));
  expect(await status()).toMatchObject({ isCurrent: false, counts: { failed: 1, done: 1 } });
});
