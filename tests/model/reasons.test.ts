import { expect, test } from 'vitest';
import { reasonsOf } from '../../src/model/reasons.ts';

const told = (...sentences: readonly string[]): unknown => {
  const { reasons, isWhole } = reasonsOf(sentences.map((why, at) => ({ key: `u${at + 1}`, why })));
  return [reasons.map(({ units, why }) => `${units}: ${why}`), isWhole];
};
const many = (count: number, why: (at: number) => string): string[] =>
  Array.from({ length: count }, (_one, at) => why(at + 1));

test.each<[name: string, sentences: readonly string[], reasons: readonly string[], isWhole: boolean]>([
  ['none', [], [], true],
  ['one', ['there is no unit "a"'], ['u1: there is no unit "a"'], true],
  ['two of one kind', ['no unit "a"', 'no unit "b"'], ['u1: no unit "a"', 'u2: no unit "b"'], true],
  ['ten', many(10, (at) => `no unit "${at}"`), many(10, (at) => `u${at}: no unit "${at}"`), true],
  ['many with one sentence', many(600, () => 'it is a draft'), ['u1, u2, u3 and 597 more: it is a draft'], true],
  ['many of one kind', many(600, (at) => `no unit "${at}"`), ['u1, u2, u3 and 597 more: no unit "…"'], false],
  ['many places', many(11, (at) => `is done in a.md:${at}`), ['u1, u2, u3 and 8 more: is done in a.md:…'], false],
  ['many commands', many(11, (at) => `\`x ${at}\` fails`), ['u1, u2, u3 and 8 more: `…` fails'], false],
  [
    'many of one kind, and one other',
    ['it is a draft', ...many(600, (at) => `no unit "${at}"`)],
    ['u1: it is a draft', 'u2, u3, u4 and 597 more: no unit "…"'],
    false,
  ],
  [
    'many kinds',
    many(30, (at) => `it is ${'a'.repeat(at)}`),
    [...many(10, (at) => `u${at}: it is ${'a'.repeat(at)}`), 'u11, u12, u13 and 17 more: other reasons'],
    false,
  ],
])('%s', (_name, sentences, reasons, isWhole) => {
  expect(told(...sentences)).toEqual([reasons, isWhole]);
});
