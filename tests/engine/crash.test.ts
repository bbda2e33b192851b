import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Lock } from '../../src/queue/lock.ts';
import { append, pause, touch, waitFor } from '../support/agent-script.ts';
import { scripted, spec, statesOf, stragglers, TestProject, writeFile } from '../support/project.ts';

// a   b   c
//  \ /   /
//   d --+
const files = {
  ...scripted([pause(0.3), writeFile], { checks: { lint: 'sleep 0.1' } }),
  'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  'specs/b.md': spec('B', ['touches: [b.txt]'], ['B — check: `test -f b.txt`']),
  'specs/c.md': spec('C', ['touches: [c.txt]'], ['C — check: `test -f c.txt`']),
  'specs/d.md': spec('D', ['depends: [a, b, c]', 'touches: [d.txt]'], ['D — check: `test -f d.txt && test -f a.txt`']),
};

describe('promise 1: nothing lost, nothing twice', () => {
  // Each moment is something that the run says, so that the kill hits a known stretch and not a clock.
  test.each([
    ['while agents work', 'wave 1'],
    ['while work is judged', 'a: worked'],
    ['after the first landing', 'done ✓'],
    ['while the last unit works', 'wave 2'],
    ['while the last unit is judged', 'd: worked'],
  ])('kill -9 %s: the next run completes, and each unit landed once', async (_when, moment) => {
    const project = TestProject.make(files);
    const killed = project.start(['run', 'specs']);
    await expect.poll(killed.stderr, { timeout: 60_000, interval: 5 }).toContain(moment);
    killed.kill('SIGKILL');
    await killed.ended;
    const report = await project.run(0);
    expect(statesOf(report)).toEqual({ a: 'done', b: 'done', c: 'done', d: 'done' });
    expect(project.landings().toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(project.landings().at(-1)).toBe('d');
    expect(project.git('ls-tree', '--name-only', 'backlog/next')).toBe('a.txt\nb.txt\nc.txt\nd.txt\nspecs');
    expect(stragglers(project)).toEqual([]);
    expect(await project.backlog('run', 'specs')).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: everything in this folder is done.\nMerge it: backlog merge\n',
    });
  });

  test.each([
    ['before the branch moves', 'land=EIO', 'a: back in the queue'],
    ['after the branch moved: it has landed', 'landed=EIO', 'a: landed'],
  ])('a disk that breaks %s: nothing more starts, and nothing lands twice', async (_when, failpoint, end) => {
    const project = TestProject.make(files);
    const env = { BACKLOG_FAILPOINT: failpoint };
    const broken = await project.start(['run', 'specs', '--max-agents', '1'], { env }).ended;
    expect([
      broken.code,
      broken.stderr.match(/^wave .*/gm),
      broken.stderr.match(/^a: (?:back in the queue|landed)/m)?.[0],
      broken.stderr.match(/the run cannot continue: .*/)?.[0],
    ]).toEqual([
      2,
      ['wave 1: a'],
      end,
      `the run cannot continue: the disk reports an error (EIO: at failpoint ${failpoint.split('=')[0]}) [machine]`,
    ]);
    await project.run(0);
    expect(project.landings().toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('work that was harvested before the kill is judged, not made again', async () => {
    const project = TestProject.make({
      ...files,
      ...scripted(append('count.txt', 'x'), { checks: { lint: 'sleep 1' } }),
      'specs/a.md': spec('A', [], ['A — check: `test -f count.txt`']),
    });
    project.git('rm', '-q', 'specs/b.md', 'specs/c.md', 'specs/d.md');
    project.commit('One unit only');
    const killed = project.start(['run', 'specs']);
    await expect.poll(killed.stderr, { timeout: 60_000, interval: 5 }).toContain('a: worked');
    killed.kill('SIGKILL');
    await killed.ended;
    const ended = await project.backlog('run', 'specs');
    expect([ended.code, ended.stderr.includes('a: worked')]).toEqual([0, false]);
    expect(project.landings()).toEqual(['a']);
  });

  test('two crashes with the same unit at work put it into quarantine, until a person has it tried again', async () => {
    const project = TestProject.make({
      ...scripted(pause(20)),
      'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
    });
    for (const attempt of ['a.1', 'a.2']) {
      const killed = project.start(['run', 'specs', '--verbose']);
      await expect.poll(killed.stderr, { timeout: 60_000, interval: 5 }).toContain(`a: attempt ${attempt} as builder`);
      killed.kill('SIGKILL');
      await killed.ended;
    }
    expect(await project.backlog('run', 'specs')).toMatchObject({
      code: 1,
      stdout:
        'Nothing to run: the remaining units need you.\n' +
        '1 unit failed earlier; not retried, since nothing changed (a): backlog retry a\n',
    });
    expect((await project.backlog('list')).stdout).toBe(
      'quarantined  a  A (crashed 2 times while it was at work: the run was killed while it was at work)\n',
    );
    expect(stragglers(project)).toEqual([]);
    expect((await project.backlog('retry', 'a')).stdout).toBe('a will be retried\n');
  });
});

test('Ctrl-C lets what is at work end, starts nothing new, and exits 130; the next run goes on', async () => {
  const project = TestProject.make(files);
  const go = path.join(project.outside, 'go');
  const begun = (): string[] => readdirSync(project.outside).filter((name) => name.startsWith('begun-'));
  const waiting = [touch(`${project.outside}/begun-$BACKLOG_UNIT`), waitFor(go), writeFile];
  project.write(scripted(waiting, { checks: { lint: 'true' } }));
  project.commit('Wait for us');
  const running = project.start(['run', 'specs']);
  await expect.poll(begun, { timeout: 60_000, interval: 5 }).toHaveLength(3);
  running.kill('SIGINT');
  await expect.poll(running.stderr, { interval: 5 }).toContain('Stopping');
  writeFileSync(go, '');
  const ended = await running.ended;
  // A slow machine needs more than the ten seconds for judging; then the next run does the rest.
  const isCut = ended.stderr.includes('The ten seconds are over.');
  expect([ended.code, ended.stderr.includes('wave 2')]).toEqual([130, false]);
  if (!isCut) expect(project.landings().toSorted()).toEqual(['a', 'b', 'c']);
  expect(statesOf(await project.run(0))).toEqual({ a: 'done', b: 'done', c: 'done', d: 'done' });
});

test('a second SIGTERM ends everything at once with 143; no attempt is burnt and no process stays', async () => {
  const project = TestProject.make({ ...files, ...scripted('sleep 30 & setsid sleep 31 & sleep 32') });
  const running = project.start(['run', 'specs']);
  await expect.poll(running.stderr, { timeout: 60_000, interval: 5 }).toContain('wave 1');
  running.kill('SIGTERM');
  await expect.poll(running.stderr, { interval: 5 }).toContain('Stopping');
  running.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
  expect(stragglers(project)).toEqual([]);
  const listed = JSON.parse((await project.backlog('list', '--json')).stdout) as {
    units: { state: string; attempts: number }[];
  };
  expect(listed.units.map((unit) => [unit.state, unit.attempts])).toEqual([
    ['ready', 0],
    ['ready', 0],
    ['ready', 0],
    ['waiting', 0],
  ]);
});

test('commands that only look keep neither a run nor each other from starting', async () => {
  const project = TestProject.make({ ...files, ...scripted(touch('$BACKLOG_UNIT.txt')) });
  const looking = Lock.take(path.join(project.state, 'queue.lock'));
  const running = project.start(['run', 'specs', '--json']);
  const lists = [1, 2, 3].map(() => project.start(['list', '-s', 'specs']).ended);
  await expect.poll(() => Lock.isHeld(path.join(project.state, 'runner.lock'))).toBe(true);
  looking?.release();
  const codes = [running.ended, ...lists].map(async (ended) => (await ended).code);
  expect(await Promise.all(codes)).toEqual([0, 0, 0, 0]);
});

test('two runs on one folder, or on one branch from two folders: one works, the other says so at once', async () => {
  const project = TestProject.make({
    ...files,
    ...scripted(pause(60)),
    'more/x.md': spec('X', [], ['x']),
    'more/backlog.config.json': files['specs/backlog.config.json'],
  });
  const running = project.start(['run', 'specs']);
  await expect.poll(running.stderr, { timeout: 60_000, interval: 5 }).toContain('wave 1');
  const hint = '  Wait for it to end, or watch it with "backlog status".\n';
  expect(await project.backlog('run', 'specs')).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: another run is active on specs [already-running]\n${hint}`,
  });
  expect(await project.backlog('run', 'more')).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: another run is landing on backlog/next of ${project.root} [already-running]\n${hint}`,
  });
  // Meanwhile others read, and ask for things.
  expect((await project.backlog('status', 'specs')).stdout).toMatch(/^A run is active: /);
  expect((await project.backlog('cancel', 'd')).stdout).toBe('d is cancelled\n');
  expect((await project.backlog('cancel', 'a')).stdout).toBe('a is being stopped\n');
  await expect.poll(running.stderr, { interval: 5 }).toContain('a: cancelled: cancelled while it was at work');
  running.kill('SIGINT');
  await expect.poll(running.stderr, { interval: 5 }).toContain('Stopping');
  running.kill('SIGINT');
  await running.ended;
  expect((await project.backlog('list', '--state', 'cancelled')).stdout).toBe(
    'cancelled  a  A (cancelled while it was at work)\ncancelled  d  D (cancelled by root)\n'.replace(
      'root',
      (await import('node:os')).userInfo().username,
    ),
  );
});
