import { describe, expect, test } from 'vitest';
import { TestProject } from '../support/project.ts';

const tasks = '# Tasks\n\n## Phase 1: Setup\n\n- [ ] T001 Do it\n';
const feature = { 'tasks.md': tasks, 'spec.md': '# Spec\n' };

function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

const pages = {
  'CONTRIBUTING.md': '# Contributing\n\n## Definition of done\n\n- [ ] It works\n',
  'docs/guide.md': '# Guide\n',
  'README.md': '# Project\n',
};

test('without a specs folder, the backlog of another tool is found, and the reason is told', async () => {
  const project = TestProject.make({ ...pages, ...below('.specify/specs/001-login', feature) });
  const read =
    'There is no specs folder, so this reads .specify/specs (spec-kit) of this repository. Name a folder or --format to choose.\n';
  const listed = { code: 0, stdout: 'ready  001-login.phase-1  Setup\n', stderr: '' };
  expect(await project.backlog('list')).toEqual(listed);
  expect(await project.backlog('-C', 'docs', 'list')).toEqual(listed);
  expect(await project.backlog('plan')).toMatchObject({ code: 0, stderr: read });
  expect(await project.backlog('check')).toMatchObject({ code: 0, stderr: read });
});

test('pages of a repository are no specs', async () => {
  const project = TestProject.make(pages);
  expect(await project.backlog('list')).toMatchObject({ code: 2, stderr: /there is no specs folder here/ });
  expect(await project.backlog('list', '.')).toMatchObject({ code: 2, stderr: /there is no spec in/ });
  expect(await project.backlog('list', '.', '--format', 'native')).toMatchObject({
    stdout: expect.stringContaining('contributing') as string,
  });
});

test('a specs folder goes before other backlogs, and its formats can be chosen', async () => {
  const project = TestProject.make({
    ...pages,
    ...below('specs/001-login', feature),
    'specs/own.md': '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n',
    ...below('.specify/specs/002-logout', feature),
  });
  const list = async (...args: readonly string[]): Promise<string> =>
    (await project.backlog('list', ...args)).stdout.replace(/ {2,}/g, ' ');
  expect(await list()).toBe('ready 001-login.phase-1 Setup\nready own Own\n');
  expect(await list('--format', 'spec-kit')).toBe('ready 001-login.phase-1 Setup\n');
  expect(await list('--format', 'native', '--format', 'spec-kit')).toBe(
    'ready 001-login.phase-1 Setup\nready own Own\n',
  );
  expect(await list()).toBe('ready 001-login.phase-1 Setup\nready own Own\n');
  project.write({ 'specs/backlog.config.json': '{ "formats": ["native"] }' });
  expect(await list()).toMatch(/^ready own Own$/m);
  expect(await project.backlog('list', '--format', 'speckit')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "spec-kit"?') as string,
  });
});

test('several backlogs are read where their tools keep them, and nowhere else; one that is added later loses nothing', async () => {
  const project = TestProject.make({
    ...pages,
    ...below('.specify/specs/001-login', feature),
    ...below('test/fixtures/.specify/specs/002-demo', feature),
    'packages/a/TODO.md': '- [ ] Not of this repository\n  - [ ] It is — check: `test -f a`\n',
    'features/login.feature': 'Feature: Login\n\n  Scenario: It works\n    Given a user\n',
  });
  await project.backlog('cancel', '001-login.phase-1');
  const list = async (): Promise<string> =>
    (await project.backlog('list')).stdout.replace(/ {2,}/g, ' ').replace(/ \(cancelled by .*\)/, '');
  expect(await list()).toBe('cancelled 001-login.phase-1 Setup\n');
  project.write({ 'TODO.md': '- [ ] Sort it\n  - [ ] It is sorted — check: `test -f sorted`\n' });
  expect(await list()).toBe('cancelled 001-login.phase-1 Setup\nready todo.sort-it Sort it\n');
  expect((await project.backlog('plan')).stderr).toBe(
    'There is no specs folder, so this reads .specify/specs (spec-kit) and TODO.md (todo) of this repository. Name a folder or --format to choose.\n',
  );
  expect((await project.backlog('list', 'features')).stdout).toContain('It works');
});

test('places are read in any spelling, and one that is not there is told with its key', async () => {
  const own = '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n';
  const project = TestProject.make({ 'specs/sub/own.md': own, 'specs/sub/deep/more.md': own, 'specs/subway.md': own });
  const listed = async (...only: readonly string[]): Promise<string> => {
    project.write({ 'specs/backlog.config.json': JSON.stringify({ only }) });
    return (await project.backlog('list')).stdout.replace(/ {2,}/g, ' ');
  };
  const below = 'ready sub.deep.more Own\nready sub.own Own\n';
  for (const place of ['sub', 'sub/', './sub', 'sub//', './/sub/./'])
    expect([place, await listed(place)]).toEqual([place, below]);
  expect(await listed('sub//deep')).toBe('ready sub.deep.more Own\n');
  expect(await listed('./sub/own.md')).toBe('ready sub.own Own\n');
  expect(await listed('.')).toBe(`${below}ready subway Own\n`);
  expect(await listed('sub', 'gone/')).toBe(below);
  expect(await project.backlog('check')).toMatchObject({
    code: 2,
    stdout: expect.stringContaining(`"only.1": there is no file or folder gone/ in ${project.root}/specs`) as string,
  });
  expect(await listed('gone')).toBe('');
  expect((await project.backlog('list')).stderr).toContain(`there is no spec in ${project.root}/specs/gone [no-specs]`);
});

describe('a folder "specs" without a spec does not hide the backlog', () => {
  const kiro = { '.kiro/specs/shelf/tasks.md': '- [ ] 1. Make it\n  - It stands\n' };
  const stories = '{"userStories":[{"id":"US-1","title":"Lend","passes":false,"acceptanceCriteria":["It is lent"]}]}';
  const own = '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n';
  const said = 'There is no spec in specs, so this reads .kiro/specs (kiro) of this repository.';

  test.each<[what: string, files: Readonly<Record<string, string>>, keys: string, stderr: string]>([
    ['an API', { ...kiro, 'specs/openapi.yaml': 'openapi: 3.1.0\n' }, 'shelf.1', said],
    ['a schema', { ...kiro, 'specs/v1/schema.json': '{"tasks": [1]}' }, 'shelf.1', said],
    ['tests', { ...kiro, 'specs/a.spec.ts': 'test();\n', 'specs/README.md': own }, 'shelf.1', said],
    [
      'a configuration around it',
      { 'specs/a.yaml': 'a\n', 'prd.json': stories, 'backlog.config.json': '{}' },
      'US-1',
      '',
    ],
    ['a spec', { ...kiro, 'specs/a.yaml': 'a\n', 'specs/deep/own.md': own }, 'deep.own', ''],
    ['a spec of another format', { ...kiro, 'specs/followups.md': '- [ ] A\n  - [ ] a\n' }, 'followups.a', ''],
    ['a configuration', { ...kiro, 'specs/backlog.config.json': '{}' }, '', 'there is no spec in'],
    ['nothing else', { 'specs/openapi.yaml': 'a\n' }, '', 'there is no spec in'],
  ])('%s', async (_what, files, keys, stderr) => {
    const project = TestProject.make(files);
    const found = await project.backlog('plan', '--json');
    expect(found.stderr).toContain(stderr);
    const listed = await project.backlog('list', '--json');
    const units = listed.code === 0 ? (JSON.parse(listed.stdout) as { units: { key: string }[] }).units : [];
    expect(units.map(({ key }) => key).join(' ')).toBe(keys);
  });

  test('the format that a person names is looked for', async () => {
    const project = TestProject.make({ ...kiro, 'specs/own.md': own });
    expect((await project.backlog('list')).stdout).toBe('ready  own  Own\n');
    expect((await project.backlog('list', '--format', 'kiro')).stdout).toBe('ready  shelf.1  Make it\n');
  });
});

test('all tools of a format are read, and of the places of one tool it is told which are left', async () => {
  const story = (id: string): string =>
    `{"userStories":[{"id":"${id}","title":"${id}","acceptanceCriteria":["It is"]}]}`;
  const project = TestProject.make({
    '.claude/epics/a/1.md': '# A\n\n## Acceptance criteria\n\n- [ ] It is\n',
    'docs/superpowers/plans/b.md': '# B\n\n### Task 1: Make it\n\n- [ ] It is\n',
    'plans/prd.json': story('US-2'),
    'prd.json': story('US-1'),
  });
  expect((await project.backlog('plan')).stderr).toBe(
    'There is no specs folder, so this reads prd.json (prd-json), .claude/epics (plain) and docs/superpowers/plans (plain) of this repository, and leaves plans/prd.json (prd-json). Name a folder or --format to choose.\n',
  );
  const { stdout } = await project.backlog('list', '--json');
  const { units } = JSON.parse(stdout) as { readonly units: readonly { readonly key: string }[] };
  expect(units.map(({ key }) => key).toSorted()).toEqual(['US-1', 'a.1', 'b.task-1']);
});

describe('what is read besides a specs folder', () => {
  const kiro = { '.kiro/specs/shelf/tasks.md': '- [ ] 1. Make it\n  - It stands\n' };
  const own = '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n';
  const todo = { 'TODO.md': '- [ ] Sort it\n  - [ ] It is sorted — check: `test -f sorted`\n' };
  const keysOf = async (project: TestProject, ...args: readonly string[]): Promise<string> => {
    const { stdout } = await project.backlog('list', '--json', ...args);
    return (JSON.parse(stdout) as { units: { key: string }[] }).units.map(({ key }) => key).join(' ');
  };

  test('is told where the folder was not named', async () => {
    const project = TestProject.make({ ...kiro, ...todo, 'specs/own.md': own });
    const said =
      'This reads specs, and leaves .kiro/specs (kiro) and TODO.md (todo) of this repository. Name a folder or --format to choose.\n';
    expect((await project.backlog('plan')).stderr).toBe(said);
    expect((await project.backlog('plan', 'specs')).stderr).toBe('');
  });

  test('a configuration of the repository reads what is found without one, unless it or a page beside it says more', async () => {
    const everywhere = { 'examples/TODO.md': todo['TODO.md'], 'docs/own.md': `---\ntouches: [a]\n---\n${own}` };
    const project = TestProject.make({ ...kiro, ...everywhere });
    expect(await keysOf(project)).toBe('shelf.1');
    project.write({ 'backlog.config.json': '{ "checks": { "test": "true" } }' });
    expect(await keysOf(project)).toBe('shelf.1');
    expect((await project.backlog('plan')).stderr).toContain('this reads .kiro/specs (kiro) of this repository');
    project.write({ 'backlog.config.json': '{ "only": ["docs"] }' });
    expect(await keysOf(project)).toBe('docs.own');
    project.write({ 'backlog.config.json': '{}', 'own.md': `---\ntouches: [b]\n---\n${own}` });
    expect(await keysOf(project)).toBe('shelf.1 docs.own examples.todo.sort-it own');
  });

  test('a named format is looked for as the files are, and not as they could be read', async () => {
    const project = TestProject.make({
      ...todo,
      'specs/own.md': own,
      'features/login.feature': 'Feature: Login\n\n  Scenario: It works\n    Given a user\n',
    });
    expect(await keysOf(project, '--format', 'todo')).toBe('todo.sort-it');
    expect(await keysOf(project, '--format', 'gherkin')).toBe('features.login.it-works');
    expect(await keysOf(project, '--format', 'native')).toBe('own');
  });

  test('`init` makes only a configuration for a backlog that is there', async () => {
    const project = TestProject.make({ ...kiro, 'docs/page.md': '# Page\n' });
    expect(await project.backlog('init', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"made": [\n    "backlog.config.json"\n  ]') as string,
    });
    expect(await keysOf(project)).toBe('shelf.1');
    expect(JSON.parse(project.read('backlog.config.json'))).toEqual({
      $schema: expect.any(String) as string,
      into: 'backlog/next',
      checks: {},
    });
  });
});
