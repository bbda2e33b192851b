import { describe, expect, test } from 'vitest';
import { patternMatches, patternProblem, patternSet, patternsOverlap } from '../../src/model/path-pattern.ts';

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

/** By regular expressions, which is slow and plain. */
function matchesPlainly(pattern: string, path: string): boolean {
  const source = pattern
    .split('/')
    .map((part) => (part === '**' ? '(?:[^/]+/)*' : `${part.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}/`));
  return new RegExp(`^${source.join('')}(?:[^/]+/)*$`).test(`${path}/`);
}

test('all short patterns and paths: they match like regular expressions, and overlap when one path fits both', () => {
  const words = (alphabet: readonly string[], most: number): string[] =>
    most === 0
      ? []
      : [...alphabet, ...words(alphabet, most - 1).flatMap((end) => alphabet.map((one) => `${one}/${end}`))];
  const patterns = words(['a', 'b', '**', '*', 'a?'], 3);
  const paths = words(['a', 'b', 'ab'], 4);
  const wrong = patterns.flatMap((pattern) =>
    paths
      .filter((path) => patternMatches(pattern, path) !== matchesPlainly(pattern, path))
      .map((path) => [pattern, path]),
  );
  expect(wrong).toEqual([]);
  const matched = new Map(patterns.map((pattern) => [pattern, paths.filter((path) => matchesPlainly(pattern, path))]));
  for (const a of patterns) {
    for (const b of patterns) {
      const fits = new Set(matched.get(b));
      // More may overlap: two wildcards in one segment are said to meet.
      if (matched.get(a)?.some((path) => fits.has(path))) expect([a, b, patternsOverlap(a, b)]).toEqual([a, b, true]);
    }
  }
});

describe('hostile patterns are decided in reasonable time', { timeout: 5000 }, () => {
  const many = (part: string, count: number): string => Array.from({ length: count }, () => part).join('/');
  test.each([
    ['stars in one segment', `${'*a'.repeat(400)}b`, 'a'.repeat(2000)],
    ['folders in between', many('**/a', 12), many('b', 30)],
    ['folders and stars', `${many('**/a/*', 14)}/z`, `${many('a', 60)}/y`],
    ['as long as may be', `${many('**/*a*', 500)}/z`, `${many('ab', 1000)}/y`],
  ])('%s', (_name, pattern, path) => {
    expect(patternProblem(pattern)).toBeNull();
    expect(patternMatches(pattern, path)).toBe(false);
    patternsOverlap(pattern, path);
    patternsOverlap(pattern, `${pattern}/x`);
    patternsOverlap(`${pattern}/x`, pattern.replaceAll('a', '?'));
  });

  test('alternatives', () => {
    const wide = `{${many('**/a/*', 3)},${many('*/b/**', 3)}}`;
    const six = `${wide}/${wide}/${wide}/${wide}/${wide}/${wide}`;
    patternsOverlap(six, six.replaceAll('a', 'b'));
    expect(patternProblem(six)).toContain('with its alternatives written out');
    expect(patternProblem('{'.repeat(4000))).toBeNull();
    expect(patternProblem('{a,b}'.repeat(800))).toContain('alternatives');
    expect(patternProblem('{.,x}./secret')).toContain('leave');
  });
});

test('many patterns together match what one of them matches', () => {
  const patterns = ['a', 'a/b', './c/', 'd/**', '*', 'e/*.ts', '{f,g}/h', 'a?c', '**/k', 'src/[id].ts', 'l/**/m'];
  const paths = [
    'a',
    'a/b',
    'a/b/c',
    'b',
    'c/x',
    'c',
    'cc',
    'd',
    'd/e',
    'e/x.ts',
    'e/x.js',
    'g/h/i',
    'f/i',
    'abc',
    'x/k',
  ];
  for (const path of [...paths, 'src/[id].ts', 'l/m', 'l/x/y/m', 'l/x', 'a*c/b', 'h', ''])
    for (let some = 0; some < 2 ** patterns.length; some += 7) {
      const chosen = patterns.filter((_pattern, index) => (some >> index) % 2 === 1);
      expect([path, chosen, patternSet(chosen).matches(path)]).toEqual([
        path,
        chosen,
        chosen.some((pattern) => patternMatches(pattern, path)),
      ]);
    }
});
