import { expect, test } from 'vitest';
import { describeFailure } from '../../src/model/describe-failure.ts';

test('several paths that must not land are named, and the rest is counted', () => {
  const one = { reason: 'forbidden-tree', path: 'a', why: 'it is a link' } as const;
  expect(describeFailure(one)).toBe('The work contains a, which must not land: it is a link.');
  const others = ['b', 'c', 'd', 'e'].map((path) => ({ path, why: 'it is large' }));
  expect(describeFailure({ ...one, others: others.slice(0, 1) })).toBe(
    'The work contains 2 paths that must not land: a (it is a link), b (it is large).',
  );
  expect(describeFailure({ ...one, others, more: 7 })).toBe(
    'The work contains 12 paths that must not land: a (it is a link), b (it is large), c (it is large), d (it is large), e (it is large), and 7 more.',
  );
});

test('names of files stay on one line', () => {
  const files = ['a.txt', 'b\nerror: c'];
  expect(describeFailure({ reason: 'merge-conflict', files })).toBe(
    'The work conflicts with work that landed in the meantime, in a.txt, "b\\nerror: c".',
  );
});
