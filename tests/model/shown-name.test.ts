import { expect, test } from 'vitest';
import { shownName, shownNames } from '../../src/model/shown-name.ts';

test.each([
  ['a plain one', 'src/a-b_c.test.ts', 'src/a-b_c.test.ts'],
  ['letters of all kinds', 'äπ漢/🙂 b.txt', 'äπ漢/🙂 b.txt'],
  ['marks', "it's (a) [b], c; $d", "it's (a) [b], c; $d"],
  ['a line end', 'a\nerror: b', '"a\\nerror: b"'],
  ['a tab', 'a\tb', '"a\\tb"'],
  ['a quote and a backslash', 'a"b\\c', '"a\\"b\\\\c"'],
  ['what a terminal obeys', '\u001b[31ma\u009b', '"\\u001b[31ma\\u009b"'],
  ['what reorders text, and a line end that is none', 'a\u202eb\u2028', '"a\\u202eb\\u2028"'],
  ['what nobody sees', 'a\u{e0041}', '"a\\udb40\\udc41"'],
  ['blanks at an end', 'a ', '"a "'],
])('a name with %s', (_name, name, shown) => {
  expect(shownName(name)).toBe(shown);
  if (shown.startsWith('"')) expect(JSON.parse(shown)).toBe(name);
});

test('names, and how many more', () => {
  expect([shownNames(['a', 'b\n']), shownNames(['a', 'b', 'c'], 2)]).toEqual(['a, "b\\n"', 'a, b and 1 more']);
});
