import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { manifestsIn, programsIn } from '../../../src/engine/boxes/manifests.ts';
import { networkTrouble, SetUp } from '../../../src/engine/boxes/set-up.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { treeOf } from '../../../src/repo/objects/tree.ts';
import { createLauncher } from '../../../src/sandbox/launcher.ts';
import { noTier } from '../../../src/sandbox/none.ts';
import { TestProject } from '../../support/project.ts';

async function open(project: TestProject): Promise<{ readonly repository: Repository; readonly tree: string }> {
  const stateFolder = path.join(project.outside, 'state');
  const repository = await openRepository({
    folder: project.root,
    stateFolder,
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  return { repository, tree: await treeOf(repository, repository.head) };
}

test('manifests of all kinds count, and what the configuration names; files that only look alike do not', async () => {
  const counted = [
    ...['package.json', 'a/yarn.lock', 'mix.exs', 'mix.lock', 'prisma/schema.prisma', 'pom.xml', 'x/build.gradle.kts'],
    ...['gradle/libs.versions.toml', 'pubspec.lock', 'App/App.csproj', 'requirements-dev.txt', 'requirements/ci.in'],
    ...['rust-toolchain.toml', '.tool-versions', 'flake.lock', 'x.gemspec', 'db/schema.sql', 'codegen/deep/a.yml'],
  ];
  const not = [
    'docs/mix.lock.md',
    'schema.prisma.txt',
    'src/pom.xml.ts',
    'db/seed.sql',
    'package.json.bak',
    'build.ts',
  ];
  const { repository, tree } = await open(
    TestProject.make(Object.fromEntries([...counted, ...not].map((file) => [file, file]))),
  );
  const found = await manifestsIn(repository, tree, ['db/schema.sql', 'codegen/**']);
  expect([...found.keys()].toSorted()).toEqual(counted.toSorted());
});

test.each([
  ['sh tools/setup.sh', ['tools/setup.sh', 'tools/deeper.sh']],
  ['./tools/deeper.sh && npm ci', ['tools/deeper.sh']],
  ['npm run prepare-it', ['package.json (scripts.prepare-it)', 'tools/setup.sh', 'tools/deeper.sh']],
  ['make deps', ['Makefile', 'tools/deeper.sh']],
  ['python3 -m venv .venv && .venv/bin/pip install -r deps/list.txt', ['deps/list.txt']],
  [
    'node tools/generate.mjs --schema=api/schema.graphql',
    ['tools/generate.mjs', 'api/schema.graphql', 'tools/lib.mjs'],
  ],
  ['npm ci --ignore-scripts', []],
])('what the set-up "%s" runs and names counts', async (command, files) => {
  const project = TestProject.make({
    'package.json': '{ "scripts": { "prepare-it": "sh tools/setup.sh", "test": "node --test" } }',
    'tools/setup.sh': 'sh tools/deeper.sh\n',
    'tools/deeper.sh': 'true\n',
    'tools/generate.mjs': "import './lib.mjs';\n",
    'tools/lib.mjs': '',
    'tools/other.sh': '',
    'deps/list.txt': 'x\n',
    'api/schema.graphql': '',
    Makefile: 'deps:\n\tsh tools/deeper.sh\n',
  });
  const { repository, tree } = await open(project);
  expect([...(await programsIn(repository, tree, command)).keys()].toSorted()).toEqual(files.toSorted());
});

test.each([
  ['npm error code ENOTFOUND\nnpm error network request failed', 'npm error code ENOTFOUND'],
  ['curl: (6) Could not resolve host: example.org', 'curl: (6) Could not resolve host: example.org'],
  ['WARNING: Temporary failure in name resolution', 'WARNING: Temporary failure in name resolution'],
  ['npm error 503 Service Unavailable - GET https://x', 'npm error 503 Service Unavailable - GET https://x'],
  ['npm error code E404\nnpm error 404 Not Found', null],
  ['sh: 1: tools/setup.sh: not found', null],
  ['ERESOLVE could not resolve dependency tree', null],
])('what says that the network is down is told from what is wrong with the repository: %s', (output, line) => {
  expect(networkTrouble(output)).toBe(line);
});

test('a set-up that failed is tried again after a minute, one that the network kept from it at once', async () => {
  const project = TestProject.make({ 'package.json': '{}' });
  const { repository, tree } = await open(project);
  const at = (name: string): string => path.join(project.outside, name);
  let now = 0;
  const fresh = (command: string, name: string): { ask: () => Promise<string>; runs: () => number } => {
    const setUp = new SetUp({
      ...{ repository, command, network: 'host', inputs: [], mark: 'x', timeoutMs: 30_000 },
      launcher: createLauncher({ tier: noTier, maxCommandMs: 30_000, searchPath: '/usr/bin:/bin' }),
      folder: at(`${name}/boxes`),
      cache: at(`${name}/cache`),
      signal: new AbortController().signal,
      branchTree: async () => Promise.resolve(tree),
      now: () => now,
    });
    mkdirSync(at(`${name}/ws`), { recursive: true });
    const box = { workspace: at(`${name}/ws`), scratch: at(`${name}/scratch`), mark: 'x' };
    return {
      ask: async () =>
        setUp.into(box, tree, []).then(
          (failed) => (failed === null ? 'installed' : failed.excerpt.trim()),
          (error: unknown) => String(error),
        ),
      runs: () => (existsSync(at(`${name}.log`)) ? readFileSync(at(`${name}.log`), 'utf8').length : 0),
    };
  };
  const works = (name: string): string =>
    `printf . >> ${at(`${name}.log`)}; [ -e ${at(`${name}.flag`)} ] && mkdir made`;
  const plain = fresh(`${works('plain')} || { echo broken; exit 1; }`, 'plain');
  expect([await plain.ask(), await plain.ask(), plain.runs()]).toEqual(['broken', 'broken', 1]);
  writeFileSync(at('plain.flag'), '');
  expect([await plain.ask(), plain.runs()]).toEqual(['broken', 1]);
  now = 60_001;
  expect([await plain.ask(), await plain.ask(), plain.runs()]).toEqual(['installed', 'installed', 2]);
  const network = fresh(`${works('network')} || { echo 'getaddrinfo ENOTFOUND example.org'; exit 1; }`, 'network');
  expect([await network.ask(), network.runs()]).toEqual([expect.stringMatching(/Interrupted|network/), 2]);
  writeFileSync(at('network.flag'), '');
  expect([await network.ask(), network.runs()]).toEqual(['installed', 3]);
});
