import { expect, test } from 'vitest';
import { countTests } from '../../../src/verify/runs/test-counts.ts';

test.each<[string, string, number | null]>([
  [
    'node:test, spec reporter',
    '✔ a (1.3ms)\n﹣ b (0.1ms) # SKIP\nℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\n',
    1,
  ],
  [
    'node:test, a file without tests counts as none',
    '✔ tests/empty.test.mjs (32.8ms)\nℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0\n',
    0,
  ],
  [
    'node:test, TAP reporter',
    'TAP version 13\n# Subtest: tests/empty.test.mjs\nok 1 - tests/empty.test.mjs\n1..1\n# tests 1\n# pass 1\n# fail 0\n',
    0,
  ],
  ['node:test, only skipped', 'ℹ tests 3\nℹ pass 0\nℹ fail 0\nℹ skipped 3\n', 0],
  ['vitest', ' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 3 passed | 2 skipped (6)\n', 4],
  ['vitest without files', 'No test files found, exiting with code 0\n', 0],
  ['vitest, all skipped', '      Tests  2 skipped (2)\n', 0],
  ['jest', 'Tests:       1 failed, 1 skipped, 3 passed, 5 total\nSnapshots:   0 total\n', 4],
  ['jest without tests', 'No tests found, exiting with code 0\n', 0],
  ['pytest', '============ 3 passed, 1 skipped in 0.02s ============\n', 3],
  ['pytest, quiet', '2 failed, 1 passed in 0.10s\n', 3],
  ['pytest without tests', '============ no tests ran in 0.01s ============\n', 0],
  ['TAP', 'TAP version 13\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP not here\n1..3\n', 2],
  ['TAP, the empty plan', '1..0\n', 0],
  [
    'JUnit',
    '<testsuites tests="5"><testsuite name="a" tests="3" skipped="1"></testsuite><testsuite tests="2"/></testsuites>',
    4,
  ],
  ['JUnit without tests', '<testsuites name="x" tests="0"></testsuites>', 0],
  ['two runs in one output', 'ℹ tests 1\nℹ pass 1\nℹ fail 0\n  Tests  2 passed (2)\n', 3],
  ['a compiler', 'ok\n', null],
  ['a linter', 'Found 0 warnings and 0 errors.\n', null],
])('%s', (_name, output, expected) => expect(countTests(output)).toBe(expected));
