import { expect, test } from 'vitest';
import type { Draft } from '../../../src/specs/format/draft.ts';
import { idFromKey } from '../../../src/model/ids.ts';
import { apart } from '../../../src/specs/units/apart.ts';
import type { Expanded } from '../../../src/specs/units/for-each.ts';

type Unit = readonly [key: string, isDone: boolean];

function read(...units: readonly Unit[]): unknown {
  return apart(units.map(unitOf)).map(({ key, draft }) => [
    key.replace(/~[0-9a-f]{6}$/, '~'),
    ...draft.problems.map(({ severity, message }) => `${severity}: ${message}`),
  ]);
}

function unitOf([key, isDone]: Unit, index: number): Expanded {
  const draft: Draft & { readonly format: string } = {
    ...{ key, isKeyExplicit: false, title: key, file: `${index}.md`, files: [`${index}.md`], line: 1, body: '' },
    ...{ keys: {}, criteria: [], marks: [], isDone, problems: [], format: 'native', where: () => ({}) },
  };
  return { draft, key, forEachFile: null };
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

test('no two units have the same id, however many have one key or keys that look like those of others', () => {
  const many = apart([...Array.from({ length: 20_000 }, (): Unit => ['a', false])].map(unitOf));
  const [, second] = many;
  const looksAlike = apart(
    [...many.slice(0, 2).map(() => 'a'), second?.key ?? ''].map((key, at) => unitOf([key, false], at)),
  );
  expect([many, looksAlike].map((all) => new Set(all.map(({ key }) => idFromKey(key))).size)).toEqual([20_000, 3]);
});

test('units from the same line have ids of their own', () => {
  const same = unitOf(['a', false], 0);
  expect(new Set(apart([same, { ...same }, { ...same }]).map(({ key }) => idFromKey(key))).size).toBe(3);
});
