import { expect, test } from 'vitest';
import { findRunners } from '../../../src/engine/discovery/test-runners.ts';

/** What is found in a project of these files, each as `name: setup | command`. */
async function found(files: Readonly<Record<string, string>>): Promise<string[]> {
  const runners = await findRunners(
    {
      paths: Object.keys(files).toSorted(),
      read: async (path) => Promise.resolve(files[path] ?? null),
    },
    new AbortController().signal,
  );
  return runners.flatMap(({ name, ways }) =>
    ways.map(({ setup, command }) => `${name}: ${setup === null ? '' : `${setup} | `}${command}`),
  );
}

const withTest = (script: string, more: object = {}): string => JSON.stringify({ scripts: { test: script }, ...more });
const npmCi = 'npm ci --ignore-scripts --no-audit --no-fund';
const pip = 'python3 -m venv .venv && .venv/bin/pip install --quiet --retries 1';
const own = { 'test_a.py': 'import unittest\n' };
const functions = { 'tests/test_a.py': 'def test_a():\n    assert 1\n' };

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ['npm', { 'package.json': withTest('node --test') }, ['test: npm test']],
  [
    'the modules of a workspace of go',
    { 'go.work': '', 'services/a/go.mod': '', 'services/b/go.mod': '' },
    ['services-a-test: cd services/a && go test ./...', 'services-b-test: cd services/b && go test ./...'],
  ],
  [
    'packages of a workspace without tests of its own',
    { 'package.json': '{"workspaces":["packages/*"]}', 'packages/a/package.json': withTest('sh a.sh') },
    ['packages-a-test: cd packages/a && npm test'],
  ],
  [
    'packages of a workspace with tests of its own',
    { 'package.json': withTest('npm test --workspaces'), 'packages/a/package.json': withTest('sh a.sh') },
    ['test: npm test'],
  ],
  ["npm's placeholder", { 'package.json': withTest('echo "Error: no test specified" && exit 1') }, []],
  ['a package that is none', { 'package.json': '{', 'a.test.mjs': '' }, ['test: node --test']],
  ['null', { 'package.json': 'null' }, []],
  [
    'packages by npm',
    { 'package.json': withTest('vitest run', { devDependencies: { vitest: '5' } }), 'package-lock.json': '{}' },
    [`test: ${npmCi} | npm test`, 'test: npm test'],
  ],
  [
    'packages without a lockfile, no script',
    { 'package.json': JSON.stringify({ devDependencies: { vitest: '5' } }) },
    [`test: ${npmCi.replace('ci', 'install')} | npx --no -- vitest run`, 'test: npx --no -- vitest run'],
  ],
  [
    'pnpm by its lockfile',
    { 'package.json': withTest('x', { dependencies: { a: '1' } }), 'pnpm-lock.yaml': '' },
    ['test: pnpm install --frozen-lockfile --ignore-scripts | pnpm test', 'test: pnpm test'],
  ],
  [
    'yarn by its word',
    { 'package.json': withTest('x', { packageManager: 'yarn@4.1.0', dependencies: { a: '1' } }), '.yarnrc.yml': '' },
    ['test: yarn install --immutable --mode=skip-build | yarn test', 'test: yarn test'],
  ],
  ['tests of node', { 'tests/a.test.mjs': '', 'src/a.mjs': '' }, ['test: node --test']],
  ['sources alone', { 'src/latest.mjs': '', 'test.txt': '', 'contest.js': '' }, []],
  ['deno', { 'deno.json': '{}' }, ['test: deno test']],
  ['unittest in the root', own, ['unittest: python3 -m unittest']],
  [
    'unittest in a folder',
    { 'tests/test_a.py': 'from unittest import TestCase\n' },
    ['unittest: python3 -m unittest discover -s tests'],
  ],
  [
    'unittest in a package',
    { 'tests/test_a.py': 'import unittest\n', 'tests/__init__.py': '' },
    ['unittest: python3 -m unittest'],
  ],
  [
    'functions of pytest',
    functions,
    ['pytest: python3 -m pytest', `pytest: ${pip} pytest | .venv/bin/python -m pytest`],
  ],
  [
    'pytest with requirements',
    { ...functions, 'requirements.txt': 'flask\n', 'pyproject.toml': '[tool.pytest.ini_options]\n' },
    ['pytest: python3 -m pytest', `pytest: ${pip} -r requirements.txt pytest | .venv/bin/python -m pytest`],
  ],
  [
    'pytest by uv',
    { ...functions, 'pyproject.toml': '[project]\nname = "x"\n', 'uv.lock': '' },
    ['pytest: python3 -m pytest', 'pytest: uv sync --frozen | .venv/bin/python -m pytest'],
  ],
  ['modules of Python alone', { 'latest.py': '', 'testing.py': '', 'pyproject.toml': '[project]\n' }, []],
  ['cargo', { 'Cargo.toml': '', 'src/lib.rs': '' }, ['test: cargo test']],
  [
    'cargo with packages',
    { 'Cargo.toml': '', 'Cargo.lock': '[[package]]\nsource = "registry+x"\n' },
    [
      'test: cargo test',
      'test: CARGO_HOME="$PWD/.cargo-home" cargo fetch --locked | CARGO_HOME="$PWD/.cargo-home" cargo test --offline',
    ],
  ],
  ['go', { 'go.mod': '', 'a_test.go': '' }, ['test: go test ./...']],
  ['go with packages', { 'go.mod': '', 'go.sum': '' }, ['test: go test ./...', 'test: go mod vendor | go test ./...']],
  ['gradle with its wrapper', { 'build.gradle.kts': '', gradlew: '' }, ['test: ./gradlew --offline test']],
  ['mix', { 'mix.exs': '' }, ['test: mix test']],
  ['make', { Makefile: 'all:\n\ttrue\ntest: all\n\t./t\n' }, ['test: make test']],
  ['make check', { Makefile: 'check:\n\ttrue\n' }, ['test: make check']],
  ['no target of make', { Makefile: 'test_data := x\ntest := y\ntests:\n\ttrue\n' }, []],
  ['just, before make', { justfile: 'test *args:\n  x\n', Makefile: 'test:\n' }, ['test: just test']],
  ['make beside another', { Makefile: 'test:\n\tcargo test\n', 'Cargo.toml': '' }, ['test: cargo test']],
  ['two languages', { 'package.json': withTest('x'), ...own }, ['test: npm test', 'unittest: python3 -m unittest']],
  [
    'folders of projects',
    { 'web/package.json': withTest('x'), 'Api/go.mod': '', 'docs/a.test.mjs': '', 'readme.md': '' },
    ['api-test: cd Api && go test ./...', 'web-test: cd web && npm test'],
  ],
  ['nothing', { 'readme.md': '' }, []],
])('how the tests of a project are run: %s', async (_, files, ways) => {
  expect(await found(files)).toEqual(ways);
});

test('of thousands of packages, those are read that are needed, in order, and a signal ends it', async () => {
  const names = Array.from({ length: 3000 }, (_unused, index) => `packages/p${index}/package.json`);
  const read: string[] = [];
  const stop = new AbortController();
  const project = {
    paths: ['package.json', ...names],
    read: async (path: string): Promise<string> => {
      read.push(path);
      return Promise.resolve(path === 'package.json' || path === names[1] ? '{}' : withTest('sh a.sh'));
    },
  };
  const runners = await findRunners(project, stop.signal);
  expect(runners.map(({ name }) => name)).toEqual([0, 2, 3, 4, 5].map((index) => `packages-p${index}-test`));
  expect(read.length).toBeLessThanOrEqual(101);
  stop.abort(new Error('stopped'));
  await expect(findRunners(project, stop.signal)).rejects.toThrow('stopped');
});
