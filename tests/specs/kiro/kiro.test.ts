import { expect, test } from 'vitest';
import { criteriaHash, type Draft } from '../../../src/specs/format/draft.ts';
import type { NotWork, Parsed } from '../../../src/specs/format/format.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import type { Source } from '../../../src/specs/text/source.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const requirements = `# Requirements Document

## Requirements

### Requirement 1: Lending

**User Story:** As a reader, I want to borrow a book.

#### Acceptance Criteria

1. WHEN a book is there THEN the shelf SHALL lend it — check: \`npm run lend\`
2. IF it is not there THEN the shelf SHALL say so

### Requirement 2

**User Story:** As a librarian, I want it back.

#### Acceptance Criteria

1. THE shelf SHALL take a book back
2. THE shelf SHALL count its books
`;
const tasks = `# Implementation Plan

- [x] 1. Set up the project
  - Create the folders
  - _Requirements: 2.2_

- [-] 2. Lend books
  - [x] 2.1 Make a model
    - with a title
    - _Requirements: 1.1, 9.1_
  - [ ]* 2.2 Write tests
    - **Property 3: it is lent once** **Validates: Requirements 1.2**
- [ ] 2.3 Make a service

- [ ] 3. Checkpoint - Ensure all tests pass
  - Ensure all tests pass, ask the user if questions arise.

- [ ]* 4. Write a manual

## Notes

- Tasks with \`*\` are optional
`;
const shelf = {
  '.kiro/specs/shelf/tasks.md': tasks,
  '.kiro/specs/shelf/requirements.md': requirements,
  '.kiro/specs/shelf/design.md': '# Design\n\n- [ ] 1. no task\n',
};

async function read(files: Readonly<Record<string, string>>): Promise<Parsed> {
  const sources = Object.entries(files).map(([file, text]): Source => ({ file, text }));
  const parsed = (await groupsOf(sources)).map(parseGroup);
  return {
    drafts: parsed.flatMap(({ drafts }) => drafts),
    diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
    notWork: parsed.flatMap(({ notWork }) => notWork ?? []),
  };
}

function shown({ key, title, line, isDone, hold, keys, criteria, marks, problems, joins }: Draft): object {
  return {
    [key]: `${title} (${line})${isDone ? ', done' : ''}${hold === undefined ? '' : `, ${hold}`}`,
    depends: keys.depends,
    criteria: criteria.map(({ criterion: { file, line: at, kind, text } }) =>
      [`${file === undefined ? '' : `${file.split('/').at(-1) ?? ''} `}${at} ${kind}`, text].join(': '),
    ),
    marks: marks.map(({ isDone: is, of }) => `${is ? 'x' : '-'} ${of}`),
    joins: joins && [joins.resolved, joins.dangling],
    problems: problems.map(({ code, severity, line: at }) => `${at ?? 0} ${severity} ${code}`),
  };
}

const unitsOf = async (text: string): Promise<string[]> =>
  (await read({ '.kiro/specs/a/tasks.md': text })).drafts.map(
    ({ key, title, isDone, criteria }) =>
      `${key}: ${title}${isDone ? ', done' : ''} [${criteria.map(({ criterion }) => criterion.text).join('|')}]`,
  );

test('each top-level task is a unit, with the criteria of the requirements that it names', async () => {
  const { drafts, diagnostics, notWork } = await read(shelf);
  expect(diagnostics).toEqual([]);
  expect(drafts.map(shown)).toEqual([
    {
      'shelf.1': 'Set up the project (3), done',
      depends: [],
      criteria: ['requirements.md 21 claim: THE shelf SHALL count its books'],
      ...{ marks: ['x 1. Set up the project'], joins: [1, 0], problems: [] },
    },
    {
      'shelf.2': 'Lend books (7)',
      depends: ['shelf.1'],
      criteria: [
        'requirements.md 11 check: WHEN a book is there THEN the shelf SHALL lend it — check: `npm run lend`',
        'requirements.md 12 claim: IF it is not there THEN the shelf SHALL say so',
        'requirements.md 20 claim: THE shelf SHALL take a book back',
      ],
      marks: ['- 2. Lend books', 'x 2.1 Make a model', '- 2.3 Make a service'],
      ...{ joins: [2, 1], problems: ['10 warning unknown-requirement'] },
    },
  ]);
  expect(drafts[1]?.body).toBe(`- [ ] 2. Lend books
  - [ ] 2.1 Make a model
    - with a title
    - _Requirements: 1.1, 9.1_
  - [ ]* 2.2 Write tests
    - **Property 3: it is lent once** **Validates: Requirements 1.2**

- [ ] 2.3 Make a service

### Requirement 1: Lending

**User Story:** As a reader, I want to borrow a book.

The spec around it: .kiro/specs/shelf/requirements.md, .kiro/specs/shelf/design.md`);
  expect(notWork).toEqual([
    {
      file: '.kiro/specs/shelf/tasks.md',
      line: 15,
      why: 'checkpoints',
      key: 'shelf.3',
      end: { standsFor: ['shelf.2'] },
    },
    { file: '.kiro/specs/shelf/tasks.md', line: 18, why: 'optional tasks', key: 'shelf.4', end: 'optional' },
  ]);
});

test.each([
  ['.kiro/specs/shelf/', 'shelf.1'],
  ['specs/shelf/', 'shelf.1'],
  ['shelf/', 'shelf.1'],
  ['', '1'],
  ['packages/api/.kiro/specs/shelf/', 'packages.api.shelf.1'],
  ['.kiro/specs/books/shelf/', 'books.shelf.1'],
  ['.kiro/specs/本棚/', '本棚.1'],
  ['.spec-workflow/specs/shelf/', 'shelf.1'],
])('a spec is found in "%s"', async (folder, key) => {
  const files = Object.fromEntries(
    Object.entries(shelf).map(([file, text]) => [file.replace('.kiro/specs/shelf/', folder), text]),
  );
  const [draft] = (await read({ ...files, 'README.md': '# A\n' })).drafts;
  expect([draft?.key, draft?.files.toSorted()]).toEqual([key, Object.keys(files).toSorted()]);
  expect(claimFiles(draft?.files.toReversed() ?? []).map((claim) => [claim.format.name, claim.files])).toEqual([
    ['kiro', draft?.files],
  ]);
});

test.each([
  ['## Setup\n- a\n\n## Build\n- [ ] 1. B\n', ['1: Setup is above 2']],
  ['## 1. Setup\n- a\n\n## 2. Group\n- [ ] 1. B\n- [ ] 2. C\n', ['2']],
  ['## 3. Setup\n1. a\n2. b\n\n- [ ] 1. B\n', []],
  ['# Plan\n- for people\n\n- [ ] 1. B\n', []],
  ['- [ ] 1. B\n\n## Notes\n- c\n\n## Task Dependency Graph\n- c\n\n## 注意事項\n- d\n', []],
  ['## Overview\n- c\n', []],
])('lists that are no tasks are told beside tasks: %j', async (text, lines) => {
  const { notWork } = await read({ '.kiro/specs/a/tasks.md': text });
  expect(notWork?.filter(({ why }) => why === 'lists without boxes').map(({ line }) => line)).toEqual(
    lines.map((line) => Number(/\d+$/.exec(line)?.[0])),
  );
});

test('a section is held by its status, and an unknown status is told', async () => {
  const text = '### Task 1: A\n**Status:** Blocked by #3\n\n### Task 2: B\n- **Status:** Live since May\n';
  const { drafts } = await read({ '.kiro/specs/a/tasks.md': text });
  expect(
    drafts.map(({ hold, problems }) => [
      hold,
      problems.map(({ line, column, message }) => `${line}:${column} ${message}`),
    ]),
  ).toEqual([
    ['is blocked', []],
    [undefined, ['5:15 the status "Live since May" is not known, so it says nothing here']],
  ]);
});

test('a task does not wait for one that is optional or does not apply', async () => {
  const text = '- [ ] 1. A\n  - Dependencies: Task 2, Task 3, Task 4\n- [ ]* 2. B\n- [N/A] 3. C\n';
  const [unit] = await readUnits({ '.kiro/specs/a/tasks.md': text, '.kiro/specs/a/requirements.md': '# R\n' });
  expect([unit?.depends, unit?.problems.map(({ severity, message }) => `${severity}: ${message}`)]).toEqual([
    [],
    [
      'warning: "a.2" is optional, so this unit does not wait for it',
      'warning: "a.3" is cancelled, so this unit does not wait for it',
      'error: there is no unit "a.4"',
    ],
  ]);
});

test('a spec without tasks waits, and what is archived or steers an agent is no work', async () => {
  const files = {
    '.kiro/specs/archive/old/tasks.md': tasks,
    '.kiro/specs/later/.config.kiro': '{}',
    '.kiro/specs/later/requirements.md': requirements,
    '.kiro/specs/shelf/notes.md': '- [ ] no\n',
    '.kiro/specs/shelf/tasks.md': '- [ ] 1. A\n',
    '.kiro/steering/product.md': '- [ ] no\n',
  };
  expect(claimFiles(Object.keys(files)).map(({ format }) => format.name)).toEqual(Array(5).fill('kiro'));
  const { drafts, notWork } = await read(files);
  expect(drafts.map(({ key, hold, criteria }) => [key, hold, criteria.length])).toEqual([
    ['later', 'has no tasks yet', 4],
    ['shelf.1', undefined, 1],
  ]);
  expect(notWork?.map(({ file, why }: NotWork) => `${file}: ${why}`)).toEqual([
    '.kiro/specs/archive/old/tasks.md: archived specs',
  ]);
});

test.each<[paths: string[], formats: string[], groups: string[][]]>([
  [
    ['login/requirements.md', 'login/tasks.md', 'shelf/tasks.md', 'door/requirements.md', 'x/notes.md'],
    [],
    [['login/tasks.md', 'login/requirements.md'], ['shelf/tasks.md'], ['door/requirements.md']],
  ],
  [
    ['a/shelf/tasks.md', 'b/login/requirements.md', 'b/login/tasks.md'],
    [],
    [['b/login/tasks.md', 'b/login/requirements.md']],
  ],
  [['docs/requirements.md', 'docs/tasks.md', 'shelf/tasks.md'], [], []],
  [['shelf/tasks.md', 'door/requirements.md'], ['kiro'], [['shelf/tasks.md'], ['door/requirements.md']]],
  [['shelf/tasks.md', 'door/design.md', 'notes.md'], ['kiro'], [['shelf/tasks.md']]],
  [['.kiro/steering/tasks.md'], ['kiro'], [['.kiro/steering/tasks.md']]],
])('specs of a part of the files: %j with %j', (paths, formats, groups) => {
  const claims = claimFiles(paths, { formats }).filter(({ format }) => format.name === 'kiro');
  expect(claims.map(({ files }) => files)).toEqual(groups);
});

test('a spec that only its neighbour shows to be one has its own units, also if its files are claimed alone', async () => {
  const { drafts } = await read({
    'login/requirements.md': requirements,
    'login/tasks.md': tasks,
    'b/tasks.md': '- [ ] 1. A\n  - a\n',
  });
  const [draft] = drafts.filter(({ file }) => file === 'b/tasks.md');
  expect([draft?.key, draft?.criteria.length, draft?.files]).toEqual(['b.1', 1, ['b/tasks.md']]);
  expect(claimFiles(draft?.files ?? [], { formats: ['kiro'] }).map(({ files }) => files)).toEqual([draft?.files]);
});

test('files that only look alike are left to other formats', () => {
  const paths = ['docs/requirements.md', 'docs/tasks.md', 'a/tasks.md', 'b/requirements.md', 'tasks.md', 'kiro/a.md'];
  expect(claimFiles(paths).filter(({ format }) => format.name === 'kiro')).toEqual([]);
});

test.each([
  ['items, and their parts', '- [x] 1. A\n  - [ ] 1.1 B\n  - c\n', ['a.1: A [1.1 B]']],
  [
    'parts that are not indented',
    '- [ ] 1. A\n- [x] 1.1 B\n- [x] 1.2 C\n- [x] 2. D\n',
    ['a.1: A [1.1 B|1.2 C]', 'a.2: D, done [D]'],
  ],
  ['sections with numbers', '## 1. A\n- [x] 1.1 B\n\n## 2. C\n- [ ] d\n', ['a.1: A, done [1.1 B]', 'a.2: C [d]']],
  [
    'sections that are called so',
    '### Task 1.1: A ✅\nb\n\n### Task 1.2: C\n**Acceptance Criteria:**\n- d\n',
    ['a.1.1: A, done [A]', 'a.1.2: C [d]'],
  ],
  ['sections in other languages', '### タスク1: A\n- b\n\n### 任务 2：C\n- d\n', ['a.1: A [b]', 'a.2: C [d]']],
  ['sections with a box', '## [x] Task 1: A\n\n## [ ] 2. B\n- [x] c\n', ['a.1: A, done [A]', 'a.2: B [c]']],
  [
    'groups of items',
    '## 1. Group\n- [ ] 1. A\n- [ ] 2. B\n\n## Phase 2\n- [ ] 3. C\n',
    ['a.1: A [A]', 'a.2: B [B]', 'a.3: C [C]'],
  ],
  ['groups of sections', '## 1. Group\n### Task 1.1: A\n- [ ] b\n', ['a.1.1: A [b]']],
  ['a phase with numbers of its own', '## Phase 1: P\n- [ ] 1.1 A\n- [ ] 1.2 B\n', ['a.1.1: A [A]', 'a.1.2: B [B]']],
  ['numbers in ordered lists', '1. [ ] A\n2. [x] B\n', ['a.1: A [A]', 'a.2: B, done [B]']],
  ['bold titles', '- [ ] **1. A**\n- [ ] **2.** B\n- [ ] **Task 3:** C\n', ['a.1: A [A]', 'a.2: B [B]', 'a.3: C [C]']],
  ['items without any number', '- [ ] A\n- [ ] 3 tests\n', ['a.a: A [A]', 'a.3-tests: 3 tests [3 tests]']],
  ['the same number twice', '- [ ] 1. A\n\n## More\n- [ ] 1. B\n', ['a.1: A [A]', 'a.1.b: B [B]']],
  [
    'a status',
    '### Task 1: A\n**Status:** ✅ Completed\n\n### Task 2: B\n**Status:** In progress\n',
    ['a.1: A, done [A]', 'a.2: B [B]'],
  ],
  [
    'a status in other words',
    '### Task 1: A\n**Status:** Shipped in 2.0\n\n### Task 2: B\n**Status:** Erledigt\n\n### Task 3: C\n**Status:** Donegal\n',
    ['a.1: A, done [A]', 'a.2: B, done [B]', 'a.3: C [C]'],
  ],
  [
    'numbered sections of plain items beside those with boxes',
    '## 1. A\n- b\n- c\n\n## 2. D\n- [ ] e\n\n## 3. Overview\n- f\n\n## 4. G\nh\n',
    ['a.1: A [b|c]', 'a.2: D [e]'],
  ],
  ['parts that are optional', '- [ ] 1. A\n  - [ ]* 1.1 B\n    - [ ] c\n  - [x] 1.2 D\n', ['a.1: A [1.2 D]']],
  ['numbers with letters', '- [ ] 1.2a A\n- [ ] 1.2b B\n', ['a.1.2a: A [A]', 'a.1.2b: B [B]']],
  ['no tasks', '# Plan\n\n## 1. Overview\n- a\n\n### Task 1-3 in short\n- b\n', ['a: a []']],
  [
    'struck and checked boxes',
    '- [ ] ~~1. A~~\n- [N/A] 2. B\n- [ ] 3. C\n\n## Before release\n- [ ] d\n',
    ['a.3: C [C]'],
  ],
])('units are %s', async (_what, text, units) => {
  expect(await unitsOf(text)).toEqual(units);
});

test.each([
  ['_Requirements: 1.1, 2.2_', ['1.1', '2.2']],
  ['_Requirements: 1.1-1.2, 2_', ['1.1', '1.2', '2.1', '2.2']],
  ['_Requirements: 1-2_', ['1.1', '1.2', '2.1', '2.2']],
  ['Requirements: R1.2, R2.1', ['1.2', '2.1']],
  ['**Requirements**: Requirement 2, AC 1.1', ['1.1', '2.1', '2.2']],
  ['**Property 9: a** **Validates: Requirements 2.1**', ['2.1']],
  ['_需求：1.1、2.1_', ['1.1', '2.1']],
  ['**参照**: 要件2（本）', ['2.1', '2.2']],
  ['_Requirements: REQ-001.2, REQ-2_', ['1.2', '2.1', '2.2']],
  ['_Requirements: US-1 AC-2, US-2 AC-1_', ['1.2', '2.1']],
  ['_Requirements: 2.1_ / _Design: 1.2_', ['2.1']],
  ['_Requirements: 1.1a_', []],
  ['_Requirements: All_', ['1.1', '1.2', '2.1', '2.2']],
  ['_Requirements: All requirements (1-2)_', ['1.1', '1.2', '2.1', '2.2']],
  ['Requirements: all tests pass', []],
  ['_Requirements: 1.1 and 1.2 (in part), performance_', ['1.1', '1.2']],
  ['_Requirements: 1.2.1_', ['1.2']],
  ['Requirements: Node 2.1 or later', []],
  ['Requirements: 2 reviewers', []],
  ['_Requirements: NFR, REQ-x_', []],
  ['Preconditions: 1.1', []],
])('"%s" names requirements', async (text, numbers) => {
  const { drafts } = await read({
    '.kiro/specs/a/requirements.md': requirements,
    '.kiro/specs/a/tasks.md': `- [ ] 1. A\n  - ${text}\n- [ ] 2. B\n`,
  });
  const lines = new Map([
    [11, '1.1'],
    [12, '1.2'],
    [20, '2.1'],
    [21, '2.2'],
  ]);
  const [first] = drafts;
  const elsewhere = first?.criteria.filter(({ criterion }) => criterion.file !== undefined) ?? [];
  expect(elsewhere.map(({ criterion }) => lines.get(criterion.line))).toEqual(numbers);
  expect(first?.joins?.dangling).toBe(text.includes('1.1a') ? 1 : 0);
});

test('the clauses of a bug are criteria, unless they describe the defect', async () => {
  const bugfix = `# Bugfix Requirements Document

### Current Behavior (Defect)

1.1 WHEN a book is lent THEN it stays

### Expected Behavior (Correct)

2.1 WHEN a book is lent THEN the system SHALL remove it

### Unchanged Behavior (Regression Prevention)

- 3.1 WHEN a book is returned THEN the system SHALL CONTINUE TO take it
`;
  const { drafts } = await read({
    '.kiro/specs/bug/bugfix.md': bugfix,
    '.kiro/specs/bug/tasks.md':
      '- [ ] 1. Test\n  - _Requirements: 1.1, 2.1_\n\n- [ ] 2. Fix\n  - _Requirements: 2.1, 3.1, 3.7_\n',
  });
  expect(drafts.map(shown)).toEqual([
    {
      'bug.1': 'Test (1)',
      depends: [],
      criteria: ['bugfix.md 9 claim: 2.1 WHEN a book is lent THEN the system SHALL remove it'],
      ...{ marks: ['- 1. Test'], joins: [2, 0], problems: [] },
    },
    {
      'bug.2': 'Fix (4)',
      depends: ['bug.1'],
      criteria: [
        'bugfix.md 9 claim: 2.1 WHEN a book is lent THEN the system SHALL remove it',
        'bugfix.md 13 claim: 3.1 WHEN a book is returned THEN the system SHALL CONTINUE TO take it',
      ],
      ...{ marks: ['- 2. Fix'], joins: [2, 1], problems: ['5 warning unknown-requirement'] },
    },
  ]);
});

test('tasks wait for the one before, or for those that they name', async () => {
  const text = `### Task 1.1: A

### Task 1.2: B
**Dependencies:** None

### Task 2: C
- **Depends on**: Task 1.1, Task 1.2 (the model), Task 7

### Task 3: D
Dependencies: express 4.18
`;
  const { drafts } = await read({ '.kiro/specs/a/tasks.md': text });
  expect(drafts.map(({ key, keys }) => [key, keys.depends])).toEqual([
    ['a.1.1', []],
    ['a.1.2', []],
    ['a.2', ['a.1.1', 'a.1.2', 'a.7']],
    ['a.3', ['a.2']],
  ]);
  const beside = '- [ ] 1. A\n- [ ] 2. (P) B\n- [ ] 3. (P) C\n- [ ] 4. D\n';
  const parallel = (await read({ '.kiro/specs/a/tasks.md': beside })).drafts;
  expect(parallel.map(({ title, keys, isParallel }) => [title, keys.depends, isParallel])).toEqual([
    ['A', [], undefined],
    ['B', ['a.1'], true],
    ['C', ['a.1'], true],
    ['D', ['a.2', 'a.3'], undefined],
  ]);
});

test('ticking sets the boxes of a task but optional ones, and changes nothing else', async () => {
  const ends = [(text: string) => text, (text: string) => text.replaceAll('\n', '\r\n')];
  for (const [start, end] of ['', '\uFEFF'].flatMap((one) => ends.map((other) => [one, other] as const))) {
    const sources = Object.entries(shelf).map(([file, text]) => ({ file, text: `${start}${end(text)}` }));
    const unit = async (all: readonly Source[]): Promise<Draft | undefined> =>
      (await read(Object.fromEntries(all.map(({ file, text }) => [file, text])))).drafts[1];
    const before = await unit(sources);
    const hash = criteriaHash((before?.criteria ?? []).map(({ criterion }) => criterion));
    const ticked = await tickUnit(sources, { key: 'shelf.2', criteriaHash: hash });
    const text = tasks.replace('[-] 2.', '[x] 2.').replace('[ ] 2.3', '[x] 2.3');
    expect(ticked).toEqual([{ file: '.kiro/specs/shelf/tasks.md', text: `${start}${end(text)}` }]);
    const after = await unit([...ticked, ...sources.slice(1)]);
    const said = (draft: Draft | undefined): unknown =>
      draft && [draft.title, draft.body, draft.criteria.map(({ criterion }) => criterion)];
    expect([said(after), after?.isDone]).toEqual([said(before), true]);
  }
});

test('parts that wait for other tasks do not change what their task waits for beside them', async () => {
  const text = `- [ ] 1. A
- [ ] 1.1 B
  - _Depends: -_
- [ ] 2. C
- [ ] 2.1 (P) D
  - _Depends: 1.1_
- [ ] 2.2 (P) E
  - _Depends: 2.1_
- [ ] 3. F
- [ ] 3.1 G
  - _Depends: 1.1, 3.0_
`;
  const { drafts } = await read({ '.kiro/specs/a/tasks.md': text });
  expect(drafts.map(({ key, keys }) => [key, keys.depends])).toEqual([
    ['a.1', []],
    ['a.2', ['a.1']],
    ['a.3', ['a.2', 'a.1']],
  ]);
});

test.each([
  ['objects', '{"waves": [{"id": 0, "tasks": ["1"]}, {"id": 1, "tasks": ["2.1", "3"]}, {"id": 2, "tasks": ["5.1"]}]}'],
  ['lists', '{"waves": [["1"], ["2.1", "3"], [5.1]]}'],
])('the waves of a dependency graph say what tasks wait for: %s', async (_what, graph) => {
  const text = `- [ ] 1. A\n- [ ] 2. B\n- [ ] 3. C\n- [ ] 4. Checkpoint\n- [ ] 5. D\n\n## Task Dependency Graph\n\n\`\`\`json\n${graph}\n\`\`\`\n`;
  const { drafts } = await read({ '.kiro/specs/a/tasks.md': text });
  expect(drafts.map(({ key, keys }) => [key, keys.depends])).toEqual([
    ['a.1', []],
    ['a.2', ['a.1']],
    ['a.3', ['a.1']],
    ['a.5', ['a.2', 'a.3']],
  ]);
});

test.each([
  ['Checkpoint'],
  ['Checkpoint - Ensure all tests pass\n  - Ensure all tests pass, ask the user if questions arise.'],
  ['Final checkpoint — Full system\n  - Run all tests\n  - Verify that people can log in'],
  ['Phase 1 Checkpoint: Auth\n  - Make sure that the build passes'],
  ['检查点 - 确保所有测试通过\n  - 确保所有测试通过，如有问题请询问用户'],
  ['チェックポイント\n  - すべてのテストが通ることを確認する。質問があればユーザーに確認する'],
  ['Checkpoint - Ensure all tests pass and the workspace is wired'],
  ['Checkpoint — Verify all tools register and basic flows work'],
  ['Checkpoint (Phase 2): all unit and integration tests pass'],
  ['Checkpoint (end of phase 2)'],
  ['Checkpoint - Cart of the shop\n  - Run `npm test`, and ask the user if anything is unclear'],
  ['Checkpoint\n  - Run the full test suite and verify that it passes\n  - Pause for review'],
  ['Checkpoint\n  - Ensure the build succeeds without warnings; if questions arise, ask the user'],
])('a checkpoint is no unit, and the task behind it waits for the one before: %j', async (item) => {
  const text = `- [ ] 1. A\n- [ ] 2. ${item}\n- [ ] 3. ${item}\n- [ ] 4. B\n`;
  const { drafts, notWork } = await read({ '.kiro/specs/a/tasks.md': text });
  expect(drafts.map(({ key, keys }) => [key, keys.depends])).toEqual([
    ['a.1', []],
    ['a.4', ['a.1']],
  ]);
  expect(notWork?.map(({ why, key }) => `${key ?? ''} ${why}`)).toEqual(['a.2 checkpoints', 'a.3 checkpoints']);
});

test.each([
  ['Checkpoint store for the trainer\n  - Save the weights'],
  ['Checkpoint - Ensure all tests pass\n  - Add a rate limit'],
  ['Checkpoint - Ensure all tests pass\n  - Ensure that people are logged out after an hour'],
  ['Checkpoint - Ensure all tests pass\n  - [ ] 2.1 Write tests'],
  ['Checkpoint\n  - Verify it\n  - _Requirements: 1.1_'],
  ['Checkpoint\n\n  Then remove the old code.'],
  ['Ensure all tests pass'],
  // The title alone says what to do.
  ['Checkpoint: save and restore the model weights'],
  ['Checkpoint: save and restore the model weights\n  - Ensure all tests pass'],
  ['Checkpoint (de)serialisation'],
  ['Checkpoint - model weights'],
  ['Checkpoint - Ensure all tests pass, then publish the package'],
  ['检查点 - 保存模型\n  - 确保所有测试通过'],
  // Parts that begin like a look.
  ['Checkpoint\n  - Ensure all tests pass, and add the missing tests of the parser'],
  ['Checkpoint - Ensure all tests pass\n  - Verify that people can log in — check: `./smoke.sh`'],
  ['Checkpoint - Verify that people can log in (check: `./smoke.sh`)'],
  ['Checkpoint\n  - Verify that people can log in; check:\n\n    ```sh\n    ./smoke.sh\n    ```'],
  ['Checkpoint\n  - Ensure all tests pass. Delete the old ones.'],
  ['Checkpoint - validation\n  - Validate the length of names in the handler'],
  ['Checkpoint\n  - Verify the signature of tokens'],
  ['Checkpoint - client\n  - Run the code generator and commit the new client'],
  ['Checkpoint\n  - Run `npm run generate`'],
  ['Checkpoint\n  - Run the migration and the tests'],
  ['Checkpoint - review\n  - Check in the lock file, and delete the old one'],
  ['Checkpoint\n  - Ask the user for the password before names are deleted'],
  ['Checkpoint\n  - Stop the server when it is idle'],
  ['Checkpoint\n  - Ensure all tests pass\n    - Write those of the parser'],
])('what asks for more than a look is a unit: %j', async (item) => {
  const { drafts } = await read({ '.kiro/specs/a/tasks.md': `- [ ] 1. A\n- [ ] 2. ${item}\n- [ ] 3. B\n` });
  expect(drafts.map(({ key, keys }) => [key, keys.depends])).toEqual([
    ['a.1', []],
    ['a.2', ['a.1']],
    ['a.3', ['a.2']],
  ]);
});

test.each([
  ['one', '- [ ] 1. A\n- [ ] 2. Checkpoint\n', ['a.2'], ['a.1'], []],
  ['two', '- [ ] 1. A\n- [ ] 2. Checkpoint\n- [ ] 3. Checkpoint\n', ['a.3'], ['a.1'], []],
  ['one, and the task before it', '- [ ] 1. A\n- [ ] 2. Checkpoint\n', ['a.1', 'A.2'], ['a.1'], []],
  ['one behind what is done', '- [x] 1. A\n- [ ] 2. Checkpoint\n', ['a.2'], ['a.1'], []],
  ['one with nothing before it', '- [ ] 1. Checkpoint\n- [ ] 2. B\n', ['a.1'], [], []],
  ['an optional task', '- [ ] 1. A\n- [ ]* 2. B\n', ['a.2'], [], ['cancelled-dependency']],
  ['one that never was', '- [ ] 1. A\n', ['a.2'], [], ['unknown-dependency']],
])(
  'another spec that waits for a checkpoint waits for what is before it: %s',
  async (_name, text, names, waits, told) => {
    const units = await readUnits({
      'a/tasks.md': text,
      'a/requirements.md': requirements,
      'dep.md': `---\ndepends: [${names.join(', ')}]\n---\n# Dep\n\n## Acceptance criteria\n\n- one\n`,
    });
    const [unit] = units.filter(({ key }) => key === 'dep');
    expect([unit?.depends, unit?.problems.map(({ code }) => code)]).toEqual([waits, told]);
  },
);

test('a spec of checkpoints alone keeps them as units', async () => {
  expect(await unitsOf('- [ ] 1. Checkpoint\n- [ ] 2. Checkpoint\n')).toEqual([
    'a.1: Checkpoint [Checkpoint]',
    'a.2: Checkpoint [Checkpoint]',
  ]);
});

test('criteria outside of all requirements belong to the last task', async () => {
  const text = `${requirements}\n## Non-Functional Requirements\n\n### NFR-1: Speed\n\n#### Acceptance Criteria\n\n1. THE shelf SHALL be fast\n`;
  const { drafts } = await read({
    '.kiro/specs/a/requirements.md': text,
    '.kiro/specs/a/tasks.md': '- [ ] 1. A\n  - _Requirements: 1.1-1.2, 2_\n- [ ] 2. B\n  - _Requirements: 1.1_\n',
  });
  expect(drafts.map(({ criteria }) => criteria.map(({ criterion }) => criterion.line))).toEqual([
    [11, 12, 20, 21],
    [11, 29],
  ]);
});
