import { expect, test } from 'vitest';
import { countDeclared, findExpected, flip } from '../../src/verify/flip.ts';

/** The text with all its expected values flipped. */
function flipped(path: string, text: string): string {
  return flip(text, findExpected(path, text));
}

test.each<[string, string, string, string]>([
  ['a number', 'a.test.mjs', 'assert.equal(add(1, 2), 3);', 'assert.equal(add(1, 2), 4);'],
  ['a negative number', 'a.test.mjs', 'assert.strictEqual(f(), -1)', 'assert.strictEqual(f(), 0)'],
  ['a string', 'a.test.mjs', "assert.equal(f('x, y)'), 'a');", "assert.equal(f('x, y)'), 'a~');"],
  ['with a message', 'a.test.ts', "assert.equal(a, true, 'holds')", "assert.equal(a, false, 'holds')"],
  ['a list', 'a.test.js', 'assert.deepEqual(f([1]), [1, 2]);', 'assert.deepEqual(f([1]), ["canary", ([1, 2])]);'],
  [
    'over several lines',
    'a.test.mts',
    'assert.deepEqual(\n  f(),\n  { a: 1 },\n);',
    'assert.deepEqual(\n  f(),\n  ["canary", ({ a: 1 })],\n);',
  ],
  [
    'matchers',
    'a.test.ts',
    'expect(f(1)).toBe(2); expect(g()).toEqual(x);',
    'expect(f(1)).toBe(3); expect(g()).toEqual(["canary", (x)]);',
  ],
  ['not the negated ones', 'a.test.ts', 'expect(f(1)).not.toBe(2);', 'expect(f(1)).not.toBe(2);'],
  ['not in comments', 'a.test.ts', '// assert.equal(a, 1)\n', '// assert.equal(a, 1)\n'],
  ['python', 'test_a.py', 'def test_a():\n    assert add(1, 2) == 3\n', 'def test_a():\n    assert add(1, 2) == 4\n'],
  ['python with a message', 'test_a.py', '    assert f("a, b") == "x", "why"', '    assert f("a, b") == "x~", "why"'],
  ['python, a list', 'test_a.py', 'assert f() == [1, 2]', 'assert f() == ["canary", ([1, 2])]'],
  ['unittest', 'test_a.py', 'self.assertEqual(f(), True)', 'self.assertEqual(f(), False)'],
  [
    'an expected value in TypeScript',
    'a.test.ts',
    'expect<T>(a!).toEqual<T>(1 as T);',
    'expect<T>(a!).toEqual<T>(["canary", (1 as T)]);',
  ],
  ['markup', 'a.test.tsx', 'expect(<a b={1} />).toBe(1)', 'expect(<a b={1} />).toBe(2)'],
  ['a soft matcher, and a promise', 'a.test.ts', 'expect.soft(a).resolves.toBe(1)', 'expect.soft(a).resolves.toBe(2)'],
  ["node:test's own assert", 'a.test.ts', 't.assert.strict.equal(a, 1)', 't.assert.strict.equal(a, 2)'],
  ['a function of that name', 'a.test.ts', 'strictEqual(a, 1)', 'strictEqual(a, 2)'],
  ['a comment between arguments', 'a.test.ts', 'assert.equal(a /* (, */, 1)', 'assert.equal(a /* (, */, 2)'],
  ['a pattern with a quote', 'a.test.ts', `assert.equal(/'/.test(a), true)`, `assert.equal(/'/.test(a), false)`],
  ['python over several lines', 'test_a.py', 'assert (\n  f()\n  == 3\n)', 'assert (\n  f()\n  == 4\n)'],
  ['python, both of two', 'test_a.py', 'assert a == 1 and b == 2', 'assert a == 2 and b == 3'],
  ['python, a long text', 'test_a.py', 'assert a == """b"""', 'assert a == ["canary", ("""b""")]'],
  [
    'a member of a list, which another number could be as well',
    'a.test.ts',
    'expect([1, 2]).toContain(1)',
    'expect([1, 2]).toContain(["canary", (1)])',
  ],
  ['a bracket that is never closed', 'a.test.ts', 'assert.equal(f(, 1', 'assert.equal(f(, 1'],
  [
    'a whole number that no other is near',
    'a.test.ts',
    'assert.equal(a, 9007199254740992)',
    'assert.equal(a, ["canary", (9007199254740992)])',
  ],
  [
    'not a value inside of another',
    'a.test.ts',
    'assert.deepEqual(a, b.map((c) => { assert.equal(c, 1); }));',
    'assert.deepEqual(a, ["canary", (b.map((c) => { assert.equal(c, 1); }))]);',
  ],
  ['another language', 'a_test.go', 'assert.equal(a, 1)', 'assert.equal(a, 1)'],
])('%s', (_name, path, text, expected) => {
  expect(flipped(path, text)).toBe(expected);
});

test.each([
  ['a.test.ts', "const text = 'assert.equal(a, 1)';"],
  ['a.test.ts', '/* expect(a).toBe(1) */ a /* assert.equal(a, 1) */;'],
  ['a.test.ts', 'assert.equal(...pair, 1)'],
  ['a.test.ts', 'assert.equal(a)'],
  ['a.test.ts', 'box.toBe(1); deep.strictEqual(a, 1)'],
  ['a.test.ts', 'expect(() => expect(a).toBe(1)).toThrow()'],
  ['a.test.ts', 'assert.throws(() => assert.equal(a, 1))'],
  ['a.test.ts', 'try { assert.equal(a, 1) } catch { }'],
  ['a.test.ts', 'if (isWindows) expect(a).toBe(1)'],
  ['a.test.ts', "test.skip('a', () => { expect(a).toBe(1) })"],
  ['a.test.ts', "test.fails('a', () => { expect(a).toBe(1) })"],
  ['a.test.ts', "test.skipIf(a)('a', () => { expect(a).toBe(1) })"],
  ['a.test.ts', "xit('a', () => { expect(a).toBe(1) })"],
  ['a.test.ts', 'assert.ok(!deepEqual(a, 1))'],
  ['a.test.ts', 'isWindows || expect(a).toBe(1)'],
  ['a.test.ts', 'isWindows ? expect(a).toBe(1) : null'],
  ['a.test.ts', "test('a', { skip: true }, () => { expect(a).toBe(1) })"],
  ['a.test.ts', "test('a', (t) => { t.skip(); expect(a).toBe(1) })"],
  ['a.test.ts', "test.runIf(a)('a', () => { expect(a).toBe(1) })"],
  ['test_a.py', 'import pytest\npytestmark = pytest.mark.skipif(a)\ndef test_a():\n    assert a == 1\n'],
  ['test_a.py', 'def test_a():\n    pytest.skip()\n    assert a == 1\n'],
  ['test_a.py', 'assert a == 1 or b'],
  ['test_a.py', 'assert not a == 1'],
  ['test_a.py', 'assert (a == 1, "always true")'],
  ['test_a.py', 'assert a == 1 if b else c'],
  ['test_a.py', 'self.assertEqual(first=a, second=1)'],
  ['test_a.py', '"""\nassert a == 1\n"""'],
  ['test_a.py', 'with pytest.raises(AssertionError):\n    assert a == 1\n'],
  ['test_a.py', 'try:\n    assert a == 1\nexcept AssertionError:\n    pass\n'],
  ['test_a.py', '@pytest.mark.xfail(reason="later")\ndef test_a():\n    assert a == 1\n'],
])('nothing that a test may pass without: %s %s', (path, text) => {
  expect(findExpected(path, text)).toEqual([]);
});

test.each([
  ['a.test.ts', 'try { expect(a).toBe(1) } finally { b() }'],
  ['a.test.ts', "test('throws', () => { expect(a).toBe(1) })"],
  ['a.test.ts', "test('a', { timeout: 1 }, async () => { await expect(a).resolves.toBe(1) })"],
  ['a.test.ts', "test('skip', () => { say('todo'); expect(a).toBe(1) })"],
  ['test_a.py', 'def test_a():\n    skipped = f()\n    assert a == 1\n'],
  ['test_a.py', 'with open("raises") as a:\n    assert a == 1\n'],
  ['test_a.py', 'try:\n    assert a == 1\nfinally:\n    pass\n'],
  ['test_a.py', '@pytest.mark.parametrize("a", [1])\ndef test_a(a):\n    assert a == 1\n'],
])('what only looks like that: %s %s', (path, text) => {
  expect(flipped(path, text)).not.toBe(text);
});

test('each expected value has its line, and can be flipped alone', () => {
  const text = "test('a', () => {\n  expect(a).toBe(1);\n  expect(b).toBe(2);\n});\n";
  const expected = findExpected('a.test.ts', text);
  expect(expected.map(({ line }) => line)).toEqual([2, 3]);
  expect(flip(text, expected.slice(1))).toBe("test('a', () => {\n  expect(a).toBe(1);\n  expect(b).toBe(3);\n});\n");
});

test.each<[string, string, string, string | null]>([
  ['a test', 'a.test.ts', "test('a', () => {\n  const b = f();\n  expect(b).toBe(1);\n});", 'a'],
  [
    'a test in a group',
    'a.test.ts',
    "describe('d', () => {\n  it('a', async (t) => {\n    await expect(b).resolves.toBe(1);\n  });\n});",
    'a',
  ],
  [
    'a test without braces, by another name',
    'a.test.ts',
    "import t from 'node:test';\nt('a', () => expect(b).toBe(1));",
    'a',
  ],
  ['a callback without braces', 'a.test.ts', "test('a', () => {\n  c.forEach((b) => expect(b).toBe(1));\n});", null],
  ['the file itself', 'a.test.js', 'const a = f();\nassert.equal(a, 1);', ''],
  ['a function', 'test_a.py', 'def test_a():\n    b = f()\n    assert b == 1\n', 'test_a'],
  ['a method', 'test_a.py', 'class TestA:\n    def test_b(self):\n        self.assertEqual(f(), 1)\n', 'test_b'],
  // A test may run without coming there.
  ['after a return', 'a.test.ts', "test('a', () => {\n  if (!isWindows) return;\n  expect(b).toBe(1);\n});", null],
  [
    'after a skip of its own',
    'a.test.ts',
    "test('a', (t) => {\n  if (!isWindows) return t.skip();\n  assert.equal(b, 1);\n});",
    null,
  ],
  ['in a loop', 'a.test.ts', "test('a', () => {\n  for (const b of c) expect(b).toBe(1);\n});", null],
  ['in a callback', 'a.test.ts', "test('a', () => {\n  c.forEach((b) => { expect(b).toBe(1); });\n});", null],
  ['in a helper', 'a.test.ts', "function h(b) {\n  expect(b).toBe(1);\n}\ntest('a', () => h(1));", null],
  ['in a test of a computed name', 'a.test.ts', 'test(`a ${b}`, () => {\n  expect(b).toBe(1);\n});', null],
  [
    'in one of two tests of a name',
    'a.test.ts',
    "test('a', () => {\n  expect(b).toBe(1);\n});\ntest('a', () => {});",
    null,
  ],
  ['by a function of any origin', 'a.test.ts', "test('a', () => {\n  deepEqual(b, 1);\n});", null],
  ['under a decorator', 'test_a.py', '@needs_db\ndef test_a():\n    assert b == 1\n', null],
  ['after a skip', 'test_a.py', 'def test_a():\n    if a:\n        pytest.skip()\n    assert b == 1\n', null],
  [
    'after an import that may skip',
    'test_a.py',
    "def test_a():\n    x = pytest.importorskip('x')\n    assert b == 1\n",
    null,
  ],
  ['in a helper', 'test_a.py', 'def must(n):\n    assert n == 2\n', null],
])('the test that surely compares a value: %s, %s', (_what, path, text, name) => {
  expect(findExpected(path, text).map(({ test: found }) => found)).toEqual([name]);
});

test.each<[string, string, number | null]>([
  ['a.test.ts', "test('a', () => {});\ndescribe('d', () => {\n  it('b', () => {});\n});\nf(1);", 2],
  ['a.test.ts', "for (const a of b) test('a', () => {});", null],
  ['a.test.ts', "test.each([1])('a %s', () => {});", null],
  ['a.test.ts', "function more() { test('a', () => {}); }", null],
  ['test_a.py', 'def test_a():\n    pass\n\nclass TestB:\n    def test_b(self):\n        pass\n', 2],
  ['test_a.py', '@pytest.mark.parametrize("a", [1])\ndef test_a(a):\n    pass\n', null],
  ['test_a.py', 'class TestB(Base):\n    def test_b(self):\n        pass\n', null],
  ['a.txt', '', null],
])('the number of tests that a file surely declares: %s %s', (path, text, count) => {
  expect(countDeclared(path, text)).toBe(count);
});
