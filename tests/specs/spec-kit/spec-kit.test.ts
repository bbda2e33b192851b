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
