import { chmodSync, cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { liveThreeNights } from '../support/daily-loop.ts';
import { checkout, keptFolder, pack, personsEnv, readmeCommands, repository, typeWell } from './support.ts';

/*
 * The first hour with the packed tool, installed once for everybody as the README has it for any language.
 */

const folder = keptFolder();
let env: Record<string, string> = {};

beforeAll(async () => {
  const tarball = pack(folder);
  env = personsEnv(repository({}));
  await typeWell(`npm install --global ${tarball}`, folder, env);
});

/** A repository whose boxes other users can come to, as those of a person are. */
function open(files: Readonly<Record<string, string>>): ReturnType<typeof repository> {
  const project = repository(files);
  chmodSync(path.dirname(project.root), 0o755);
  return project;
}

test('the quick start: the example is drained by its recordings', async () => {
  const project = open({});
  cpSync(path.join(checkout, 'specs-example'), path.join(project.root, 'specs-example'), {
    recursive: true,
    filter: (file) => !file.includes('.backlog/'),
  });
  project.commit('The example');
  const ran = await typeWell('backlog run specs-example --allow-unsandboxed --quiet', project.root, {
    ...env,
    ...cache(project),
  });
  expect(ran).toMatch(/^\n✓ 10 of 10 done in /);
});

test('the commands of "Use", in their order, with a program as the agent', async () => {
  const project = open({ 'tests/accents.test.mjs': "import test from 'node:test';\ntest('it', () => {});\n" });
  const around = { ...env, ...cache(project) };
  const [init = '', ...rest] = readmeCommands('Use').map((line) => line.replace('npx --no -- ', ''));
  expect(init).toBe('backlog init');
  await typeWell(`${init} --allow-unsandboxed`, project.root, around);
  const config = JSON.parse(project.read('specs/backlog.config.json')) as object;
  const me = { type: 'command', command: 'echo "Hello, world" > hello.txt', costUsd: 0 };
  project.write({ 'specs/backlog.config.json': JSON.stringify({ ...config, agent: 'me', agents: { me } }) });
  for (const line of rest) {
    const typed = line.startsWith('backlog run') ? `${line} --allow-unsandboxed` : line;
    await typeWell(typed, project.root, around);
  }
  expect(project.landings()).toEqual(['hello-file']);
  expect(project.read('specs/followups.md')).toContain('Search ignores accents');
});

test.each<[string, Readonly<Record<string, string>>, object]>([
  [
    'JavaScript whose tests are green',
    {
      'package.json': '{ "scripts": { "test": "node --test" } }',
      'a.test.mjs': "import test from 'node:test';\ntest('it', () => {});\n",
    },
    { test: 'npm test' },
  ],
  ['JavaScript whose tests are red', { 'package.json': '{ "scripts": { "test": "exit 1" } }' }, {}],
  [
    'Python',
    { 'tests/test_it.py': 'import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self): pass\n' },
    { unittest: 'python3 -m unittest discover -s tests' },
  ],
  [
    'C',
    { Makefile: 'test:\n\tgrep -q main main.c\n', 'main.c': 'int main(void) { return 0; }\n' },
    { test: 'make test' },
  ],
  ['Go, which is not installed', { 'go.mod': 'module x\n', 'x_test.go': 'package x\n' }, {}],
  ['nothing', { 'readme.md': '# Nothing\n' }, {}],
])('init in a repository of %s: a configuration with which a run starts', async (kind, files, checks) => {
  const project = open(files);
  const around = { ...env, ...cache(project) };
  const told = await typeWell('backlog init --allow-unsandboxed', project.root, around);
  const config = JSON.parse(project.read('specs/backlog.config.json')) as object;
  expect(config).toEqual({ $schema: './.backlog/config.schema.json', into: 'backlog/next', checks });
  expect(JSON.parse(readFileSync(path.join(project.root, 'specs/.backlog/config.schema.json'), 'utf8'))).toMatchObject({
    type: 'object',
  });
  if (kind.startsWith('Go')) expect(told).toContain('found go test ./... (by go.mod): go is not on PATH');
  const me = { type: 'command', command: 'echo "Hello, world" > hello.txt', costUsd: 0 };
  project.write({ 'specs/backlog.config.json': JSON.stringify({ ...config, agent: 'me', agents: { me } }) });
  await typeWell('backlog run --allow-unsandboxed --quiet', project.root, around);
  expect(project.landings()).toEqual(['hello-file']);
});

test('three nights of the daily loop', () => {
  liveThreeNights([path.join(env['npm_config_prefix'] ?? '', 'bin/backlog')]);
});

/** Where the boxes of a project lie. */
const cache = (project: ReturnType<typeof repository>): Record<string, string> => ({
  BACKLOG_CACHE_DIR: path.join(project.outside, 'cache'),
  HOME: path.join(project.outside, 'home'),
});
