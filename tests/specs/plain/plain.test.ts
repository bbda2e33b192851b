import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { claimFiles, visibleOf } from '../../../src/specs/formats/formats.ts';
import { reader } from '../../../src/specs/plain/plain.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

type Files = Readonly<Record<string, string>>;

function shown({ key, line, title, isTicked, hold, depends, criteria, problems }: UnitSpec): object {
  return {
    [`${key} (${line})`]: `${title}${isTicked ? ', done' : ''}${hold === null ? '' : `, ${hold}`}`,
    ...(depends.length > 0 ? { depends } : {}),
    criteria: criteria.map((one) => `${one.line} ${one.text}`),
    ...(problems.length > 0 ? { problems: problems.map(({ code }) => code) } : {}),
  };
}

/** The files after a unit is ticked. */
async function ticked(of: Files, key: string): Promise<Files> {
  const sources = Object.entries(of).map(([file, text]) => ({ file, text }));
  const draft = reader.parse(sources).drafts.find((one) => one.key === key);
  const hash = criteriaHash((draft?.criteria ?? []).map(({ criterion }) => criterion));
  const changed = await tickUnit(sources, { key, criteriaHash: hash });
  return Object.fromEntries(changed.map(({ file, text }) => [file, text]));
}

const issue = (depends: string): string =>
  `# issue-x: A thing\n\n## Dependencies\n${depends}\n\n## Acceptance Criteria\n- [ ] It is there\n- [ ] check: \`true\`\n\n## Verification Commands\n- \`false\`\n`;

test('issues wait for the issues beside them that they name', async () => {
  const folder = '.artifacts/plan/issues';
  const units = await readUnits({
    [`${folder}/issue-01-words.md`]: issue('None (a leaf)'),
    [`${folder}/issue-02-lines.md`]: issue('- issue-01-words (provides: words)\n- `src/x.rs` (Error)'),
    [`${folder}/issue-03-pages.md`]: issue('- issue-01/02 (both)'),
    [`${folder}/issue-04-shelf.md`]: issue(
      '- lines (provides: lines)\n- issue-03 (pages): all\n- the standard library',
    ),
    [`${folder}/issue-05-gone.md`]: issue('- issue-09 (nothing)'),
  });
  const criteria = ['7 It is there', '8 check: `true`'];
  expect(units.map(shown)).toEqual([
    { 'issue-01-words (1)': 'A thing', criteria },
    {
      'issue-02-lines (1)': 'A thing',
      depends: ['issue-01-words'],
      criteria: ['8 It is there', '9 check: `true`'],
    },
    { 'issue-03-pages (1)': 'A thing', depends: ['issue-01-words', 'issue-02-lines'], criteria },
    {
      'issue-04-shelf (1)': 'A thing',
      depends: ['issue-02-lines', 'issue-03-pages'],
      criteria: ['9 It is there', '10 check: `true`'],
    },
    { 'issue-05-gone (1)': 'A thing', criteria, problems: ['unknown-dependency'] },
  ]);
  expect(units[0]?.body).toContain('## Verification Commands');
});

const codeTask = (status: string, depends: string): string =>
  `---\nstatus: ${status}\ncreated: 2026-01-19\ncompleted: null\n---\n# Task: Make it\n\n## Dependencies\n- ${depends}\n\n## Acceptance Criteria\n\n1. **It is made**\n   - Given nothing\n   - When it is made\n   - Then it is there\n2. **It stays**\n   - Then it stays\n`;

test('code tasks have numbered criteria with their steps, and a status', async () => {
  const folder = '.ralph/specs/made/tasks';
  const files = {
    [`${folder}/task-01-one.code-task.md`]: codeTask('completed', 'None'),
    [`${folder}/task-02-two.code-task.md`]: codeTask('pending', 'Task 1: one (done before)'),
    [`${folder}/task-03-three.code-task.md`]: codeTask('blocked', 'All previous tasks (1-2) must be complete'),
  };
  const criteria = [
    '13 **It is made** - Given nothing - When it is made - Then it is there',
    '17 **It stays** - Then it stays',
  ];
  expect((await readUnits(files)).map(shown)).toEqual([
    { 'made.task-01-one (6)': 'Make it, done', criteria },
    { 'made.task-02-two (6)': 'Make it', depends: ['made.task-01-one'], criteria },
    {
      'made.task-03-three (6)': 'Make it, is blocked',
      depends: ['made.task-01-one', 'made.task-02-two'],
      criteria,
    },
  ]);
  const two = `${folder}/task-02-two.code-task.md`;
  expect(await ticked(files, 'made.task-02-two')).toEqual({
    [two]: files[two]?.replace('status: pending', 'status: completed'),
  });
});

test('tasks of an epic have numbers, conflicts and an overview', async () => {
  const task = (front: string): string =>
    `---\nname: A task\nstatus: open\n${front}\n---\n\n# Task\n\n## Acceptance Criteria\n- [ ] It is\n`;
  const files = {
    '.claude/epics/shelf/epic.md': '---\nname: shelf\n---\n# Epic\n\n## Success Criteria\n- no work\n',
    '.claude/epics/shelf/001.md': task('depends_on: []\nparallel: true'),
    '.claude/epics/shelf/002.md': task('depends_on: [001]\nparallel: true\nconflicts_with: [003]'),
    '.claude/epics/shelf/updates/001/notes.md': '## Acceptance Criteria\n- no work\n',
    '.claude/skills/x.md': '## Acceptance Criteria\n- no work\n',
  };
  const units = await readUnits(files);
  expect(units.map(({ key, depends, exclusive, files: of }) => ({ key, depends, exclusive, of }))).toEqual([
    {
      ...{ key: 'shelf.001', depends: [], exclusive: null },
      of: ['.claude/epics/shelf/001.md', '.claude/epics/shelf/epic.md'],
    },
    {
      ...{ key: 'shelf.002', depends: ['shelf.001'], exclusive: 'shelf' },
      of: ['.claude/epics/shelf/002.md', '.claude/epics/shelf/epic.md'],
    },
  ]);
  expect(await ticked(files, 'shelf.001')).toEqual({
    '.claude/epics/shelf/001.md': files['.claude/epics/shelf/001.md']
      .replace('status: open', 'status: closed')
      .replace('[ ]', '[x]'),
  });
});

const plan = `# Shelf Plan

**Goal:** A shelf

### Task 1: Boards

- [x] **Step 1: Saw them**

\`\`\`
- [ ] no step
\`\`\`

- [x] **Step 2: Sand them**

### Task 2: Nails

**Step 1: Buy them**

Where they are cheap.

**Step 2: Hammer**

### Task 3: Paint ✅

**Depends on:** Task 1

**Acceptance criteria:**

- It is blue

### Task 4: Nothing is said
`;

test('each task of a plan is a unit that waits for the one before', async () => {
  const file = 'docs/superpowers/plans/2026-01-02-shelf.md';
  expect((await readUnits({ [file]: plan })).map(shown)).toEqual([
    {
      '2026-01-02-shelf.task-1 (5)': 'Boards, done',
      criteria: ['7 **Step 1: Saw them**', '13 **Step 2: Sand them**'],
    },
    {
      '2026-01-02-shelf.task-2 (15)': 'Nails',
      depends: ['2026-01-02-shelf.task-1'],
      criteria: ['17 **Step 1: Buy them**', '21 **Step 2: Hammer**'],
    },
    {
      '2026-01-02-shelf.task-3 (23)': 'Paint, done',
      depends: ['2026-01-02-shelf.task-1'],
      criteria: ['29 It is blue'],
    },
    {
      '2026-01-02-shelf.task-4 (31)': 'Nothing is said',
      depends: ['2026-01-02-shelf.task-3'],
      criteria: [],
      problems: ['no-criteria'],
    },
  ]);
  const open = { [file]: plan.replaceAll('[x]', '[ ]') };
  expect(await ticked(open, '2026-01-02-shelf.task-1')).toEqual({ [file]: plan });
  const [done, again] = [await readUnits({ [file]: plan }), await readUnits(open)];
  expect(again.map(({ contentHash }) => contentHash)).toEqual(done.map(({ contentHash }) => contentHash));
});

test('steps of a plan with a checklist are ticked there, and shown by their tests and demo', async () => {
  const text =
    '# Plan\n\n## Checklist\n\n- [x] Step 1: One\n- [ ] Step 2: Two\n- [ ] Step 3: Three\n\n## Step 1: One\n\n**Demo:** it runs.\n\n## Step 2: Two\n\n**Test requirements:**\n\n- a test\n\n**Demo:** it walks.\n\n## Step 3: Three\n';
  const files = {
    'specs/made/rough-idea.md': 'An idea',
    'specs/made/plan.md': text,
    'specs/made/design.md': '# Design',
  };
  expect((await readUnits(files)).map(shown)).toEqual([
    { 'made.step-1 (9)': 'One, done', criteria: ['11 **Demo:** it runs.'] },
    { 'made.step-2 (13)': 'Two', depends: ['made.step-1'], criteria: ['17 a test', '19 **Demo:** it walks.'] },
    { 'made.step-3 (21)': 'Three', depends: ['made.step-2'], criteria: ['7 Step 3: Three'] },
  ]);
  expect(await ticked(files, 'made.step-2')).toEqual({
    'specs/made/plan.md': text.replace('[ ] Step 2', '[x] Step 2'),
  });
});

test('specs may have several parts with criteria of their own, scenarios as lists, and a fence that is never closed', async () => {
  const units = await readUnits({
    '.ralph/specs/a.spec.md':
      '---\nstatus: review\ngap_analysis: 2026-01-01\n---\n# A\n\n```\n```js\n```\n```\n\n## Acceptance Criteria\n\n- **Given** a\n- **When** b\n- **Then** c\n\n- Given d\n- Then e\n',
    '.ralph/specs/b.spec.md':
      '# B\n\n## Fix 1: One\n\n### Acceptance Criteria\n\n- [x] one\n\n## Fix 2: Two\n\n### Acceptance Criteria\n\n- [ ] two\n',
    '.ralph/specs/notes.md': '# Notes\n',
  });
  expect(units.map(shown)).toEqual([
    {
      'a.spec (5)': 'A, is in review',
      criteria: ['14 **Given** a - **When** b - **Then** c', '18 Given d - Then e'],
    },
    { 'b.spec.fix-1-one (3)': 'Fix 1: One, done', criteria: ['7 one'] },
    { 'b.spec.fix-2-two (9)': 'Fix 2: Two', criteria: ['13 two'] },
  ]);
});

test('front matter of any kind is no error', async () => {
  const units = await readUnits({
    'plans/a.md':
      '---\nid: [1]\npriority: high\nlabels: {a: b}\nstatus: 5\ndepends_on: none\nauthor: x\nid2: y\n---\n# A\n\n## Acceptance Criteria\n\n- a\n',
  });
  expect(units.map(({ key, priority, problems }) => ({ key, priority, problems }))).toEqual([
    { key: 'a', priority: 1, problems: [] },
  ]);
});

test('files are claimed by their layout, together with those that they name', () => {
  const paths = [
    ...['issues/issue-1-a.md', 'issues/issue-2-b.md', 'issues/other.md', 'x/a.code-task.md', 'epics/e/1.md', 'e/12.md'],
    ...['plans/README.md', 'plans/a.md', '2026-01-01-b.md', '2026-b.md', 'docs/superpowers/specs/c-design.md'],
    ...['made/plan.md', 'made/rough-idea.md', 'made/research/x.md', 'lone/plan.md', 'shop/epic.md', 'shop/3.md'],
  ];
  const claims = claimFiles(paths).map(({ format, files }) => `${format.name}: ${files.join(' + ')}`);
  expect(claims).toEqual([
    'plain: issues/issue-1-a.md + issues/issue-2-b.md',
    'native: issues/other.md',
    'plain: x/a.code-task.md',
    'plain: epics/e/1.md',
    'native: e/12.md',
    'plain: plans/a.md',
    'plain: 2026-01-01-b.md',
    'native: 2026-b.md',
    'plain: docs/superpowers/specs/c-design.md',
    'plain: made/plan.md + made/rough-idea.md',
    'plain: made/research/x.md',
    'native: lone/plan.md',
    'plain: shop/epic.md + shop/3.md',
  ]);
});

test('only the folders of these tools are seen in hidden ones', () => {
  const paths = ['.claude/epics/a/1.md', '.claude/worktrees/w/a.md', '.claude/a.md', '.hermes/plans/a.md', '.git/a.md'];
  expect(visibleOf(paths, { ignore: [], formats: ['plain'] })).toEqual(['.claude/epics/a/1.md', '.hermes/plans/a.md']);
});
