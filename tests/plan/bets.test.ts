import { expect, test } from 'vitest';
import type { Bet } from '../../src/model/bet.ts';
import { Bets, type Care } from '../../src/plan/bets.ts';

const some = (count: number, bet: Partial<Bet> = {}): Bet[] =>
  Array.from({ length: count }, () => ({ isLost: false, isRedone: false, costMicroUsd: 0, ...bet }));

test.each<[string, readonly Bet[], number | null, Care | null]>([
  ['without a history', [], null, null],
  ['after few bets, though all were lost', some(19, { isLost: true }), null, null],
  ['while six of twenty are lost', [...some(14), ...some(6, { isLost: true })], null, null],
  [
    'not while seven of twenty are lost',
    [...some(13), ...some(7, { isLost: true })],
    null,
    { kind: 'conflicts', lost: 7, made: 20 },
  ],
  ['once many more were won since', [...some(20, { isLost: true }), ...some(40)], null, null],
  [
    'while a tenth of the cost was work done again',
    [...some(18, { costMicroUsd: 10 }), ...some(2, { costMicroUsd: 10, isRedone: true })],
    null,
    null,
  ],
  [
    'not while more was work done again',
    [...some(16, { costMicroUsd: 10 }), ...some(4, { costMicroUsd: 10, isRedone: true })],
    null,
    { kind: 'redone', share: 0.2 },
  ],
  ['whatever was done again at no known cost', [...some(16), ...some(4, { isRedone: true })], null, null],
  ['while a fifth of a cap is left', [], 0.2, null],
  ['not while less is left', [], 0.19, { kind: 'cap', leftShare: 0.19 }],
])('units bet %s', (_name, bets, left, care) => {
  expect(new Bets(bets).careFor(left)).toEqual(care);
  const added = new Bets([]);
  for (const bet of bets) added.add(bet);
  expect([added.careFor(left), added.figures]).toEqual([care, new Bets(bets).figures]);
});
