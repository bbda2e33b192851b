import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { answer, count, exceptOn, onUnit, script } from '../support/agent-script.ts';
import { scripted, spec, stragglers, TestProject, writeFile } from '../support/project.ts';

/*
 * Promise 1, at every place: a run breaks at each point that it passes, the next ones go on, and the end is the same as
 * that of a run which nothing happened to.
 */

const costUsd = 0.01;

// a --> b     c (the agent asks to be tried later, once)     d (research)
const files = (counted: string): Record<string, string> => ({
  ...scripted('', {
    agents: {
      script: {
        type: 'command',
        command: script(count(counted), onUnit('d', answer('answered')), exceptOn('d', writeFile)),
        costUsd,
      },
    },
    checks: { lint: 'true' },
  }),
  'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  'specs/b.md': spec('B', ['depends: [a]', 'touches: [b.txt]'], ['B — check: `test -f b.txt && test -f a.txt`']),
  'specs/c.md': spec('C', ['touches: [c.txt]'], ['C — check: `test -f c.txt`']),
  'specs/d.md': spec('D', ['kind: research', 'answer: d.txt'], ['It answers — check: `test -f d.txt`']),
});

/** Gives a project to `action`, and takes it away again. */
async function withProject<T>(action: (project: TestProject) => Promise<T>): Promise<T> {
  const ends: (() => void)[] = [];
  try {
    return await action(makeProject((end) => ends.push(end)));
  } finally {
    for (const end of ends) end();
  }
}

function makeProject(atEnd: (end: () => void) => void): TestProject {
  const project = TestProject.makeKept({}, atEnd);
  project.write(files(path.join(project.outside, 'count')));
  project.commit('Specs');
  return project;
}

interface Settled {
  readonly files: string;
  readonly landings: readonly string[];
  readonly states: readonly string[];
  readonly isPaidFor: boolean;
  readonly left: readonly string[];
}

/** Everything that an undisturbed run and a disturbed one must agree on. */
function settled(project: TestProject): Settled {
  const sqlite = new Sqlite(path.join(project.state, 'backlog.db'), { readonly: true });
  const units = sqlite.prepare('select id, state from units order by id').all() as { id: string; state: string }[];
  const { spent } = sqlite
    .prepare(
      'select sum(coalesce(settled_micro_usd + possible_micro_usd, reserved_micro_usd)) as spent from reservations',
    )
    .get() as { spent: number };
  sqlite.close();
  const worked = readFileSync(path.join(project.outside, 'count'), 'utf8').trim().split('\n').length;
  return {
    files: project.git('ls-tree', '-r', '--name-only', 'backlog/next', '--', 'a.txt', 'b.txt', 'c.txt', 'd.txt'),
    landings: project.landings().toSorted(),
    states: units.map(({ id, state }) => `${id} ${state}`),
    isPaidFor: spent >= worked * costUsd * 1_000_000,
    left: [...stragglers(project), ...workspaces(project)],
  };
}

function workspaces(project: TestProject): string[] {
  const cache = path.join(project.outside, 'cache');
  if (!existsSync(cache)) return [];
  return readdirSync(cache).flatMap((name) => readdirSync(path.join(cache, name)).map((box) => `${name}/${box}`));
}

const whole: Settled = {
  files: 'a.txt\nb.txt\nc.txt\nd.txt',
  landings: ['a', 'b', 'c', 'd'],
  states: ['a done', 'b done', 'c done', 'd done'],
  isPaidFor: true,
  left: [],
};

/** Names of all points that an undisturbed run passes. */
let points: string[] = [];

beforeAll(async () => {
  await withProject(async (project) => {
    const log = path.join(project.outside, 'points');
    const env = { BACKLOG_FAILPOINT_LOG: log };
    const ended = await project.start(['run', 'specs'], { env, isKept: true }).ended;
    expect({ code: ended.code, settled: settled(project) }).toEqual({ code: 0, settled: whole });
    points = [...new Set(readFileSync(log, 'utf8').trim().split('\n'))];
  });
});

test('an undisturbed run passes the points that the sweep breaks at', () => {
  expect(points.length).toBeGreaterThan(60);
  expect(points).toEqual(
    expect.arrayContaining([
      'sync',
      'move branch',
      'committed wave-started+claimed+unit-working',
      'agent starts',
      'harvest taken',
      'land',
      'landed',
      'reported',
    ]),
  );
});

/** With `BACKLOG_SWEEP=whole` each way to break goes through all points; else they share them. */
const isWhole = process.env['BACKLOG_SWEEP'] === 'whole';
const root = path.resolve(import.meta.dirname, '../..');
const commit = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout;
const shift = Number.parseInt(commit.slice(0, 6), 16) || 0;
const sharing = ['term', 'term-twice', 'EIO', 'ENOSPC'];

/** Breaks runs at points, a few side by side; what does not end as it should comes back. */
async function sweep(
  action: string,
  judge: (project: TestProject) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const wrong: Record<string, unknown> = {};
  // A kill asks most of what was written, and has every third point; the others ask how an end is told.
  const [ways, turn] = action === 'kill' ? [3, 0] : [sharing.length, sharing.indexOf(action)];
  // Which third, and which fourth, goes by the commit: each meets all points as time goes on.
  const left = points.filter((_, index) => isWhole || (index + shift) % ways === turn);
  const work = async (): Promise<void> => {
    for (let point = left.shift(); point !== undefined; point = left.shift()) {
      const env = { BACKLOG_FAILPOINT: `${point}=${action}` };
      const found = await withProject(async (project) => {
        await project.start(['run', 'specs'], { env, isKept: true }).ended;
        return judge(project);
      });
      if (found !== null) wrong[point] = found;
    }
  };
  await Promise.all([work(), work(), work()]);
  return wrong;
}

/** Runs again until everything is through, three times at most; null when the end is as it should be. */
async function goesOn(project: TestProject): Promise<unknown> {
  for (let again = 0; again < 3; again++) {
    const ended = await project.start(['run', 'specs'], { isKept: true }).ended;
    const now = settled(project);
    if (ended.code === 0 && JSON.stringify(now) === JSON.stringify(whole)) return null;
    if (again === 2) return { code: ended.code, stderr: ended.stderr.slice(-2000), now };
  }
  return null;
}

test('others that are started all the time while one works change nothing', { timeout: 400_000 }, async () => {
  await withProject(async (project) => {
    const first = project.start(['run', 'specs'], { isKept: true });
    let isOver = false;
    void first.ended.then(() => (isOver = true));
    const codes = new Set<number | null>();
    while (!isOver) codes.add((await project.start(['run', 'specs'], { isKept: true }).ended).code);
    expect((await goesOn(project)) ?? settled(project)).toEqual(whole);
    expect([...codes].every((code) => code === 2 || code === 0)).toBe(true);
  });
});

const sweepTime = 20 * 60_000;

describe('broken at every point, the next run goes on', () => {
  test('SIGKILL', async () => expect(await sweep('kill', goesOn)).toEqual({}), sweepTime);
  test('SIGTERM: it drains, then ends', async () => expect(await sweep('term', goesOn)).toEqual({}), sweepTime);
  test('SIGTERM twice: it ends at once', async () => expect(await sweep('term-twice', goesOn)).toEqual({}), sweepTime);
  test('an error of the disk', async () => expect(await sweep('EIO', goesOn)).toEqual({}), sweepTime);
  test('a full disk', async () => expect(await sweep('ENOSPC', goesOn)).toEqual({}), sweepTime);
});
