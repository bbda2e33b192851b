import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { specRules } from '../../src/model/spec-rule.ts';
import { spec, TestProject } from '../support/project.ts';

const files = {
  'specs/a.md': spec('A', ['touches: [src/a.ts]'], ['Search works properly', 'B — check: `npm test | tail -5`']),
  'specs/b.md': spec('B', ['depends: [A1]'], ['B — check: `true`']),
  'specs/c.md': spec('C', [], []),
};

/** All files and folders below the root, without those of git itself. */
function everything(project: TestProject): string[] {
  const all = readdirSync(project.root, { recursive: true }).map(String);
  return all.filter((file) => !/^\.git\/(?!backlog)/.test(file)).toSorted();
}

test('check says what is wrong, where, by which rule, and what to do; then it tells a score; it writes nothing', async () => {
  const project = TestProject.make(files);
  const before = everything(project);
  const ended = await project.backlog('check');
  expect(ended).toMatchObject({ code: 2, stderr: '' });
  expect(ended.stdout).toMatchSnapshot();
  expect(everything(project)).toEqual(before);
});

test('files can be named, rules can be switched, and warnings can count', async () => {
  const project = TestProject.make(files);
  const codes = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout } = await project.backlog('check', '--json', ...args);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly { code: string; severity: string }[] };
    return [code, ...diagnostics.map((one) => `${one.severity} ${one.code}`)];
  };
  expect(await codes('specs/a.md')).toEqual([0, 'warning undecidable-criterion', 'warning hidden-exit']);
  expect(await codes('specs/a.md', '--fail-on', 'warning')).toEqual([
    2,
    'warning undecidable-criterion',
    'warning hidden-exit',
  ]);
  const off = ['--rule', 'hidden-exit=off', '--rule', 'undecidable-criterion=error'];
  expect(await codes('specs/a.md', ...off)).toEqual([2, 'error undecidable-criterion']);
  expect(await codes('specs/b.md', 'specs/c.md')).toEqual([2, 'error unknown-dependency', 'error no-criteria']);
  project.write({ 'specs/backlog.config.json': '{ "lint": { "hidden-exit": "off" } }' });
  expect(await codes('specs/a.md')).toEqual([0, 'warning undecidable-criterion']);
  expect(await codes('specs/a.md', '--rule', 'hidden-exit=error')).toEqual([
    2,
    'warning undecidable-criterion',
    'error hidden-exit',
  ]);
  expect(await project.backlog('check', 'specs/a.md', 'specs')).toMatchObject({
    code: 2,
    stderr: /specs is not a file/,
  });
  expect(await project.backlog('check', '--rule', 'x')).toMatchObject({ code: 2, stderr: /invalid --rule "x"/ });
  expect((await project.backlog('check', '--rule', 'overlapp=off')).stderr).toBe(
    'error: there is no rule "overlapp" [unknown-rule]\n  Did you mean "overlap"?\n',
  );
  expect((await project.backlog('check', 'specs/none.md')).stderr).toContain('no file or folder specs/none.md');
});

test('a rule is known whether or not something is found, by the flag and in the configuration', async () => {
  const project = TestProject.make({ 'specs/a.md': '# A\n\n## Acceptance criteria\n\n- [ ] It is there\n' });
  const flags = specRules.flatMap((name) => ['--rule', `${name}=warning`]);
  expect(await project.backlog('check', ...flags)).toMatchObject({ code: 0, stderr: '' });
  project.write({ 'specs/backlog.config.json': '{ "lint": { "unknown-requirement": "off", "no-example": "off" } }' });
  for (const args of [[], ['specs/a.md']])
    expect((await project.backlog('check', ...args)).stderr).toBe(
      `specs/backlog.config.json:1:57 error: there is no rule "no-example" [unknown-rule]
    { "lint": { "unknown-requirement": "off", "no-example": "off" } }
                                                            ~~~~~
  Did you mean "no-examples"?
`,
    );
});

test('--json has units with their criteria and places, and a score', async () => {
  const project = TestProject.make({
    'specs/a.md': spec('A', [], ['[x] One']).replace('- [ ] [x]', '- [x]'),
    'specs/b.md': spec('B', ['depends: [a]'], ['Two — check: `test -f b`']),
  });
  const { stdout } = await project.backlog('check', '--json');
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    kind: 'check',
    files: 2,
    units: [
      {
        ...{ id: 'a', key: 'a', title: 'A', format: 'native', source: { file: 'specs/a.md', line: 1 } },
        ...{ dependsOn: [], done: true, runnable: false, why: 'it is done' },
        criteria: [{ text: 'One', kind: 'claim', command: null, done: true, source: { file: 'specs/a.md', line: 7 } }],
      },
      {
        ...{ id: 'b', key: 'b', title: 'B', format: 'native', source: { file: 'specs/b.md', line: 4 } },
        ...{ dependsOn: ['a'], done: false, runnable: true, why: null },
        criteria: [
          {
            ...{ text: 'Two — check: `test -f b`', kind: 'check', command: 'test -f b', done: false },
            source: { file: 'specs/b.md', line: 10 },
          },
        ],
      },
    ],
    diagnostics: [],
    score: {
      ...{ units: 2, done: 1, held: 0, runnable: 1, criteria: 1, withCommand: 1, joins: 0, resolvedJoins: 0 },
      formats: [
        {
          ...{ format: 'native', units: 2, done: 1, held: 0, runnable: 1, criteria: 1, withCommand: 1 },
          ...{ joins: 0, resolvedJoins: 0 },
        },
      ],
    },
    notWork: [],
    held: [],
  });
});

test('what is held back or no work is named with its reason', async () => {
  const criteria = '## Acceptance criteria\n\n- It is there\n';
  const project = TestProject.make({
    'specs/a.md': `# Fill {{name}} in the greeting mail\n\n${criteria}`,
    'specs/b.md': `# {{title}}\n\n${criteria}`,
    'specs/c.md': `---\ndraft: true\n---\n# C\n\n${criteria}`,
    'specs/backup/restore.md': `# Restore\n\n${criteria}`,
    'specs/backup/a.md': `# A\n\n${criteria}`,
    'specs/backup-2024-05-01/d.md': `# D\n\n${criteria}`,
    'specs/e.bak.md': `# E\n\n${criteria}`,
  });
  const lines = (await project.backlog('check')).stdout.split('\n').filter((line) => !line.startsWith('native:'));
  expect(lines).toEqual([
    'no problem in 7 files',
    'not work: 3 backups',
    '  backups: specs/backup/a.md, specs/backup-2024-05-01/d.md, specs/e.bak.md',
    'held back: b: is a template',
    'held back: c: is a draft',
    '',
  ]);
  const { units, notWork, held } = JSON.parse((await project.backlog('check', '--json')).stdout) as {
    readonly units: readonly { readonly key: string; readonly why: string | null }[];
    readonly notWork: unknown;
    readonly held: unknown;
  };
  expect(units.map(({ key, why }) => `${key} ${why ?? ''}`)).toEqual([
    ...['a ', 'b it is a template', 'backup.restore ', 'c it is a draft'],
  ]);
  expect(held).toEqual([
    { why: 'is a template', units: ['b'] },
    { why: 'is a draft', units: ['c'] },
  ]);
  expect(notWork).toEqual([
    {
      ...{ why: 'backups', count: 3 },
      places: ['backup/a.md', 'backup-2024-05-01/d.md', 'e.bak.md'].map((file) => ({ file: `specs/${file}`, line: 1 })),
    },
  ]);
});

test('--run-checks reports checks that pass before any work', async () => {
  const project = TestProject.make({
    'specs/a.md': spec('A', [], ['It is — check: `true`', 'It will be — check: `test -f out.txt`']),
  });
  const ended = await project.backlog('check', '--run-checks', '--allow-unsandboxed');
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stdout.split('\n').slice(0, 4)).toEqual([
    'specs/a.md:7:23 warning: this check passes already, before any work [green-at-base]',
    '    - [ ] It is — check: `true`',
    '                          ~~~~',
    '  A check that fails before the work proves it. Make it stricter, or tick the criterion.',
  ]);
  expect(ended.stdout).not.toContain('test -f out.txt`');
});

test('many findings are shown by rule, on one screen', async () => {
  const specs = Array.from({ length: 60 }, (_, at) => [`specs/u${at}.md`, spec(`Unit ${at}`, [], ['It works well'])]);
  const project = TestProject.make(Object.fromEntries(specs) as Record<string, string>);
  const { stdout } = await project.backlog('check');
  expect(stdout.split('\n').length).toBeLessThan(30);
  expect(stdout).toContain('… and 58 more warnings [undecidable-criterion] in 58 files\n');
  expect((await project.backlog('check', '--all')).stdout).toContain('specs/u59.md:7:10 warning');
});

test('a dependency on a unit whose spec is gone is told as that', async () => {
  const project = TestProject.make({
    'specs/a.md': spec('A', [], ['One']),
    'specs/b.md': spec('B', ['depends: [a]'], ['Two']),
  });
  await project.backlog('list', 'specs');
  rmSync(path.join(project.root, 'specs/a.md'));
  await project.backlog('list', 'specs');
  const { stdout } = await project.backlog('check');
  expect(stdout).toContain('error: unit "a" is retired: its spec is gone [retired-dependency]');
});

test('a file that nothing reads is an error, and one that is read is none', async () => {
  const project = TestProject.make({
    'specs/a.md': '# A\n\n## Acceptance criteria\n\n- [ ] It is there\n',
    'specs/README.md': '# Specs\n',
    'docs/p.md': '# P\n\n- [ ] a\n',
    '.kiro/specs/b/tasks.md': '- [ ] 1. B\n',
    '.kiro/specs/b/design.md': '# B\n',
  });
  expect(await project.backlog('check', 'specs/README.md')).toMatchObject({
    code: 2,
    stdout: `specs/README.md error: no format reads this file [no-specs]
  Name its format with --format, or move it to where specs are read; "backlog check" without files says where.

1 problem in 0 files
`,
  });
  const problems = async (...args: string[]): Promise<string[]> =>
    (
      JSON.parse((await project.backlog('check', ...args, '--json')).stdout) as {
        diagnostics: { file: string; message: string }[];
      }
    ).diagnostics.map(({ file, message }) => `${file}: ${message}`);
  expect(await problems('specs/a.md')).toEqual([]);
  expect(await problems('specs/a.md', 'docs/p.md')).toContain('docs/p.md: no format reads this file');
  expect(await problems('--specs', '.', '.kiro/specs/b/tasks.md', '.kiro/specs/b/design.md')).toEqual([]);
  expect(await problems('--specs', '.', '--format', 'kiro', 'specs/a.md')).toEqual([
    'specs/a.md: kiro does not read this file',
  ]);
});
