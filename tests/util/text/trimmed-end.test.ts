import { expect, test } from 'vitest';
import { trimmedEnd } from '../../../src/util/text/trimmed-end.ts';

test.each([
  ['a | |', /[\s|]/, 'a'],
  ['| a', /[\s|]/, '| a'],
  ['| |', /[\s|]/, ''],
  ['', /x/, ''],
  ['a🙂🙂', /[^\p{L}]/u, 'a'],
  ['a🙂', /[\s]/, 'a🙂'],
  ['🙂', /[^\p{L}]/u, ''],
])('%j without %s at its end', (text, fits, rest) => expect(trimmedEnd(text, fits)).toBe(rest));

test('a long run is looked at once', () => {
  const text = `${'|'.repeat(1_000_000)}a`;
  expect(trimmedEnd(text, /\|/)).toBe(text);
});
