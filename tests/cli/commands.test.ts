import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fail, touch } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

const files = {
  ...scripted(touch('$BACKLOG_UNIT.txt'), { phases: ['one', 'two'], limits: { maxAgents: 4 } }),
  'specs/a.md': spec('Do A', ['phase: one', 'touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  'specs/b.md': spec('Do B', ['phase: one', 'touches: ["*.txt"]', 'priority: 3'], ['B — check: `test -f b.txt`']),
  'specs/c.md': spec(
    'Do C',
    ['phase: two', 'depends: [a]', 'touches: [c.txt]'],
    ['C — check: `test -f c.txt`', '(human) It is nice'],
  ),
};

test('help tells every command, and each command its options', async () => {
  const project = TestProject.make({});
  const help = await project.backlog('--help');
  expect([help.code, help.stderr]).toEqual([0, '']);
  const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) (?:\[|<|\s)/gm)]
    .map((match) => match[1])
    .filter((name) => name !== 'backlog' && name !== 'help');
  expect(commands).toEqual([
    ...['init', 'add', 'draft', 'check', 'plan', 'run', 'orchestrate'],
    ...['status', 'watch', 'board', 'list', 'show', 'agents', 'log', 'diff', 'report', 'runs', 'costs'],
    ...['review', 'approve', 'reject', 'unblock', 'inbox', 'merge', 'push', 'undo', 'adopt'],
    ...['retry', 'cancel', 'pause', 'resume'],
    ...['doctor', 'config', 'trust', 'gc', 'schema', 'completion', 'version'],
  ]);
  for (const command of commands) {
    const one = await project.backlog(command ?? '', '--help');
    expect([one.code, one.stderr, one.stdout.startsWith(`Usage: backlog ${command} `)]).toEqual([0, '', true]);
    if (command !== 'schema' && command !== 'completion') expect(one.stdout).toContain('--json');
  }
  expect((await project.backlog('--version')).stdout).toBe('0.1.0\n');
});

test('what is no specs folder is taken for none, wherever a command starts', async () => {
  const project = TestProject.make({ 'readme.md': '# Theirs\n', 'notes.md': '# Notes\n', 'src/deep/x.txt': '' });
  for (const args of [['add', 'More', '--check', 'true'], ['list'], ['run'], ['check'], ['plan'], ['status'], ['gc']]) {
    expect({ args, ...(await project.backlog(...args)) }).toEqual({
      ...{ args, code: 2, stdout: '' },
      stderr:
        'error: there is no specs folder here [no-folder]\n  Create one with "backlog init", or name the folder with your specs.\n',
    });
  }
  expect([project.git('status', '--porcelain', '--ignored'), existsSync(project.state)]).toEqual(['', false]);

  // From a folder of the repository the one of the repository is found, and not one above it.
  await project.backlog('init');
  const deep = { cwd: path.join(project.root, 'src/deep') };
  expect((await project.start(['list'], deep).ended).stdout).toBe('ready  hello-file  A file that says hello\n');
  expect((await project.start(['add', 'More', '--check', 'true'], deep).ended).stdout).toMatch(
    /^added followups\.more in .*specs\/followups\.md:3\n$/,
  );
  const inner = path.join(project.root, 'inner');
  mkdirSync(inner);
  project.git('init', '--quiet', 'inner');
  expect((await project.start(['list'], { cwd: inner }).ended).code).toBe(2);
});

describe('add', () => {
  test('appends followups that the run reads, whatever was in the file', async () => {
    const project = TestProject.make(files);
    const add = async (...args: readonly string[]): Promise<unknown> => project.backlog('add', ...args);
    expect(
      await add('Tidy  up', '-c', 'It is tidy', '--check', 'test -f `echo x`', '--dep', 'A', '--touches', 'x.txt'),
    ).toEqual({
      code: 0,
      stdout: 'added followups.tidy-up in specs/followups.md:3\n',
      stderr: '',
    });
    expect(
      await project.start(['add', '-', '-c', 'y'], {
        input: 'From a pipe\nWith `backticks` and $(dollars)\n\n- and more\n1. things\n',
      }).ended,
    ).toMatchObject({ code: 0 });
    expect(await add('Only a title')).toEqual({
      code: 0,
      stdout:
        'added followups.only-a-title in specs/followups.md:13\nIt has no criteria, so it will not run. Add some with -c or --check, or in the file.\n',
      stderr: '',
    });
    expect(project.read('specs/followups.md')).toBe(
      '# Followups\n\n- [ ] Tidy up\n  - depends: A\n  - touches: x.txt\n  - [ ] It is tidy\n  - [ ] It is green — check: `` test -f `echo x` ``\n- [ ] From a pipe\n  With `backticks` and $(dollars)\n  \\- and more\n  1\\. things\n  - [ ] y\n- [ ] Only a title\n',
    );
    expect((await project.backlog('show', 'followups.tidy-up')).stdout).toContain(
      'check: It is green — check: `` test -f `echo x` ``',
    );
  });

  test('refuses what it cannot keep, and then changes nothing', async () => {
    const project = TestProject.make({ ...files, 'specs/followups.md': '# F\r\n\r\n- [ ] One\r\n  - [ ] 1' });
    const before = project.read('specs/followups.md');
    for (const [args, message] of [
      [['One'], /followups\.one seems to ask for the same: "One" \[near-duplicate\]/],
      [['One', '--force'], /"followups\.one" is in this file already/],
      [['X', '--dep', 'nowhere'], /there is no unit "nowhere"/],
      [['X', '--dep', '../x'], /is not an id/],
      [['X', '--spec', '../followups.md'], /is not inside the specs folder/],
      [['X', '--spec', 'specs'], /specs is not a file that is read as a spec/],
      [['X', '--spec', 'specs/a.md'], /a\.md contains one unit/],
      [['X', '--spec', 'a.txt'], /a\.txt is not a file that is read as a spec/],
      [['X', '--from', 'nobody'], /there is no unit "nobody"/],
      [['X', '--priority', 'high'], /expected a whole number from -1000 to 1000/],
      [['X', '--file', 'no.txt'], /there is no file no\.txt/],
      [['X', '--idempotency-key', ''], /invalid --idempotency-key ""/],
      [['X', '--touches', '/etc'], /must be relative/],
      [[' '], /a unit needs a title/],
      [[], /a unit needs a title/],
      [['X', '-c', ' '], /invalid --criterion " ": expected a sentence that must hold/],
    ] as const) {
      const ended = await project.backlog('add', ...args);
      expect([ended.code, ended.stdout]).toEqual([2, '']);
      expect(ended.stderr).toMatch(message);
    }
    expect(project.read('specs/followups.md')).toBe(before);
    expect((await project.backlog('add', 'Two', '-c', '2')).code).toBe(0);
    expect(project.read('specs/followups.md')).toBe(`${before}\r\n- [ ] Two\r\n  - [ ] 2\r\n`);
  });
});

describe('add', () => {
  const add = async (project: TestProject, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await project.backlog('add', ...args);
    return `${code} ${stdout}${stderr}`;
  };

  test('writes everything that it is given into the named file', async () => {
    const project = TestProject.make({ ...files, 'text.md': '\n# More search\n\nAs `a` asks.\n' });
    const more = ['--dep', 'a', '--touches', 'x.txt', '--priority', '-2', '--draft', '--from', 'B', '-c', 'It is tidy'];
    expect(await add(project, '--file', 'text.md', '--spec', 'search.md', ...more, '--check', 'cd app\nnpm test')).toBe(
      '0 added search in specs/search.md:8\nIt is a draft, so it will not run until a person removes the mark.\n',
    );
    expect(project.read('specs/search.md')).toBe(`---
depends: [a]
touches: [x.txt]
priority: -2
draft: true
---

# More search

As \`a\` asks.

Found while working on b.

## Acceptance criteria

- [ ] It is tidy
- [ ] It is green — check:

  \`\`\`sh
  cd app
  npm test
  \`\`\`
`);
    expect((await project.backlog('list', '--state', 'not-runnable')).stdout).toBe(
      'not-runnable  search  More search (it is a draft)\n',
    );
    project.write({ 'specs/search.md': project.read('specs/search.md').replace('draft: true\n', '') });
    expect((await project.backlog('list', '--state', 'waiting')).stdout).toContain('search  More search\n');
    expect(
      await add(project, 'Even more', '--spec', 'specs/more/followups.md', '--draft', '--priority', '7'),
    ).toContain('0 added more.followups.even-more in specs/more/followups.md:3\n');
    expect(project.read('specs/more/followups.md')).toBe(
      '# Followups\n\n- [ ] Even more\n  - priority: 7\n  - draft: true\n',
    );
  });

  test('writes the format of a folder that has another one, or a followup where that cannot hold it', async () => {
    const issue = '{"id":"lib-a1","title":"Shelf","status":"open","acceptance_criteria":"a"}\n';
    const project = TestProject.make({ 'specs/.beads/issues.jsonl': issue });
    expect(await add(project, 'Lend books', '-c', 'It is lent')).toMatch(
      /^0 added lib-\w{4} in specs\/\.beads\/issues\.jsonl:2\n$/,
    );
    expect(await add(project, 'Sell books', '-c', 'It is sold', '--touches', 'src/**')).toBe(
      '0 added followups.sell-books in specs/followups.md:3\nThe format of this folder (beads) cannot take it, so it is a followup.\n',
    );
    const specKit = TestProject.make({
      'specs/001-x/spec.md': '# X\n',
      'specs/001-x/tasks.md': '# Tasks\n\n## Phase 1: A\n\n- [ ] T001 a\n',
    });
    expect(await add(specKit, 'Lend books', '-c', 'It is lent')).toBe(
      '0 added followups.lend-books in specs/followups.md:3\nThe format of this folder (spec-kit) cannot take it, so it is a followup.\n',
    );
    expect(await add(specKit, 'Sell books', '-c', 'It is sold', '--spec', '001-x/tasks.md')).toMatch(
      /^2 error: 001-x\/tasks\.md is in the format spec-kit, to which "add" does not write/,
    );
  });

  test('refuses what an open unit asks for, and lets look-alikes pass', async () => {
    const project = TestProject.make({
      ...files,
      'specs/s.md': spec('Search ignores accents', [], ['"garcia" finds "García"']),
      'specs/d.md': spec('Sort by name', [], ['x']).replace('[ ]', '[x]'),
    });
    const refused =
      '2 error: s seems to ask for the same: "Search ignores accents" [near-duplicate]\n' +
      '  See "backlog show s". To add it all the same: --force.\n';
    expect(await add(project, 'Searching should ignore accents', '-c', 'garcia finds García')).toBe(refused);
    expect(await add(project, 'Search ignores case', '-c', 'garcia finds Garcia')).toMatch(/^0 added/);
    expect(await add(project, 'Sort by name', '-c', 'x')).toMatch(/^0 added/); // the other is done
    expect(await add(project, 'Search ignores the accents', '--force')).toMatch(/^0 added/);
  });

  test('with an idempotency key, adds once however often it is asked', async () => {
    const project = TestProject.make(files);
    const once = ['Once', '-c', 'x', '--idempotency-key', 'k 1'];
    expect(await add(project, ...once)).toBe('0 added followups.once in specs/followups.md:3\n');
    const text = project.read('specs/followups.md');
    const again = '0 followups.once was added by the same request before, in specs/followups.md:3\n';
    expect(await add(project, ...once)).toBe(again);
    expect(await add(project, 'Other', '-c', 'x', '--idempotency-key', 'k 1')).toMatch(/^2 .*it added followups\.once/);
    expect(project.read('specs/followups.md')).toBe(text);
    // A kill after the file was written, and before that was recorded.
    const book = '.git/backlog/specs/added.json';
    project.write({ [book]: project.read(book).replace('"isWritten":true', '"isWritten":false') });
    expect(await add(project, ...once)).toBe(again);
    // A kill before the file was written.
    project.write({ 'specs/followups.md': '# Followups\n' });
    expect(await add(project, ...once)).toBe('0 added followups.once in specs/followups.md:3\n');
    expect(project.read('specs/followups.md')).toBe(text);
  });

  test('takes the text from a pipe without a title, and asks nothing without a terminal', async () => {
    const project = TestProject.make(files);
    const env = { EDITOR: 'false', VISUAL: 'false' };
    const piped = project.start(['add', '-c', 'x'], { input: '\n# From a pipe\n\nMore.\n', env });
    expect(await piped.ended).toMatchObject({
      code: 0,
      stdout: 'added followups.from-a-pipe in specs/followups.md:3\n',
    });
    expect(await project.start(['add', '-c', 'x'], { input: '\n \n', env }).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[no-title]') as string,
    });
  });

  test('twenty at once lose nothing', async () => {
    const project = TestProject.make(files);
    const words = Array.from({ length: 20 }, (_, index) => `Part ${index} of the whole`);
    const ended = await Promise.all(words.map(async (title) => project.backlog('add', title, '-c', title)));
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(words.map(() => [0, '']));
    const lines = project.read('specs/followups.md').split('\n');
    expect(lines.filter((line) => line.startsWith('- [ ] ')).toSorted()).toEqual(
      words.map((title) => `- [ ] ${title}`).toSorted(),
    );
    const { units } = JSON.parse((await project.backlog('list', '--json')).stdout) as { units: { file: string }[] };
    expect(units.filter(({ file }) => file === 'followups.md')).toHaveLength(20);
  });
});

test('plan tells the waves and why each unit waits, and runs nothing', async () => {
  const project = TestProject.make(files);
  expect(await project.backlog('plan')).toEqual({
    code: 0,
    stdout: `wave 1
  a: Do A
  b: Do B
wave 2, after about 5 min 0 s
  c: Do C (waits for a)
"careful" would take about 5 min 0 s longer
about 10 min 0 s at 5 min 0 s per unit (a guess: nothing has run yet); one at a time 15 min 0 s; at most 2 in parallel; cost unknown
`,
    stderr: '',
  });
  expect(await project.backlog('plan', '--parallelism', 'careful')).toEqual({
    code: 0,
    stdout: `wave 1
  a: Do A
wave 2, after about 5 min 0 s
  b: Do B (cannot run beside a: both touch a.txt)
wave 3, after about 10 min 0 s
  c: Do C (waits for the end of phase "one")
kept apart
  a and b: both touch *.txt
about 15 min 0 s at 5 min 0 s per unit (a guess: nothing has run yet); one at a time 15 min 0 s; at most 1 in parallel; cost unknown
`,
    stderr: '',
  });
  expect([project.git('branch', '--list'), project.git('status', '--porcelain')]).toEqual(['* main', '']);
});

test('list, show, status, diff and report tell a run to people and to machines', async () => {
  const project = TestProject.make(files);
  expect((await project.backlog('list')).stdout).toBe(
    'ready    a  Do A\nready    b  Do B\nwaiting  c  Do C (a dependency is not done)\n'.replace(
      ' (a dependency is not done)',
      '',
    ),
  );
  expect((await project.backlog('status')).stdout).toBe('No runs yet.\n1 waiting, 2 ready\n');
  const none = await project.backlog('report');
  expect([none.code, none.stderr]).toEqual([
    2,
    'error: nothing has run in specs yet [no-run]\n  Start with "backlog run".\n',
  ]);
  const ran = await project.backlog('run', '--parallelism', 'careful');
  expect(ran.code).toBe(5);
  expect(
    ran.stdout
      .replace(/in [\d.]+ m?s \(one at a time: [\d.]+ m?s\)/, 'in <time>')
      .replace(/ {2}[\w ]+ limited this run: for \d+ % of its time,(?:.*\n)+?(?=\n)/, '  <what limited it>\n')
      .replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>'),
  ).toBe(`
? 2 of 3 done, 1 awaiting in <time>, cost unknown, at most 1 in parallel
  <what limited it>

? c  needs your approval: "It is nice"         backlog review c
✓ 2 landed on backlog/next, +0 −0 in 2 files   backlog merge

Report: specs/.backlog/runs/<run>/report.md
Look at it: git log -p HEAD..backlog/next
Push it with its records: backlog push
`);
  expect((await project.backlog('list', '--state', 'done')).stdout).toBe('done  a  Do A\ndone  b  Do B\n');
  const shown = (await project.backlog('show', 'C')).stdout.replace(/\d+ ms/g, '<ms>');
  expect(shown).toBe(`Do C (c)
awaiting: everything else passes; one criterion waits for a person
c.md:6 · phase two
after a
touches c.txt

[x] check: C — check: \`test -f c.txt\` (met, proof)
      before: exit 1, <ms>
      now: exit 0, <ms>
      no canary: unknown test runner
[ ] human: (human) It is nice (awaiting)

attempt c.1 (builder): awaiting
`);
  expect((await project.backlog('status')).stdout).toMatch(
    /^No run is active\. The latest, .*, ended: waiting-for-person\.\nIt stopped at [-\d]+ [:\d]+ with 2 of 3 done, 1 awaiting\.\n1 awaiting, 2 done\n\? c {2}needs you: everything else passes; one criterion waits for a person {3}backlog review c\n/,
  );
  expect((await project.backlog('diff', 'a')).stdout).toContain('+- [x] A — check');
  expect((await project.backlog('diff', 'c')).stdout).toContain('c.txt');
  const report = await project.backlog('report');
  expect(report.stdout).toContain(
    '## What to do next\n\n- c: look at "backlog review c", then "backlog approve c" or "backlog reject c -m …".',
  );
  const json = JSON.parse((await project.backlog('report', '--json')).stdout) as {
    schemaVersion: number;
    run: { outcome: string; exitCode: number };
  };
  expect([json.schemaVersion, json.run.outcome, json.run.exitCode]).toEqual([1, 'waiting-for-person', 5]);
  for (const [kind, ...args] of [
    ['units', 'list'],
    ['unit', 'show', 'a'],
    ['status', 'status'],
    ['plan', 'plan'],
    ['diff', 'diff', 'a'],
    ['check', 'check'],
  ]) {
    expect(JSON.parse((await project.backlog(...args, '--json')).stdout)).toMatchObject({ schemaVersion: 1, kind });
  }
  const unknown = await project.backlog('show', 'cc');
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    'error: there is no unit "cc" [unknown-unit]\n  Did you mean "c"?\n',
  ]);
});

test('retry and cancel change what the next run does', async () => {
  const project = TestProject.make({
    ...files,
    ...scripted(fail(), { limits: { attempts: 1 }, phases: ['one', 'two'] }),
  });
  await project.run(1);
  expect((await project.backlog('retry', 'b')).stdout).toBe('b will be retried\n');
  expect((await project.backlog('cancel', 'a')).stdout).toBe('a is cancelled\n');
  expect(await project.backlog('cancel', 'a')).toMatchObject({ code: 0, stdout: 'a is already cancelled\n' });
  project.write(files);
  const report = await project.run(1);
  expect(report.units.map((unit) => [unit.id, unit.state, unit.why])).toEqual([
    ['a', 'cancelled', `cancelled by ${(await import('node:os')).userInfo().username}`],
    ['b', 'done', null],
    ['c', 'waiting', 'waits for a'],
  ]);
  expect(await project.backlog('retry', 'b')).toMatchObject({
    code: 2,
    stderr:
      'error: b is done [unit-done]\n  To do it again, untick its boxes or change its text. To undo it: "backlog undo b".\n',
  });
  expect((await project.backlog('approve', 'b')).code).toBe(2);
});

test('doctor says what works and what to do', async () => {
  const sandbox = { tier: 'none', allowUnsandboxed: true };
  const project = TestProject.make({ ...files, ...scripted('true', { sandbox, phases: ['one', 'two'] }) });
  const well = await project.backlog('doctor');
  expect([well.code, well.stdout.match(/^\w+ +[\w]+(?=:)/gm)?.map((line) => line.replace(/ +/, ' '))]).toEqual([
    0,
    [
      'ok node',
      'ok git',
      'ok folder',
      'ok repository',
      'ok branch',
      'ok specs',
      'warning sandbox',
      'ok agent',
      'ok disk',
    ],
  ]);
  expect(well.stdout).toContain('ok      agent: script (cost unknown)\n');
  project.write({
    'specs/backlog.config.json':
      '{ "agent": "claude", "agents": { "claude": { "type": "anthropic" } }, "sandbox": { "tier": "none" } }',
    'specs/bad.md': '# Bad\n',
  });
  const ill = await project.backlog('doctor');
  expect(ill.code).toBe(1);
  expect(ill.stdout).toContain(
    'problem agent: the agent "claude" needs an API key in ANTHROPIC_API_KEY\n        Set ANTHROPIC_API_KEY, or pick another agent with --agent.\n',
  );
  expect(ill.stdout).toContain('problem specs: 4 errors in the specs');
  expect(ill.stdout).toContain('problem sandbox: agents and checks would run as your user');
});

test('doctor looks at the rest where there are no specs', async () => {
  const project = TestProject.make({ 'a.txt': '' });
  const whatOf = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout } = await project.backlog('doctor', ...args);
    return [code, stdout.match(/^\w+ +\w+(?=:)/gm)?.map((line) => line.replace(/ +/, ' '))];
  };
  const rest = [expect.stringMatching(/^(?:ok|problem) sandbox$/), 'problem agent', 'ok disk'] as string[];
  const before = ['ok node', 'ok git'];
  expect(await whatOf()).toEqual([1, [...before, 'problem specs', 'ok repository', 'ok branch', ...rest]]);
  expect(await whatOf('nowhere')).toEqual([1, [...before, 'problem folder', 'ok repository', 'ok branch', ...rest]]);
});

test('schemas are printed for editors and readers', async () => {
  const project = TestProject.make({});
  expect(JSON.parse((await project.backlog('schema', 'config')).stdout)).toMatchObject({
    type: 'object',
    properties: { limits: { type: 'object' } },
  });
  expect(JSON.parse((await project.backlog('schema', 'report')).stdout)).toMatchObject({
    type: 'object',
    required: expect.arrayContaining(['units', 'totals']) as string[],
  });
  expect(JSON.parse((await project.backlog('schema', 'event')).stdout)).toMatchObject({
    $ref: '#/definitions/RecordedEvent',
    definitions: {
      RecordedEvent: {
        type: 'object',
        properties: { at: { type: 'string', format: 'date-time' } },
        required: ['at', 'event', 'id', 'run'],
      },
    },
  });
  expect(JSON.parse((await project.backlog('schema', 'units')).stdout)).toMatchObject({
    allOf: [{ properties: { kind: { const: 'units' } } }, { required: ['units'] }],
    definitions: { ListedUnit: { description: 'A unit with its state, as it is listed.' } },
  });
  expect(await project.backlog('schema', 'unit-s')).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: expect.stringContaining('Did you mean "units"?') as string,
  });
  const { stdout: listed } = await project.backlog('schema');
  expect(listed.split('\n')).toEqual(
    expect.arrayContaining([
      'costs           costs',
      'event           a line of "watch --json" and "log --follow --json"',
    ]),
  );
  for (const [what, field] of [
    ['hook', 'unit'],
    ['message', 'items'],
  ] as const)
    expect(JSON.parse((await project.backlog('schema', what)).stdout)).toMatchObject({
      ...{ type: 'object', required: expect.arrayContaining(['kind', 'run', field]) as string[] },
    });
});

test('a run leaves nothing in the cache, and nothing beside its own folder', async () => {
  const project = TestProject.make(files);
  await project.backlog('run');
  expect(readdirSync(`${project.outside}/cache`)).toEqual([]);
  expect(project.git('status', '--porcelain', '--ignored')).toBe('!! specs/.backlog/');
});
