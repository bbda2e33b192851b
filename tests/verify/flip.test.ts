import { expect, test } from 'vitest';
import { findExpected, flip } from '../../src/verify/flip.ts';

/** The text with all its expected values flipped. */
function flipped(path: string, text: string): string {
  return flip(path, text, findExpected(path, text));
}

test.each<[string, string, string, string]>([
  ['a number', 'a.test.mjs', 'assert.equal(add(1, 2), 3);', 'assert.equal(add(1, 2), 4);'],
  ['a negative number', 'a.test.mjs', 'assert.strictEqual(f(), -1)', 'assert.strictEqual(f(), 0)'],
  ['a string', 'a.test.mjs', "assert.equal(f('x, y)'), 'a');", "assert.equal(f('x, y)'),'a~');"],
  ['with a message', 'a.test.ts', "assert.equal(a, true, 'holds')", "assert.equal(a,false, 'holds')"],
  ['a list', 'a.test.js', 'assert.deepEqual(f([1]), [1, 2]);', "assert.deepEqual(f([1]),['canary', ( [1, 2])]);"],
  [
    'over several lines',
    'a.test.mts',
    'assert.deepEqual(\n  f(),\n  { a: 1 },\n);',
    "assert.deepEqual(\n  f(),['canary', (\n  { a: 1 })],\n);",
  ],
  [
    'matchers',
    'a.test.ts',
    'expect(f(1)).toBe(2); expect(g()).toEqual(x);',
    "expect(f(1)).toBe( 3); expect(g()).toEqual(['canary', (x)]);",
  ],
  ['not the negated ones', 'a.test.ts', 'expect(f(1)).not.toBe(2);', 'expect(f(1)).not.toBe(2);'],
  ['not in comments', 'a.test.ts', '// assert.equal(a, 1)\n', '// assert.equal(a, 1)\n'],
  ['python', 'test_a.py', 'def test_a():\n    assert add(1, 2) == 3\n', 'def test_a():\n    assert add(1, 2) ==  4\n'],
  ['python with a message', 'test_a.py', '    assert f("a, b") == "x", "why"', '    assert f("a, b") == "x~", "why"'],
  ['python, a list', 'test_a.py', 'assert f() == [1, 2]', 'assert f() == ["canary", ([1, 2])]'],
  ['unittest', 'test_a.py', 'self.assertEqual(f(), True)', 'self.assertEqual(f(),False)'],
  ['a bracket that is never closed', 'a.test.ts', 'assert.equal(f(, 1', 'assert.equal(f(, 1'],
  ['another language', 'a_test.go', 'assert.equal(a, 1)', 'assert.equal(a, 1)'],
])('%s', (_name, path, text, expected) => {
  expect(flipped(path, text)).toBe(expected);
});

test('each expected value has its line, and can be flipped alone', () => {
  const text = "test('a', () => {\n  expect(a).toBe(1);\n  expect(b).toBe(2);\n});\n";
  const expected = findExpected('a.test.ts', text);
  expect(expected.map(({ line }) => line)).toEqual([2, 3]);
  expect(flip('a.test.ts', text, expected.slice(1))).toBe(
    "test('a', () => {\n  expect(a).toBe(1);\n  expect(b).toBe( 3);\n});\n",
  );
});
