import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { write } from '../support/agent-script.ts';
import { spec, TestProject } from '../support/project.ts';

const redTests = `import assert from 'node:assert';
import test from 'node:test';
test('adds', () => assert.equal(1 + 1, 3));
test('stays', () => {});
`;

/** What `init` wrote. */
const configuration = (project: TestProject): unknown => JSON.parse(project.read('specs/backlog.config.json'));

test('what is green on HEAD becomes a check, what is red is named with what to do, and a run starts', async () => {
  const project = TestProject.make({
    'package.json': '{ "scripts": { "test": "node --test" } }',
    'tests/adds.test.mjs': redTests,
    'tests/test_theirs.py': 'import unittest\n\nclass T(unittest.TestCase):\n  def test_it(self): pass\n',
    Makefile: 'test:\n\tfalse\n',
  });
  const made = await project.backlog('init', '--allow-unsandboxed');
  expect(made).toEqual({
    code: 0,
    stdout: `made specs/hello-file.md
made specs/followups.md
made specs/backlog.config.json
red   npm test: exit 1 (2 tests ran) on HEAD, so it did not become a check: every run would stop at it.
        ✖ adds (tests/adds.test.mjs:3)
          AssertionError [ERR_ASSERTION]: 2 == 3
      If open specs are to fix it, give each of them a check for its part. Once it passes on HEAD: "checks": { "test": "npm test" }
green python3 -m unittest discover -s tests: a check of every unit
No agent is usable yet: set ANTHROPIC_API_KEY, or name one under "agent" (docs/configuration.md, "Agents").
Next: describe work in specs/, then "backlog check specs", "backlog doctor specs" and "backlog run specs".
`,
    stderr: 'trying on HEAD: npm test\ntrying on HEAD: python3 -m unittest discover -s tests\n',
  });
  expect(configuration(project)).toEqual({
    $schema: './.backlog/config.schema.json',
    into: 'backlog/next',
    checks: { unittest: 'python3 -m unittest discover -s tests' },
  });
  expect(JSON.parse(project.read('specs/.backlog/config.schema.json'))).toMatchObject({
    properties: { checks: { type: 'object' } },
  });
  expect([project.git('status', '--porcelain'), readdirSync(path.join(project.outside, 'cache'))]).toEqual([
    '?? specs/',
    [],
  ]);
  expect((await project.backlog('check')).stdout).toBe(
    'no problem in 2 files\nnative: 1 of 1 unit can run, 1 of 1 criterion has a command\n',
  );

  const config = configuration(project) as object;
  const agents = { me: { type: 'command', command: write('hello.txt', 'Hello, world'), costUsd: 0 } };
  project.write({ 'specs/backlog.config.json': JSON.stringify({ ...config, agent: 'me', agents }) });
  expect((await project.backlog('run', '--allow-unsandboxed', '--quiet')).code).toBe(0);
});

test('tests that may not run are named, and are no checks; without a commit it says why nobody looked', async () => {
  const project = TestProject.make({ 'package.json': '{ "scripts": { "test": "touch ran" } }' });
  const made = await project.backlog('init', '--no-try');
  expect([made.code, made.stderr, made.stdout.split('\n')[3]]).toEqual([
    0,
    '',
    'found npm test (by package.json): not run. Once it passes on HEAD: "checks": { "test": "npm test" }',
  ]);
  expect(configuration(project)).toMatchObject({ checks: {} });
  mkdirSync(path.join(project.outside, 'new'));
  project.git('init', '--quiet', path.join(project.outside, 'new'));
  const fresh = await project.start(['init'], { cwd: path.join(project.outside, 'new') }).ended;
  expect([fresh.code, fresh.stdout.split('\n')[3]]).toEqual([
    0,
    `Did not search for tests: the repository ${project.outside}/new has no commit yet. Commit once; the work starts from your commit.`,
  ]);
});

test('changes nothing where somebody worked already, and never brings the example back', async () => {
  const project = TestProject.make({});
  await project.backlog('init', '--no-try');
  const [made, example] = ['specs/backlog.config.json', 'specs/hello-file.md'].map((file) => project.read(file));
  rmSync(path.join(project.root, 'specs/hello-file.md'));
  rmSync(path.join(project.root, 'specs/followups.md'));
  const again = {
    code: 0,
    stdout: 'kept specs/backlog.config.json\nspecs is already set up: nothing was changed.\n',
    stderr: '',
  };
  expect(await project.backlog('init')).toEqual(again);
  expect(JSON.parse((await project.backlog('init', '--json')).stdout)).toMatchObject({
    ...{ kind: 'init', made: [], kept: ['backlog.config.json'] },
  });
  expect(readdirSync(path.join(project.root, 'specs'))).toEqual(['.backlog', 'backlog.config.json']);
  expect(project.read('specs/backlog.config.json')).toBe(made);

  // A folder of somebody's specs gets a configuration, and no example.
  project.write({ 'theirs/one.md': example?.replace('hello-file', 'one') ?? '' });
  expect((await project.backlog('init', 'theirs')).stdout).toMatch(
    /^made theirs\/backlog\.config\.json\nkept theirs\/one\.md\nNo test runner was found/,
  );

  // Nor does one whose specs were done and deleted.
  await project.backlog('list', 'theirs');
  rmSync(path.join(project.root, 'theirs'), { recursive: true });
  expect((await project.backlog('init', 'theirs')).stdout).toMatch(
    /^made theirs\/backlog\.config\.json\nNo test runner was found/,
  );
});

test('pages that hold no acceptance criteria are ignored, what holds some is kept, and a file is no folder', async () => {
  const project = TestProject.make({
    'pages/about.md': '# About\n\nWords.\n',
    'pages/sub/list.md': '# List\n\n- one\n- two\n',
    'mixed/about.md': '# About\n\nWords.\n',
    'mixed/work.md': spec('Work', [], ['It is there — check: `test -f work.txt`']),
    'file.txt': 'x\n',
  });
  const initialized = async (dir: string): Promise<unknown[]> => {
    const { made, pages } = JSON.parse((await project.backlog('init', dir, '--no-try', '--json')).stdout) as {
      made: string[];
      pages: string[];
    };
    const checked = await project.backlog('check', dir);
    const { ignore } = JSON.parse(project.read(`${dir}/backlog.config.json`)) as { ignore: string[] };
    return [made, pages, ignore, checked.stdout];
  };
  expect(await initialized('pages')).toEqual([
    ['hello-file.md', 'followups.md', 'backlog.config.json'],
    ['about.md', 'sub/list.md'],
    ['about.md', 'sub/list.md'],
    'no problem in 2 files\nnative: 1 of 1 unit can run, 1 of 1 criterion has a command\n',
  ]);
  expect(await initialized('mixed')).toEqual([
    ['backlog.config.json'],
    ['about.md'],
    ['about.md'],
    'no problem in 1 file\nnative: 1 of 1 unit can run, 1 of 1 criterion has a command\n',
  ]);
  expect(await project.backlog('init', 'file.txt')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: file.txt is a file [cannot-make]\n  Name a folder for the specs: "backlog init work", say.\n',
  });
});

test('agents on PATH are named by init and by a run that has none, with their login and what to do', async () => {
  const project = TestProject.make({});
  const programs = path.join(project.outside, 'programs');
  mkdirSync(programs);
  for (const [name, says] of [
    ['claude', '2.1.197 (Claude Code)'],
    ['codex', 'codex-cli 0.9.1'],
  ] as const) {
    writeFileSync(path.join(programs, name), `#!/bin/sh\ntouch ${project.outside}/started\necho '${says}'\n`);
    chmodSync(path.join(programs, name), 0o755);
  }
  mkdirSync(path.join(project.outside, 'home/.codex'));
  writeFileSync(path.join(project.outside, 'home/.codex/auth.json'), '{"token":"c3b1a7e5d9f24680"}');
  const PATH = `${programs}:${project.env['PATH'] ?? ''}`;
  const [key, token] = [{ ANTHROPIC_API_KEY: 'dummy' }, { CLAUDE_CODE_OAUTH_TOKEN: 'dummy' }];
  const codex = `codex on PATH (${programs}/codex; login: ~/.codex/auth.json): install its adapter (npm install --global @agentclientprotocol/codex-acp); then give it an entry in "agents": { "type": "acp", "preset": "codex" }, with its login (docs/configuration.md, "Agents")`;
  const remedy =
    'set ANTHROPIC_API_KEY, or for a subscription CLAUDE_CODE_OAUTH_TOKEN to what "claude setup-token" prints; then run with --agent claude';

  const init = async (dir: string, env: object): Promise<string[]> => {
    const made = await project.start(['init', dir], { env: { PATH, ...env } }).ended;
    expect(made.code).toBe(0);
    return made.stdout
      .split('\n')
      .filter((line) => !line.startsWith('made '))
      .slice(1, -2);
  };
  expect(await init('none', {})).toEqual([
    `agent claude on PATH (${programs}/claude; no login found): ${remedy}`,
    `agent ${codex}`,
    'No agent is usable yet: set ANTHROPIC_API_KEY, or name one under "agent" (docs/configuration.md, "Agents").',
  ]);
  expect((await init('token', token))[0]).toBe(
    `agent claude on PATH (${programs}/claude; login: CLAUDE_CODE_OAUTH_TOKEN): run with --agent claude`,
  );
  expect((await init('key', key)).at(-1)).toBe('Runs use the agent "anthropic".');
  expect(existsSync(path.join(project.outside, 'started'))).toBe(false); // nothing is started outside of a box

  const run = await project.start(['run', 'none', '--allow-unsandboxed'], { env: { PATH } }).ended;
  expect(run).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: no agent is configured, and ANTHROPIC_API_KEY is not set [no-agent]
  Found claude 2.1.197 on PATH (${programs}/claude; no login found): ${remedy}.
  Found ${codex.replace('codex on', 'codex 0.9.1 on')}.
  Or set ANTHROPIC_API_KEY, or name an agent with --agent or under "agent" in backlog.config.json.
`,
  });
});

test.each(['hello-file.md', 'followups.md', 'backlog.config.json'])(
  'killed before it writes %s, the next one makes the rest',
  async (file) => {
    const project = TestProject.make({});
    const env = { BACKLOG_FAILPOINT: `init ${file}=kill` };
    await project.start(['init', '--no-try'], { env }).ended;
    expect(existsSync(path.join(project.root, 'specs', file))).toBe(false);
    await project.backlog('init', '--no-try');
    expect(readdirSync(path.join(project.root, 'specs')).toSorted()).toEqual([
      ...['.backlog', 'backlog.config.json', 'followups.md', 'hello-file.md'],
    ]);
  },
);

test('one that fails leaves no folder that it made, and those that were there', async () => {
  const project = TestProject.make({});
  mkdirSync(path.join(project.root, 'there'));
  const env = { BACKLOG_FAILPOINT: 'init hello-file.md=EIO' };
  const { code } = await project.start(['init', 'there/deep/er/specs', '--no-try'], { env }).ended;
  expect([code, readdirSync(path.join(project.root, 'there'))]).toEqual([2, []]);
});
