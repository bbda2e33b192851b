import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { touch } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

const good = spec('Good', ['touches: [good.txt]'], ['It is there — check: `test -f good.txt`']);
const base = { ...scripted(touch('$BACKLOG_UNIT.txt')), 'specs/good.md': good };

/** What `check` says about a folder with one more file, and that a run says the same and starts nothing. */
async function refused(files: Readonly<Record<string, string>>): Promise<string> {
  const project = TestProject.make({ ...base, ...files });
  const checked = await project.backlog('check', 'specs');
  const ran = await project.backlog('run', 'specs');
  expect([checked.code, ran.code]).toEqual([2, 2]);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
  expect(project.git('branch', '--list')).toBe('* main');
  expect(project.git('status', '--porcelain')).toBe('');
  return checked.stdout;
}

/** The rest of the folder still runs: the good unit lands, the bad one is not runnable, and the run ends with 1. */
async function skipped(files: Readonly<Record<string, string>>): Promise<string> {
  const project = TestProject.make({ ...base, ...files });
  const checked = await project.backlog('check', 'specs');
  const ran = await project.backlog('run', 'specs');
  expect([checked.code, ran.code]).toEqual([2, 1]);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
  expect(project.landings()).toEqual(['good']);
  return checked.stdout;
}

describe('a folder that is wrong as a whole stops with exit 2 before anything starts', () => {
  test('a missing folder', async () => {
    const project = TestProject.make(base);
    expect(await project.backlog('run', 'nowhere')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: there is no folder nowhere [no-folder]\n  Name the folder with your specs, or create one with "backlog init".\n',
    });
  });

  test.each(['run', 'list', 'plan', 'status'])('a file where a folder is wanted: %s', async (command) => {
    const project = TestProject.make({ ...base, 'docs/TODO.md': '- [ ] a\n' });
    expect(await project.backlog(command, 'docs/TODO.md')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: docs/TODO.md is a file, and a queue belongs to a folder [file-not-folder]\n  Name the folder that it is in (docs), or none. "backlog check" takes files, and "only" in the configuration names those to read.\n',
    });
  });

  test('what is typed is looked at, also when there is nothing to do', async () => {
    const done = spec('Good', [], ['It is there — check: `true`']).replace('- [ ]', '- [x]');
    const project = TestProject.make({ ...base, 'specs/good.md': done });
    expect((await project.backlog('run', 'specs')).code).toBe(0);
    const said = async (...args: string[]): Promise<[number | null, string]> => {
      const { code, stderr } = await project.backlog(...args);
      return [code, stderr];
    };
    const unknown = 'error: there is no agent "scritp" [unknown-agent]\n  Did you mean "script"?\n';
    for (const more of [[], ['--dry-run'], ['--only', 'good']])
      expect(await said('run', 'specs', '--agent', 'scritp', ...more)).toEqual([2, unknown]);
    expect(await said('plan', 'specs', '--agent', 'scritp')).toEqual([2, unknown]);
    expect((await project.backlog('run', 'specs', '--agent', 'script')).stdout).toContain('Nothing to do');
    expect(await said('run', 'specs', '--only', 'nosuch')).toEqual([
      2,
      'error: there is no unit "nosuch" [unknown-unit]\n  There are: good.\n',
    ]);
    expect(await said('-C', '', 'list')).toEqual([
      2,
      'error: -C names no folder: it is empty [no-folder]\n  Name the folder to start in.\n',
    ]);
  });

  test('a folder without specs', async () => {
    const project = TestProject.make({ 'a.txt': '' });
    mkdirSync(path.join(project.root, 'empty'));
    const ended = await project.backlog('run', 'empty');
    expect([ended.code, ended.stderr.replaceAll(project.root, '<root>')]).toEqual([
      2,
      'error: there is no spec in <root>/empty [no-specs]\n  Write a Markdown file with "## Acceptance criteria" there, or use "backlog add".\n',
    ]);
  });

  test('a folder in no repository', async () => {
    const project = TestProject.make(base);
    const elsewhere = path.join(project.outside, 'specs');
    mkdirSync(elsewhere);
    const ended = await project.backlog('run', elsewhere);
    expect([ended.code, ended.stderr.replaceAll(project.outside, '<outside>')]).toEqual([
      2,
      'error: <outside>/specs is not in a git working tree [no-repository]\n  Run "git init" there and commit once, or name the repository under "target".\n',
    ]);
  });

  test('a file of 5 MB', async () => {
    expect(await refused({ 'specs/big.md': '# Big\n'.padEnd(5 * 1024 * 1024, 'x') })).toBe(
      'specs/big.md error: this file has more than 1 MB, which is the most for a spec [spec-too-large]\n  Split it, or move data out of the specs folder.\n\n1 problem in 1 file\nnative: 1 of 1 unit can run, 1 of 1 criterion has a command\n',
    );
  });

  test('a NUL byte', async () => {
    expect(await refused({ 'specs/nul.md': '# Nul\n\nab\0c\n' })).toBe(
      'specs/nul.md:3:3 error: there is a NUL byte in this file [spec-has-nul]\n  Specs are plain text: remove it, or move the file out of the specs folder.\n\n1 problem in 1 file\nnative: 1 of 1 unit can run, 1 of 1 criterion has a command\n',
    );
  });

  test('a configuration with an unknown key, named with its line', async () => {
    const config =
      '{\n  "agent": "script",\n  "agents": { "script": { "type": "command", "command": "true" } },\n  "limits": { "maxAgent": 3 }\n}\n';
    const project = TestProject.make({ ...base, 'specs/backlog.config.json': config });
    expect(await project.backlog('run', 'specs')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'specs/backlog.config.json:4:15 error: unknown key "limits.maxAgent" [unknown-key]\n      "limits": { "maxAgent": 3 }\n                  ~~~~~~~~~~\n  Did you mean "maxAgents"?\n',
    });
  });

  test('a configuration with a bad value, and one that is not JSON', async () => {
    const project = TestProject.make({
      ...base,
      'specs/backlog.config.json': '{\n  "limits": { "checkTimeout": "soon" }\n}\n',
    });
    expect((await project.backlog('run', 'specs')).stderr).toBe(
      'specs/backlog.config.json:2:31 error: "limits.checkTimeout": a duration is a number with a unit: "500ms", "90s", "10m", "2h" [bad-value]\n      "limits": { "checkTimeout": "soon" }\n                                  ~~~~~~\n',
    );
    project.write({ 'specs/backlog.config.json': '{\n  "limits": {\n' });
    const broken = await project.backlog('run', 'specs');
    expect([broken.code, broken.stderr.split('\n')[0]]).toEqual([
      2,
      'specs/backlog.config.json:2:13 error: this file ends too early [config-json]',
    ]);
  });

  test('agents that nobody defined, a branch that cannot be and a target that is not there, each where it stands', async () => {
    const config = {
      agent: 'foo',
      into: 'back log..x',
      target: 'nowhere',
      roles: { reviewer: { agent: 'anthropc' } },
      rules: [{ labels: ['x'], roles: { builder: { agent: 'bar' } } }],
      recipes: { r: { scouts: [{ agent: 'baz' }] } },
      agents: { mine: { type: 'command', command: 'true' } },
    };
    const project = TestProject.make({ ...base, 'specs/backlog.config.json': JSON.stringify(config, null, 2) });
    const first = (text: string): string[] =>
      [...text.matchAll(/^specs\/backlog\.config\.json:(\d+):\d+ error: (.*)$/gm)].map(([, line, what]) =>
        `${line} ${what}`.replaceAll(project.root, '<root>'),
      );
    const expected = [
      '2 "agent": there is no agent "foo" [unknown-agent]',
      '7 "roles.reviewer.agent": there is no agent "anthropc" [unknown-agent]',
      '17 "rules.0.roles.builder.agent": there is no agent "bar" [unknown-agent]',
      '26 "recipes.r.scouts.0.agent": there is no agent "baz" [unknown-agent]',
      '3 "into": "back log..x" is not a valid branch name [bad-branch]',
      '4 "target": <root>/specs/nowhere does not exist [no-target]',
    ];
    const checked = await project.backlog('check');
    expect([checked.code, first(checked.stdout)]).toEqual([2, expected]);
    const ran = await project.backlog('run', '--agent', 'mine', '--into', 'backlog/x');
    expect([ran.code, first(ran.stderr)]).toEqual([2, expected.filter((line) => !/^[23] /.test(line))]);
    // A folder above may be a repository: never the one that is meant, and git is installed.
    const listed = await project.backlog('list');
    expect([listed.code, listed.stderr.split('\n')[0]?.replaceAll(project.root, '<root>')]).toEqual([
      2,
      'error: the target folder <root>/specs/nowhere does not exist [no-target]',
    ]);
  });

  test('no key and no configuration: one clear sentence', async () => {
    const project = TestProject.make({ 'specs/good.md': good });
    const ended = await project.backlog('run', 'specs', '--allow-unsandboxed');
    expect([
      ended.code,
      ended.stdout,
      ended.stderr.replaceAll(/ {2}Found .*\n/g, '').replace('  Or set', '  Set'),
    ]).toEqual([
      2,
      '',
      'error: no agent is configured, and ANTHROPIC_API_KEY is not set [no-agent]\n  Set ANTHROPIC_API_KEY, or name an agent with --agent or under "agent" in backlog.config.json.\n',
    ]);
    expect(project.git('branch', '--list')).toBe('* main');
  });

  test('nobody agreed to run without a sandbox', async () => {
    const project = TestProject.make({ ...base, ...scripted('true', { sandbox: { tier: 'none' } }) });
    project.isTrusting = false;
    const ended = await project.backlog('run', 'specs');
    expect([ended.code, ended.stderr.split('\n')[0]]).toEqual([
      2,
      'error: agents and checks would run as your user: the configuration turns the sandbox off, which needs your consent [no-sandbox]',
    ]);
  });

  test('an unknown option, an unknown command and a bad number', async () => {
    const project = TestProject.make(base);
    for (const args of [['run', '--maxagents', '3'], ['rum'], ['run', 'specs', '--max-agents', 'many']]) {
      const ended = await project.backlog(...args);
      expect([ended.code, ended.stdout]).toEqual([2, '']);
      expect(ended.stderr).toMatch(/^error: /);
    }
  });
});

describe('a unit that is wrong by itself is not runnable, and the rest goes on', () => {
  test('broken YAML in the front matter', async () => {
    expect(await skipped({ 'specs/bad.md': '---\nid: [a\n---\n# Bad\n\n## Acceptance criteria\n\n- [ ] x\n' })).toMatch(
      /^specs\/bad\.md:\d+:\d+ error: front matter is not valid YAML: .*\[front-matter-yaml\]\n/,
    );
  });

  test('the same key twice, whatever its case', async () => {
    expect(
      await skipped({ 'specs/a.md': spec('A', ['id: T1'], ['x']), 'specs/b.md': spec('B', ['id: t1'], ['x']) }),
    ).toBe(
      `specs/a.md:2:5 error: "T1" differs only in case from "t1" at b.md:4 [key-case]
    id: T1
        ~~
  Give one of them another key (case makes no difference).

specs/b.md:2:5 error: "t1" differs only in case from "T1" at a.md:4 [key-case]
    id: t1
        ~~
  Give one of them another key (case makes no difference).

2 problems in 3 files
native: 1 of 3 units can run, 1 of 3 criteria have a command
`,
    );
  });

  test('front matter in JavaScript, which is never executed', async () => {
    const marker = 'executed.txt';
    const code = `---js\n{ id: (require('fs').writeFileSync('${marker}', ''), 'x') }\n---\n# Bad\n\n## Acceptance criteria\n\n- [ ] x\n`;
    for (const language of ['js', 'JS', 'javascript', 'coffee', 'json']) {
      expect(await skipped({ 'specs/bad.md': code.replace('---js', `---${language}`) })).toBe(
        `specs/bad.md:1:1 error: front matter in "${language}" is not read [front-matter-language]\n    ---${language}\n    ~~~${'~'.repeat(language.length)}\n  Front matter is YAML: begin the file with a plain "---" line. Code in front matter is never executed.\n\n1 problem in 2 files\nnative: 1 of 2 units can run, 1 of 1 criterion has a command\n`,
      );
    }
  });

  test('a dependency cycle, told at each unit of it', async () => {
    expect(
      await skipped({
        'specs/a.md': spec('A', ['depends: [b]'], ['x']),
        'specs/b.md': spec('B', ['depends: [a]'], ['x']),
        'specs/c.md': spec('C', ['depends: [a]'], ['x']),
      }),
    ).toBe(
      'specs/a.md:4:1 error: units depend on each other in a circle: a → b → a [dependency-cycle]\n  Remove one of these dependencies.\n' +
        '\nspecs/b.md:4:1 error: units depend on each other in a circle: b → a → b [dependency-cycle]\n  Remove one of these dependencies.\n' +
        '\n2 problems in 4 files\nnative: 2 of 4 units can run, 1 of 4 criteria have a command\n',
    );
  });

  test('an unknown dependency', async () => {
    expect(await skipped({ 'specs/bad.md': spec('Bad', ['depends: [goood]'], ['x']) })).toBe(
      'specs/bad.md:2:11 error: there is no unit "goood" [unknown-dependency]\n    depends: [goood]\n              ~~~~~\n  Did you mean "good"?\n\n1 problem in 2 files\nnative: 1 of 2 units can run, 1 of 2 criteria have a command\n',
    );
  });

  test('a dependency that is a path, and an id that is a command', async () => {
    expect(await skipped({ 'specs/bad.md': spec('Bad', ['depends: [../x]'], ['x']) })).toMatch(
      /^specs\/bad\.md:2:11 error: "depends\.0": "\.\.\/x" is not an id: an id has 1 to 64 letters/,
    );
    expect(await skipped({ 'specs/bad.md': spec('Bad', ['id: $(id)'], ['x']) })).toMatch(
      /^specs\/bad\.md:2:5 error: "id": "\$\(id\)" is not an id/,
    );
  });

  test('no acceptance criteria at all: it is never run', async () => {
    expect(await skipped({ 'specs/bad.md': '# Bad\n\nDo it.\n' })).toMatch(
      /^specs\/bad\.md:1:1 error: this unit has no acceptance criteria/,
    );
  });

  test('an unknown key, with a suggestion', async () => {
    expect(await skipped({ 'specs/bad.md': spec('Bad', ['depend: [good]'], ['x']) })).toBe(
      'specs/bad.md:2:1 error: unknown key "depend" [unknown-key]\n    depend: [good]\n    ~~~~~~\n  Did you mean "depends"?\n\n1 problem in 2 files\nnative: 1 of 2 units can run, 1 of 2 criteria have a command\n',
    );
  });

  test('--strict makes it a reason not to start', async () => {
    const project = TestProject.make({ ...base, 'specs/bad.md': '# Bad\n' });
    const ended = await project.backlog('run', 'specs', '--strict');
    expect([ended.code, project.git('branch', '--list')]).toEqual([2, '* main']);
  });
});

test('CRLF line ends and a BOM are read like any other file, and ticked without changing another byte', async () => {
  const windows = `\uFEFF${spec('Windows', ['id: win', 'touches: [win.txt]'], ['It is there — check: `test -f win.txt`']).replaceAll('\n', '\r\n')}`;
  const project = TestProject.make({ ...base, 'specs/windows.md': windows });
  const report = await project.run(0);
  expect(report.units.map((unit) => [unit.id, unit.state])).toEqual([
    ['good', 'done'],
    ['win', 'done'],
  ]);
  expect(project.landed('specs/windows.md')).toBe(windows.replace('[ ]', '[x]').trimEnd());
});

test.each<[args: readonly string[], hint: string]>([
  [['rum'], 'Did you mean run?'],
  [['run', '--alow-unsandboxed'], 'Did you mean --allow-unsandboxed?'],
  [['show', 'hlelo'], 'Did you mean "hello"?'],
  [['run', '--only', 'hllo'], 'Did you mean "hello"?'],
  [['status', '-s', 'spec'], 'Did you mean "specs"?'],
  [['list', 'spcs'], 'Did you mean "specs"?'],
  [['check', 'specs/helo.md'], 'Did you mean "specs/hello.md"?'],
  [['schema', 'confg'], 'Did you mean "config"?'],
  [['completion', 'bas'], 'Did you mean "bash"?'],
  [['report', '--format', 'htm'], 'Did you mean "html"?'],
  [['list', '--state', 'faild'], 'Did you mean "failed"?'],
  [['run', '--agent', 'scrip'], 'Did you mean "script"?'],
  [['add', 'x', '--dep', 'hllo'], 'Did you mean "hello"?'],
  [['config', 'get', 'agnet'], 'Did you mean "agent"?'],
  [['check', 'nowhere/near.md'], 'Name a specs folder, or files in one.'],
  [['status', '-s', 'zzz'], 'Name the folder with your specs, or create one with "backlog init".'],
])('what is nearly right is answered with what was meant: %j', async (args, hint) => {
  const project = TestProject.make({
    'specs/backlog.config.json':
      '{ "agent": "script", "agents": { "script": { "type": "command", "command": "true" } } }',
    'specs/hello.md': '# Hello\n\n## Acceptance criteria\n\n- [ ] x — check: `true`\n',
  });
  await project.backlog('list');
  const ended = await project.backlog(...args);
  expect([ended.code, ended.stderr.trimEnd().split('\n').at(-1)?.trim()]).toEqual([2, hint]);
});
