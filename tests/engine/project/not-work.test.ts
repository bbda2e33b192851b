import { expect, test } from 'vitest';
import { notWorkLine } from '../../../src/engine/project/not-work.ts';

test.each([
  ['drafts', 'draft', 'drafts'],
  ['older copies', 'older copy', 'older copies'],
  ['archived changes', 'archived change', 'archived changes'],
  ['features without scenarios', 'feature without scenarios', 'features without scenarios'],
  ['notes on stories', 'note on stories', 'notes on stories'],
  ['criteria that do not apply', 'criterion that does not apply', 'criteria that do not apply'],
  ['boxes outside of tasks and criteria', 'box outside of tasks and criteria', 'boxes outside of tasks and criteria'],
  ['tables that name no tasks', 'table that names no tasks', 'tables that name no tasks'],
  ['files that are not named like tasks', 'file that is not named like tasks', 'files that are not named like tasks'],
])('what is no work is counted in words: %s', (why, one, several) => {
  expect([1, 2].map((count) => notWorkLine([{ why, count }]))).toEqual([
    `not work: 1 ${one}`,
    `not work: 2 ${several}`,
  ]);
});

test('nothing is said of nothing', () => {
  expect(notWorkLine([])).toBeNull();
});
