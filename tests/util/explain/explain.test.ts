import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { explain, explanationLines } from '../../../src/util/explain/explain.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

function told(output: string): string[] {
  const found = explain(output);
  return found === null ? [] : explanationLines(found);
}

/** Outputs as programs write them, and what of them explains the failure. */
const outputs: Readonly<Record<string, { readonly output: string; readonly told: readonly string[] }>> = {
  'TAP, nested, with diagnostics': {
    output: `TAP version 13
ok 1 - passes
    not ok 1 - does not change its input
      ---
      duration_ms: 50.99
      location: '/ws/a.test.mjs:5:3'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:

        'a' !== 'b'

      code: 'ERR_ASSERTION'
      expected: 'b'
      ...
    1..1
not ok 2 - sorting
  ---
  location: '/ws/a.test.mjs:4:1'
  error: '1 subtest failed'
  ...
1..2
# fail 2
`,
    told: ['✖ does not change its input (a.test.mjs:5)', '  Expected values to be strictly equal:', "  'a' !== 'b'"],
  },
  'TAP of others; what is skipped or still to do has not failed': {
    output: `1..3
not ok 1 - later # TODO
not ok 2 - elsewhere # SKIP
not ok 3 - adds up
  ---
    operator: equal
    expected: 3
    actual:   -1
    at: Test.<anonymous> (/ws/test.js:3:5)
  ...
`,
    told: ['✖ adds up (test.js:3)', '  expected: 3', '  actual:   -1'],
  },
  vitest: {
    output: `
 ❯ tests/a.test.ts (2 tests | 1 failed) 8ms
   × adds > up 5ms

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  tests/a.test.ts > adds > up
AssertionError: expected 1 to be 2 // Object.is equality

- Expected
+ Received

- 2
+ 1

 ❯ tests/a.test.ts:5:13
      3|
 Test Files  1 failed (1)
      Tests  1 failed | 1 passed (2)
`,
    told: [
      '✖ tests/a.test.ts > adds > up (tests/a.test.ts:5)',
      '  AssertionError: expected 1 to be 2 // Object.is equality',
      ...['  - Expected', '  + Received', '  - 2', '  + 1'],
    ],
  },
  jest: {
    output: `FAIL ./sum.test.js
  ● Console

    console.log
      hello

  ● sum › adds

    expect(received).toBe(expected) // Object.is equality

    Expected: 3
    Received: -1

      3 | test('adds', () => {
    > 4 |   expect(sum(1, 2)).toBe(3);
      at Object.toBe (node_modules/x/y.js:1:1)
      at Object.<anonymous> (sum.test.js:4:21)

Tests:       1 failed, 1 total
`,
    told: [
      '✖ sum › adds (sum.test.js:4)',
      '  expect(received).toBe(expected) // Object.is equality',
      '  Expected: 3',
      '  Received: -1',
    ],
  },
  mocha: {
    output: `
  1 passing (5ms)
  1 failing

  1) sum
       adds:

      AssertionError [ERR_ASSERTION]: -1 == 3
      + expected - actual

      -(-1)
      +3

      at Context.<anonymous> (test/sum.js:4:12)
`,
    told: [
      '✖ sum adds (test/sum.js:4)',
      '  AssertionError [ERR_ASSERTION]: -1 == 3',
      ...['  + expected - actual', '  -(-1)', '  +3'],
    ],
  },
  pytest: {
    output: `test_b.py::test_ok PASSED                            [ 50%]
test_b.py::TestSum::test_sum FAILED                  [100%]

=================================== FAILURES ===================================
    def test_sum(self):
>       assert got == 3, "sum is off"
E       AssertionError: sum is off
E       assert -1 == 3

test_b.py:6: AssertionError
=========================== short test summary info ============================
FAILED test_b.py::TestSum::test_sum - AssertionError: sum is off
========================= 1 failed, 1 passed in 5.24s ==========================
`,
    told: ['✖ test_b.py::TestSum::test_sum (test_b.py:6)', '  AssertionError: sum is off', '  assert -1 == 3'],
  },
  'pytest that cannot collect': {
    output: `test_imp.py:1: in <module>
    import nope
E   ModuleNotFoundError: No module named 'nope'
=========================== short test summary info ============================
ERROR test_imp.py
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
1 error in 3.94s
`,
    told: ['✖ test_imp.py', "  ModuleNotFoundError: No module named 'nope'"],
  },
  'go test': {
    output: `=== RUN   TestSum
=== RUN   TestSum/small
    sum_test.go:8: got -1, want 3
--- FAIL: TestSum (0.00s)
    --- FAIL: TestSum/small (0.00s)
        sum_test.go:8: got -1, want 3
FAIL
exit status 1
FAIL	example.com/sum	0.002s
`,
    told: ['✖ TestSum/small (sum_test.go:8)', '  sum_test.go:8: got -1, want 3'],
  },
  'go build': {
    output: '# example.com/sum\n./sum.go:3:9: undefined: b\nFAIL\texample.com/sum [build failed]\n',
    told: ['./sum.go:3:9: undefined: b'],
  },
  'cargo test': {
    output: `test tests::ok ... ok
test tests::sums ... FAILED

failures:

---- tests::sums stdout ----

thread 'tests::sums' (4731) panicked at src/lib.rs:5:23:
assertion \`left == right\` failed: sum is off
  left: -1
 right: 3
stack backtrace:
   0: __rustc::rust_begin_unwind
error: test failed, to rerun pass \`--lib\`
`,
    told: [
      '✖ tests::sums (src/lib.rs:5)',
      '  assertion `left == right` failed: sum is off',
      '  left: -1',
      '  right: 3',
    ],
  },
  'cargo build': {
    output: `   Compiling cr v0.1.0 (/ws)
error[E0425]: cannot find value \`c\` in this scope
 --> src/lib.rs:1:41
  |
error: could not compile \`cr\` (lib) due to 1 previous error
`,
    told: ['error[E0425]: cannot find value `c` in this scope (src/lib.rs:1)'],
  },
  rspec: {
    output: `F

Failures:

  1) Sum adds
     Failure/Error: expect(sum(1, 2)).to eq(3)

       expected: 3
            got: -1
     # ./spec/sum_spec.rb:4:in 'block'

1 example, 1 failure
`,
    told: [
      '✖ Sum adds (spec/sum_spec.rb:4)',
      '  Failure/Error: expect(sum(1, 2)).to eq(3)',
      '  expected: 3',
      '  got: -1',
    ],
  },
  PHPUnit: {
    output: `There was 1 failure:

1) Tests\\SumTest::testAdds
Failed asserting that -1 matches expected 3.

/ws/tests/SumTest.php:12

FAILURES!
`,
    told: ['✖ Tests\\SumTest::testAdds (tests/SumTest.php:12)', '  Failed asserting that -1 matches expected 3.'],
  },
  Maven: {
    output: `[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0
[ERROR] Failures:
[ERROR]   SumTest.adds:12 expected: <3> but was: <-1>
[INFO] BUILD FAILURE
`,
    told: ['✖ SumTest.adds', '  line 12: expected: <3> but was: <-1>'],
  },
  tsc: {
    output: "src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.\n",
    told: ["src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'."],
  },
  gcc: {
    output: "a.c: In function 'main':\na.c:3:5: warning: unused\na.c:4:1: error: expected ';' before '}' token\n",
    told: ["a.c:4:1: error: expected ';' before '}' token"],
  },
  ESLint: {
    output: "\n/ws/src/a.js\n  1:1  warning  odd  x\n  3:5  error    'x' is not defined  no-undef\n\n✖ 2 problems\n",
    told: ["error  'x' is not defined  no-undef (src/a.js:3)"],
  },
  'a shell': { output: 'building\nsh: 1: foo: not found\n', told: ['sh: 1: foo: not found'] },
  npm: {
    output:
      'npm error code EUSAGE\nnpm error\nnpm error The lock file is out of date\nnpm error A complete log of this run\n',
    told: ['npm error The lock file is out of date'],
  },
  make: {
    output: 'cc a.c\ncannot open a.h\nmake: *** [Makefile:2: all] Error 1\n',
    told: ['cannot open a.h'],
  },
  'one that counts no errors': {
    output: '0 errors, 0 failed\nthe list is odd\n',
    told: ['0 errors, 0 failed', 'the list is odd'],
  },
  'last words': { output: 'one\ntwo\nthree\nfour\n', told: ['two', 'three', 'four'] },
  nothing: { output: '\n\n', told: [] },
};

test.each(Object.entries(outputs))('what explains a failure, as told by: %s', (_name, { output, told: expected }) => {
  expect(told(output)).toEqual(expected);
});

test('the same of programs that are really here', () => {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'a.test.mjs': `import { describe, it } from 'node:test';\nimport assert from 'node:assert';\ndescribe('x', () => {\n  it('is b', () => assert.strictEqual('a', 'b'));\n});\n`,
    'b.test.mjs': "import './missing.mjs';\n",
    'c.mjs': "\nthrow new TypeError('x is odd');\n",
    'd.mjs': 'const x = ;\n',
    'test_e.py': 'import unittest\nclass T(unittest.TestCase):\n  def test_count(self):\n    self.assertEqual(1, 2)\n',
  });
  const run = (...argv: readonly [string, ...string[]]): string[] => {
    const [file, ...args] = argv;
    const env = { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' };
    const ended = spawnSync(file, args, { cwd: folder, env, encoding: 'utf8' });
    return told(ended.stdout + ended.stderr).map((line) => line.replaceAll(`${folder}${path.sep}`, ''));
  };
  const node = process.execPath;
  const strict = 'AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:';
  expect(run(node, '--test', '--test-reporter=spec', 'a.test.mjs')).toEqual([
    '✖ is b (a.test.mjs:4)',
    `  ${strict}`,
    "  'a' !== 'b'",
  ]);
  expect(run(node, '--test', '--test-reporter=tap', 'a.test.mjs').slice(0, 1)).toEqual(['✖ is b (a.test.mjs:4)']);
  expect(run(node, '--test', '--test-reporter=spec', 'b.test.mjs')[0]).toContain("Cannot find module 'missing.mjs'");
  expect(run(node, 'c.mjs')).toEqual(['TypeError: x is odd (c.mjs:2)']);
  expect(run(node, 'd.mjs')).toEqual(["SyntaxError: Unexpected token ';' (d.mjs:1)"]);
  expect(run(node, 'none.mjs')).toEqual(["Error: Cannot find module 'none.mjs'"]);
  if (spawnSync('python3', ['--version']).status !== 0) return;
  expect(run('python3', '-m', 'unittest', 'test_e')).toEqual([
    expect.stringMatching(/^✖ test_count \(test_e\.T\.test_count\) \(test_e\.py:4\)$/),
    '  AssertionError: 1 != 2',
  ]);
  expect(run('python3', '-c', 'import nope')[0]).toContain("No module named 'nope'");
});
