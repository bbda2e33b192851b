import { expect, test } from 'vitest';
import { shared } from '../../../src/engine/judging/share.ts';

test.each<[items: string, most: number, taken: string, left: string]>([
  ['a1 a2 a3', 3, 'a1 a2 a3', ''],
  ['a1 a2 a3 b1', 3, 'a1 a2 b1', 'a3'],
  ['a1 a2 a3 b1 b2 b3', 4, 'a1 a2 b1 b2', 'a3 b3'],
  ['a1 b1 a2 c1', 3, 'a1 b1 c1', 'a2'],
  ['a1 b1 c1', 2, 'a1 b1', 'c1'],
  ['', 2, '', ''],
])('of "%s", room for %d takes "%s"', (items, most, taken, left) => {
  const all = items.split(' ').filter((item) => item !== '');
  const found = shared(all, (item) => item.slice(0, 1), most);
  expect([found.taken.join(' '), found.left.join(' ')]).toEqual([taken, left]);
});
