import { expect, test } from 'vitest';
import { type Json, memberOf, rangesIn, readJsonTree, textOf, valuesOf } from '../../../src/specs/text/json-tree.ts';

const file = 'a.json';

function read(text: string): Json {
  const json = readJsonTree({ file, text });
  if ('severity' in json) throw new Error(json.message);
  return json;
}

/** A value without its places. */
function plain(json: Json): unknown {
  if (json.type === 'object') return Object.fromEntries([...json.members].map(([key, value]) => [key, plain(value)]));
  return json.type === 'array' ? json.items.map(plain) : json.text;
}

test('values keep how they are written, and their places', () => {
  const text = '\uFEFF{\r\n  "id": 1.10,\r\n  "list": [007e0, "a\\u0062\\n", true, null]\r\n}\r\n'.replace(
    '007e0',
    '12e5',
  );
  const json = read(text);
  expect(plain(json)).toEqual({ id: '1.10', list: ['12e5', 'ab\n', 'true', 'null'] });
  const places = [json, ...json.members.values(), ...(json.members.get('list')?.items ?? [])];
  expect(places.map(({ start, end }) => text.slice(start, end))).toEqual([
    text.slice(1, -2),
    ...['1.10', '[12e5, "a\\u0062\\n", true, null]'],
    ...['12e5', '"a\\u0062\\n"', 'true', 'null'],
  ]);
});

test('no key means anything but itself', () => {
  const json = read('{"__proto__": {"a": 1}, "constructor": 2, "b": 4}');
  expect([...json.members.keys()]).toEqual(['__proto__', 'constructor', 'b']);
  expect([textOf(memberOf(json, 'b')), memberOf(json, 'toString'), textOf(memberOf(json, 'constructor'))]).toEqual([
    ...['4', undefined, '2'],
  ]);
});

test('the first key with a value counts, and a single value is a list of one', () => {
  const json = read('{"a": null, "b": " x ", "c": ["y", 1, null, {}, "", true], "d": {}}');
  expect(textOf(memberOf(json, 'a', 'b'))).toBe('x');
  const values = ['a', 'b', 'c', 'd', 'e'].map((name) => valuesOf(memberOf(json, name)).map(textOf));
  expect(values).toEqual([[], ['x'], ['y', '1'], [], []]);
});

test('characters that no text can hold are replaced, and all others have their place in the file', () => {
  const text = String.raw`["A\u0000\ud83d \ud83d\ude00\n\"[\u005d😀\\é\/"]`;
  const [string] = read(text).items;
  if (!string) throw new Error('no string');
  expect(string.text).toBe('A\uFFFD\uFFFD 😀\n"[]😀\\é/');
  const rangeOf = rangesIn({ file, text }, string);
  const written = Array.from({ length: string.text.length }, (_, index) => {
    const { start, end } = rangeOf(index, index + 1);
    return text.slice(start, end);
  });
  expect(written).toEqual([
    ...['A', String.raw`\u0000`, String.raw`\ud83d`, ' ', String.raw`\ud83d`, String.raw`\ude00`],
    ...[String.raw`\n`, String.raw`\"`, '[', String.raw`\u005d`, '\ud83d', '\ude00'],
    ...[String.raw`\\`, 'é', String.raw`\/`],
  ]);
  const end = { start: string.end - 1, end: string.end - 1 };
  expect([rangeOf(string.text.length, string.text.length), rangeOf(99, 100)]).toEqual([end, end]);
});

test('a part of a file is read at its place', () => {
  const text = '{"a": 1}\n{"b": 2}\n{"c": }\n';
  const json = readJsonTree({ file, text }, { start: 9, end: 17 });
  if ('severity' in json) throw new Error(json.message);
  expect([plain(json), text.slice(json.start, json.end)]).toEqual([{ b: '2' }, '{"b": 2}']);
  expect(readJsonTree({ file, text }, { start: 18, end: 25 })).toMatchObject({ line: 3, column: 7 });
});

test.each([
  ['', 1, 1, 'a value is expected here'],
  ['\n\n', 2, 1, 'a value is expected here'],
  ['{"a": 1,}', 1, 9, 'a key in double quotes is expected here'],
  ['[1 2]', 1, 4, 'a comma is expected here'],
  ['{"a" 1}', 1, 6, 'a colon is expected here'],
  ['{"a": 1', 1, 7, 'a "}" is missing'],
  ['[1', 1, 2, 'a "]" is missing'],
  ['{} {}', 1, 4, 'nothing may follow the value'],
  ['{\n  // no\n}', 2, 3, 'JSON has no comments'],
  ['["a\n"]', 1, 2, 'this string is not closed'],
  ['["\\x"]', 1, 2, 'this escape sequence does not exist'],
  ['["\\u12"]', 1, 2, 'this escape sequence is not complete'],
  ['["\u0001"]', 1, 2, 'a control character must be escaped'],
  ['[yes]', 1, 2, 'this word is not a value'],
  ['[01]', 1, 3, 'a comma is expected here'],
  ['[1.]', 1, 2, 'this number ends too early'],
])('%j is told with its place', (text, line, column, message) => {
  expect(readJsonTree({ file, text })).toEqual(
    expect.objectContaining({
      ...{ severity: 'error', code: 'spec-json', file, line, column },
      message: `this is not valid JSON: ${message}`,
    }),
  );
});

test.each([
  ['{"a": 1, "a": 1}', 1, 10, '"a"'],
  ['{\n  "userStories": [],\n  "userStories": []\n}', 3, 3, '"userStories"'],
  ['[{"b": {"id": 1, "c": 2, "id": 1}, "b": 3}]', 1, 26, '"id"'],
  [String.raw`{"é": 1, "\u00e9": 2}`, 1, 10, '"é"'],
  ['{"__proto__": 1, "__proto__": 2}', 1, 18, '"__proto__"'],
  ['{"": 1, "": 2}', 1, 9, '""'],
])('a key that an object has twice is told: %j', (text, line, column, key) => {
  expect(readJsonTree({ file, text })).toEqual(
    expect.objectContaining({
      ...{ severity: 'error', code: 'key-twice', file, line, column },
      message: `this object has the key ${key} twice`,
    }),
  );
});

test.each(['{"a": 1, "A": 2, "a ": 3}', '[{"a": 1}, {"a": 1}]', '{"a": {"a": {"a": "a"}}}', '{"a": "a", "b": "a"}'])(
  'the same key in other objects, and keys that only look alike, are fine: %j',
  (text) => {
    expect('severity' in readJsonTree({ file, text })).toBe(false);
  },
);

test('a file that nests too deeply is told, and brackets in strings do not count', () => {
  const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(readJsonTree({ file, text: `{"a": ${deep(100_000)}}` })).toMatchObject({ code: 'spec-too-deep', column: 206 });
  expect(readJsonTree({ file, text: '{"a":'.repeat(100_000) })).toMatchObject({ code: 'spec-too-deep' });
  expect(read(JSON.stringify([`${'['.repeat(1000)}"${'{'.repeat(1000)}`])).items).toHaveLength(1);
  expect(read(deep(200)).items).toHaveLength(1);
});
