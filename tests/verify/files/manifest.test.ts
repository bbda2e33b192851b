import { expect, test } from 'vitest';
import { mendManifest } from '../../../src/verify/files/manifest.ts';

const base = {
  name: 'x',
  type: 'module',
  scripts: { test: 'node --test', lint: 'eslint .' },
  dependencies: { a: '^1.0.0' },
  devDependencies: { vitest: '^3.0.0' },
};

function mended(
  change: object,
  commands: readonly string[] = ['npm test'],
): { keys: readonly string[]; now: unknown } | null {
  const result = mendManifest(JSON.stringify(base, null, 2), JSON.stringify({ ...base, ...change }, null, 2), commands);
  return result && { keys: result.keys, now: JSON.parse(result.text) as unknown };
}

test.each<[string, object]>([
  ['another order of keys', { name: 'x' }],
  ['an added dependency', { dependencies: { a: '^1.0.0', b: '~2.1' }, optionalDependencies: { c: '*' } }],
  ['an added script that no check runs', { scripts: { ...base.scripts, 'start:dev': 'node .' } }],
  ['a description, a program, a version', { description: 'd', bin: { x: 'x.js' }, version: '2.0.0' }],
])('legal: %s', (_name, change) => expect(mended(change)).toBeNull());

test.each<[string, object, string[], object]>([
  ['the script of a check', { scripts: { ...base.scripts, test: 'true' } }, ['scripts'], base],
  ['a removed script', { scripts: { lint: 'eslint .' } }, ['scripts'], base],
  ['a hook before the tests', { scripts: { ...base.scripts, pretest: 'sh x' } }, ['scripts'], base],
  ['a script that a check names', { scripts: { ...base.scripts, check: 'true' } }, ['scripts'], base],
  ['how modules are read', { type: 'commonjs' }, ['type'], base],
  ['an import map', { imports: { '#a': './b.js' } }, ['imports'], base],
  ['a runner configured', { jest: { bail: true }, vitest: {} }, ['jest', 'vitest'], base],
  ['another version of the runner', { devDependencies: { vitest: '^1.0.0' } }, ['devDependencies'], base],
  ['a folder in place of a package', { dependencies: { a: '^1.0.0', b: 'file:./fake' } }, ['dependencies'], base],
  ['an override', { overrides: { vitest: 'file:./fake' } }, ['overrides'], base],
  ['workspaces', { workspaces: ['fake'] }, ['workspaces'], base],
])('put back: %s', (_name, change, keys, now) =>
  expect(mended(change, ['npm test && npm run check'])).toEqual({ keys, now }),
);

test('what is legal stays when the rest is put back, with the indentation of the file', () => {
  const before = '{\n\t"scripts": {\n\t\t"test": "a"\n\t}\n}\n';
  const after = '{"scripts":{"test":"b","dev":"c"},"description":"d"}';
  expect(mendManifest(before, after, [])).toEqual({
    text: '{\n\t"scripts": {\n\t\t"test": "a",\n\t\t"dev": "c"\n\t},\n\t"description": "d"\n}\n',
    keys: ['scripts'],
  });
});

test('a manifest that cannot be read is put back whole', () => {
  expect(mendManifest('{"a":1}', '{', [])).toEqual({ text: '{"a":1}', keys: ['all of it'] });
  expect(mendManifest('{', '{"a":1}', [])).toBeNull();
});

const leading = {
  name: 'x',
  main: './src/a.js',
  exports: { '.': './src/a.js', './testing': { import: './testing/index.mjs', default: './testing/index.cjs' } },
  bin: { x: './bin/x.js', verify: './tools/verify.mjs' },
};

test.each<[string, object, object | null]>([
  ['another entry, one more', { main: './src/b.js', exports: { ...leading.exports, './more': './src/m.js' } }, null],
  ['another program', { bin: { ...leading.bin, x: './bin/y.js' } }, null],
  [
    'what tests import by the name of the package',
    { exports: { '.': './src/b.js', './testing': './src/fake.mjs' } },
    { exports: { '.': './src/b.js', './testing': leading.exports['./testing'] } },
  ],
  ['all of the exports', { exports: './src/a.js' }, { exports: { './testing': leading.exports['./testing'] } }],
  ['a program that verifies', { bin: { verify: './bin/x.js' } }, { bin: { verify: './tools/verify.mjs' } }],
])('of what leads to files, only what leads to judges is put back: %s', (_name, change, expected) => {
  const after = JSON.stringify({ ...leading, ...change });
  const result = mendManifest(JSON.stringify(leading), after, []);
  const kept = expected === null ? null : { ...leading, ...change, ...expected };
  expect(result && (JSON.parse(result.text) as unknown)).toEqual(kept);
});
