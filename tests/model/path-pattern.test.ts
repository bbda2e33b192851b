import { expect, test } from 'vitest';
import { patternMatches, patternProblem, patternsOverlap } from '../../src/model/path-pattern.ts';

test.each([
  ['src/**', 'src/a/b.ts', true],
  ['src/**', 'src', true],
  ['src', 'src/a/b.ts', true],
  ['src/', 'src/a.ts', true],
  ['./src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['**/*.test.mjs', 'a.test.mjs', true],
  ['**/x/**', 'a/x/b', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['{a,b}/x', 'b/x', true],
  ['{a,b}/x', 'c/x', false],
  ['a.b', 'axb', false],
  ['src/[id].ts', 'src/[id].ts', true],
  ['*', 'a*b', true],
])('%s matches %s: %s', (pattern, path, expected) => expect(patternMatches(pattern, path)).toBe(expected));

test.each([
  ['a/**', 'a/b/c', true],
  ['a/*/c', 'a/b/*', true],
  ['a/*/c', 'a/b/d', false],
  ['**/x', 'a/**', true],
  ['a/*.ts', 'a/*.md', true], // two wildcards in one segment: in doubt, they meet
  ['a/b', 'a/bc', false],
  ['{a,b}/**', 'b/c', true],
  ['**', 'x', true],
])('%s and %s can meet: %s', (a, b, expected) =>
  expect([patternsOverlap(a, b), patternsOverlap(b, a)]).toEqual([expected, expected]),
);

test.each(['', '/abs', '../x', 'a/../b', 'a\\b', 'nul\0', '{1,2,3,4,5,6,7,8,9}{1,2,3,4,5,6,7,8,9}'])(
  '%j cannot be used',
  (pattern) => expect(patternProblem(pattern)).not.toBeNull(),
);

test('a hostile pattern is decided in reasonable time', { timeout: 5000 }, () => {
  expect(patternMatches(`${'*a'.repeat(40)}b`, 'a'.repeat(2000))).toBe(false);
  expect(
    patternMatches(Array.from({ length: 12 }, () => '**').join('/a/'), Array.from({ length: 30 }, () => 'b').join('/')),
  ).toBe(false);
});
