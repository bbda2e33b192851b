import path from 'node:path';
import { expect, test } from 'vitest';
import { readTruth } from '../../src/engine/project/truth.ts';
import type { UnitSpec } from '../../src/model/unit.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { makeLandingCommit, recordOf } from '../../src/repo/landings/land.ts';
import { moveRecorded } from '../../src/repo/landings/landings.ts';
import { criteriaHash } from '../../src/specs/format/draft.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { sha256 } from '../../src/util/values/hash.ts';
import { TestProject, temporaryFolder } from '../support/project.ts';

/* What a tick of ours proves after its criteria were edited. */

type Files = Readonly<Record<string, string>>;

async function unitsOf(project: TestProject): Promise<readonly UnitSpec[]> {
  const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: () => Promise.resolve([]) };
  return (await readSpecs({ folder: path.join(project.root, 'specs'), ...names })).units;
}

async function opened(project: TestProject): Promise<Repository> {
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  return openRepository({ folder, stateFolder, env: process.env, identity: null });
}

/** Lands the first unit on backlog/next, which ticks it there; `criteria` is the hash that its record has, if not its own. */
async function landFirst(project: TestProject, criteria?: string, doesTick = true): Promise<void> {
  const [unit] = await unitsOf(project);
  if (unit === undefined) throw new Error('There is no unit');
  const base = project.git('rev-parse', 'main');
  project.git('switch', '--quiet', '--create', 'backlog/next');
  const sources = unit.files.map((file) => ({ file, text: project.read(`specs/${file}`) }));
  const ticked = doesTick ? await tickUnit(sources, unit) : [];
  for (const { file, text } of ticked) project.write({ [`specs/${file}`]: text });
  project.git('commit', '--quiet', '--all', '--allow-empty', '--message', 'Ticked');
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  project.git('reset', '--quiet', '--hard', 'main');
  const repository = await opened(project);
  const trailers = { unit: unit.id, run: 'r', attempt: `${unit.id}.1`, criteria: criteria ?? unit.criteriaHash };
  const commit = await makeLandingCommit(repository, { tree, tip: base, title: 'Landed', body: '', trailers });
  const record = recordOf({ ...trailers, commit, tree, undone: '' }, { what: 'landed', at: Date.now() });
  project.git('switch', '--quiet', 'main');
  expect(await moveRecorded(repository, 'backlog/next', commit, base, record)).toBe(true);
}

/** What is said of the first unit. */
async function truthOf(project: TestProject): Promise<string> {
  const units = await unitsOf(project);
  const repository = await opened(project);
  const tip = project.git('for-each-ref', '--format=%(objectname)', 'refs/heads/backlog/next');
  const truth = await readTruth({ repository, tip: tip === '' ? null : tip, specsPath: 'specs', units });
  const [told] = units.map(truth);
  return told?.isDone === true ? 'done' : (told?.why ?? told?.claim ?? 'not done');
}

const edited = 'its criteria were edited after it landed';
const native = (...criteria: readonly string[]): string =>
  `# A\n\nWhat.\n\n## Acceptance criteria\n\n${criteria.map((one) => `- ${one}\n`).join('')}`;
const two = native('[ ] It is there — check: `test -f a.txt`', '[ ] It is red');

/** Replaces a text of the ticked file. */
type Edit = readonly [from: string, to: string];

test.each<[string, Edit, string]>([
  ['a command', ['test -f a.txt', 'test -f never.txt'], edited],
  ['a claim', ['It is red', 'It is green'], edited],
  ['all of them', ['- [x] It is there — check: `test -f a.txt`\n- [x] It is red', '- [x] It is blue'], edited],
  ['one, and one added', ['[x] It is red', '[x] It is green\n- [x] It is round'], edited],
  ['an open one added', ['[x] It is red', '[x] It is red\n- [ ] It is round'], 'not done'],
  ['one without a box added', ['[x] It is red', '[x] It is red\n- It is round'], edited],
  ['a ticked one added by its author', ['[x] It is red', '[x] It is red\n- [x] It is round'], 'done'],
  ['one removed', ['- [x] It is red\n', ''], 'done'],
  [
    'their order',
    [
      '[x] It is there — check: `test -f a.txt`\n- [x] It is red',
      '[x] It is red\n- [x] It is there — check: `test -f a.txt`',
    ],
    'done',
  ],
  ['white space', ['It is red', '  It  is\n  red'], 'done'],
  ['the spelling of a mark', ['[x] It is red', '[X] It is red'], 'done'],
  ['the bullets', ['- [x] It is red', '* [x] It is red'], 'done'],
  ['the prose around them', ['What.', 'Something else.'], 'done'],
  ['nothing', ['', ''], 'done'],
])('an edit of %s, with the ticks left, says what is done', async (_name, [from, to], expected) => {
  const project = TestProject.make({ 'specs/a.md': two });
  await landFirst(project);
  project.git('merge', '--quiet', '--ff-only', 'backlog/next');
  project.write({ 'specs/a.md': project.read('specs/a.md').replace(from, to) });
  expect(await truthOf(project)).toBe(expected);
  project.commit('Edit');
  expect(await truthOf(project)).toBe(expected);
  project.git('branch', '--force', 'backlog/next', 'main');
  expect(await truthOf(project)).toBe(expected);
});

const kiro = {
  'specs/s/requirements.md':
    '# Requirements\n\n### Requirement 1\n\n#### Acceptance Criteria\n\n1. WHEN it is asked THEN it SHALL say one\n',
  'specs/s/tasks.md': '# Tasks\n\n- [ ] 1. Say it\n  - _Requirements: 1.1_\n',
};

/** A prd.json whose only story has one criterion, with more members, and perhaps a command of its own. */
function story(description: string, more: object, command?: string): Files {
  const one = { id: 'US-1', title: 'A', acceptanceCriteria: [{ description, ...more }], command, passes: false };
  return { 'specs/prd.json': JSON.stringify({ userStories: [one] }) };
}

test.each<[string, Files, string, Edit]>([
  ['a native spec with a status', { 'specs/a.md': `---\nstatus: todo\n---\n${two}` }, 'specs/a.md', ['red', 'green']],
  ['a followup', { 'specs/followups.md': '- [ ] A\n  - [ ] It is red\n' }, 'specs/followups.md', ['red', 'green']],
  ['TODO.md', { 'specs/TODO.md': '- [ ] A\n  - [ ] It is red\n' }, 'specs/TODO.md', ['red', 'green']],
  ['Kiro, in the file of requirements', kiro, 'specs/s/requirements.md', ['say one', 'say two']],
  [
    'prd.json',
    {
      'specs/prd.json': JSON.stringify({
        userStories: [{ id: 'US-1', title: 'A', acceptanceCriteria: ['It is red'], passes: false }],
      }),
    },
    'specs/prd.json',
    ['red', 'green'],
  ],
  [
    'prd.json, in a command',
    story('It is red', { testCommand: 'test -f a.txt' }),
    'specs/prd.json',
    ['a.txt', 'b.txt'],
  ],
  ['prd.json, in the command of a story', story('It is red', {}, 'make a'), 'specs/prd.json', ['make a', 'make b']],
  [
    'a native spec, in the white space of a command',
    { 'specs/a.md': native('[ ] Yes — check: `test "$(cat a.txt)" = "p  q"`') },
    'specs/a.md',
    ['p  q', 'p q'],
  ],
  [
    'beads',
    {
      'specs/.beads/issues.jsonl': `${JSON.stringify({ id: 'b-1', title: 'A', status: 'open', issue_type: 'task', acceptance_criteria: '- It is red' })}\n`,
    },
    'specs/.beads/issues.jsonl',
    ['red', 'green'],
  ],
  [
    'Backlog.md',
    {
      'specs/backlog/config.yml': 'project_name: P\nstatuses: ["To Do", "Done"]\n',
      'specs/backlog/tasks/back-1 - A.md':
        '---\nid: BACK-1\ntitle: A\nstatus: To Do\n---\n\n## Acceptance Criteria\n<!-- AC:BEGIN -->\n- [ ] #1 It is red\n<!-- AC:END -->\n',
    },
    'specs/backlog/tasks/back-1 - A.md',
    ['red', 'green'],
  ],
  [
    'spec-kit, in the file of stories',
    {
      'specs/001-a/spec.md':
        '# Feature: A\n\n### User Story 1 - B (Priority: P1)\n\n**Acceptance Scenarios**:\n\n1. **Given** it, **When** asked, **Then** it is red\n',
      'specs/001-a/tasks.md': '# Tasks\n\n## Phase 1: User Story 1 - B\n\n- [ ] T001 [US1] Do it in a.txt\n',
    },
    'specs/001-a/spec.md',
    ['red', 'green'],
  ],
])('edited criteria of %s reopen their unit', async (_name, files, file, [from, to]) => {
  const project = TestProject.make(files);
  await landFirst(project);
  expect(await truthOf(project)).toBe('done');
  project.git('merge', '--quiet', '--ff-only', 'backlog/next');
  expect(await truthOf(project)).toBe('done');
  project.write({ [file]: project.read(file).replace(from, to) });
  expect(await truthOf(project)).toBe(edited);
});

test('a unit whose criteria are edited before its ticks are merged is open, too', async () => {
  const project = TestProject.make({ 'specs/a.md': two });
  await landFirst(project);
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('red', 'green') });
  expect(await truthOf(project)).toBe('not done');
});

test('what a person ticked after an edit is believed', async () => {
  const project = TestProject.make({ 'specs/a.md': two });
  await landFirst(project);
  project.git('merge', '--quiet', '--ff-only', 'backlog/next');
  const merged = project.read('specs/a.md');
  project.write({ 'specs/a.md': merged.replace('[x] It is red', '[ ] It is green') });
  project.commit('Edit, and open');
  project.write({ 'specs/a.md': merged.replace('red', 'green') });
  expect(await truthOf(project)).toBe('done');
  project.commit('Tick');
  expect(await truthOf(project)).toBe('done');
});

test('a unit that its author ticked, and that never landed, is done whatever is edited', async () => {
  const project = TestProject.make({ 'specs/a.md': two.replaceAll('[ ]', '[x]') });
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('red', 'green') });
  expect(await truthOf(project)).toBe('done');
});

test('a record of an older reader, which read the same text as other criteria, reopens nothing', async () => {
  const project = TestProject.make({ 'specs/a.md': two });
  await landFirst(project, '0123456789abcdef');
  project.git('merge', '--quiet', '--ff-only', 'backlog/next');
  expect(await truthOf(project)).toBe('done');
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('red', 'green') });
  expect(await truthOf(project)).toBe(edited);
});

test('ticks that came home by a squash prove only what landed, too', async () => {
  const project = TestProject.make({ 'specs/a.md': two });
  await landFirst(project);
  project.git('merge', '--quiet', '--squash', 'backlog/next');
  project.commit('Squashed');
  project.git('branch', '--quiet', '-D', 'backlog/next');
  expect(await truthOf(project)).toBe('done');
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('red', 'green') });
  expect(await truthOf(project)).toBe(edited);
});

/** The hash that older versions wrote into records: they hashed only the texts of criteria with commands of one line. */
function formerHash(...texts: readonly string[]): string {
  return criteriaHash(texts.map((text) => ({ hash: sha256(text).slice(0, 16) })));
}

const saidTwice = 'Both — check: `test -f a.txt` && `test -f b.txt`';

/** Units that an older version landed, the hash in its record, and an edit of a command. */
const landedBefore: readonly (readonly [string, Files, string, string, Edit])[] = [
  [
    'a native check',
    { 'specs/a.md': two },
    formerHash('It is there — check: `test -f a.txt`', 'It is red'),
    'specs/a.md',
    ['test -f a.txt', 'test -f b.txt'],
  ],
  [
    'joined checks',
    { 'specs/a.md': native(`[ ] ${saidTwice}`) },
    formerHash(saidTwice),
    'specs/a.md',
    ['test -f a.txt', 'test -f c.txt'],
  ],
  [
    'a command beside its text',
    story('It is red', { testCommand: 'test -f a.txt' }),
    formerHash('It is red'),
    'specs/prd.json',
    ['test -f a.txt', 'test -f b.txt'],
  ],
];

test.each(landedBefore)('what an older version landed is done until it is edited: %s', async (...of) => {
  const [, files, hash, file, [from, to]] = of;
  const project = TestProject.make(files);
  await landFirst(project, hash);
  expect(await truthOf(project)).toBe('done');
  project.git('merge', '--quiet', '--ff-only', 'backlog/next');
  expect(await truthOf(project)).toBe('done');
  project.write({ [file]: project.read(file).replace(from, to) });
  expect(await truthOf(project)).toBe(edited);
});

test.each(landedBefore)(
  'what an older version landed, and a later commit ticked, is done until it is edited: %s',
  async (...of) => {
    const [, files, hash, file, [from, to]] = of;
    const project = TestProject.make(files);
    await landFirst(project, hash, false);
    project.git('merge', '--quiet', '--ff-only', 'backlog/next');
    const [unit] = await unitsOf(project);
    const sources = (unit?.files ?? []).map((one) => ({ file: one, text: project.read(`specs/${one}`) }));
    for (const one of unit === undefined ? [] : await tickUnit(sources, unit))
      project.write({ [`specs/${one.file}`]: one.text });
    project.commit('Ticked later');
    project.git('branch', '--force', 'backlog/next', 'main');
    expect(await truthOf(project)).toBe('done');
    project.write({ [file]: project.read(file).replace(from, to) });
    expect(await truthOf(project)).toBe(edited);
  },
);

test.each(landedBefore)(
  'what is edited before the landing of an older version is merged is open: %s',
  async (...of) => {
    const [, files, hash, file, [from, to]] = of;
    const project = TestProject.make(files);
    await landFirst(project, hash);
    project.write({ [file]: project.read(file).replace(from, to) });
    expect(await truthOf(project)).toBe('not done');
  },
);
