import { expect, test } from 'vitest';
import { foreignTexts } from '../../support/foreign-text.ts';
import { printable, printableJson, printableJsonPieces, printableLine } from '../../../src/util/text/printable.ts';

test.each([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a clipboard write', 'a\u001b]52;c;ZXZpbA==\u0007b', 'ab'],
  ['a title, unterminated', 'a\u001b]0;evil', 'a'],
  ['a hyperlink', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a device control string', 'a\u001bPevil\u001b\\b', 'ab'],
  ['8-bit control sequences', 'a\u009b31mb\u009devil\u009cc', 'abc'],
  ['carriage returns that overwrite', 'good\revil', 'goodevil'],
  ['line ends of Windows', 'a\r\nb', 'a\nb'],
  ['bells and backspaces', 'a\u0007\u0008b', 'ab'],
  ['characters that reorder text', 'a\u202eb', 'a<U+202E>b'],
  ['tabs and newlines stay', 'a\tb\nc', 'a\tb\nc'],
  ['letters of all kinds stay', 'äπ漢🙂', 'äπ漢🙂'],
])('%s', (_name, text, expected) => expect(printable(text)).toBe(expected));

test('a line is one line, and not too long', () => expect(printableLine('a\n  b'.padEnd(50, 'x'), 8)).toBe('a bxxxx…'));

test('JSON says the same, and shows nothing that a terminal obeys', () => {
  for (const text of [...foreignTexts(500, 5), 'a\u009b31mb\u202ec\u{e0041}d\u007f']) {
    const json = printableJson({ [text]: [text] });
    expect([JSON.parse(json), printable(json)]).toEqual([{ [text]: [text] }, json]);
  }
});

test.each([
  [{}],
  [{ a: 1, b: undefined, c: null, d: () => 1 }],
  [{ a: [], b: {}, c: [[], [1, [2]], {}], d: { e: [{ f: 'g\n  h' }] } }],
  [{ a: [undefined, null, 'b\u009b31m', { c: undefined }] }],
  [[1, { a: [2] }]],
])('%j in pieces is the same text', (data) => {
  for (const indent of [0, 2])
    expect([...printableJsonPieces(data, indent)].join('')).toBe(printableJson(data, indent));
});

test('long lists are cut into pieces between their entries', () => {
  const data = {
    kind: 'a',
    list: Array.from({ length: 5000 }, (_, id) => ({ id, text: 'x'.repeat(1000) })),
    end: true,
  };
  const pieces = [...printableJsonPieces(data)];
  expect([pieces.length, Math.max(...pieces.map(({ length }) => length)) < 1_010_000]).toEqual([6, true]);
  expect(pieces.join('')).toBe(printableJson(data));
});
