/** What test runners write when a test fails, cut to what matters, and what of it explains the failure. */
export const runnerOutputs: Readonly<Record<string, { readonly output: string; readonly told: readonly string[] }>> = {
  'node:test, dot': {
    output: `X.X

Failed tests:

✖ adds (10.3ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

  1 !== 2

      at TestContext.<anonymous> (file:///ws/a.test.mjs:2:53) {
    code: 'ERR_ASSERTION',
  }
✖ sum (18.7ms)
  '1 subtest failed'
`,
    told: [
      '✖ adds (a.test.mjs:2)',
      '  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
      '  1 !== 2',
    ],
  },
  'node:test, JUnit': {
    output: `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testsuite name="sum" tests="2" failures="1">
		<testcase name="ok" classname="sum" file="/ws/a.test.mjs"/>
		<testcase name="adds" classname="sum" file="/ws/a.test.mjs" failure="Expected values to be strictly equal:&#10;&#10;1 !== 2&#10;">
			<failure type="testCodeFailure" message="Expected values to be strictly equal:&#10;&#10;1 !== 2">
Error [ERR_TEST_FAILURE]: Expected values to be strictly equal:
      at TestContext.&lt;anonymous> (file:///ws/a.test.mjs:2:53)
			</failure>
		</testcase>
	</testsuite>
</testsuites>
`,
    told: ['✖ sum adds (a.test.mjs:2)', '  Expected values to be strictly equal:', '  1 !== 2'],
  },
  'vitest, dot': {
    output: `x·

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  a.test.ts > sum > adds
AssertionError: expected 1 to be 2 // Object.is equality

 ❯ a.test.ts:2:56
      1| import { test } from 'vitest';
       |                  ^
`,
    told: ['✖ a.test.ts > sum > adds (a.test.ts:2)', '  AssertionError: expected 1 to be 2 // Object.is equality'],
  },
  'vitest, TAP': {
    output: `TAP version 13
1..1
not ok 1 - a.test.ts # time=11.01ms {
    1..1
    not ok 1 - adds # time=7.95ms
        ---
        error:
            name: "AssertionError"
            message: "expected 1 to be 2"
        at: "/ws/a.test.ts:2:56"
        actual: "1"
        expected: "2"
        ...
}
`,
    told: ['✖ adds (a.test.ts:2)', '  expected 1 to be 2'],
  },
  'mocha, dot': {
    output: `  !.

  1 passing (39ms)
  1 failing

  1) sum
       adds:
     AssertionError: 1 == 2
      at Context.<anonymous> (a.cjs:2:51)
`,
    told: ['✖ sum adds (a.cjs:2)', '  AssertionError: 1 == 2'],
  },
  'mocha, TAP': {
    output: `not ok 1 sum adds
  1 !== 2
      at Context.<anonymous> (a.cjs:2:51)
ok 2 sum ok
# fail 1
1..2
`,
    told: ['✖ sum adds (a.cjs:2)', '  1 !== 2'],
  },
  'mocha, xunit': {
    output: `<testsuite name="Mocha Tests" tests="2" failures="0" errors="1">
<testcase classname="sum" name="adds" file="/ws/a.cjs" time="0.001"><failure>Expected 1 &lt; 0

    at Context.&#x3C;anonymous&#x3E; (a.cjs:2:51)</failure></testcase>
</testsuite>
`,
    told: ['✖ sum adds (a.cjs:2)', '  Expected 1 < 0'],
  },
  'jest, several projects': {
    output: `FAIL web ./a.test.cjs
  ● sum › adds

    Expected: 2
    Received: 1

      at Object.<anonymous> (a.test.cjs:2:54)

FAIL unit ./a.test.cjs
  ● sum › adds
`,
    told: ['✖ sum › adds (a.test.cjs:2)', '  Expected: 2', '  Received: 1'],
  },
  AVA: {
    output: `  ✔ ok
  ✘ [fail]: adds
  ─

  adds

  a.test.js:4

   3: test('adds', t => {
   4:   t.is(1, 2);
   5: });

  Difference (- actual, + expected):

  - 1
  + 2

  › file://a.test.js:4:5

  ─

  1 test failed
`,
    told: ['✖ adds (a.test.js:4)', '  Difference (- actual, + expected):', '  - 1', '  + 2'],
  },
  Playwright: {
    output: `Running 2 tests using 1 worker

  1) [chromium] › tests/a.spec.ts:3:5 › sum › adds ─────────────

    Error: expect(received).toBe(expected) // Object.is equality

    Expected: 2
    Received: 1

      3 | test('adds', () => {
    > 4 |   expect(1).toBe(2);
        at /ws/tests/a.spec.ts:4:13

  1 failed
    [chromium] › tests/a.spec.ts:3:5 › sum › adds ─────────────
`,
    told: [
      '✖ [chromium] › tests/a.spec.ts:3:5 › sum › adds (tests/a.spec.ts:3)',
      ...['  Error: expect(received).toBe(expected) // Object.is equality', '  Expected: 2', '  Received: 1'],
    ],
  },
  Bun: {
    output: `bun test v1.4.5 (a7733435c)

a.test.ts:
(pass) sum > ok [0.02ms]
1 | import { test } from 'bun:test';
2 | expect(1).toBe(2);
             ^
error: expect(received).toBe(expected)

Expected: 2
Received: 1

      at <anonymous> (/ws/a.test.ts:2:56)
(fail) sum > adds [0.78ms]

 1 pass
 1 fail
`,
    told: [
      '✖ sum > adds (a.test.ts:2)',
      ...['  error: expect(received).toBe(expected)', '  Expected: 2', '  Received: 1'],
    ],
  },
  Deno: {
    output: `running 2 tests from ./a_test.ts
adds ... FAILED (23ms)
ok ... ok (256µs)

 ERRORS 

adds => ./a_test.ts:1:6
error: AssertionError: Values are not equal.

    [Diff] Actual / Expected

-   1
+   2

assertEquals(1, 2);
^
    at file:///ws/a_test.ts:1:58

 FAILURES 

adds => ./a_test.ts:1:6

FAILED | 1 passed | 1 failed (69ms)

error: Test failed
`,
    told: [
      '✖ adds (a_test.ts:1)',
      '  error: AssertionError: Values are not equal.',
      ...['  [Diff] Actual / Expected', '  -   1', '  +   2'],
    ],
  },
  'pytest, short': {
    output: `F.                                                                       [100%]
=================================== FAILURES ===================================
___________________________________ test_sum ___________________________________
test_a.py:4: in test_sum
    assert got == 3
E   assert -1 == 3
=========================== short test summary info ============================
FAILED test_a.py::test_sum - assert -1 == 3
1 failed, 1 passed in 5.12s
`,
    told: ['✖ test_a.py::test_sum (test_a.py:4)', '  assert -1 == 3'],
  },
  'pytest, line': {
    output: `F.                                                                       [100%]
=================================== FAILURES ===================================
/ws/test_a.py:4: assert -1 == 3
=========================== short test summary info ============================
FAILED test_a.py::test_sum - assert -1 == 3
1 failed, 1 passed in 5.12s
`,
    told: ['✖ test_a.py::test_sum', '  assert -1 == 3'],
  },
  'pytest without its summary': {
    output: `F.                                                                       [100%]
=================================== FAILURES ===================================
___________________________________ test_sum ___________________________________

    def test_sum():
>       assert got == 3, "sum is off"
E       AssertionError: sum is off

test_a.py:4: AssertionError
1 failed, 1 passed in 2.49s
`,
    told: ['✖ test_sum (test_a.py:4)', '  AssertionError: sum is off'],
  },
  'pytest, in several processes': {
    output: `[gw0] [ 50%] FAILED test_a.py::test_sum
[gw1] [100%] PASSED test_a.py::test_ok
=================================== FAILURES ===================================
___________________________________ test_sum ___________________________________
[gw0] linux -- Python 3.11.7 /usr/bin/python3
>       assert got == 3
E       assert -1 == 3

test_a.py:4: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::test_sum - assert -1 == 3
`,
    told: ['✖ test_a.py::test_sum (test_a.py:4)', '  assert -1 == 3'],
  },
  'pytest, doctest': {
    output: `=================================== FAILURES ===================================
_______________________________ [doctest] d.add ________________________________
003     >>> add(1, 2)
Expected:
    3
Got:
    -1

/ws/d.py:3: DocTestFailure
=========================== short test summary info ============================
FAILED d.py::d.add
`,
    told: ['✖ d.py::d.add (d.py:3)', '  Expected:', '  3', '  Got:', '  -1'],
  },
  doctest: {
    output: `**********************************************************************
File "/ws/d.py", line 3, in __main__.add
Failed example:
    add(1, 2)
Expected:
    3
Got:
    -1
**********************************************************************
1 items had failures:
`,
    told: ['✖ __main__.add (d.py:3)', '  add(1, 2)', '  Expected:', '  3', '  Got:', '  -1'],
  },
  'go test -v': {
    output: `=== RUN   TestOk
--- PASS: TestOk (0.00s)
=== RUN   TestSum
=== RUN   TestSum/small
    sum_test.go:8: got -1, want 3
--- FAIL: TestSum (0.00s)
    --- FAIL: TestSum/small (0.00s)
FAIL
FAIL	example.com/sum	0.002s
`,
    told: ['✖ TestSum/small (sum_test.go:8)', '  sum_test.go:8: got -1, want 3'],
  },
  'go test that panics': {
    output: `--- FAIL: TestSum (0.00s)
panic: odd [recovered]

goroutine 7 [running]:
FAIL	example.com/sum	0.002s
`,
    told: ['✖ TestSum', '  panic: odd [recovered]'],
  },
  'cargo nextest': {
    output: `        PASS [   0.003s] rs tests::ok
        FAIL [   0.004s] rs tests::sums
  stdout ───

    running 1 test
    test tests::sums ... FAILED

  stderr ───

    thread 'tests::sums' (77) panicked at src/lib.rs:5:23:
    assertion \`left == right\` failed
      left: -1
     right: 3
    note: run with \`RUST_BACKTRACE=1\`
`,
    told: ['✖ tests::sums (src/lib.rs:5)', '  assertion `left == right` failed', '  left: -1', '  right: 3'],
  },
  minitest: {
    output: `Run options: --seed 1234

# Running:

F.

  1) Failure:
TestSum#test_adds [test/sum_test.rb:6]:
Expected: 3
  Actual: -1

2 runs, 2 assertions, 1 failures, 0 errors, 0 skips
`,
    told: ['✖ TestSum#test_adds (test/sum_test.rb:6)', '  Expected: 3', '  Actual: -1'],
  },
  'minitest, an error': {
    output: `  1) Error:
TestSum#test_adds:
NoMethodError: undefined method 'x' for nil
    test/sum_test.rb:6:in 'test_adds'

2 runs, 1 assertions, 0 failures, 1 errors, 0 skips
`,
    told: ['✖ TestSum#test_adds (test/sum_test.rb:6)', "  NoMethodError: undefined method 'x' for nil"],
  },
  'RSpec, documentation': {
    output: `Sum
  adds (FAILED - 1)
  keeps

Failures:

  1) Sum adds
     Failure/Error: expect(1).to eq(2)

       expected: 2
            got: 1
     # ./spec/sum_spec.rb:4:in 'block (2 levels) in <top (required)>'

Failed examples:

rspec ./spec/sum_spec.rb:3 # Sum adds
`,
    told: ['✖ Sum adds (spec/sum_spec.rb:4)', '  Failure/Error: expect(1).to eq(2)', '  expected: 2', '  got: 1'],
  },
  Pest: {
    output: `   FAIL  Tests\\Unit\\SumTest
  ✓ ok
  ⨯ it adds
  ────────────────────────────────────────
   FAILED  Tests\\Unit\\SumTest > it adds
  Failed asserting that 1 is identical to 2.

  at tests/Unit/SumTest.php:4
      3▕ it('adds', function () {

  Tests:    1 failed, 1 passed (2 assertions)
`,
    told: [
      '✖ Tests\\Unit\\SumTest > it adds (tests/Unit/SumTest.php:4)',
      '  Failed asserting that 1 is identical to 2.',
    ],
  },
  'PHPUnit, an error before a failure': {
    output: `There was 1 error:

1) SumTest::testX
Error: Call to undefined function foo()

/ws/tests/SumTest.php:9

--

There was 1 failure:

1) SumTest::testAdds
`,
    told: ['✖ SumTest::testX (tests/SumTest.php:9)', '  Error: Call to undefined function foo()'],
  },
  Jasmine: {
    output: `Failures:
1) sum adds
  Message:
    Expected 1 to be 2.
  Stack:
        at UserContext.<anonymous> (/ws/spec/a.js:3:15)
`,
    told: ['✖ sum adds (spec/a.js:3)', '  Message:', '  Expected 1 to be 2.'],
  },
  'minitest of Rails': {
    output:
      'F\n\nFailure:\nSumTest#test_adds [test/sum_test.rb:5]:\nExpected: 3\n  Actual: -1\n\nbin/rails test test/a.rb:4\n',
    told: ['✖ SumTest#test_adds (test/sum_test.rb:5)', '  Expected: 3', '  Actual: -1'],
  },
  Catch2: {
    output: `${'-'.repeat(79)}
adds
${'-'.repeat(79)}
a.cpp:5
${'.'.repeat(79)}

a.cpp:6: FAILED:
  REQUIRE( sum(1,2) == 3 )
with expansion:
  -1 == 3

${'='.repeat(79)}
`,
    told: [
      '✖ adds (a.cpp:5)',
      ...['  a.cpp:6: FAILED:', '  REQUIRE( sum(1,2) == 3 )', '  with expansion:', '  -1 == 3'],
    ],
  },
  ExUnit: {
    output: `  1) test adds (SumTest)
     test/sum_test.exs:4
     Assertion with == failed
     code:  assert 1 == 2
     left:  1
     right: 2
     stacktrace:
       test/sum_test.exs:5: (test)

2 tests, 1 failure
`,
    told: [
      '✖ test adds (SumTest) (test/sum_test.exs:4)',
      ...['  Assertion with == failed', '  code:  assert 1 == 2', '  left:  1', '  right: 2'],
    ],
  },
  GoogleTest: {
    output: `[ RUN      ] Sum.Keeps
[       OK ] Sum.Keeps (0 ms)
[ RUN      ] Sum.Adds
/ws/sum_test.cc:5: Failure
Expected equality of these values:
  sum(1, 2)
    Which is: -1
  3
[  FAILED  ] Sum.Adds (0 ms)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Sum.Adds
`,
    told: [
      '✖ Sum.Adds (sum_test.cc:5)',
      ...[
        '  /ws/sum_test.cc:5: Failure',
        '  Expected equality of these values:',
        '  sum(1, 2)',
        '  Which is: -1',
        '  3',
      ],
    ],
  },
  CTest: {
    output: `    Start 1: sum
1/2 Test #1: sum ..............................***Failed    0.02 sec
sum is off: got -1, want 3

    Start 2: ok
2/2 Test #2: ok ...............................   Passed    0.01 sec

50% tests passed, 1 tests failed out of 2
`,
    told: ['✖ sum', '  Failed', '  sum is off: got -1, want 3'],
  },
  Bats: {
    output: `1..2
ok 1 keeps
not ok 2 adds
# (in test file test/sum.bats, line 5)
#   \`[ 1 -eq 2 ]' failed
`,
    told: ['✖ adds (test/sum.bats:5)', "  `[ 1 -eq 2 ]' failed"],
  },
  'Bats, pretty': {
    output: ` ✓ keeps
 ✗ adds
   (in test file test/sum.bats, line 5)
     \`[ 1 -eq 2 ]' failed

2 tests, 1 failure
`,
    told: ['✖ adds (test/sum.bats:5)', "  `[ 1 -eq 2 ]' failed"],
  },
  prove: {
    output: `#   Failed test 'adds'
#   at a.t line 1.
#          got: '1'
#     expected: '2'
# Looks like you failed 1 test of 1.
a.t ..
Dubious, test returned 1 (wstat 256, 0x100)
Result: FAIL
`,
    told: ['✖ adds (a.t:1)', "  #          got: '1'", "  #     expected: '2'"],
  },
  Surefire: {
    output: `[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0 <<< FAILURE! -- in a.SumTest
[ERROR] a.SumTest.adds -- Time elapsed: 0.003 s <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <3> but was: <-1>
	at a.SumTest.adds(SumTest.java:9)

[INFO] Results:
`,
    told: ['✖ a.SumTest.adds (SumTest.java:9)', '  org.opentest4j.AssertionFailedError: expected: <3> but was: <-1>'],
  },
  Gradle: {
    output: `> Task :test FAILED

SumTest > adds() FAILED
    org.opentest4j.AssertionFailedError: expected: <3> but was: <-1>
        at app//SumTest.adds(SumTest.java:9)

2 tests completed, 1 failed
`,
    told: ['✖ SumTest > adds() (SumTest.java:9)', '  org.opentest4j.AssertionFailedError: expected: <3> but was: <-1>'],
  },
  'dotnet test': {
    output: `  Failed A.SumTest.Adds [3 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 3
Actual:   -1
  Stack Trace:
     at A.SumTest.Adds() in /ws/SumTest.cs:line 9
`,
    told: [
      '✖ A.SumTest.Adds (SumTest.cs:9)',
      ...['  Assert.Equal() Failure: Values differ', '  Expected: 3', '  Actual:   -1'],
    ],
  },
  XCTest: {
    output: `Test Case 'SumTests.testAdds' started at 2026-01-01 10:00:00.000
/ws/Tests/SumTests.swift:9: error: SumTests.testAdds : XCTAssertEqual failed: ("-1") is not equal to ("3") - 
Test Case 'SumTests.testAdds' failed (0.002 seconds)
`,
    told: ['✖ SumTests.testAdds (Tests/SumTests.swift:9)', '  XCTAssertEqual failed: ("-1") is not equal to ("3") -'],
  },
  'Swift Testing': {
    output: `◇ Test adds() started.
✘ Test adds() recorded an issue at SumTests.swift:5:3: Expectation failed: (sum → -1) == 3
✘ Test adds() failed after 0.001 seconds with 1 issue.
`,
    told: ['✖ adds() (SumTests.swift:5)', '  Expectation failed: (sum → -1) == 3'],
  },
};
