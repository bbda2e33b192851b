import { expect, test } from 'vitest';
import { hasErrors } from '../../../src/model/diagnostic.ts';
import { backlogMd } from '../../../src/specs/backlog-md/format.ts';
import { criteriaHash, type Draft } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import type { Source } from '../../../src/specs/text/source.ts';
import { withoutTicks } from '../../../src/specs/ticks/marks.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const config = `project_name: "Shelf"
default_status: "To Do"
statuses: ["To Do", "In Progress", "Done"]
task_prefix: "task"
`;
const lend = `---
id: TASK-12.1
title: 'Lend a book: first step'
status: To Do
assignee:
  - @ada
labels: [api, 'lending']
dependencies:
  - task-7
parent_task_id: TASK-12
priority: high
references:
  - src/lend.ts
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
People borrow books.
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [x] #1 A lent book is gone
- [ ] #2 The tests pass — check: \`npm test\`
<!-- AC:END -->

## Definition of Done
<!-- DOD:BEGIN -->
- [ ] #1 It is documented
<!-- DOD:END -->

## Implementation Notes

<!-- SECTION:NOTES:BEGIN -->
## Acceptance Criteria

- [ ] This is a report
<!-- SECTION:NOTES:END -->

## Final Summary

### Success criteria

- All of them
`;
const files = {
  'backlog/config.yml': config,
  'backlog/tasks/task-12.1 - Lend-a-book.md': lend,
  'backlog/tasks/lending/task-9 - Old-style.md':
    '---\r\nid: task-9\r\ntitle: Old style\r\nstatus: In Progress\r\ndependencies: [12.1]\r\n---\r\n\r\n## Acceptance Criteria\r\n\r\n- [ ] It works\r\n',
  'backlog/tasks/task-10 - No-front-matter.md':
    '# task-10 - No front matter\n\n## Acceptance Criteria\n\n- [ ] It works\n',
  'backlog/tasks/readme.md': '# Tasks\n\n## Acceptance Criteria\n\n- no\n',
  'backlog/tasks/analysis.md': '# Analysis\n\n## Acceptance Criteria\n\n- no\n',
  'backlog/completed/task-7 - Shelf.md': '---\nid: task-7\ntitle: Shelf\nstatus: In Progress\n---\n',
  'backlog/drafts/draft-1 - Maybe.md':
    '---\nid: draft-1\ntitle: Maybe\nstatus: Draft\n---\n\n## Acceptance Criteria\n\n- no\n',
  'backlog/archive/tasks/task-7 - Other.md': '---\nid: task-7\ntitle: Other\nstatus: To Do\n---\n',
  'backlog/milestones/m-1 - first.md': '---\nid: m-1\n---\n',
  'backlog/docs/doc-1 - Setup.md': '# Setup\n\n## Acceptance Criteria\n\n- no\n',
};

/** The only draft of a task in a project with this configuration; null for none. */
async function draftOf(text: string, name = 'tasks/task-1 - A.md', yaml = config): Promise<Draft | null> {
  const sources = [
    { file: `backlog/${name}`, text },
    { file: 'backlog/config.yml', text: yaml },
  ];
  const [group] = await groupsOf(sources);
  return (group && parseGroup(group).drafts[0]) ?? null;
}

async function ticked(sources: readonly Source[]): Promise<Source[]> {
  const [group] = await groupsOf(sources);
  const draft = group && parseGroup(group).drafts[0];
  if (!draft) return [];
  return tickUnit(sources, { key: draft.key, criteriaHash: criteriaHash(draft.criteria.map((one) => one.criterion)) });
}

/** Front matter with these lines, and one criterion. */
function task(...lines: readonly string[]): string {
  return ['---', 'id: task-1', 'title: A', ...lines, '---', '', '## Acceptance Criteria', '- [ ] #1 a', ''].join('\n');
}

test('each task is a unit with what its front matter says, and its criteria', async () => {
  const units = await readUnits(files);
  expect(
    units.map(({ key, title, line, file, isTicked, depends, labels, priority, criteria, problems }) => ({
      [`${file}:${line}`]: `${key} ${title}${isTicked ? ', done' : ''}`,
      ...{ depends, labels, priority },
      criteria: criteria.map((one) => `${one.line} ${one.kind}: ${one.text}`),
      problems: problems.map((one) => one.code),
    })),
  ).toEqual([
    {
      'backlog/completed/task-7 - Shelf.md:3': 'task-7 Shelf, done',
      ...{ depends: [], labels: [], priority: 0, criteria: [], problems: [] },
    },
    {
      'backlog/tasks/lending/task-9 - Old-style.md:3': 'task-9 Old style',
      ...{ depends: ['task-12.1'], labels: [], priority: 0, criteria: ['10 claim: It works'], problems: [] },
    },
    {
      'backlog/tasks/task-10 - No-front-matter.md:1': 'task-10 No front matter',
      ...{ depends: [], labels: [], priority: 0, criteria: ['5 claim: It works'], problems: [] },
    },
    {
      'backlog/tasks/task-12.1 - Lend-a-book.md:3': 'TASK-12.1 Lend a book: first step',
      ...{ depends: ['task-7'], labels: ['api', 'lending'], priority: 1 },
      criteria: [
        '24 claim: #1 A lent book is gone',
        '25 check: #2 The tests pass — check: `npm test`',
        '30 claim: #1 It is documented',
      ],
      problems: [],
    },
  ]);
  expect(units.at(-1)?.body).toBe(
    [
      'Part of: TASK-12\nReferences: src/lend.ts',
      '## Description\n\nPeople borrow books.',
      '## Implementation Notes\n\n## Acceptance Criteria\n\n- [ ] This is a report',
      '## Final Summary\n\n### Success criteria\n\n- All of them',
    ].join('\n\n'),
  );
});

test('a task that waits for one that is gone cannot run, but may be done', async () => {
  const gone = (status: string): string => task(`status: ${status}`, 'dependencies: [task-99]');
  const units = await readUnits({
    'backlog/tasks/task-1 - A.md': gone('To Do'),
    'backlog/tasks/task-2 - B.md': gone('Done').replace('task-1', 'task-2'),
  });
  expect(units.map(({ key, problems }) => [key, problems.map(({ code, line }) => `${code} ${line}`)])).toEqual([
    ['task-1', ['unknown-dependency 5']],
    ['task-2', []],
  ]);
});

test.each([
  ['cancelled', 'backlog/tasks/task-2 - B.md', "Won't Do"],
  ['cancelled', 'backlog/tasks/task-2 - B.md', 'Merged into 12.16'],
  ['archived', 'backlog/archive/tasks/task-2 - B.md', 'To Do'],
])('a task does not wait for one that is %s: %s, %s', async (end, file, status) => {
  const units = await readUnits({
    'backlog/tasks/task-1 - A.md': task('status: To Do', 'dependencies: [task-2]'),
    [file]: task(`status: ${status}`).replace('task-1', 'task-2'),
  });
  const [unit] = units.filter(({ key }) => key === 'task-1');
  expect([
    unit?.depends,
    unit?.problems.map(({ severity, message, line }) => `${severity} ${message} ${line}`),
  ]).toEqual([[], [`warning "task-2" is ${end}, so this unit does not wait for it 5`]]);
});

test('drafts, archived tasks and milestones are no work, and say so', async () => {
  const groups = await groupsOf(Object.entries(files).map(([file, text]) => ({ file, text })));
  const notWork = groups.flatMap((group) => parseGroup(group).notWork ?? []);
  expect(notWork.map(({ file, why }) => `${file}: ${why}`)).toEqual([
    'backlog/tasks/task-12.1 - Lend-a-book.md: boxes outside of tasks and criteria',
    'backlog/tasks/analysis.md: files that are not named like tasks',
    'backlog/drafts/draft-1 - Maybe.md: drafts',
    'backlog/archive/tasks/task-7 - Other.md: archived tasks',
    'backlog/milestones/m-1 - first.md: milestones',
  ]);
});

test('a task is ticked by its status and its boxes, and asks the same then', async () => {
  const file = 'backlog/tasks/task-12.1 - Lend-a-book.md';
  for (const ends of [(text: string) => text, (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`]) {
    const sources = [
      { file, text: ends(lend) },
      { file: 'backlog/config.yml', text: config },
    ];
    const text = ends(lend)
      .replace('status: To Do', 'status: Done')
      .replace('[ ] #2', '[x] #2')
      .replace('[ ] #1 It is', '[x] #1 It is');
    expect(await ticked(sources)).toEqual([{ file, text }]);
    const [before, after] = [await draftOf(ends(lend)), await draftOf(text)];
    const asked = (draft: Draft | null): object => ({ ...draft, marks: [], criteria: [], where: null });
    expect(asked(after)).toEqual({ ...asked(before), isDone: true });
    const [group] = await groupsOf([{ file, text }]);
    expect(group && withoutTicks(group)[0]?.text).toBe(ends(lend).replace('[x]', '[ ]'));
  }
});

const spellings: readonly (readonly [line: string, done: string])[] = [
  ['status: To Do', 'status: Done'],
  ['status:   In Progress  ', 'status:   Done  '],
  ["status: 'To Do' # soon", "status: 'Done' # soon"],
  ['status: "In Progress"', 'status: "Done"'],
  ['status: todo # soon', 'status: Done # soon'],
  ['status: In Progress (60%)', 'status: Done'],
  ['status: In Progress (by Ada)', 'status: Done (by Ada)'],
  ['status:', 'status: Done'],
  ['status: ""', 'status: "Done"'],
  ['priority: low', 'priority: low\nstatus: Done'],
];

test.each(spellings)('%s is done as %s', async (line, done) => {
  const [changed] = await ticked([{ file: 'backlog/tasks/task-1 - A.md', text: task(line) }]);
  expect(changed?.text).toBe(task(done).replace('[ ]', '[x]'));
});

const statuses: readonly (readonly [status: string, listed: string, is: string])[] = [
  ['Done', '[To Do, In Progress, Done]', 'done'],
  ['DONE', '[]', 'done'],
  ['✅ Completed', '[To Do, Done]', 'done'],
  ['Completed (2025-01-02)', '[To Do, Done]', 'done'],
  ['Live', '[Idea, Doing, Live]', 'done'],
  ['Done (not deployed)', '[To Do, Done]', 'has the status "Done (not deployed)"'],
  ['Live (except the app)', '[Idea, Doing, Live]', 'has the status "Live (except the app)"'],
  ['Live (since May)', '[Idea, Doing, Live]', 'done'],
  ['Idea (needs review)', '[Idea, Doing, Live]', 'open'],
  ['完了', '[未着手, 進行中, 完了]', 'done'],
  ['Merged', '[]', 'done'],
  ['To Do', '[]', 'open'],
  ['In-Progress', '[To Do, In Progress, Done]', 'open'],
  ['Not Done', '[]', 'open'],
  ['Idea', '[Idea, Doing, Live]', 'open'],
  ['Almost done', '[]', 'open'],
  ['In Review', '[To Do, In Review, Done]', 'is in review'],
  ['On Hold', '[]', 'is on hold'],
  ['Blocked - waits for the API', '[]', 'is blocked'],
  ['Draft', '[]', 'is a draft'],
  ["Won't Do", '[]', 'is cancelled'],
  ['Merged into 12.16', '[]', 'is cancelled'],
  ['Cancelled', '[To Do, Done, Cancelled]', 'is cancelled'],
  ['Live', '[To Do, In Progress, Done, Live]', 'has the status "Live"'],
  ['Released', '[To Do, In Progress, Done, Released]', 'done'],
  ['Done', '[To Do, In Progress, Done, Released]', 'done'],
  ['Live', '[To Do, In Progress, Live]', 'done'],
  ['In Progress', '[To Do, In Progress]', 'open'],
  ['Verified', '[To Do, Done]', 'has the status "Verified"'],
  ['Waiting for upstream', '[]', 'has the status "Waiting for upstream"'],
];

test.each(statuses)('status %s of %s is %s', async (status, listed, is) => {
  const yaml = `default_status: ${/^\[(Idea)?/.exec(listed)?.[1] ?? 'To Do'}\nstatuses: ${listed}\n`;
  const draft = await draftOf(task(`status: ${status}`), undefined, yaml);
  expect(draft?.isDone === true ? 'done' : (draft?.hold ?? 'open')).toBe(is);
});

const own: readonly (readonly [listed: string, written: string])[] = [
  ['[To Do, In Progress, Done]', 'Done'],
  ['[未着手, 進行中, 完了]', '完了'],
  ['["Todo", "Doing", "✅ Shipped"]', '"✅ Shipped"'],
  ['[To Do, Done, Cancelled]', 'Done'],
  ['[Idea, Doing, Live]', 'Live'],
  ['nothing', 'Done'],
  ['[', 'Done'],
];

test.each(own)('of the statuses %s, a done task gets %s', async (listed, written) => {
  const sources = [
    { file: 'backlog/tasks/task-1 - A.md', text: task('status: Doing') },
    { file: 'backlog/config.yml', text: `statuses: ${listed}\n` },
  ];
  const [changed] = await ticked(sources);
  expect(changed?.text.split('\n')[3]).toBe(`status: ${written}`);
});

const titles: readonly (readonly [line: string, title: string])[] = [
  ['title: Fix: the parser', 'Fix: the parser'],
  ['title: "Fix: the parser"', 'Fix: the parser'],
  ['title: [Bug] crash on start', '[Bug] crash on start'],
  ['title: Fix #12', 'Fix #12'],
  ['title: @ada asks for `x`', '@ada asks for `x`'],
  ['title: 1.10', '1.10'],
  ['title: >-\n  Two\n  lines', 'Two lines'],
  ['title: "Ein \\"Zitat\\""', 'Ein "Zitat"'],
  ['assignee: @ada', 'A b'],
  ['assignee: [@ada, "b@c"]\nreporter: @bob', 'A b'],
];

test.each(titles)('front matter may say %s', async (line, title) => {
  const draft = await draftOf(`---\nid: task-1\nstatus: To Do\n${line}\n---\n`, 'tasks/task-1 - A-b.md');
  expect([draft?.title, draft?.key, draft?.problems]).toEqual([title, 'task-1', []]);
});

const bare: readonly (readonly [text: string, is: readonly [title: string, isDone: boolean]])[] = [
  ['# task-1 - Fix it\n', ['Fix it', false]],
  ['# Task-1: Fix it\n\n**Status**: Done\n', ['Fix it', true]],
  ['# Fix it\n\n## Status\n\nCompleted\n', ['Fix it', true]],
  ['Nothing\n', ['A b', false]],
  ['# Fix it\n\n## Acceptance Criteria\n\n- [x] a\n', ['Fix it', true]],
];

test.each(bare)('without front matter, %j is read', async (text, [title, isDone]) => {
  const draft = await draftOf(text, 'tasks/task-1 - A-b.md');
  expect([draft?.key, draft?.title, draft?.isDone]).toEqual(['task-1', title, isDone]);
});

test('front matter that is no YAML is an error of the task, unless it is completed', async () => {
  const text = '---\nid: task-1\nlabels: [a\n---\n';
  const [group] = await groupsOf([{ file: 'backlog/tasks/task-1 - A.md', text }]);
  expect(group && hasErrors(parseGroup(group).diagnostics)).toBe(true);
  expect(await draftOf(text, 'completed/task-1 - A.md')).toMatchObject({ key: 'task-1', isDone: true, problems: [] });
});

const layouts: readonly (readonly [paths: readonly string[], claimed: readonly string[]])[] = [
  [['backlog/tasks/task-1 - A.md'], ['backlog/tasks/task-1 - A.md']],
  [['.backlog/tasks/task-1 - A.md'], ['.backlog/tasks/task-1 - A.md']],
  [['tasks/task-1 - A.md', 'config.yml'], ['tasks/task-1 - A.md config.yml']],
  [['tasks/BACK-1.2 - A.md', 'config.yaml'], ['tasks/BACK-1.2 - A.md config.yaml']],
  [
    ['task-1 - A.md', 'task-2.1 - B.md'],
    ['task-1 - A.md', 'task-2.1 - B.md'],
  ],
  [['backlog.config.yml', 'docs/work/tasks/web-1 - A.md'], ['docs/work/tasks/web-1 - A.md backlog.config.yml']],
  [['app/backlog/tasks/epics/task-epic-1.2 - A.md'], ['app/backlog/tasks/epics/task-epic-1.2 - A.md']],
  [['backlog/tasks/task-12-no-spaces.md'], ['backlog/tasks/task-12-no-spaces.md']],
  [
    ['backlog/archive/old/a.md', 'backlog/tasks/x-1 - A.md'],
    ['backlog/archive/old/a.md', 'backlog/tasks/x-1 - A.md'],
  ],
  // Others that look alike.
  [['backlog/tasks/step-1.md', 'backlog/search.md', 'backlog/config.yml.md'], []],
  [['docs/decisions/ADR-1 - Use it.md', 'docs/tasks/rfc-2 - B.md', 'config.yml'], []],
  [['tasks/search.md', 'config.yml', 'docs/a.md'], []],
  [['rfc-1 - A.md', 'phase-1 - B.md', 'task-1.md'], []],
  [['backlog/docs/doc-1 - A.md'], []],
];

test.each(layouts)('of %j, it claims %j', (paths, claimed) => {
  expect(backlogMd.claim(paths).map((group) => ('file' in group ? group.file : group.join(' ')))).toEqual(claimed);
});

test('the files of a unit are read together', async () => {
  for (const unit of await readUnits(files))
    expect(claimFiles(unit.files).map((claim) => claim.files)).toEqual([unit.files]);
});

test.each([
  ['\uE000\uE041 \uE07F', '\uE000\uE041 \uE07F'],
  ['\uE041 and: @ada', '\uE041 and: @ada'],
  ['"\\uE041: x"', '\uE041: x'],
  ['"\\U0000E041" # @', '\uE041'],
  [Array.from({ length: 50 }, (_, at) => String.fromCharCode(0xe000 + at * 0x80)).join(''), null],
])('private characters in a title stay what they are: %j', async (title, wanted) => {
  const draft = await draftOf(task('status: To Do').replace('title: A', `title: ${title}`));
  expect(draft?.title).toBe(wanted ?? title);
});
