import type { Assertion } from '../../src/util/explain/assertions.ts';

type Row = readonly [test: string, place: string | null, expected?: string, got?: string];

/** A table's row as the failed test that it stands for. */
export const asAssertion = ([test, place, expected, got]: Row): Assertion => {
  const [file, line] = place?.split(':') ?? [];
  return {
    test,
    file: file ?? null,
    line: line === undefined ? null : Number(line),
    expected: expected ?? null,
    got: got ?? null,
  };
};

/** What test runners print when several tests fail, without most frames of their stacks, and what is read from it. */
export const assertionOutputs: Readonly<Record<string, { readonly output: string; readonly told: readonly Row[] }>> = {
  'node:test, spec': {
    output: `▶ sum
  ✖ adds (2.084597ms)
  ✖ holds (1.892212ms)
  ✔ ok (2.919443ms)
  ✖ is true (0.261205ms)
✖ sum (8.860322ms)
✖ throws (0.158972ms)
✖ text (0.500139ms)
ℹ tests 6
ℹ pass 1
ℹ fail 5

✖ failing tests:

test at tests/n.test.mjs:2:25
✖ adds (2.084597ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
  
  1013n !== 1012n
  
      at TestContext.<anonymous> (file:///ws/tests/n.test.mjs:2:53)
      at Test.runInAsyncScope (node:async_hooks:227:14)
      at Array.map (<anonymous>) {
    code: 'ERR_ASSERTION',
    actual: 1013n,
    expected: 1012n,
  }

test at tests/n.test.mjs:3:2
✖ holds (1.892212ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:
  + actual - expected
  
    {
  +   a: 1,
  -   a: 2,
      b: [
        1
      ]
    }
  
      at TestContext.<anonymous> (file:///ws/tests/n.test.mjs:3:31)
      at Test.runInAsyncScope (node:async_hooks:227:14)
      at async Suite.run (node:internal/test_runner/test:1905:7) {
    code: 'ERR_ASSERTION',
    actual: { a: 1, b: [ 1 ] },
    expected: { a: 2, b: [ 1 ] },
  }

test at tests/n.test.mjs:4:24
✖ is true (0.261205ms)
  AssertionError [ERR_ASSERTION]: must be open
      at TestContext.<anonymous> (file:///ws/tests/n.test.mjs:4:55)
      at Test.runInAsyncScope (node:async_hooks:227:14)
      at async Suite.run (node:internal/test_runner/test:1905:7) {
    code: 'ERR_ASSERTION',
    actual: false,
    expected: true,
  }

test at tests/n.test.mjs:5:1
✖ throws (0.158972ms)
  TypeError: no such thing
      at TestContext.<anonymous> (file:///ws/tests/n.test.mjs:5:30)
      at Test.runInAsyncScope (node:async_hooks:227:14)

test at tests/n.test.mjs:6:1
✖ text (0.500139ms)
  AssertionError [ERR_ASSERTION]: 'a\\nb\\nc' == 'a\\nb\\nd'
      at TestContext.<anonymous> (file:///ws/tests/n.test.mjs:6:29)
      at Test.runInAsyncScope (node:async_hooks:227:14)
      at async Suite.run (node:internal/test_runner/test:1905:7) {
    code: 'ERR_ASSERTION',
    actual: 'a\\nb\\nc',
    expected: 'a\\nb\\nd',
  }
`,
    told: [
      ['adds', 'tests/n.test.mjs:2', '1012n', '1013n'],
      ['holds', 'tests/n.test.mjs:3', '{ a: 2, b: [ 1 ] }', '{ a: 1, b: [ 1 ] }'],
      ['is true', 'tests/n.test.mjs:4', 'true', 'false'],
      ['throws', 'tests/n.test.mjs:5'],
      ['text', 'tests/n.test.mjs:6', "'a\\nb\\nd'", "'a\\nb\\nc'"],
    ],
  },
  'node:test, TAP': {
    output: `TAP version 13
# Subtest: sum
    # Subtest: adds
    not ok 1 - adds
      ---
      type: 'test'
      location: '/ws/tests/n.test.mjs:2:25'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:
        
        1013n !== 1012n
        
      code: 'ERR_ASSERTION'
      name: 'AssertionError'
      expected: 1012n
      actual: 1013n
      operator: 'strictEqual'
      stack: |-
        TestContext.<anonymous> (file:///ws/tests/n.test.mjs:2:53)
      ...
    # Subtest: holds
    not ok 2 - holds
      ---
      type: 'test'
      location: '/ws/tests/n.test.mjs:3:2'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly deep-equal:
        + actual - expected
        
          {
        +   a: 1,
        -   a: 2,
            b: [
              1
            ]
          }
        
      code: 'ERR_ASSERTION'
      name: 'AssertionError'
      expected:
        a: 2
        b:
          0: 1
      actual:
        a: 1
        b:
          0: 1
      operator: 'deepStrictEqual'
      stack: |-
        TestContext.<anonymous> (file:///ws/tests/n.test.mjs:3:31)
      ...
    # Subtest: ok
    ok 3 - ok
      ---
      type: 'test'
      ...
    # Subtest: is true
    not ok 4 - is true
      ---
      type: 'test'
      location: '/ws/tests/n.test.mjs:4:24'
      failureType: 'testCodeFailure'
      error: 'must be open'
      code: 'ERR_ASSERTION'
      name: 'AssertionError'
      expected: true
      actual: false
      operator: '=='
      stack: |-
        TestContext.<anonymous> (file:///ws/tests/n.test.mjs:4:55)
      ...
    1..4
not ok 1 - sum
  ---
  type: 'suite'
  location: '/ws/tests/n.test.mjs:2:1'
  failureType: 'subtestsFailed'
  error: '3 subtests failed'
  code: 'ERR_TEST_FAILURE'
  ...
# Subtest: throws
not ok 2 - throws
  ---
  type: 'test'
  location: '/ws/tests/n.test.mjs:5:1'
  failureType: 'testCodeFailure'
  error: 'no such thing'
  code: 'ERR_TEST_FAILURE'
  name: 'TypeError'
  stack: |-
    TestContext.<anonymous> (file:///ws/tests/n.test.mjs:5:30)
  ...
# Subtest: text
not ok 3 - text
  ---
  type: 'test'
  location: '/ws/tests/n.test.mjs:6:1'
  failureType: 'testCodeFailure'
  error: "'a\\\\nb\\\\nc' == 'a\\\\nb\\\\nd'"
  code: 'ERR_ASSERTION'
  name: 'AssertionError'
  expected: |-
    a
    b
    d
  actual: |-
    a
    b
    c
  operator: '=='
  stack: |-
    TestContext.<anonymous> (file:///ws/tests/n.test.mjs:6:29)
  ...
1..3
# tests 6
# pass 1
# fail 5
`,
    told: [
      ['adds', 'tests/n.test.mjs:2', '1012n', '1013n'],
      ['holds', 'tests/n.test.mjs:3', 'a: 2', 'a: 1'],
      ['is true', 'tests/n.test.mjs:4', 'true', 'false'],
      ['throws', 'tests/n.test.mjs:5'],
      ['text', 'tests/n.test.mjs:6', 'a\\nb\\nd', 'a\\nb\\nc'],
    ],
  },
  jest: {
    output: `FAIL tests/j.test.cjs
  sum
    ✕ adds (3 ms)
    ✕ holds (4 ms)
    ✕ throws
    ✓ ok
    ✕ close (1 ms)

  ● sum › adds

    expect(received).toBe(expected) // Object.is equality

    Expected: 2
    Received: 1

    > 1 | describe('sum', () => { test('adds', () => { expect(1).toBe(2); });
        |                                                        ^
      2 |  test('holds', () => { expect({ a: 1 }).toEqual({ a: 2 }); });
      3 |  test('throws', () => { throw new Error('boom'); }); test('ok', () => {}); test('close', () => { expect(3).toBeGreaterThan(5); }); });
      4 |

      at Object.<anonymous> (tests/j.test.cjs:1:56)

  ● sum › holds

    expect(received).toEqual(expected) // deep equality

    - Expected  - 1
    + Received  + 1

      Object {
    -   "a": 2,
    +   "a": 1,
      }

      1 | describe('sum', () => { test('adds', () => { expect(1).toBe(2); });
    > 2 |  test('holds', () => { expect({ a: 1 }).toEqual({ a: 2 }); });
        |                                         ^
      3 |  test('throws', () => { throw new Error('boom'); }); test('ok', () => {}); test('close', () => { expect(3).toBeGreaterThan(5); }); });
      4 |

      at Object.<anonymous> (tests/j.test.cjs:2:41)

  ● sum › throws

    boom

      1 | describe('sum', () => { test('adds', () => { expect(1).toBe(2); });
      2 |  test('holds', () => { expect({ a: 1 }).toEqual({ a: 2 }); });
    > 3 |  test('throws', () => { throw new Error('boom'); }); test('ok', () => {}); test('close', () => { expect(3).toBeGreaterThan(5); }); });
        |                               ^
      4 |

      at Object.<anonymous> (tests/j.test.cjs:3:31)

  ● sum › close

    expect(received).toBeGreaterThan(expected)

    Expected: > 5
    Received:   3

      1 | describe('sum', () => { test('adds', () => { expect(1).toBe(2); });
      2 |  test('holds', () => { expect({ a: 1 }).toEqual({ a: 2 }); });
    > 3 |  test('throws', () => { throw new Error('boom'); }); test('ok', () => {}); test('close', () => { expect(3).toBeGreaterThan(5); }); });
        |                                                                                                            ^
      4 |

      at Object.<anonymous> (tests/j.test.cjs:3:108)

Test Suites: 1 failed, 1 total
Tests:       4 failed, 1 passed, 5 total
Snapshots:   0 total
Time:        0.335 s
Ran all test suites.
`,
    told: [
      ['sum › adds', 'tests/j.test.cjs:1', '2', '1'],
      ['sum › holds', 'tests/j.test.cjs:2', '"a": 2', '"a": 1'],
      ['sum › throws', 'tests/j.test.cjs:3'],
      ['sum › close', 'tests/j.test.cjs:3', '> 5', '3'],
    ],
  },
  mocha: {
    output: `  sum
    1) adds
    2) holds
    3) throws
    ✔ ok


  1 passing (7ms)
  3 failing

  1) sum
       adds:

      AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

1 !== 2

      + expected - actual

      -1
      +2
      
      at Context.<anonymous> (tests/m.cjs:2:51)

  2) sum
       holds:

      AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:
+ actual - expected

  {
+   a: 1
-   a: 2
  }

      + expected - actual

       {
      -  "a": 1
      +  "a": 2
       }
      
      at Context.<anonymous> (tests/m.cjs:2:101)

  3) sum
       throws:
     Error: boom
      at Context.<anonymous> (tests/m.cjs:2:169)
`,
    told: [
      ['sum adds', 'tests/m.cjs:2', '2', '1'],
      ['sum holds', 'tests/m.cjs:2', '"a": 2', '"a": 1'],
      ['sum throws', 'tests/m.cjs:2'],
    ],
  },
  vitest: {
    output: ` RUN  v5.1.1 /ws

 ❯ v.test.ts (4 tests | 3 failed) 14ms
   ❯ sum (4)
     × adds 8ms
     × holds 3ms
     × throws 1ms
     ✓ ok 0ms

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 3 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  v.test.ts > sum > adds
AssertionError: expected 1 to be 2 // Object.is equality

- Expected
+ Received

- 2
+ 1

 ❯ v.test.ts:2:56


⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/3]⎯

 FAIL  v.test.ts > sum > holds
AssertionError: expected { a: 1 } to deeply equal { a: 2 }

- Expected
+ Received

  {
-   "a": 2,
+   "a": 1,
  }

 ❯ v.test.ts:2:108


⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[2/3]⎯

 FAIL  v.test.ts > sum > throws
Error: boom
 ❯ v.test.ts:2:160


⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[3/3]⎯


 Test Files  1 failed (1)
      Tests  3 failed | 1 passed (4)
   Start at  03:57:14
   Duration  456ms (transform 45%, import 28%, tests 19%, worker 8%)
`,
    told: [
      ['v.test.ts > sum > adds', 'v.test.ts:2', '2', '1'],
      ['v.test.ts > sum > holds', 'v.test.ts:2', '"a": 2', '"a": 1'],
      ['v.test.ts > sum > throws', 'v.test.ts:2'],
    ],
  },
  pytest: {
    output: `============================= test session starts ==============================
platform linux -- Python 3.11.7, pytest-9.0.3, pluggy-1.6.0 -- /usr/bin/python3
cachedir: .pytest_cache
rootdir: /ws
collecting ... collected 5 items

test_a.py::TestX::test_sum FAILED                                        [ 20%]
test_a.py::test_text FAILED                                              [ 40%]
test_a.py::test_raises FAILED                                            [ 60%]
test_a.py::test_ok PASSED                                                [ 80%]
test_a.py::test_dict FAILED                                              [100%]

=================================== FAILURES ===================================
________________________________ TestX.test_sum ________________________________

self = <test_a.TestX object at 0x7f8fb85ae450>

    def test_sum(self):
>       assert f() == 3
E       assert -1 == 3
E        +  where -1 = f()

test_a.py:4: AssertionError
__________________________________ test_text ___________________________________

    def test_text():
>       assert 'abc' == 'abd'
E       AssertionError: assert 'abc' == 'abd'
E         
E         - abd
E         + abc

test_a.py:6: AssertionError
_________________________________ test_raises __________________________________

    def test_raises():
>       raise ValueError('no such thing')
E       ValueError: no such thing

test_a.py:8: ValueError
__________________________________ test_dict ___________________________________

    def test_dict():
>       assert {'a': 1} == {'a': 2}
E       AssertionError: assert {'a': 1} == {'a': 2}
E         
E         Differing items:
E         {'a': 1} != {'a': 2}
E         
E         Full diff:
E           {
E         -     'a': 2,...
E         
E         ...Full output truncated (4 lines hidden), use '-vv' to show

test_a.py:11: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::TestX::test_sum - assert -1 == 3
FAILED test_a.py::test_text - AssertionError: assert 'abc' == 'abd'
FAILED test_a.py::test_raises - ValueError: no such thing
FAILED test_a.py::test_dict - AssertionError: assert {'a': 1} == {'a': 2}
========================= 4 failed, 1 passed in 0.26s ==========================
`,
    told: [
      ['TestX.test_sum', 'test_a.py:4', '3', '-1'],
      ['test_text', 'test_a.py:6', "'abd'", "'abc'"],
      ['test_raises', 'test_a.py:8'],
      ['test_dict', 'test_a.py:11', "{'a': 2}", "{'a': 1}"],
    ],
  },
  'go test': {
    output: `--- FAIL: TestAdds (0.00s)
    a_test.go:3: Add(1) = 1, want 2
--- FAIL: TestSub (0.00s)
    --- FAIL: TestSub/one (0.00s)
        a_test.go:4: got "a", want "b"
--- FAIL: TestPanics (0.00s)
    a_test.go:5: nothing here
FAIL
FAIL	a	0.011s
FAIL
`,
    told: [
      ['TestAdds', 'a_test.go:3', '2', '1'],
      ['TestSub/one', 'a_test.go:4', '"b"', '"a"'],
      ['TestPanics', 'a_test.go:5'],
    ],
  },
  'go test -v': {
    output: `=== RUN   TestAdds
    a_test.go:3: Add(1) = 1, want 2
--- FAIL: TestAdds (0.00s)
=== RUN   TestSub
=== RUN   TestSub/one
    a_test.go:4: got "a", want "b"
--- FAIL: TestSub (0.00s)
    --- FAIL: TestSub/one (0.00s)
=== RUN   TestPanics
    a_test.go:5: nothing here
--- FAIL: TestPanics (0.00s)
=== RUN   TestOk
--- PASS: TestOk (0.00s)
FAIL
FAIL	a	0.009s
FAIL
`,
    told: [
      ['TestAdds', 'a_test.go:3', '2', '1'],
      ['TestSub/one', 'a_test.go:4', '"b"', '"a"'],
      ['TestPanics', 'a_test.go:5'],
    ],
  },
  'cargo test': {
    output: `   Compiling a v0.1.0 (/ws)
    Finished \`test\` profile [unoptimized + debuginfo] target(s) in 1.43s
     Running unittests src/lib.rs (target/debug/deps/a-de22c1bda0609b20)

running 5 tests
test tests::adds ... FAILED
test tests::fails ... FAILED
test tests::ok ... ok
test tests::holds ... FAILED
test tests::told ... FAILED

failures:

---- tests::adds stdout ----

thread 'tests::adds' (2332) panicked at src/lib.rs:2:22:
assertion \`left == right\` failed
  left: 1
 right: 2
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616/library/std/src/panicking.rs:689:5
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.

---- tests::fails stdout ----

thread 'tests::fails' (2333) panicked at src/lib.rs:5:35:
called \`Option::unwrap()\` on a \`None\` value
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616/library/std/src/panicking.rs:689:5
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.

---- tests::holds stdout ----

thread 'tests::holds' (2334) panicked at src/lib.rs:4:23:
not larger
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616/library/std/src/panicking.rs:689:5
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.

---- tests::told stdout ----

thread 'tests::told' (2336) panicked at src/lib.rs:3:22:
assertion \`left == right\` failed: they differ
  left: "a"
 right: "b"
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616/library/std/src/panicking.rs:689:5
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.


failures:
    tests::adds
    tests::fails
    tests::holds
    tests::told

test result: FAILED. 1 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s

error: test failed, to rerun pass \`--lib\`
`,
    told: [
      ['tests::adds', 'src/lib.rs:2', '2', '1'],
      ['tests::fails', 'src/lib.rs:5'],
      ['tests::holds', 'src/lib.rs:4'],
      ['tests::told', 'src/lib.rs:3', '"b"', '"a"'],
    ],
  },
};
