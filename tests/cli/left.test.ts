import { expect, test } from 'vitest';
import { leftLines } from '../../src/cli/left.ts';
import { touch } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

test('what a run leaves is told with the command that continues it, by kind', () => {
  const command = (...words: readonly string[]): string => ['backlog', ...words, '-s', 'x'].join(' ');
  const left = [
    { key: 'a', state: 'failed', isClaim: false },
    { key: 'b', state: 'quarantined', isClaim: false },
    { key: 'c', state: 'blocked', isClaim: false },
    { key: 'd', state: 'awaiting', isClaim: false },
    { key: 'e', state: 'awaiting', isClaim: true },
    { key: 'f', state: 'not-runnable', isClaim: false },
    { key: 'g', state: 'cancelled', isClaim: false },
  ] as const;
  expect(leftLines(left, { from: '/', command, isNamed: true })).toEqual([
    '2 units failed earlier; not retried, since nothing changed (a, b): backlog retry --failed -s x',
    '1 unit blocked (c): backlog unblock c -s x -m "…"',
    '1 unit waiting for a person (d): backlog review -s x',
    '1 unit done according to the branch, but without a landing record (e): backlog adopt -s x',
    '1 unit not runnable (f): backlog check -s x',
    '1 unit cancelled (g): backlog retry g -s x',
  ]);
  expect(leftLines([], { from: '/', command, isNamed: true })).toEqual([]);
});

test('a run tells of many units that cannot run in a few lines, at its beginning and at its end', async () => {
  const cannot = Object.fromEntries(
    Array.from({ length: 40 }, (_one, at) => [
      `specs/n${at}.md`,
      spec('N', [`depends: [gone${at}]`], ['N — check: `test -f n.txt`']),
    ]),
  );
  const project = TestProject.make({
    ...scripted(touch('a.txt')),
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
    'specs/draft.md': spec('D', ['draft: true'], ['D — check: `test -f d.txt`']),
    ...cannot,
  });
  const ran = await project.backlog('run');
  expect(ran.code).toBe(1);
  expect(ran.stderr.split('\n').filter((line) => line.includes('cannot run'))).toEqual([
    'draft cannot run: it is a draft',
    'n0, n1, n2 and 37 more cannot run: there is no unit "…"',
    '41 units cannot run; "backlog check" says why.',
  ]);
  expect(
    ran.stdout
      .split('\n')
      .filter((line) => line.startsWith('! '))
      .slice(1),
  ).toEqual([
    '! draft                   cannot run: it is a draft              backlog check',
    '! n0, n1, n2 and 37 more  cannot run: there is no unit "…"       backlog check',
    '! 41 units cannot run; their specs and the report tell of each   backlog check',
  ]);
});
