import { expect, test } from 'vitest';
import { idFromKey } from '../../../src/model/ids.ts';
import { type Criterion, unasked, type UnitSpec } from '../../../src/model/unit.ts';
import { guardOf, withGuards } from '../../../src/specs/units/guards.ts';

const claim = (text: string): Criterion => ({
  ...{ position: 0, text, kind: 'claim', command: null, hash: 'h', isTicked: false, line: 1 },
});

test.each([
  ['All tests pass', 'test'],
  ['Tests pass', 'test'],
  ['Existing tests still pass.', 'test'],
  ['All existing unit tests must pass', 'test'],
  ['The test suite is green', 'test'],
  ['#2 **All tests passing**', 'test'],
  ['No regressions', 'test'],
  ['Unit tests pass locally', 'test'],
  ['Lint passes', 'lint'],
  ['Linting is clean', 'lint'],
  ['No lint errors', 'lint'],
  ['Typecheck passes', 'typecheck'],
  ['Type checking succeeds', 'typecheck'],
  ['No TypeScript errors', 'typecheck'],
  ['Build succeeds', 'build'],
  ['The project compiles without errors', 'build'],
])('%s asks for the check "%s"', (text, guard) => {
  expect(guardOf(claim(text))).toBe(guard);
});

test.each([
  'Tests pass for the new endpoint and cover its errors',
  'All tests pass the new option on',
  'Tests for the parser exist',
  'The test suite runs in 3 minutes',
  'The linter passes its configuration to the editor',
  'The build number is shown',
  'Types are exported',
  '',
])('%s does not', (text) => {
  expect(guardOf(claim(text))).toBeNull();
});

test('a guard gets the command of the configured check, and stays a claim without one', () => {
  const criteria = ['All tests pass', 'Lint passes', 'Build succeeds', 'It is blue'].map(claim);
  const at = { key: 'a', file: 'a.md', line: 1, body: '', title: 'A', contentHash: 'c', criteriaHash: 'c' };
  const unit: UnitSpec = { ...unasked, ...at, id: idFromKey('a'), kind: 'change', criteria };
  const commands = (checks: Readonly<Record<string, string>>): unknown =>
    withGuards([unit], checks)[0]?.criteria.map(({ kind, command, isGuard }) => [kind, command, isGuard]);
  const none = ['claim', null, undefined];
  expect(commands({})).toEqual([none, none, none, none]);
  expect(commands({ lint: 'eslint .', test: 'npm test' })).toEqual([
    ['check', 'npm test', true],
    ['check', 'eslint .', true],
    none,
    none,
  ]);
  expect(commands({ pytest: 'pytest -q', build: 'make build' })).toEqual([
    ['check', 'pytest -q', true],
    none,
    ['check', 'make build', true],
    none,
  ]);
  // A check of another name decides something else.
  expect(commands({ 'lint-tests': 'eslint tests', docs: 'node build-docs.mjs' })).toEqual([none, none, none, none]);
  expect(withGuards([unit], {})[0]).toBe(unit);
});
