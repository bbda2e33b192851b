import { expect, test } from 'vitest';
import { foundClaims, leadsToFound } from '../../../src/specs/units/found-claims.ts';

test.each<[path: string, ...formats: string[]]>([
  ['specs/e.md', 'native'],
  ['Specs/e.md', 'native'],
  ['packages/a/specs/deep/e.md', 'native'],
  ['packages/a/specs/prd.json', 'prd-json'],
  ['specs/009-g/tasks.md', 'native'],
  ['.kiro/specs/e/tasks.md', 'kiro', 'native'],
  ['.Kiro/Specs/e/tasks.md', 'kiro', 'native'],
  ['.beads/issues.jsonl', 'beads'],
  ['TODO.md', 'todo'],
  ['Todo.md', 'todo'],
  ['followups.md', 'followups'],
  ['todo.txt', 'todo-txt'],
  ['prd.json', 'prd-json'],
  ['PRD.json', 'prd-json'],
  ['scripts/ralph/prd.json', 'prd-json'],
  ['openspec/changes/e/tasks.md', 'openspec'],
  ['backlog/tasks/task-1 - E.md', 'backlog-md'],
  ['tasks/tasks.json', 'task-master'],
  ['docs/stories/1.1.story.md', 'bmad'],
  ['docs/superpowers/plans/2026-01-01-e.md', 'plain'],
  // What looks like it, and is not looked for.
  ['specs/README.md'],
  ['specs/openapi.yaml'],
  ['specs/user.spec.ts'],
  ['spec/models/user_spec.rb'],
  ['spec/e.md'],
  ['features/login.feature'],
  ['docs/TODO.md'],
  ['docs/TODO-guide.md'],
  ['src/prd.json'],
  ['src/tasks.json'],
  ['tasks/build.ts'],
  ['backlog/src/a.ts'],
  ['.kiro/steering/product.md'],
  ['docs/guide.md'],
])('%s is found as %j', (path, ...formats) => {
  const claims = foundClaims(['backlog.config.json', path], [path]);
  expect([...new Set(claims.map(({ format }) => format.name))].toSorted()).toEqual(formats.toSorted());
  expect(claims.every(({ paths }) => paths.includes(path))).toBe(true);
});

test('only what lies around the given paths is looked at', () => {
  const paths = ['specs/a.md', 'packages/a/specs/b.md', 'TODO.md'];
  expect(foundClaims(paths, ['specs/c.md']).map((claim) => claim.paths)).toEqual([['specs/a.md']]);
});

test.each<[beside: string, isFound: boolean]>([
  ['src/a.ts', true],
  ['specs/openapi.yaml', true],
  ['specs/README.md', true],
  ['docs/TODO.md', true],
  ['backlog.config.json', false],
  ['plans/backlog.config.json', false],
  ['specs/e.md', false],
  ['TODO.md', false],
  ['.kiro/specs/e/tasks.md', false],
])('beside %s, the list of a part of the repository is found: %j', (beside, isFound) => {
  const path = 'packages/a/TODO.md';
  expect(foundClaims([beside, path], [path]).some(({ paths }) => paths.includes(path))).toBe(isFound);
});

test('files keep the names by which they can be read', () => {
  const paths = ['TODO.md', '.kiro/specs/e/tasks.md', 'specs/e.md'];
  const found = foundClaims(paths, paths).map(({ folder, files }) => `${folder}: ${files.join()}`);
  expect(found).toEqual([
    ': TODO.md',
    ': .kiro/specs/e/tasks.md',
    ': .kiro/specs/e/tasks.md',
    ': TODO.md',
    '.kiro/specs: e/tasks.md',
    'specs: e.md',
  ]);
});

test.each<[path: string, is: boolean]>([
  ['specs', true],
  ['packages/a/Specs', true],
  ['.kiro', true],
  ['.kiro/specs', true],
  ['TODO.md', true],
  ['docs/stories/x', true],
  ['spec', false],
  ['latest', false],
  ['docs/guide', false],
])('a link %s leads to what is looked for: %j', (path, is) => expect(leadsToFound(path)).toBe(is));
