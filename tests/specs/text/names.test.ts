import { expect, test } from 'vitest';
import { compareNames } from '../../../src/specs/text/names.ts';

test('numbers in names sort by value', () => {
  const sorted = ['', '1', '1.2', '1.10', '2', '007', '7', 'a', 'a1', 'a2-z', 'a10', 'a10b', 'b', 'ß'];
  expect([...sorted].reverse().toSorted(compareNames)).toEqual([
    '',
    '1',
    '1.2',
    '1.10',
    '2',
    '007',
    '7',
    'a',
    'a1',
    'a2-z',
    'a10',
    'a10b',
    'b',
    'ß',
  ]);
});
