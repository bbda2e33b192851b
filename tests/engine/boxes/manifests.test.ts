import { expect, test } from 'vitest';
import { whatCounts } from '../../../src/engine/boxes/manifests.ts';

const base = { name: 'x', version: '1.0.0', dependencies: { a: '1' }, scripts: { test: 'node --test' } };
const pack = (more: object): string => whatCounts('package.json', JSON.stringify({ ...base, ...more }));

test.each([
  ['a description', { description: 'better' }],
  ['keywords and an author', { keywords: ['k'], author: 'A' }],
  ['another script', { scripts: { test: 'node --test', lint: 'x' } }],
  ['a tool configured in it', { jest: { testMatch: [] } }],
])('%s installs nothing', (_what, more) => {
  expect(pack(more)).toBe(pack({}));
});

test.each([
  ['a dependency', { devDependencies: { b: '1' } }],
  ['another version of one', { dependencies: { a: '2' } }],
  ['an override', { overrides: { a: '2' } }],
  ['a workspace', { workspaces: ['packages/*'] }],
  ['a script that runs when it is installed', { scripts: { postinstall: 'x' } }],
])('%s counts', (_what, more) => {
  expect(pack(more)).not.toBe(pack({}));
});

test('of a pyproject.toml count its parts that installers read', () => {
  const of = (text: string): string => whatCounts('pyproject.toml', text);
  const project = '[project]\nname = "x"\n';
  expect(of(`${project}\n# why\n[tool.pytest.ini_options]\naddopts = "-v"\n`)).toBe(of(project));
  expect(of(`${project}dependencies = ["a"]\n`)).not.toBe(of(project));
  expect(of(`${project}[tool.poetry.dependencies]\na = "1"\n`)).not.toBe(of(project));
});

test('what cannot be read counts whole', () => {
  expect(whatCounts('package.json', '{ broken')).toBe('{ broken');
});
