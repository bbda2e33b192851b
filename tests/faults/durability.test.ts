import Sqlite from 'better-sqlite3';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fail, onUnit, pause, waitFor } from '../support/agent-script.ts';
import {
  canMount,
  fileUnit as unit,
  fillDisk,
  scripted,
  smallDisk,
  spec,
  statesOf,
  TestProject,
  writeFile,
} from '../support/project.ts';

const stateFile = (project: TestProject, name: string): string => path.join(project.state, name);

describe('a queue file that is not as it should be', () => {
  test('deleted: rebuilt from specs, ticks and the ledger; what failed is not paid for again', async () => {
    const project = TestProject.make({
      ...scripted([onUnit('b', fail()), writeFile], { limits: { attempts: 1 } }),
      ...unit('a'),
      ...unit('b'),
    });
    await project.run(1);
    rmSync(stateFile(project, ''), { recursive: true });
    expect((await project.backlog('list')).stdout).toBe(
      'done    a  A\nfailed  b  B (The agent failed (crashed): It exited with 1.)\n',
    );
    expect(await project.backlog('run', 'specs')).toMatchObject({
      code: 1,
      stdout:
        'Nothing to run: the remaining units need you.\n' +
        '1 unit failed earlier; not retried, since nothing changed (b): backlog retry b\n' +
        'Merge it: backlog merge\n',
    });
    await project.backlog('retry', 'b');
    expect(statesOf(await project.run(1))).toEqual({ a: 'done', b: 'failed: agent-failed' });
  });

  test('deleted: the money of the day is remembered', async () => {
    const agents = { script: { type: 'command', command: writeFile, costUsd: 1 } };
    const project = TestProject.make({
      ...scripted(writeFile, { agents, limits: { dayBudgetUsd: 1.5 } }),
      ...unit('a'),
      ...unit('b'),
    });
    await project.run(3);
    rmSync(stateFile(project, ''), { recursive: true });
    expect((await project.run(3)).totals.costUsd).toBe(0);
    expect(project.landings().length).toBe(1);
  });

  test('damaged: told with what to do, by everybody who opens it; then it is rebuilt', async () => {
    const project = TestProject.make({ ...scripted(writeFile), ...unit('a') });
    await project.run(0);
    writeFileSync(stateFile(project, 'backlog.db'), 'x'.repeat(50_000));
    for (const command of [
      ['run', 'specs'],
      ['status', 'specs'],
      ['list', 'specs'],
    ]) {
      const ended = await project.backlog(...command);
      expect([ended.code, ended.stderr]).toEqual([
        2,
        `error: the queue file ${stateFile(project, 'backlog.db')} is damaged [database-damaged]\n` +
          '  Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.\n',
      ]);
    }
    rmSync(stateFile(project, 'backlog.db'));
    expect((await project.backlog('list')).stdout).toBe('done  a  A\n');
  });

  test.runIf(canMount)(
    'on a disk that can only be read: runs say so, and status, list and report still read',
    async () => {
      const project = TestProject.make({ ...scripted(writeFile), ...unit('a') });
      const mount = smallDisk(project.state, '50m');
      await project.run(0);
      project.write(unit('b'));
      mount('remount,ro');
      const ended = await project.backlog('run', 'specs');
      expect([ended.code, ended.stderr]).toEqual([
        2,
        expect.stringMatching(/SQLITE_READONLY|SQLITE_CANTOPEN|can only be read/),
      ]);
      expect(await project.backlog('list')).toEqual({ code: 0, stdout: 'done  a  A\n', stderr: '' });
      expect((await project.backlog('status')).stdout).toMatch(
        /^No run is active\. The latest, .* ended: done\.\nIt stopped at [-\d]+ [:\d]+ with 1 of 1 done\.\n1 done\nThe queue (?:may be|is) older than .*\n$/,
      );
      expect((await project.backlog('report')).stdout).toContain('| Units done | 1 of 1 |');
    },
  );

  test.runIf(canMount)('on a disk that fills up: the run ends with what to do, and the next one goes on', async () => {
    const project = TestProject.make({ ...scripted(writeFile), ...unit('a'), ...unit('b') });
    const mount = smallDisk(project.state, '50m');
    await project.run(0, '--only', 'a');
    const free = fillDisk(project.state);
    const ended = await project.backlog('run', 'specs');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(/SQLITE_FULL|disk is full/)]);
    expect((await project.backlog('status')).stdout).toContain('The latest, ');
    free();
    mount('remount,size=60m');
    await project.run(0);
    expect(project.landings()).toEqual(['a', 'b']);
  });
});

test("a lock that a killed run's git left on the branch is removed; one that nobody explains is told", async () => {
  const project = TestProject.make({
    ...scripted([pause(0.5), writeFile]),
    ...unit('a'),
    ...unit('b', ['depends: [a]']),
  });
  const killed = project.start(['run', 'specs']);
  await expect.poll(killed.stderr, { timeout: 30_000 }).toContain('wave 2');
  killed.kill('SIGKILL');
  await killed.ended;
  const lock = path.join(project.root, '.git/refs/heads/backlog/next.lock');
  writeFileSync(lock, '');
  await project.run(0);
  expect([project.landings(), existsSync(lock)]).toEqual([['a', 'b'], false]);
  writeFileSync(lock, '');
  project.write(unit('c'));
  const told = await project.backlog('run', 'specs');
  expect([told.code, told.stderr]).toEqual([
    2,
    expect.stringContaining(`${lock} has existed for more than 10 seconds`),
  ]);
  rmSync(lock);
  await project.run(0);
});

test('two runs onto one branch from two worktrees of a repository: one works, the other says so at once', async () => {
  const project = TestProject.make({ ...scripted(pause(60)), ...unit('a') });
  const other = path.join(project.outside, 'worktree');
  project.git('worktree', 'add', '--quiet', '-b', 'elsewhere', other);
  const running = project.start(['run', 'specs']);
  await expect.poll(running.stderr, { timeout: 30_000 }).toContain('wave 1');
  const second = await project.start(['run', 'specs'], { cwd: other }).ended;
  expect([second.code, second.stderr]).toEqual([
    2,
    `error: another run is landing on backlog/next of ${other} [already-running]\n  Wait for it to end, or watch it with "backlog status".\n`,
  ]);
});

test(
  'a hundred who add, cancel and approve at once during a run: all is applied, once',
  { timeout: 1_500_000 },
  async () => {
    const names = Array.from({ length: 66 }, (_, i) => `u${i}`);
    const human = names.slice(0, 10);
    const more = names.slice(0, 24);
    const project = TestProject.make({
      ...(Object.assign({}, ...names.map((name) => unit(name, ['depends: [first]']))) as Record<string, string>),
      ...(Object.assign(
        {},
        ...human.map((name) => ({
          [`specs/h-${name}.md`]: spec(
            name,
            [`id: h-${name}`, `touches: [h-${name}.txt]`],
            [`Yes — check: \`test -f h-${name}.txt\``, '(human) It is nice'],
          ),
        })),
      ) as Record<string, string>),
      ...unit('first'),
    });
    const go = path.join(project.outside, 'go');
    project.write(scripted([onUnit('first', waitFor(go)), writeFile]));
    project.commit('Wait for us');
    const running = project.start(['run', 'specs']);
    const awaiting = (): number => running.stderr().split(': awaiting:').length - 1;
    await expect.poll(awaiting, { timeout: 600_000 }).toBe(human.length);
    const asked = await Promise.all([
      ...names.map((name) => project.backlog('cancel', name)),
      ...human.map((name) => project.backlog('approve', `h-${name}`)),
      ...more.map((name) => project.backlog('add', `More of ${name}`, '--dep', name, '--check', 'true')),
    ]);
    expect(asked.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
    // Who adds does not wait for the run to read it.
    const added = async (): Promise<number> => {
      const { units } = JSON.parse((await project.backlog('list', '--json')).stdout) as { units: { id: string }[] };
      return units.filter(({ id }) => id.startsWith('followups.')).length;
    };
    await expect.poll(added, { timeout: 240_000 }).toBe(more.length);
    writeFileSync(go, '');
    const { stderr } = await running.ended;
    expect(project.landings().toSorted(), stderr.slice(-6000)).toEqual(
      ['first', ...human.map((name) => `h-${name}`)].toSorted(),
    );
    const queue = new Sqlite(path.join(project.state, 'backlog.db'), { readonly: true });
    const applied = queue
      .prepare(`select unit from events where type = 'request-applied' and unit is not null`)
      .pluck()
      .all();
    queue.close();
    expect(applied.map(String).toSorted()).toEqual([...names, ...human.map((name) => `h-${name}`)].toSorted());
  },
);
