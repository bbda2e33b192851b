import { expect, test } from 'vitest';
import { type Reviewers, triage } from '../../src/model/recipe.ts';
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
const small = { kind: 'change', touches: ['a.ts'], criteria: [criterion], body: '', gate: null, labels: [] } as const;

test.each([
  ['one file', small, 0, 'build', 'it changes one file', 1],
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
  ['failed once', small, 1, 'build', 'it changes one file, and an attempt failed before'],
  ['failed twice', small, 2, 'scout-plan-build', '2 attempts failed before'],
  ['research', { ...small, kind: 'research' as const }, 0, 'research', 'research unit'],
  [
    'a risky path',
    { ...small, touches: ['db/migrations/0007.sql'] },
    0,
    'scout-plan-build',
    'a mistake would be expensive: db/migrations/0007.sql',
    3,
  ],
  [
    'a risky file',
    { ...small, touches: ['src/auth.ts'] },
    0,
    'scout-plan-build',
    'a mistake would be expensive: src/auth.ts',
    3,
  ],
  ['a word in a name is no risk', { ...small, touches: ['src/author.ts'] }, 0, 'build', 'it changes one file', 1],
  [
    'a risky label',
    { ...small, labels: ['ui', 'security'] },
    0,
    'scout-plan-build',
    'a mistake would be expensive: security',
    3,
  ],
  ['a gate', { ...small, gate: 'one', touches: [] }, 0, 'build', 'the checks of a gate show the problem'],
] as const)('%s', (_name, unit, failed, recipe, why, reviewers: Reviewers | null = null) => {
  expect(triage(unit, failed)).toEqual({ recipe, reviewers, why });
});
