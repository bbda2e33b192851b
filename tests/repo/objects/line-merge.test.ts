import { expect, test } from 'vitest';
import { type LineChange, mergeLines } from '../../../src/repo/objects/line-merge.ts';

/* What merges is tested with git beside it, in `worktrees/join.test.ts`; here, how it grows. */

const many = 300_000;
const base = Array.from({ length: many }, (_, index) => `line ${index}\n`);
const at = (start: number, end: number, ...lines: readonly string[]): LineChange => ({ start, end, lines });

test('two ends of a text of very many lines are merged, ours first', () => {
  const merged = mergeLines(base, [at(many, many, 'a\n')], [at(many, many, 'b\n')]);
  expect([merged?.length, merged?.slice(-3)]).toEqual([many + 2, [base.at(-1), 'a\n', 'b\n']]);
});

test('very many lines that one side adds are merged', () => {
  const added = { start: 1, end: 1, lines: base.slice(0, 200_000) };
  const merged = mergeLines(['x\n'], [added], [at(1, 1, 'b\n')]);
  expect([merged?.length, merged?.at(-1)]).toEqual([200_002, 'b\n']);
});

test('sides that change every other line are merged in linear time', () => {
  const every = (first: number, name: string): LineChange[] =>
    Array.from({ length: many / 2 }, (_, index) => at(2 * index + first, 2 * index + first + 1, `${name} ${index}\n`));
  const merged = mergeLines(base, every(0, 'even'), every(1, 'odd'));
  expect([merged?.length, merged?.slice(0, 3)]).toEqual([many, ['even 0\n', 'odd 0\n', 'even 1\n']]);
  const overlapping = [...every(1, 'odd').slice(0, -1), at(many - 2, many, 'both\n')];
  expect(mergeLines(base, every(0, 'even'), overlapping)).toBe(null);
});
