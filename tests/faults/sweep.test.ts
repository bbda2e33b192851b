import { beforeAll, describe, expect, test } from 'vitest';
import { answer, count, exceptOn, onUnit, script } from '../support/agent-script.ts';
import { scripted, spec, writeFile } from '../support/project.ts';
import { byTurns } from '../support/by-turns.ts';
import { breakAt, type Case, costUsd, goesOn, passesOf, settled, wholeOf, withProject } from './breaking.ts';

/*
 * Promise 1, at every place: a run breaks at each point that it passes, the next ones go on, and the end is the same as
 * that of a run which nothing happened to.
 */

// a --> b     c (the agent asks to be tried later, once)     d (research)
const plain: Case = {
  files: (_project, counted) => ({
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
  }),
  whole: {
    texts: { 'a.txt': ['a'], 'b.txt': ['b'], 'c.txt': ['c'], 'd.txt': ['answered'] },
    landings: ['a', 'b', 'c', 'd'],
    states: ['a done', 'b done', 'c done', 'd done'],
  },
};

/** Names of all points that an undisturbed run passes. */
let points: string[] = [];

beforeAll(async () => {
  const passes = await passesOf(plain);
  points = passes.filter((pass) => !pass.includes('#'));
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

const actions = ['kill', 'term', 'term-twice', 'EIO', 'ENOSPC'];

/** What is wrong after runs broke in this way. */
async function sweep(action: string): Promise<Record<string, unknown>> {
  // A kill asks most of what was written; the others ask how an end is told.
  return breakAt(plain, byTurns(points, action === 'kill' ? 8 : 14, 3 * actions.indexOf(action)), action);
}

test('others that are started all the time while one works change nothing', { timeout: 400_000 }, async () => {
  await withProject(plain, async (project) => {
    const first = project.start(['run', 'specs'], { isKept: true });
    let isOver = false;
    void first.ended.then(() => (isOver = true));
    const codes = new Set<number | null>();
    while (!isOver) codes.add((await project.start(['run', 'specs'], { isKept: true }).ended).code);
    expect((await goesOn(project, plain)) ?? settled(project, plain)).toEqual(wholeOf(plain));
    expect([...codes].every((code) => code === 2 || code === 0)).toBe(true);
  });
});

const sweepTime = 20 * 60_000;

describe('broken at every point, the next run goes on', () => {
  test('SIGKILL', async () => expect(await sweep('kill')).toEqual({}), sweepTime);
  test('SIGTERM: it drains, then ends', async () => expect(await sweep('term')).toEqual({}), sweepTime);
  test('SIGTERM twice: it ends at once', async () => expect(await sweep('term-twice')).toEqual({}), sweepTime);
  test('an error of the disk', async () => expect(await sweep('EIO')).toEqual({}), sweepTime);
  test('a full disk', async () => expect(await sweep('ENOSPC')).toEqual({}), sweepTime);
});
