import path from 'node:path';
import { expect, test } from 'vitest';
import { bmad } from '../../../src/specs/bmad/format.ts';
import { criteriaHash, type Draft } from '../../../src/specs/format/draft.ts';
import { reader } from '../../../src/specs/bmad/bmad.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import type { Source } from '../../../src/specs/text/source.ts';
import { withoutTicks } from '../../../src/specs/ticks/marks.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const story = `# Story 1.2: Lend a book

Status: ready-for-dev

<!-- Note -->

## Story

As a reader, I want to lend a book.

## Acceptance Criteria

1. A lent book is gone
   - Given a shelf, then it has a gap
2. **AC2:** The tests pass — check: \`npm test\`

## Tasks / Subtasks

- [x] Task 1: Model (AC: 1)
  - [ ] Subtask 1.1
- [ ] Task 2: Service (AC: #1-2, 9)
- [N/A] Task 3

## Dev Notes

- [x] Read src/lend.ts

## Quality Gates

- [ ] \`npm run lint\` — no warnings

## Dev Agent Record

### Definition of Done

- [ ] of the record

## QA Results

**Status:** PASS
`;
const sprint = `generated: 05-06-2025
development_status:
  epic-1: in-progress
  1-1-shelf: done
  1-2-lend: ready-for-dev # soon
  1-3-return: review
`;
const epics = `---
status: complete
---

# Shelf - Epics

## Epic 1: Shelf

### Story 1.1: Make a shelf ✅

**Acceptance Criteria:**

**Given** nothing
**When** it is made
**Then** there is a shelf

### Story 1.2: Lend a book

**Acceptance Criteria:**

**AC1:** Given a book
When it is lent
Then it is gone

**AC2:** The shelf has a gap

## Epic 2: Library

### Story 2.1: Open it

**Status:** In Progress

- [x] a step

**Acceptance Criteria:**

**Given** a door

**When** it opens

**Then** people come

- It is warm

## Definition of Done

- It is open
`;
const artifacts = '_bmad-output/implementation-artifacts';
const files = {
  [`${artifacts}/1-2-lend.md`]: story,
  [`${artifacts}/1-3-return.md`]: '# Story 1.3: Return it\n\n## Story\n\n## Acceptance Criteria\n\n1. It is back\n',
  [`${artifacts}/1-1-shelf.md`]:
    '# Story 1.1: Shelf\n\nStatus: done\n\n## Story\n\n## Acceptance Criteria\n\n1. a (AC: 7)\n',
  [`${artifacts}/1-9-notes.md`]: '# Decision\n\n**Status**: GO\n\nNothing to do\n',
  [`${artifacts}/epic-1-retro-2026-01-01.md`]: '# Retro\n\n## Acceptance Criteria\n\n- no\n',
  [`${artifacts}/sprint-status.yaml`]: sprint,
  [`${artifacts}/spec-ci.md`]:
    "---\ntitle: 'Run the CI'\nstatus: 'draft' # draft | done\n---\n\n## Intent\n\n**Execution:**\n- [ ] `ci.yml` -- add it\n\n**Acceptance Criteria:**\n- Given a push, when CI runs, then it passes\n",
  '_bmad-output/planning-artifacts/epics.md': epics,
  '_bmad-output/planning-artifacts/prd.md': '# PRD\n\n## Success Criteria\n\n- no\n',
  'docs/prd/epic-5-old.md': '# Epic 5\n\n**Status:** Archived (2025-12-18)\n\n### Story 5.1: Old\n',
};

async function draftsOf(sources: readonly Source[]): Promise<Draft[]> {
  return (await groupsOf(sources)).flatMap((group) => parseGroup(group).drafts);
}

/** The sources with the first unit ticked. */
async function ticked(sources: readonly Source[]): Promise<Source[]> {
  const [draft] = await draftsOf(sources);
  if (!draft) return [];
  return tickUnit(sources, { key: draft.key, criteriaHash: criteriaHash(draft.criteria.map((one) => one.criterion)) });
}

function asked({ key, title, body, criteria, line, isDone }: Draft): object {
  return { key, title, body, criteria: criteria.map((one) => one.criterion.hash), line, isDone };
}

test('stories in files of their own, and those of epics, are units', async () => {
  const units = await readUnits(files);
  expect(
    units.map(({ key, title, line, isTicked, hold, depends, criteria, problems }) => ({
      [`${key}:${line}`]: `${title}${isTicked ? ', done' : ''}${hold === null ? '' : `, ${hold}`}`,
      depends,
      criteria: criteria.map((one) => `${one.line} ${one.kind}: ${one.text}`),
      problems: problems.map((one) => `${one.line} ${one.code}`),
    })),
  ).toEqual([
    { '1.1:1': 'Shelf, done', depends: [], criteria: ['9 claim: a (AC: 7)'], problems: [] },
    {
      '1.2:1': 'Lend a book',
      depends: ['1.1'],
      criteria: [
        '13 claim: A lent book is gone - Given a shelf, then it has a gap',
        '15 check: **AC2:** The tests pass — check: `npm test`',
        '30 claim: `npm run lint` — no warnings',
      ],
      problems: ['21 unknown-criterion'],
    },
    { '1.3:1': 'Return it, is in review', depends: ['1.1', '1.2'], criteria: ['7 claim: It is back'], problems: [] },
    {
      'spec-ci:2': 'Run the CI, is a draft',
      depends: [],
      criteria: ['12 claim: Given a push, when CI runs, then it passes'],
      problems: [],
    },
    {
      'epics.1.1:9': 'Make a shelf, done',
      depends: [],
      criteria: ['13 claim: **Given** nothing **When** it is made **Then** there is a shelf'],
      problems: [],
    },
    {
      'epics.1.2:17': 'Lend a book, has a file of its own',
      depends: ['epics.1.1'],
      criteria: [
        '21 claim: **AC1:** Given a book When it is lent Then it is gone',
        '25 claim: **AC2:** The shelf has a gap',
      ],
      problems: [],
    },
    {
      'epics.2.1:29': 'Open it',
      depends: [],
      criteria: [
        '37 claim: **Given** a door **When** it opens **Then** people come',
        '43 claim: It is warm',
        '47 claim: It is open',
      ],
      problems: [],
    },
  ]);
  expect(units[1]?.body).toBe(
    [
      '# Story 1.2: Lend a book',
      '<!-- Note -->',
      '## Story',
      'As a reader, I want to lend a book.',
      '## Tasks / Subtasks',
      '- [ ] Task 1: Model (AC: 1)\n  - [ ] Subtask 1.1\n- [ ] Task 2: Service (AC: #1-2, 9)\n- [N/A] Task 3',
      '## Dev Notes',
      '- [ ] Read src/lend.ts',
    ].join('\n\n'),
  );
});

test('a story of an epic that has a file of its own is done with that, and another one of its number is not', async () => {
  const own = '# Story 1.2: Lend\n\nStatus: done\n\n## Story\n\n## Acceptance Criteria\n\n1. a\n';
  const keysWith = async (name: string): Promise<string[]> =>
    (await readUnits({ 'docs/epics.md': epics, [`docs/stories/${name}.md`]: own })).map(
      ({ key, isTicked }) => `${key}${isTicked ? ' done' : ''}`,
    );
  expect(await keysWith('1-2-lend-a-book')).toEqual(['epics.1.1 done', 'epics.1.2 done', 'epics.2.1', '1.2 done']);
  expect(await keysWith('1-2-other')).toEqual(['epics.1.1 done', 'epics.1.2', 'epics.2.1', '1.2 done']);
});

const plans = '_bmad-output/planning-artifacts/epics.md';
const form = (status = ''): string =>
  `# Epics\n\n### Story 1.1: The Form -- of a Login\n\n${status}\n\n**Acceptance Criteria:**\n\n- a\n`;
const ofEpics: readonly (readonly [what: string, tracker: string, entries: string, status: string, said: string])[] = [
  ['beside it', 'sprint-status.yaml', '1-1-the-form-of-a-login: done', '', 'done'],
  ['with the stories', '../implementation-artifacts/sprint-status.yaml', '1-1-the-form-of-a-login: done', '', 'done'],
  ['above', '../sprint-status.yaml', '1-1-the-form-of-a-login: done', '', 'done'],
  ['that waits', 'sprint-status.yaml', '1-1-the-form-of-a-login: backlog', '', 'open'],
  ['of another story', 'sprint-status.yaml', '1-1-the-list: done', '', 'open'],
  ['of another number', 'sprint-status.yaml', '1-2-the-form-of-a-login: done', '', 'open'],
  [
    'that says otherwise',
    'sprint-status.yaml',
    '1-1-the-form-of-a-login: done',
    'Status: draft',
    'is done in one place and open in another',
  ],
  [
    'that says less',
    'sprint-status.yaml',
    '1-1-the-form-of-a-login: backlog',
    'Status: done',
    'is done in one place and open in another',
  ],
  [
    'that cannot be read',
    'sprint-status.yaml',
    '1-1-a: done\n  1-1-a: done',
    '',
    'has no status of its own, and sprint-status.yaml cannot be read',
  ],
  ['that cannot be read, beside a status', 'sprint-status.yaml', '1-1-a: done\n  1-1-a: done', 'Status: done', 'done'],
];

test.each(ofEpics)('a story of epics with a tracker %s', async (_what, tracker, entries, status, said) => {
  const files = {
    [plans]: form(status),
    [path.posix.join(path.posix.dirname(plans), tracker)]: `development_status:\n  ${entries}\n`,
  };
  const [unit] = await readUnits(files);
  expect(unit?.isTicked === true ? 'done' : (unit?.hold ?? 'open')).toBe(said);
});

test('a story of epics is ticked in its tracker, too', async () => {
  const tracker = '_bmad-output/implementation-artifacts/sprint-status.yaml';
  const sources = [
    { file: plans, text: form() },
    { file: tracker, text: 'development_status:\n  1-1-the-form-of-a-login: in-progress # soon\n' },
  ];
  const [draft] = await draftsOf(sources);
  const judged = {
    key: draft?.key ?? '',
    criteriaHash: criteriaHash((draft?.criteria ?? []).map(({ criterion }) => criterion)),
  };
  const ticked = await tickUnit(sources, judged);
  expect(Object.fromEntries(ticked.map(({ file, text }) => [file, text]))).toEqual({
    [plans]: form().replace('Login\n', 'Login\n\n**Status:** Done\n'),
    [tracker]: 'development_status:\n  1-1-the-form-of-a-login: done # soon\n',
  });
});

test('retrospectives, archived epics and notes are no work, and say so', async () => {
  const groups = await groupsOf(Object.entries(files).map(([file, text]) => ({ file, text })));
  const notWork = groups.flatMap((group) => parseGroup(group).notWork ?? []);
  expect(notWork.map(({ file, why }) => `${file.slice(file.lastIndexOf('/') + 1)}: ${why}`)).toEqual([
    '1-2-lend.md: boxes outside of tasks and criteria',
    '1-9-notes.md: notes on stories',
    'epic-1-retro-2026-01-01.md: retrospectives',
    'epic-5-old.md: archived epics',
  ]);
});

test('references of tasks to criteria are counted', async () => {
  const [draft] = await draftsOf([{ file: 'docs/stories/1.2.story.md', text: story }]);
  expect(draft?.joins).toEqual({ resolved: 3, dangling: 1 });
});

test.each([
  ['1-3', 3, []],
  ['2', 1, []],
  ['1-99999', 3, ['not all of the acceptance criteria 4-99999 exist']],
  ['5-7, 2-3', 2, ['not all of the acceptance criteria 5-7 exist']],
  ['4', 0, ['there is no acceptance criterion 4']],
  ['3-4', 1, ['there is no acceptance criterion 4']],
  ['AC9-AC12', 0, ['not all of the acceptance criteria 9-12 exist']],
  ['#7-8', 2, []],
  ['3-1', 0, []],
] as const)('of (AC: %s), %d are there, and the rest of each range is told once', async (said, resolved, told) => {
  const criteria = said === '#7-8' ? '1. AC7: a\n2. AC8: b\n' : '1. a\n2. b\n3. c\n';
  const text = `# Story 1.1: A\n\n## Acceptance Criteria\n\n${criteria}\n## Tasks\n\n- [ ] a (AC: ${said})\n`;
  const [draft] = await draftsOf([{ file: 'docs/stories/1.1.story.md', text }]);
  expect({ joins: draft?.joins, told: draft?.problems.map(({ message }) => message) }).toEqual({
    joins: { resolved, dangling: told.length },
    told,
  });
});

test('a story is ticked by its status, its tasks and its criteria, and asks the same then', async () => {
  for (const ends of [(text: string) => text, (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`]) {
    const source = { file: `${artifacts}/1-2-lend.md`, text: ends(story) };
    const text = ends(story)
      .replace('ready-for-dev', 'done')
      .replace('[ ] Subtask', '[x] Subtask')
      .replace('[ ] Task 2', '[x] Task 2')
      .replace('[ ] `npm', '[x] `npm');
    const tracker = { file: `${artifacts}/sprint-status.yaml`, text: ends(sprint) };
    expect(await ticked([source, tracker])).toEqual([
      { ...source, text },
      { ...tracker, text: tracker.text.replace('1-2-lend: ready-for-dev # soon', '1-2-lend: done # soon') },
    ]);
    const [[before], [after]] = [await draftsOf([source]), await draftsOf([{ ...source, text }])];
    expect(after && asked(after)).toEqual(before && { ...asked(before), isDone: true });
    const [group] = await groupsOf([{ ...source, text }]);
    expect(group && withoutTicks(group)[0]?.text).toBe(ends(story).replaceAll('[x]', '[ ]').replaceAll('[X]', '[ ]'));
  }
});

const entries: readonly (readonly [before: string, done: string])[] = [
  ['  1-2-lend: ready-for-dev', '  1-2-lend: done'],
  ['  "1-2-Lend" : "in-progress" # by Ada', '  "1-2-Lend" : "done" # by Ada'],
  [
    '  1-2-lend:\n    owner: Ada\n    status: >-\n      backlog\n',
    '  1-2-lend:\n    owner: Ada\n    status: >-\n      done\n',
  ],
  ['  1-2-other: in-progress (by Ada)', '  1-2-other: done (by Ada)'],
  // A remark that says what is left would still say so.
  ['  1-2-other: in-progress (waiting) # soon', '  1-2-other: done # soon'],
  ['  1-2: *open', '  1-2: done'],
  // Look-alikes: another story, its epic, or two that it could be.
  ['  1-20-lend: backlog', '  1-20-lend: backlog'],
  ['  epic-1: backlog', '  epic-1: backlog'],
  ['  1-2-a: backlog\n  1-2-b: backlog', '  1-2-a: backlog\n  1-2-b: backlog'],
  ['  1-2-lend: 7', '  1-2-lend: 7'],
];

test.each(entries)('the tracker has %j, and %j when the story landed', async (before, done) => {
  const tracker = (entry: string): Source => ({
    file: 'docs/stories/sprint-status.yaml',
    text: `# Sprint\nx: &open backlog\ndevelopment_status:\n  epic-1: in-progress # of all\n\n${entry}\n  # the next\n  1-3-return: backlog\n`,
  });
  const source = { file: 'docs/stories/1-2-lend.md', text: story };
  const changed = await ticked([source, tracker(before)]);
  expect(changed.filter(({ file }) => file.endsWith('.yaml'))).toEqual(done === before ? [] : [tracker(done)]);
  expect(changed.length).toBe(done === before ? 1 : 2);
});

const trackers: readonly (readonly [what: string, entries: string, isRead: boolean, told: readonly string[]])[] = [
  ['of 1 MB is read', Array.from({ length: 45_000 }, (_, at) => `  2-${at}-a: backlog`).join('\n'), true, []],
  [
    'with a key twice is told',
    '  2-1-a: backlog\n  2-1-a: done',
    false,
    ['warning: this file is not valid YAML: Map keys must be unique'],
  ],
  [
    'with aliases without end is told',
    Array.from({ length: 1001 }, () => '  - *done')
      .join('\n')
      .replace(/^/, '  all:\n'),
    false,
    ['warning: this file has more than 1,000 aliases'],
  ],
];

test.each(trackers)('a tracker %s', (_what, entries, isRead, told) => {
  const text = `development_status:\n  1-2-lend: &done backlog\n${entries}\n`;
  const sources = [
    { file: 'docs/stories/1-2-lend.md', text: story },
    { file: 'docs/stories/sprint-status.yaml', text },
  ];
  expect(text.length).toBeLessThan(1024 * 1024);
  const [draft] = reader.parse(sources).drafts;
  const problems = draft?.problems.filter(({ file }) => file?.endsWith('.yaml'));
  const isMarked = draft?.marks?.some(({ file }) => file.endsWith('.yaml'));
  expect([isMarked, problems?.map(({ severity, message }) => `${severity}: ${message}`)]).toEqual([isRead, told]);
});

const rest = '\n\n## Story\n\nAs a reader\n\n## Acceptance Criteria\n\n1. a\n\n## QA Results\n\nStatus: PASS\n';
const heads: readonly (readonly [before: string, done: string, state: string])[] = [
  ['# Story 1.1: A\n\nStatus: ready-for-dev', '# Story 1.1: A\n\nStatus: done', 'open'],
  ['# Story 1.1: A\n\nStatus: Approved', '# Story 1.1: A\n\nStatus: Done', 'open'],
  ['# Story 1.1: A\n\n**Status:** InProgress', '# Story 1.1: A\n\n**Status:** Done', 'open'],
  ['# Story 1.1: A\n\n**Status**: `Ready for Dev`', '# Story 1.1: A\n\n**Status**: `Done`', 'open'],
  ['# Story 1.1: A\n\n- **Status:** **Approved**', '# Story 1.1: A\n\n- **Status:** **Done**', 'open'],
  ['# Story 1.1: A\n\n## Status\n\nApproved', '# Story 1.1: A\n\n## Status\n\nDone', 'open'],
  ['# Story 1.1: A\n\n## Status: Approved', '# Story 1.1: A\n\n## Status: Done', 'open'],
  ['# Story 1.1: A\n\n## Status\n**Draft**', '# Story 1.1: A\n\n## Status\n**Done**', 'is a draft'],
  ['# Story 1.1: A\n\nStatus:', '# Story 1.1: A\n\nStatus: done', 'open'],
  ['# Story 1.1: A', '# Story 1.1: A\n\nStatus: done', 'open'],
  ["---\nstatus: 'in-progress' # or done\n---\n\n# A", "---\nstatus: 'done' # or done\n---\n\n# A", 'open'],
  ['---\ntitle: A\n---', '---\ntitle: A\nstatus: done\n---', 'open'],
  ['# Story 1.1: A\n\nStatus: Ready for Review', '# Story 1.1: A\n\nStatus: Done', 'is in review'],
  ['# Story 1.1: A\n\nStatus: blocked', '# Story 1.1: A\n\nStatus: done', 'is blocked'],
  ['# Story 1.1: A\n\n> **Status:** REMOVED - by 1.2', '# Story 1.1: A\n\n> **Status:** Done - by 1.2', 'is cancelled'],
  ['# Story 1.1: A\n\nStatus: In Progress (since X)  ', '# Story 1.1: A\n\nStatus: Done (since X)  ', 'open'],
  ['# Story 1.1: A\n\nStatus: In Progress (waiting for X)  ', '# Story 1.1: A\n\nStatus: Done  ', 'open'],
  [
    '# Story 1.1: A\n\n**Status:** **In Progress, 3/5**. See X',
    '# Story 1.1: A\n\n**Status:** **Done**. See X',
    'open',
  ],
  ['# Story 1.1: A\n\n**Status:** **Approved** – by Ada', '# Story 1.1: A\n\n**Status:** **Done** – by Ada', 'open'],
  [
    '# Story 1.1: A\n\nStatus: Draft <!-- or Approved -->',
    '# Story 1.1: A\n\nStatus: Done <!-- or Approved -->',
    'is a draft',
  ],
  [
    '# Story 1.1: A\n\n## Status\n\n<!-- Draft | Done -->\nApproved',
    '# Story 1.1: A\n\n## Status\n\n<!-- Draft | Done -->\nDone',
    'open',
  ],
  [
    '# Story 1.1: A\n\n<!--\nStatus: Draft\n-->\n\nStatus: Approved',
    '# Story 1.1: A\n\n<!--\nStatus: Draft\n-->\n\nStatus: Done',
    'open',
  ],
  [
    '# Story 1.1: A\n\n```\nStatus: Draft\n```\n\nStatus: Approved',
    '# Story 1.1: A\n\n```\nStatus: Draft\n```\n\nStatus: Done',
    'open',
  ],
  [
    '# Story 1.1: A\n\nStatus: 200 is what it answers\n\n**Status:** Approved',
    '# Story 1.1: A\n\nStatus: 200 is what it answers\n\n**Status:** Done',
    'open',
  ],
  ['# Story 1.1: A ##\n\n## Status ##\n\nApproved', '# Story 1.1: A ##\n\n## Status ##\n\nDone', 'open'],
  ['# Story 1.1: A\n\n## Status: Approved ##', '# Story 1.1: A\n\n## Status: Done ##', 'open'],
  ['# Story 1.1: A  ', '# Story 1.1: A  \n\nStatus: done', 'open'],
  ['---\n"status": in-progress (x) # y\n---\n\n# A', '---\n"status": done (x) # y\n---\n\n# A', 'open'],
  ['---\nstatus: >-\n  Ready for Dev\n---\n\n# A', '---\nstatus: >-\n  Done\n---\n\n# A', 'open'],
  ['---\nstatus:\n---\n\n# A', '---\nstatus: done\n---\n\n# A', 'open'],
  ['---\ntitle: A: B\nstatus: approved\n---', '---\ntitle: A: B\nstatus: done\n---', 'open'],
  ['---\ntitle: A: B\n---', '---\ntitle: A: B\nstatus: done\n---', 'open'],
  ['# Story 1.1: A\n\nStatus: drafted', '# Story 1.1: A\n\nStatus: done', 'is a draft'],
];

test.each(heads)('a story with %j is done with %j', async (before, done, state) => {
  const source = { file: 'docs/stories/1.1.story.md', text: before + rest };
  expect(await ticked([source])).toEqual([{ ...source, text: done + rest }]);
  const [[was], [is]] = [await draftsOf([source]), await draftsOf([{ ...source, text: done + rest }])];
  expect(was?.hold ?? 'open').toBe(state);
  expect([is?.isDone, is?.body, is?.title]).toEqual([true, was?.body, was?.title]);
});

const doneHeads = [
  'Status: done',
  'Status: ✅ Done',
  '**Status:** Complete (3/3 tasks)',
  '## Status\n\nDone - 2025-01-02',
];

test.each(doneHeads)('a story with %j is done', async (head) => {
  const [draft] = await draftsOf([{ file: 'docs/stories/1.1.story.md', text: `# A\n\n${head}${rest}` }]);
  expect(draft?.isDone).toBe(true);
});

const epicStatuses: readonly (readonly [before: string, done: string])[] = [
  [
    '### Story 1.1: A\n\n**Acceptance Criteria:**\n\n- Status: done\n- Status: shown on the page\n',
    '### Story 1.1: A\n\n**Status:** Done\n\n**Acceptance Criteria:**\n\n- Status: done\n- Status: shown on the page\n',
  ],
  [
    '### Story 1.1: A\n\nStatus: 404 for others\n\n**Acceptance Criteria:**\n\n- It holds\n\n**Status:** 🚧 In progress (60%)\n',
    '### Story 1.1: A\n\nStatus: 404 for others\n\n**Acceptance Criteria:**\n\n- It holds\n\n**Status:** Done\n',
  ],
  [
    '### Story 1.1: A\n\n## Status\n\n| Story | Status |\n|---|---|\n| 1.1 | **Draft** (by Ada) |\n',
    '### Story 1.1: A\n\n## Status\n\n| Story | Status |\n|---|---|\n| 1.1 | **Done** (by Ada) |\n',
  ],
  ['### Story 1.1: A\n\n**Status:** Approved\n', '### Story 1.1: A\n\n**Status:** Done\n'],
  ['### Story 1.1: A\n\nAs a reader\n', '### Story 1.1: A\n\n**Status:** Done\n\nAs a reader\n'],
  [
    '### Story 1.1: A\n\n## Status\n\n| Story | Status |\n|---|---|\n| 1.1 | ⚠️ Partial |\n',
    '### Story 1.1: A\n\n## Status\n\n| Story | Status |\n|---|---|\n| 1.1 | Done |\n',
  ],
];

test.each(epicStatuses)('a story of an epic with %j is done with %j', async (before, done) => {
  const source = { file: 'docs/epics.md', text: before };
  expect(await ticked([source])).toEqual([{ ...source, text: done }]);
  const [[was], [is]] = [await draftsOf([source]), await draftsOf([{ ...source, text: done }])];
  expect([was?.isDone, is?.isDone, is?.body, is?.title]).toEqual([false, true, was?.body, 'A']);
});

const layouts: readonly (readonly [paths: readonly string[], claimed: readonly string[]])[] = [
  [['docs/stories/1.2.story.md', 'docs/stories/1.2.login.story.md'], undefined],
  [['1.2.story.md', '10.12.story.md'], undefined],
  [['docs/stories/story-1.2.md', 'docs/stories/1.2.login.md', 'stories/1-2-login.md'], undefined],
  [['implementation-artifacts/1-2a-login.md', 'planning-artifacts/epics.md'], undefined],
  [['1-2-login.md', 'sprint-status.yaml'], ['1-2-login.md sprint-status.yaml']],
  [['docs/sprint-status.yaml', 'docs/stories/1-2-a.md'], ['docs/stories/1-2-a.md docs/sprint-status.yaml']],
  [['_bmad-output/implementation-artifacts/sprint-status.yaml'], undefined],
  [['docs/epics.md', 'docs/prd/epic-1-accounts.md', 'docs/epics/epic-2.md', 'epics.md'], undefined],
  [['docs/prd/epic-1-accounts.md', 'docs/prd/goals.md'], undefined],
  [
    ['_bmad/bmm/agents/dev.md', '_bmad-output/prd.md', '_bmad-output/implementation-artifacts/tech-spec-a.md'],
    undefined,
  ],
  // Others that look alike.
  [['specs/1-2-login.md', '1.2-login.md', 'docs/2024-01-02-notes.md', 'story-1-2.md'], []],
  [['docs/prd/goals.md', 'docs/stories/login.md', 'docs/spec-login.md', 'epic-login.md', 'sprint-status.yaml'], []],
].map(([paths = [], claimed]) => [paths, claimed ?? paths]);

test.each(layouts)('of %j, it claims %j', (paths, claimed) => {
  expect(
    bmad
      .claim(paths)
      .map((group) => ('file' in group ? group.file : group.join(' ')))
      .toSorted(),
  ).toEqual(claimed.toSorted());
});

test('the files of a unit are read together', async () => {
  for (const unit of await readUnits(files))
    expect(claimFiles(unit.files).map((claim) => claim.files)).toEqual([unit.files]);
});

const disagreeing = async (own: string, tracked: string): Promise<object[]> => {
  const [unit] = await readUnits({
    [`${artifacts}/1-1-shelf.md`]: `# Story 1.1: Shelf\n\nStatus: ${own}\n\n## Story\n\n## Acceptance Criteria\n\n1. a\n`,
    [`${artifacts}/sprint-status.yaml`]: `development_status:\n  1-1-shelf: ${tracked}\n`,
  });
  return [
    { isDone: unit?.isTicked, hold: unit?.hold },
    ...(unit?.problems ?? []).map(({ line, severity, code, message }) => ({ line, severity, code, message })),
  ];
};

test.each([
  ['ready-for-dev', 'done'],
  ['done', 'ready-for-dev'],
  ['review', 'done'],
  ['done', 'backlog'],
])(
  'a story that is %s in its file and %s in the sprint is neither done nor worked on, and told',
  async (own, tracked) => {
    expect(await disagreeing(own, tracked)).toEqual([
      { isDone: false, hold: 'is done in one place and open in another' },
      {
        ...{ line: 3, severity: 'warning', code: 'half-done' },
        message: `this story is "${own}" here, and "${tracked}" in sprint-status.yaml`,
      },
    ]);
  },
);

test.each([
  ['done', 'done', true, null],
  ['Done', 'done', true, null],
  ['in-progress', 'ready-for-dev', false, null],
  ['', 'done', true, null],
])('a story that is "%s" in its file and %s in the sprint is told by both', async (own, tracked, isDone, hold) => {
  expect(await disagreeing(own, tracked)).toEqual([{ isDone, hold }]);
});

const tracker = 'development_status:\n  1-3-out: done\n';
const why = 'has no status of its own, and sprint-status.yaml cannot be read';

test.each([
  ['as it should be', tracker, '', true, null, []],
  ['a key twice', `${tracker}  1-3-out: backlog\n`, '', false, why, ['front-matter-yaml']],
  ['a tab', `${tracker}\t1-4-x: done\n`, '', false, why, ['front-matter-yaml']],
  ['a colon in a value', `${tracker}  1-4-x: done: yes\n`, '', false, why, ['front-matter-yaml']],
  ['a status of the story', `${tracker}\t1-4-x: done\n`, 'Status: ready-for-dev', false, null, ['front-matter-yaml']],
  ['a story that is done', `${tracker}\t1-4-x: done\n`, 'Status: done', true, null, []],
  ['no entry of the story', 'development_status:\n  1-4-x: done\n', '', false, null, []],
  ['a file without entries', 'sprint: 1\n', '', false, null, []],
])('a story of whose status nobody can be sure is held: %s', async (_name, yaml, status, isDone, hold, told) => {
  const units = await readUnits({
    'stories/1-3-out.md': `# Story 1.3: Out\n\n${status}\n\n## Acceptance Criteria\n\n1. It is out\n`,
    'sprint-status.yaml': yaml,
  });
  expect(units.map((one) => [one.key, one.isTicked, one.hold, one.problems.map(({ code }) => code)])).toEqual([
    ['1.3', isDone, hold, told],
  ]);
});
