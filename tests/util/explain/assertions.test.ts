import { expect, test } from 'vitest';
import { assertionsIn, maxAssertions } from '../../../src/util/explain/assertions.ts';
import { asAssertion, assertionOutputs } from '../../support/assertion-outputs.ts';
import { runnerOutputs } from '../../support/runner-outputs.ts';

test.each(Object.entries(assertionOutputs))('each test that failed, as told by: %s', (_name, { output, told }) => {
  expect(assertionsIn(output)).toEqual(told.map(asAssertion));
});

test('of a runner without a parser, the first test that failed', () => {
  const told = (runner: string): unknown => assertionsIn(runnerOutputs[runner]?.output ?? '');
  const [adds, sum] = ['test/sum_test.rb', 'spec/sum_spec.rb'];
  expect(told('minitest')).toEqual([{ test: 'TestSum#test_adds', file: adds, line: 6, expected: '3', got: '-1' }]);
  expect(told('RSpec, documentation')).toEqual([{ test: 'Sum adds', file: sum, line: 4, expected: '2', got: '1' }]);
  expect(told('Surefire')).toEqual([
    { test: 'a.SumTest.adds', file: 'SumTest.java', line: 9, expected: '3', got: '-1' },
  ]);
});

test.each([
  ['nothing', ''],
  ['a program that talks of values', 'expected: 3\nactual: 4\nleft: 1\nright: 2\ngot 1, want 2\n'],
  ['a compiler', 'src/a.ts:3:1 - error TS2322: expected string, got number\n'],
  ['tests that pass', 'TAP version 13\nok 1 - got 1, want 2\n  ---\n  expected: 1\n  actual: 2\n  ...\n1..1\n'],
  ['tests that are left out', 'TAP version 13\nnot ok 1 - later # TODO\nnot ok 2 - never # SKIP\n1..2\n'],
])('no failed test in the output of %s', (_name, output) => {
  expect(assertionsIn(output)).toEqual([]);
});

test('of very many failed tests, the first ones', () => {
  const output = `TAP version 13\n${Array.from({ length: 500 }, (_, n) => `not ok ${n + 1} - number ${n + 1}\n`).join('')}1..500\n`;
  expect(assertionsIn(output).map(({ test: name }) => name)).toEqual(
    Array.from({ length: maxAssertions }, (_, n) => `number ${n + 1}`),
  );
});

test.each([
  ['headings without an end', '✖ failing tests:\n' + '✖ a\n'.repeat(300_000)],
  ['one line', `TAP version 13\nnot ok 1 - a ${'assert == '.repeat(300_000)}`],
  ['markers of go', '--- FAIL: T (0.00s)\n=== RUN   T\n'.repeat(100_000)],
  ['signs of a diff', `1..1\nnot ok 1 - a\n+ expected - actual\n${'+ \n- \n'.repeat(300_000)}`],
])('output that is meant to be slow is read in a second: %s', (_name, output) => {
  const before = performance.now();
  assertionsIn(output);
  expect(performance.now() - before).toBeLessThan(1000);
});
