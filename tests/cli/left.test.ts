import { expect, test } from 'vitest';
import { leftLines } from '../../src/cli/left.ts';

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
  expect(leftLines(left, { from: '/', command })).toEqual([
    '2 units failed earlier; not retried, since nothing changed (a, b): backlog retry --failed -s x',
    '1 unit blocked (c): backlog unblock c -s x -m "…"',
    '1 unit waiting for a person (d): backlog review -s x',
    '1 unit done according to the branch, but without a landing record (e): backlog adopt -s x',
    '1 unit not runnable (f): backlog check -s x',
    '1 unit cancelled (g): backlog retry g -s x',
  ]);
  expect(leftLines([], { from: '/', command })).toEqual([]);
});
