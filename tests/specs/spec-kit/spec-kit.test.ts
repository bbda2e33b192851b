import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const tasks = `# Tasks: Shelf

## Phase 1: Setup (Shared Infrastructure)

- [x] T001 Make the project
- [ ] T002 [P] Add a linter — check: \`npm run lint\`

## Phase 2: User Story 1 - Borrow a book (Priority: P1) 🎯 MVP

**Goal**: Borrowing

- [x] T003 [US1] Model in src/book.ts
  - with a title
- [ ] T004 [P] [US1] Service in src/lend.ts

**Checkpoint**: done

## Phase 3: User Story 2 - Return it (Priority: P2)

- [x] T005 [US2] Return in src/lend.ts

## Phase 4: Something else

- [ ] T006 [US7] Whatever

## Phase N: Polish

- [ ] T007 Documents

## Dependencies & Execution Order

- **User Story 2 (P2)**: Depends on User Story 1 - and nothing else

- [ ] T999 is an example
`;
const spec = `# Feature Specification: Shelf

**Status**: Draft

### User Story 1 - Borrow a book (Priority: P1)

People borrow.

**Independent Test**: Borrow one.

**Acceptance Scenarios**:

1. **Given** a book, **When** it is borrowed, **Then** it is gone.

### User Story 2 - Return it (Priority: P2)

[NEEDS CLARIFICATION: when?]

**Acceptance Scenarios**:

1. **Given** none, **When** it is returned, **Then** it is there.

## Requirements *(mandatory)*

- **FR-001**: The shelf MUST hold 100 books.

### Key Entities

- **Book**: with a title

## Success Criteria *(mandatory)*

- **SC-001**: It takes a second.
`;
const files = {
  '001-shelf/tasks.md': tasks,
  '001-shelf/spec.md': spec,
  '001-shelf/plan.md': '# Plan\n\n## Acceptance criteria\n\n- [ ] no\n',
  '001-shelf/checklists/requirements.md': '- [ ] CHK001 no\n',
  '002-native/spec.md': '# Native\n\n## Acceptance criteria\n\n- [ ] a\n',
};

function shown({ key, title, isTicked, depends, criteria, problems, line }: UnitSpec): object {
  return {
    [`${key} (${line})`]: `${title}${isTicked ? ', done' : ''}`,
    depends,
    criteria: criteria.map((one) => `${one.file?.split('/').at(-1) ?? ''}${one.line} ${one.kind}: ${one.text}`),
    problems: problems.map((one) => one.code),
  };
}

test('each phase is a unit, with the scenarios of its story, or its tasks', async () => {
  expect((await readUnits(files)).map(shown)).toEqual([
    {
      '001-shelf.phase-1 (3)': 'Setup (Shared Infrastructure)',
      depends: [],
      criteria: ['5 claim: T001 Make the project', '6 check: T002 [P] Add a linter — check: `npm run lint`'],
      problems: [],
    },
    {
      '001-shelf.us1 (8)': 'Borrow a book',
      depends: ['001-shelf.phase-1'],
      criteria: [
        'spec.md9 claim: Borrow one.',
        'spec.md13 claim: **Given** a book, **When** it is borrowed, **Then** it is gone.',
      ],
      problems: [],
    },
    {
      '001-shelf.us2 (18)': 'Return it, done',
      depends: ['001-shelf.us1'],
      criteria: ['spec.md21 claim: **Given** none, **When** it is returned, **Then** it is there.'],
      problems: ['needs-clarification'],
    },
    {
      '001-shelf.us7 (22)': 'Something else',
      depends: ['001-shelf.phase-1'],
      criteria: ['24 claim: T006 [US7] Whatever'],
      problems: ['unknown-story'],
    },
    {
      '001-shelf.phase-n (26)': 'Polish',
      depends: ['001-shelf.phase-1', '001-shelf.us1', '001-shelf.us2', '001-shelf.us7'],
      criteria: [
        '28 claim: T007 Documents',
        'spec.md25 claim: **FR-001**: The shelf MUST hold 100 books.',
        'spec.md33 claim: **SC-001**: It takes a second.',
      ],
      problems: [],
    },
    { '002-native.spec (1)': 'Native', depends: [], criteria: ['5 claim: a'], problems: [] },
  ]);
});

test('without tasks, each story is a unit; a copy of a feature, and a plan alone, are none', async () => {
  const copy = { 'specs/001-a/spec.md': spec, 'specs/001-a/plan.md': '' };
  const units = await readUnits({
    ...copy,
    ...Object.fromEntries(Object.entries(copy).map(([file, text]) => [`.specify/${file}`, text])),
    '.specify/memory/constitution.md': '# No\n\n## Acceptance criteria\n\n- [ ] no\n',
  });
  expect(units.map(({ key, file }) => `${key} ${file}`)).toEqual([
    '001-a.us1 specs/001-a/spec.md',
    '001-a.us2 specs/001-a/spec.md',
  ]);
});

const story = (number: number): string =>
  `### User Story ${number} - A\n\n**Acceptance Scenarios**:\n\n1. **Given** a, **When** b, **Then** c.\n\n`;

test.each([
  ['- [ ] T001 [US1] a\n- [ ] T002 [US9] b\n', [1, 1], ['6:13 there is no user story 9 in spec.md']],
  ['- [ ] T001 [US1] a\n- [ ] T002 [US2] b\n', [2, 0], []],
  ['- [ ] T001 [US1, US9] a\n', [1, 1], ['5:18 there is no user story 9 in spec.md']],
  ['- [x] T001 [US9] a\n', [0, 1], []],
  ['- [ ] T001 a, see [USB3] and US9\n\nOf [US9] later.\n', [0, 0], []],
])('the stories that a phase names are counted: %j', async (items, [resolved, dangling], problems) => {
  const [unit] = await readUnits({
    '001-a/tasks.md': `# T\n\n## Phase 1: A\n\n${items}`,
    '001-a/spec.md': `# S\n\n${story(1)}${story(2)}`,
  });
  expect(unit?.joins).toEqual({ resolved, dangling });
  expect(unit?.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual(problems);
});

test('a phase of a story that is not there says so once', async () => {
  const [unit] = await readUnits({
    '001-a/tasks.md': '# T\n\n## Phase 1: User Story 9 - A\n\n- [ ] T001 a\n',
    '001-a/spec.md': `# S\n\n${story(1)}`,
  });
  expect([unit?.joins, unit?.problems.map(({ line, code }) => `${line} ${code}`)]).toEqual([
    { resolved: 0, dangling: 1 },
    ['3 unknown-story'],
  ]);
});

test.each([
  ['specs/001-a', '.specify/specs/001-a'],
  ['specs/001-a', '.specify/features/001-a'],
  ['api/specs/001-a', 'api/.specify/specs/001-a'],
  ['001-a', '.specify/specs/001-a'],
  ['specs/002-b', '.specify/templates/001-a'],
  ['specs/002-b', '.specify/memory/old/001-a'],
])('%s is read, and %s gives no second set of units', async (folder, other) => {
  const [one, two] = ['spec.md', 'tasks.md'].map((name) => `# ${name}\n\n## Phase 1: A\n\n- [ ] T001 a\n`);
  const files = Object.fromEntries(
    [folder, other].flatMap((at) => [
      [`${at}/spec.md`, one ?? ''],
      [`${at}/tasks.md`, two ?? ''],
    ]),
  );
  expect((await readUnits(files)).map(({ file }) => file)).toEqual([`${folder}/tasks.md`]);
  const groups = await groupsOf(Object.entries(files).map(([file, text]) => ({ file, text })));
  const notWork = groups.flatMap((group) => group.reader.parse(group.sources).notWork ?? []);
  expect(notWork.map(({ file, why }) => `${file}: ${why}`).toSorted()).toEqual([
    `${other}/spec.md: copies of features`,
    `${other}/tasks.md: copies of features`,
  ]);
});

test('features in .specify alone, and of other projects, are units', async () => {
  const units = await readUnits({
    '.specify/specs/001-a/spec.md': `# S\n\n${story(1)}`,
    '.specify/specs/001-a/plan.md': '# P\n',
    'api/specs/001-b/spec.md': `# S\n\n${story(1)}`,
    'api/specs/001-b/plan.md': '# P\n',
  });
  expect(units.map(({ file }) => file)).toEqual(['.specify/specs/001-a/spec.md', 'api/specs/001-b/spec.md']);
});

test('a unit is ticked by its tasks, and by nothing else', async () => {
  const [, unit] = await readUnits(files);
  const sources = (unit?.files ?? []).map((file) => ({ file, text: files[file as keyof typeof files] }));
  for (const ends of [(text: string) => text, (text: string) => text.replaceAll('\n', '\r\n')]) {
    const before = sources.map(({ file, text }) => ({ file, text: ends(text) }));
    const ticked = await tickUnit(before, { key: unit?.key ?? '', criteriaHash: unit?.criteriaHash ?? '' });
    expect(ticked).toEqual([{ file: '001-shelf/tasks.md', text: ends(tasks).replace('[ ] T004', '[x] T004') }]);
  }
});

test('ticks do not change what a unit asks, and the files of a unit are read together', async () => {
  const [before] = await readUnits(files);
  const [after] = await readUnits({ ...files, '001-shelf/tasks.md': tasks.replaceAll('[ ]', '[x]') });
  expect(after?.contentHash).toBe(before?.contentHash);
  expect(claimFiles(before?.files ?? []).map((claim) => claim.files)).toEqual([before?.files]);
  expect(await groupsOf([])).toEqual([]);
});

test.each<[paths: string[], formats: string[], groups: string[][]]>([
  [
    ['001-a/checklists/requirements.md', '001-a/spec.md'],
    [],
    [['001-a/checklists/requirements.md'], ['001-a/spec.md']],
  ],
  [
    ['.specify/specs/001-a/spec.md', '.specify/specs/001-a/research.md'],
    [],
    [['.specify/specs/001-a/spec.md'], ['.specify/specs/001-a/research.md']],
  ],
  [['.specify/memory/constitution.md', 'specs/001-a/spec.md'], [], [['.specify/memory/constitution.md']]],
  [['001-a/spec.md', '001-a/plan.md'], [], [['001-a/spec.md', '001-a/plan.md']]],
  [['001-a/spec.md'], ['spec-kit'], [['001-a/spec.md']]],
  [['001-a/tasks.md'], ['spec-kit'], [['001-a/tasks.md']]],
  [['001-a/spec.md'], [], []],
  [['001-a/checklists/requirements.md'], [], []],
  [['001-a/checklists/requirements.md', '001-a/plan.md'], [], []],
  [['a/checklists/requirements.md', 'a/spec.md'], [], []],
  [['1-a/checklists/requirements.md', '1-a/spec.md'], [], []],
  [['001-a/notes.md'], ['spec-kit'], []],
])('features that have begun: %j with %j', (paths, formats, groups) => {
  const claims = claimFiles(paths, { formats }).filter(({ format }) => format.name === 'spec-kit');
  expect(claims.map(({ files: claimed }) => claimed)).toEqual(groups);
});

const twoPhases =
  '# Tasks\n\n## Phase 1: User Story 1 - Lend\n\n- [ ] T001 [US1] A\n\n## Phase 2: Polish\n\n- [ ] T002 B\n';
const lend = '### User Story 1 - Lend\n\n**Acceptance Scenarios**:\n\n1. Lent\n';

test.each([
  ['success criteria with and without an id', '## Success Criteria\n\n- **SC-001**: a\n- b\n', ['a', 'b'], []],
  ['groups of them', '## Success Criteria\n\n### Measurable Outcomes\n\n- a\n\n### Business\n\n1. b\n', ['a', 'b'], []],
  ['what cannot be read', '## Success Criteria\n\n- a\n\n```\nb\n```\n', ['a'], ['unread-criterion']],
  ['a label', '## Goals\n\n**Success criteria:**\n\n- a\n', ['a'], []],
  ['a table', '## Success Criteria\n\n| ID | Outcome |\n|---|---|\n| SC-001 | a |\n', ['SC-001 | a'], []],
  [
    'requirements without an id',
    '## Requirements *(mandatory)*\n\n### Functional Requirements\n\n- **FR-001**: a\n- b\n\n### Key Entities\n\n- **Book**: c\n',
    ['a', 'b'],
    [],
  ],
  ['scenarios of no numbered story', '### Acceptance Scenarios\n\n1. a\n', ['a'], []],
  ['a story that no phase names', '### User Story 2 - Return\n\n**Acceptance Scenarios**:\n\n1. a\n', ['a'], []],
  ['prose', '## Assumptions\n\n- a\n\n## Edge Cases\n\n- What if b?\n', [], []],
])('what a feature demands outside of the stories of its phases belongs to the last one: %s', async (...it) => {
  const [, more, texts, problems] = it;
  const units = await readUnits({
    '001-a/tasks.md': twoPhases,
    '001-a/spec.md': `# Feature Specification: A\n\n${lend}\n${more}`,
    '001-a/plan.md': '',
  });
  const textsOf = (unit: UnitSpec | undefined) =>
    unit?.criteria.filter(({ file }) => file !== undefined).map(({ text }) => text.replace(/^\*\*\w+-\d+\*\*: /, ''));
  expect(units.map(textsOf)).toEqual([['Lent'], texts]);
  expect(units.map((unit) => unit.problems.map(({ code }) => code))).toEqual([[], problems]);
});

const olderSpec = `# Feature Specification: A

## User Scenarios & Testing

### Primary User Story

As a user, I pay.

### Acceptance Scenarios

1. **Given** a, **When** b, **Then** c

## Requirements

- **FR-001**: The system MUST charge once
`;
const demanded = [
  'spec.md11 claim: **Given** a, **When** b, **Then** c',
  'spec.md15 claim: **FR-001**: The system MUST charge once',
];

test.each<[string, Record<string, string>, string[], string[]]>([
  ['a plan alone', { plan: '# P' }, ['001-a (1): A'], demanded.map((one) => one.replace('spec.md', ''))],
  [
    'sections without phases',
    {
      tasks:
        '# Tasks: A\n\n## Setup\n\n- [ ] T001 a\n- [x] T002 b\n\n## Core\n\n- [ ] T003 c\n\n## Validation Checklist\n\n- [ ] All of it\n',
    },
    ['001-a.setup (3): Setup', '001-a.core (8): Core'],
    ['5 claim: T001 a', '6 claim: T002 b', '10 claim: T003 c', ...demanded],
  ],
  [
    'a flat list below the title',
    { tasks: '# Tasks: Pay\n\n- [ ] **T001** a\n' },
    ['001-a.tasks (1): Pay'],
    ['3 claim: **T001** a', ...demanded],
  ],
  ['a list without a title', { tasks: '- [ ] a\n' }, ['001-a.tasks (1): Tasks'], ['1 claim: a', ...demanded]],
  [
    'tasks beside phases',
    { tasks: '# Tasks\n\n## Phase 1: B\n\n- [ ] T001 a\n\n## Later\n\n- [ ] T002 b\n\n## Notes\n\n- [ ] T003 c\n' },
    ['001-a.phase-1 (3): B', '001-a.later (7): Later'],
    ['5 claim: T001 a', '9 claim: T002 b', ...demanded],
  ],
])('a feature of the older template is read with %s', async (_name, { plan, tasks: listed }, units, criteria) => {
  const read = await readUnits({
    '001-a/spec.md': olderSpec,
    ...(plan === undefined ? {} : { '001-a/plan.md': plan }),
    ...(listed === undefined ? {} : { '001-a/tasks.md': listed }),
  });
  expect(read.map(({ key, line, title }) => `${key} (${line}): ${title}`)).toEqual(units);
  expect(
    read
      .flatMap((unit) => unit.criteria)
      .map((one) => `${one.file?.split('/').at(-1) ?? ''}${one.line} ${one.kind}: ${one.text}`),
  ).toEqual(criteria);
});

test('a story that tasks name is told, also where the specification has none at all', async () => {
  const [unit] = await readUnits({
    '001-a/spec.md': olderSpec,
    '001-a/tasks.md': '# T\n\n## Phase 1: B\n\n- [ ] T001 [US1] a\n',
  });
  expect(unit?.problems.map(({ message }) => message)).toEqual(['there is no user story 1 in spec.md']);
});
