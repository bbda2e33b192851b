import { expect, test } from 'vitest';
import { explained } from '../../../src/agents/programs/explained.ts';
import { explain } from '../../../src/util/explain/explain.ts';
import { missingProgram } from '../../../src/util/explain/missing-program.ts';
import { readable, withoutBlankRuns } from '../../../src/util/explain/readable.ts';
import { countTests, tellingLine } from '../../../src/verify/runs/test-counts.ts';
import { testNames } from '../../../src/verify/runs/test-names.ts';

test('A run of blank lines becomes one, and what is left keeps its lines', () => {
  expect(withoutBlankRuns('\n\n  \na\r\n\t\n \n  b \n\nc\n\n\n')).toBe('\na\n\n  b \n\nc\n\n');
});

test('A line is cut for readers that go back and forth in it', () => {
  expect(readable(`${'x'.repeat(600)}\ny`)).toBe(`${'x'.repeat(500)}\ny`);
});

test('What counts tests sees a whole line, and a summary after any number of blank lines', () => {
  const suites = '<testsuite name="a" tests="1" skipped="0"></testsuite>'.repeat(1000);
  expect(countTests(`<testsuites tests="1000">${suites}</testsuites>`)).toBe(1000);
  expect(countTests(`${'\n'.repeat(500_000)}  Tests  2 passed (2)\n`)).toBe(2);
});

test('What explains a failure sees the one after any number of blank lines', () => {
  expect(explain(`  ● adds\n${' \n'.repeat(200_000)}    wrong sum\n\n      at add (src/a.js:3:7)\n`)).toEqual({
    test: 'adds',
    where: 'src/a.js:3',
    lines: ['wrong sum'],
  });
});

const size = 1 << 20;
const headers: readonly string[] = [
  '',
  '  ● adds\n',
  'Traceback (most recent call last):\n',
  '  1 failing\n\n  1) adds\n',
  'Failures:\n',
  '✖ failing tests:\n',
  'TAP version 13\nnot ok 1 - adds\n  ---\n',
  ' FAIL  adds\n',
  'FAIL: adds\n',
  '--- FAIL: adds\n',
  '---- adds stdout ----\n',
  'error: adds\n',
  'Error: adds\n    at ',
  'short test summary info\nFAILED ',
  '[ RUN      ] adds\n[  FAILED  ] adds (1 ms)\n',
  '(fail) adds\n',
  '<testcase name="adds"><failure>',
];

/** What programs may write a megabyte of. */
const repeated: Readonly<Record<string, string>> = {
  'blank lines': '\n',
  returns: '\r',
  spaces: ' ',
  'lines of spaces': '   \n',
  tabs: '\t',
  'one line': 'a',
  digits: '1',
  colons: '1:1:',
  frames: '  at x\n',
  'frames in one line': ' at (a:1:1',
  'nested names': 'a > ',
  bars: '=',
  counts: '1 passed, ',
  'counts without a space': '1 a1 a',
  'XML without an end': '<testsuite ',
  'XML with one': '<testsuites a="tests=" ',
  TAP: 'not ok 1 # skip\n',
  'TAP with details': 'not ok 1 - x\n  ---\n  error: test failed\n  ...\n',
  'failed tests of node': "test at a:1:1\n✖ x\n'test failed'\n",
  'warnings of a linter': 'a.b\n  1:1  warning x\n',
  tracebacks: 'Traceback (most recent call last):\n',
  panics: "thread 'a' panicked at 'a', ",
  shells: 'sh: 1: /a',
  'TAP with details without an end': 'not ok 1 - x\n  ---\n',
  'failed tests that print nothing': '--- FAIL: a\n[  FAILED  ] a (1 ms)\n(fail) a\n',
  'places in one line': 'a.b:1: ',
  'XML of failures': '<testcase <failure ',
};

test.each(Object.entries(repeated))('A megabyte of %s is read in no time to speak of', (_name, part) => {
  const filling = part.repeat(size / part.length);
  for (const header of headers) explain(header + filling);
  explained(filling);
  for (const header of ['', 'Tests:', '# tests 1\n# pass ']) testNames(header + filling, countTests(header + filling));
  tellingLine.test(filling);
  tellingLine.test(`1 a${filling}`);
  missingProgram({ exitCode: 127, output: filling });
});
