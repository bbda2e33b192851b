import { expect, test } from 'vitest';
import { mayNameFiles, namedFiles } from '../../../src/specs/units/named-files.ts';

const files = new Set(['src/a.ts', 'README.md', 'Makefile', 'docs/über uns.md', '.env.example', 'src/b/index.ts']);

test.each([
  ['Change `src/a.ts`, then README.md.', ['src/a.ts', 'README.md']],
  ['See ./src/a.ts:12 and [the page](README.md#usage)', ['src/a.ts']],
  ['**src/b/index.ts**: (src/a.ts)', ['src/b/index.ts', 'src/a.ts']],
  ['src/a.ts:12-20, src/a.ts#L3', ['src/a.ts']],
  ['.env.example holds', ['.env.example']],
  ['../src/a.ts, /src/a.ts, src/none.ts, a.ts, e.g. that', []],
  ['', []],
])('%s', (body, named) => {
  const unit = { title: '', body, criteria: [] };
  expect(namedFiles(unit, files)).toEqual(named);
  if (named.length > 0) expect(mayNameFiles(unit)).toBe(true);
});

test('a text without paths needs no look at the files', () => {
  expect(mayNameFiles({ title: 'Sort it. Then print it', body: 'Well', criteria: [] })).toBe(false);
});
