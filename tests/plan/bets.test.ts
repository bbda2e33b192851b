import { expect, test } from 'vitest';
import type { Bet } from '../../src/model/bet.ts';
import { Bets, type Care } from '../../src/plan/bets.ts';

const some = (count: number, bet: Partial<Bet> = {}): Bet[] =>
  Array.from({ length: count }, () => ({ isLost: false, isRedone: false, costMicroUsd: 0, ...bet }));

test.each<[string, readonly Bet[], number | null, Care | null]>([
  ['without a history', [], null, null],
  ['after few bets, though all were lost', some(9, { isLost: true }), null, null],
  ['while three of ten are lost', [...some(7), ...some(3, { isLost: true })], null, null],
  [
    'not while four of ten are lost',
    [...some(6), ...some(4, { isLost: true })],
    null,
    { kind: 'conflicts', lost: 4, made: 10 },
  ],
  ['once many more were won since', [...some(20, { isLost: true }), ...some(40)], null, null],
  [
    'while a tenth of the cost was work done again',
    [...some(9, { costMicroUsd: 10 }), ...some(1, { costMicroUsd: 10, isRedone: true })],
    null,
    null,
  ],
  [
    'not while more was work done again',
    [...some(8, { costMicroUsd: 10 }), ...some(2, { costMicroUsd: 10, isRedone: true })],
    null,
    { kind: 'redone', share: 0.2 },
  ],
  ['whatever was done again at no known cost', [...some(8), ...some(2, { isRedone: true })], null, null],
  ['while a fifth of a cap is left', [], 0.2, null],
  ['not while less is left', [], 0.19, { kind: 'cap', leftShare: 0.19 }],
])('units bet %s', (_name, bets, left, care) => {
  expect(new Bets(bets).careFor(left)).toEqual(care);
  const added = new Bets([]);
  for (const bet of bets) added.add(bet);
  expect([added.careFor(left), added.figures]).toEqual([care, new Bets(bets).figures]);
});
