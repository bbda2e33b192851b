import { expect, test } from 'vitest';
import { numbers } from '../../support/numbers.ts';
import { cutTo, fitTo, widthOf, wrapTo } from '../../../src/util/text/width.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['日本語', 6],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['✓✗●◇↻◌▲━╍┄…−', 12],
  ['ж·é', 3],
  ['ﾀ。、Ａ', 7],
  ['한글', 4],
  ['🇩🇪❤️❤', 5],
  ['\ufffd', 1],
])('the columns of %j are %i', (text, width) => expect(widthOf(text)).toBe(width));

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['abc', 0, ''],
])('%j cut to %i columns is %j', (text, width, cut) => expect(cutTo(text, width)).toBe(cut));

test('a text fills its columns from either side, whatever its letters take', () => {
  expect([
    fitTo('日本', 6),
    fitTo('日本語', 4),
    fitTo('7', 3, { isRight: true }),
    fitTo('abcd', 3, { mark: '~' }),
  ]).toEqual(['日本  ', '日… ', '  7', 'ab~']);
});

test('a text is broken at blanks, and inside of words only where they are too long', () => {
  expect(wrapTo('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapTo('a abcdefgh b', 4)).toEqual(['a', 'abcd', 'efgh', 'b']);
  expect(wrapTo('日本語', 1)).toEqual(['日', '本', '語']);
  expect(wrapTo('', 5)).toEqual(['']);
});

test('no line of any text is too wide, and nothing but blanks is lost', () => {
  const next = numbers(7);
  const letter = ['a', '日', ' ', 'e\u0301', '👍', '-', 'ж', '👩‍👩‍👧', '●', 'ﾀ', '🇩🇪'];
  for (let round = 0; round < 500; round++) {
    const letters = Array.from(
      { length: Math.floor(next() * 30) },
      () => letter[Math.floor(next() * letter.length)] ?? '',
    );
    const [text, width] = [letters.join(''), 2 + Math.floor(next() * 11)];
    const lines = wrapTo(text, width);
    expect(Math.max(...lines.map(widthOf), widthOf(cutTo(text, width)))).toBeLessThanOrEqual(width);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    expect(widthOf(fitTo(text, width))).toBe(width);
  }
});
