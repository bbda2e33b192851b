import { expect, test } from 'vitest';
import { triage } from '../../src/model/recipe.ts';
import type { Criterion } from '../../src/model/unit.ts';

const criterion: Criterion = {
  text: 'x',
  kind: 'check',
  command: 'true',
  hash: 'h',
  position: 0,
  line: 1,
  isTicked: null,
};
const small = { kind: 'change', touches: ['a.ts'], criteria: [criterion], body: '', gate: null } as const;

test.each([
  ['one file', small, 0, 'build', 'it changes one file'],
  ['some files', { ...small, touches: ['a.ts', 'b/**'] }, 0, 'build', 'it is small'],
  ['nobody knows which files', { ...small, touches: [] }, 0, 'scout-build', 'it does not say what it touches'],
  [
    'many files',
    { ...small, touches: ['a', 'b', 'c', 'd', 'e', 'f'] },
    0,
    'scout-plan-build',
    'it is large: 6 paths that it touches',
  ],
  [
    'many criteria',
    { ...small, criteria: Array.from({ length: 7 }, () => criterion) },
    0,
    'scout-plan-build',
    'it is large: 7 criteria',
  ],
  ['much prose', { ...small, body: 'x'.repeat(4001) }, 0, 'scout-plan-build', 'it is large: 4001 characters of prose'],
  ['failed once', small, 1, 'build', 'it changes one file'],
  ['failed twice', small, 2, 'scout-plan-build', '2 attempts failed before'],
  ['research', { ...small, kind: 'research' as const }, 0, 'research', 'it is research'],
  ['a gate', { ...small, gate: 'one', touches: [] }, 0, 'build', 'a gate says itself what is wrong'],
])('%s', (_name, unit, failed, recipe, why) => {
  expect(triage(unit, failed)).toEqual({ recipe, why });
});
