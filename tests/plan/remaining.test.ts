import { expect, test } from 'vitest';
import { idFromKey } from '../../src/model/ids.ts';
import { remainingMs } from '../../src/plan/remaining.ts';

const unit = (key: string, ms: number, ...depends: readonly string[]) => ({
  ...{ id: idFromKey(key), ms, depends: depends.map(idFromKey) },
});

test.each([
  ['nothing', [], 3, 0],
  ['work that is divided among agents', [unit('a', 4), unit('b', 4), unit('c', 4)], 2, 6],
  ['the longest chain', [unit('c', 5, 'b'), unit('b', 5, 'a'), unit('a', 5), unit('d', 1)], 9, 15],
  ['a dependency that is done', [unit('a', 5, 'gone')], 9, 5],
  ['a diamond', [unit('d', 1, 'b', 'c'), unit('b', 2, 'a'), unit('c', 7, 'a'), unit('a', 3)], 9, 11],
  ['units that depend on each other', [unit('a', 3, 'b'), unit('b', 4, 'a')], 1, 7],
])('a run takes at least as long as %s', (_what, units, agents, ms) => expect(remainingMs(units, agents)).toBe(ms));

test('a long chain is no deep recursion', () => {
  const chain = Array.from({ length: 3000 }, (_, at) => unit(`u${at}`, 1, ...(at < 2999 ? [`u${at + 1}`] : [])));
  expect(remainingMs(chain, 10)).toBe(3000);
});
