import { expect, test } from 'vitest';
import type { Draft } from '../../../src/specs/format/draft.ts';
import { apart } from '../../../src/specs/units/apart.ts';

function read(...units: readonly (readonly [key: string, isDone: boolean])[]): unknown {
  const expanded = units.map(([key, isDone], index) => {
    const draft: Draft & { readonly format: string } = {
      ...{ key, isKeyExplicit: false, title: key, file: `${index}.md`, files: [`${index}.md`], line: 1, body: '' },
      ...{ keys: {}, criteria: [], marks: [], isDone, problems: [], format: 'native', where: () => ({}) },
    };
    return { draft, key, forEachFile: null };
  });
  return apart(expanded).map(({ key, draft }) => [
    key.replace(/~[0-9a-f]{6}$/, '~'),
    ...draft.problems.map(({ severity, message }) => `${severity}: ${message}`),
  ]);
}

test('units with keys of their own stay as they are', () => {
  expect(read(['a', false], ['b', true])).toEqual([['a'], ['b']]);
});

test('of two open units with one key, neither can run, and each says where the other is', () => {
  expect(read(['a', false], ['b', false], ['A', false], ['a', false])).toEqual([
    ['a', 'error: "a" differs only in case from "A" at 2.md:1'],
    ['b'],
    ['A~', 'error: "A" differs only in case from "a" at 0.md:1'],
    ['a~', 'error: "a" is the key of two units; the other is at 0.md:1'],
  ]);
});

test('a done unit makes way for an open one', () => {
  expect(read(['a', true], ['a', false], ['b', true], ['b', true])).toEqual([
    ['a~', 'warning: "a" is the key of two units; the other is at 1.md:1'],
    ['a'],
    ['b'],
    ['b~', 'warning: "b" is the key of two units; the other is at 2.md:1'],
  ]);
});
