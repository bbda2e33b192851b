import { describe, expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { withoutTicks } from '../../../src/specs/ticks/marks.ts';
import { parseTodo, reader } from '../../../src/specs/todo/todo.ts';
import type { Draft } from '../../../src/specs/format/draft.ts';
import { readUnits } from '../../support/read-units.ts';

/** A unit on one line: its line, its state, its key, its title and what it depends on, and then its criteria. */
function shown({ line, isDone, hold, key, title, keys, criteria }: Draft): string {
  const state = isDone ? ' (done)' : hold === undefined ? '' : ` (${hold})`;
  const depends = keys.depends === undefined ? '' : ` after ${keys.depends.join(', ')}`;
  const asked = criteria.map(({ criterion }) => `\n  ${criterion.line} ${criterion.kind}: ${criterion.text}`);
  return `${line} ${key}: ${title}${state}${depends}${asked.join('')}`;
}

function read(text: string, file = 'TODO.md'): string[] {
  const { drafts, diagnostics } = parseTodo({ file, text });
  expect(diagnostics).toEqual([]);
  return drafts.map(shown);
}

const boxes = `# TODO

## Bugs
- [ ] Sort by date
- [x] Sort by name
- [ ] **Sort by size.** It is slow, and
  nobody needs all of it.
  - [ ] it takes a second
  - [x] with folders — check: \`npm test\`
- [ ] Sort by date
- Group
  - [ ] inner (depends on T-1)
- [ ] T-1: Log in — check: \`npm run login\`
- [~] Half of it
- [ ] Deferred: log out
- [ ] Do not start the move until 2.0 is out
- [ ] Show a spinner while waiting for the server
- [ ] Don't crash without input
- [ ] ~~Never mind~~
- [n/a] Not here

## Later
- [ ] Colours
  - Done when: the theme has six

## Done ✅
- [x] Start
- [ ] forgotten

## Notes
- a bullet
`;

test('items with a box are tasks; nested boxes, checks and "Done when" are their criteria', () => {
  expect(read(boxes)).toEqual([
    '4 todo.sort-by-date: Sort by date',
    '5 todo.sort-by-name: Sort by name (done)',
    '6 todo.sort-by-size: Sort by size\n  8 claim: it takes a second\n  9 check: with folders — check: `npm test`',
    '10 todo.sort-by-date.again-2: Sort by date',
    '12 todo.inner-depends-on-t-1: inner (depends on T-1) after T-1',
    '13 T-1: Log in\n  13 check: T-1: Log in — check: `npm run login`',
    '14 todo.half-of-it: Half of it',
    '15 todo.deferred-log-out: Deferred: log out (is deferred)',
    '16 todo.do-not-start-the-move-until-2.0-is-out: Do not start the move until 2.0 is out (must not be begun yet)',
    '17 todo.show-a-spinner-while-waiting-for-the-server: Show a spinner while waiting for the server',
    "18 todo.don-t-crash-without-input: Don't crash without input",
    '23 todo.colours: Colours (is deferred)\n  24 claim: the theme has six',
    '27 todo.start: Start (done)',
    '28 todo.forgotten: forgotten (is listed as done, but its box is open)',
  ]);
  const { notWork, drafts } = parseTodo({ file: 'TODO.md', text: boxes });
  expect(notWork?.map(({ line, why }) => `${line} ${why}`)).toEqual([
    '19 cancelled tasks',
    '20 items that do not apply',
    '30 notes',
  ]);
  expect(drafts[2]?.body).toBe('Section: Bugs\n\n**Sort by size.** It is slow, and\n  nobody needs all of it.');
});

const sections = `# Follow-ups

Mark them as done.

---

## F-2: Hints
**Priority:** low
**Status:** open
**Depends on:** F-1
**Done when:** hints show — check: \`npm test\`

## F-1: Cards
**Status:** Done

## F-3: Stale
**Status:** obsolete

## F-4: Waits
**Status:** blocked by #7

## ~~Old thing~~
- **Where:** src/a.ts
- **Fix shape:** rename it

## 5. Numbered
Some prose.

## Depends on the weather
**What:** rain
**Depends on:** a sunny day

## Search - SHIPPED 2026-07-01 (in 0.4)
It is there.

## Prose beside them
Says what is wrong.

## How to use this file
Read it.
`;

test('sections are tasks if labels, a number or their neighbours say so, with the state that they name', () => {
  expect(read(sections, 'docs/FOLLOW-UPS.md')).toEqual([
    '7 F-2: Hints after F-1\n  11 check: hints show — check: `npm test`',
    '13 F-1: Cards (done)',
    '19 F-4: Waits (is blocked)',
    '22 docs.follow-ups.old-thing: Old thing (done)',
    '26 docs.follow-ups.5: Numbered',
    '29 docs.follow-ups.depends-on-the-weather: Depends on the weather (depends on something that is no task of this file)',
    '33 docs.follow-ups.search: Search (done)',
    '36 docs.follow-ups.prose-beside-them: Prose beside them',
  ]);
});

const table = `# Implementation plan

## Open work

| Issue | Title | Status |
|---|---|---|
| #4 | Sort | Open |
| #5 | Filter | 🔲 |
| #6 | Page | Closed |
| #7 | Print | Won't do |
| #8 | Save | Blocked by #4 |

| Suite | Tests | Files |
|---|---|---|
| one | 27 | a |
`;

test('rows of a table with states are tasks; other tables are none', () => {
  expect(read(table, 'IMPLEMENTATION_PLAN.md')).toEqual([
    '7 implementation_plan.4: Sort',
    '8 implementation_plan.5: Filter',
    '9 implementation_plan.6: Page (done)',
    '11 implementation_plan.8: Save (is blocked)',
  ]);
});

test('cells with a check, and those of a column of criteria, are the criteria of a row', () => {
  const text = `# TODO

| # | Feature | Status | Notes | Done when |
|---|---|---|---|---|
| F-1 | Sort | ⬜ | check: \`npm test\` | it takes a second |
| F-2 | Filter — check: \`make\` | open | soon | - |
| F-3 | Page | open | soon | \`npm run lint\` |
| F-4 | Print | open | \`npm test\` was red | |

| T | Status |
|---|---|
| Row | todo |

| Server | Status |
|---|---|
| Row | up |
`;
  const { drafts, notWork } = parseTodo({ file: 'TODO.md', text });
  expect(
    drafts.map(({ key, body, criteria, problems }) => [
      key,
      body,
      ...criteria.map(
        ({ criterion: { kind, text: said, command, line } }) => `${line} ${kind} ${said} ${command ?? ''}`,
      ),
      ...problems.map(({ hint }) => hint),
    ]),
  ).toEqual([
    ['F-1', '#: F-1\nFeature: Sort', '5 check check: `npm test` npm test', '5 claim it takes a second '],
    ['F-2', '#: F-2\nFeature: Filter — check: make\nNotes: soon\nDone when: -', '6 check Filter — check: `make` make'],
    ['F-3', '#: F-3\nFeature: Page\nNotes: soon', '7 check `npm run lint` npm run lint'],
    [
      'F-4',
      '#: F-4\nFeature: Print\nNotes: npm test was red',
      'Write "check: `command`" into a cell of the row, or claims into a column "Acceptance criteria".',
    ],
  ]);
  expect(notWork).toEqual([{ file: 'TODO.md', line: 10, why: 'tables that name no tasks' }]);
});

const phases = `# Roadmap

### ADR-001: Use it

**Context**: none

### Phase 1: Start

**Deliverables:**
- [x] one
- [ ] two

**Acceptance Criteria:**
- \`make\` works
- it is fast

## Success metrics
- 50 users

## Next steps
- [ ] two
`;

test('a phase with criteria is a task, its boxes are its marks, and people judge measures of success', () => {
  expect(read(phases, 'ROADMAP.md')).toEqual([
    '7 roadmap.phase-1-start: Phase 1: Start\n  14 claim: `make` works\n  15 claim: it is fast\n  18 human: 50 users',
  ]);
});

const bare = `# Todo

- Fix the parser
- Add tests — check: \`npm test\`
- Never commit secrets
- ~~Rename~~

These wait. Do not add them.

- Billing

## Ideas
- Colours
`;

test('items without a box are tasks only in a file without boxes that is no plan', () => {
  expect(read(bare)).toEqual([
    '3 todo.fix-the-parser: Fix the parser',
    '4 todo.add-tests: Add tests\n  4 check: Add tests — check: `npm test`',
    '6 todo.rename: Rename (done)',
    '10 todo.billing: Billing (must not be begun yet)',
    '13 todo.colours: Colours (is only proposed)',
  ]);
  expect(read(bare, 'ROADMAP.md')).toEqual([]);
  expect(read('Only\n\nprose.\n')).toEqual([]);
  expect(read('')).toEqual([]);
});

test('a definition of done is asked of each task, and its box is ticked by none', () => {
  const text = '- [ ] a\n- [ ] b\n\n## Definition of done\n- [ ] lint is green — check: `npm run lint`\n';
  const criterion = '\n  5 check: lint is green — check: `npm run lint`';
  expect(read(text)).toEqual([`1 todo.a: a${criterion}`, `2 todo.b: b${criterion}`]);
});

test('a file with criteria and no tasks is one unit, and "## Unit:" sections are refused', () => {
  const text = '---\nid: move\n---\n# Move\n\nWhy.\n\n## Acceptance criteria\n\n- [ ] it moves\n';
  expect(read(text, 'roadmap.md')).toEqual(['4 move: Move\n  10 claim: it moves']);
  const { diagnostics } = parseTodo({ file: 'todo.md', text: '# T\n\n## Unit: a\n' });
  expect(diagnostics.map(({ code, line }) => `${code} ${line}`)).toEqual(['unit-in-todo 3']);
});

test.each([
  ['- [ ] Sort — check: `a`\n\n  and `b`', ['check a && b']],
  ['- [ ] Sort — check: `a`\n\n  `b`', ['check a', 'error unclear-check']],
  ['- [ ] Sort — check: `a`\n  - `b`', ['check a', 'error unclear-check']],
  ['- [ ] Sort — check: `a`\n\n  ```sh\n  b\n  ```', ['check a', 'error unclear-check']],
  ['- [ ] Sort — check:\n\n  `a`', ['check a']],
  ['- [ ] Sort — check:\n  1. `a`\n  2. `b`', ['check a && b']],
  ['- [ ] Sort\n\n  It is slow — check: `a`\n\n  `b`', ['check a', 'error unclear-check']],
  ['- [ ] Sort\n\n  It is slow — check:\n\n  `a`', ['check a']],
  ['- [ ] Sort — check: `a`\n\n  It is in `b`.', ['check a', 'warning unclear-check']],
  ['- [ ] Sort — check: `a`\n  - **Where:** `b`', ['check a']],
  ['- [ ] Sort — check: `a`\n  - [ ] it lists `b`', ['check a', 'claim']],
  ['- [ ] Sort — check: `a`\n- [ ] `b` — check: `c`', ['check a', 'check c']],
])('code behind the check of a task is run or told: %s', (text, expected) => {
  const { drafts } = parseGroup({ reader, sources: [{ file: 'TODO.md', text: `# TODO\n\n${text}\n` }] });
  const found = drafts.flatMap(({ criteria, problems }) => [
    ...criteria.map(({ criterion: { kind, command } }) => (command === null ? kind : `${kind} ${command}`)),
    ...problems.map(({ severity, code }) => `${severity} ${code}`),
  ]);
  expect(found).toEqual(expected);
});

test('a task without criteria says how to write them', () => {
  const { drafts } = parseTodo({ file: 'TODO.md', text: '- [ ] a\n- [x] b\n' });
  expect(drafts.map(({ problems }) => problems.map(({ code, line, hint }) => `${code} ${line} ${hint}`))).toEqual([
    ['no-criteria 1 Write them as items below it: a check as "- [ ] … — check: `command`", or a claim in plain words.'],
    [],
  ]);
});

describe.each(Object.entries({ boxes, sections, table, phases, bare }))('%s', (name, text) => {
  const file = name === 'phases' || name === 'table' ? 'ROADMAP.md' : 'TODO.md';
  const same = ({ key, title, body, criteria, line }: Draft): string =>
    JSON.stringify([key, title, body, line, criteriaHash(criteria.map(({ criterion }) => criterion))]);
  const parse = async (content: string): Promise<readonly Draft[]> => {
    const [group] = await groupsOf([{ file, text: content }]);
    return group === undefined ? [] : parseGroup(group).drafts;
  };

  test.each(['\n', '\r\n'])('ticking a unit makes it done and changes nothing else (%j)', async (end) => {
    const before = `\uFEFF${text.replaceAll('\n', end)}`;
    const drafts = await parse(before);
    for (const draft of drafts.filter(({ isDone, hold }) => !isDone && hold === undefined)) {
      const hash = criteriaHash(draft.criteria.map(({ criterion }) => criterion));
      const [ticked] = await tickUnit([{ file, text: before }], { key: draft.key, criteriaHash: hash });
      const after = await parse(ticked?.text ?? '');
      expect(after.map(same)).toEqual(drafts.map(same));
      expect(after.filter(({ isDone }) => isDone).map(({ key }) => key)).toEqual(
        drafts.filter(({ isDone, key }) => isDone || key === draft.key).map(({ key }) => key),
      );
    }
  });

  test('without ticks, the same units are read', async () => {
    const [group] = await groupsOf([{ file, text }]);
    const [opened] = group === undefined ? [] : withoutTicks(group);
    expect((await parse(opened?.text ?? '')).map(same)).toEqual((await parse(text)).map(same));
  });
});

test('files are claimed by name, alone, and also in the folder of ralph', () => {
  const formatsOf = (paths: string[]): string[] =>
    claimFiles(paths).map(({ files, format }) => `${format.name} ${files.join(' ')}`);
  expect(
    formatsOf(['TODO.md', 'a/todos.md', 'docs/Follow-Ups.md', '@fix_plan.md', '.ralph/fix_plan.md', 'docs/roadmap.md']),
  ).toEqual([
    'todo TODO.md',
    'todo a/todos.md',
    'todo docs/Follow-Ups.md',
    'todo @fix_plan.md',
    'todo .ralph/fix_plan.md',
    'todo docs/roadmap.md',
  ]);
  expect(formatsOf(['.github/TODO.md', 'todo-app.md', 'mastodon.md', 'autodoc.md', 'followups.md'])).toEqual([
    'native todo-app.md',
    'native mastodon.md',
    'native autodoc.md',
    'followups followups.md',
  ]);
});

test('a status that is not known is told, and says nothing', () => {
  const text = `# TODO

### F-1: Search
**Status:** Root cause found, half there
**Done when:**
- [ ] it finds

### F-2: Sort
- **Status:** ✅
- **Fix:** now

| Task | Status |
|---|---|
| Save | open |
| Load | Livestream |
`;
  const problems = parseTodo({ file: 'TODO.md', text }).drafts.flatMap((one) => one.problems);
  expect(
    problems
      .filter(({ code }) => code === 'unknown-status')
      .map(({ line, column, message }) => [line, column, message]),
  ).toEqual([
    [4, 13, 'the status "Root cause found, half there" is not known, so it says nothing here'],
    [15, 10, 'the status "Livestream" is not known, so it says nothing here'],
  ]);
});

test.each(['Erledigt', 'Terminé', '完了', 'Tareas completadas', '已完成的任务', 'Выполненные задачи'])(
  'what is below "%s" is no work any more',
  (title) => {
    const text = `# TODO\n\n- [ ] Open — check: \`true\`\n\n## ${title}\n\n- **Search.** It was slow\n- [ ] forgotten — check: \`true\`\n`;
    expect(read(text).map((unit) => unit.split('\n')[0])).toEqual([
      '3 todo.open: Open',
      '8 todo.forgotten: forgotten (is listed as done, but its box is open)',
    ]);
  },
);

test('a task does not wait for one that is cancelled', async () => {
  const text =
    '# TODO\n\n- [ ] F-1: Search (depends on F-2) — check: `true`\n- [ ] ~~F-2: Sort~~\n- [ ] F-3: Save — check: `true`\n';
  const units = await readUnits({ 'TODO.md': text });
  expect(units.map(({ key, depends, problems }) => [key, depends, problems.map(({ message }) => message)])).toEqual([
    ['F-1', [], ['"F-2" is cancelled, so this unit does not wait for it']],
    ['F-3', [], []],
  ]);
});

test.each([
  ['### A\n\n**Status:** open\n**Fix:** x\n', '### A\n\n**Status:** done\n**Fix:** x\n'],
  ['### A\n\n**Status:** In progress (by ada)\n**Fix:** x\n', '### A\n\n**Status:** Done (by ada)\n**Fix:** x\n'],
  // What says what is left would still say so.
  ['### A\n\n**Status:** In progress (60%)\n**Fix:** x\n', '### A\n\n**Status:** Done\n**Fix:** x\n'],
  ['### A\n\n**Status:** Open, 3 of 5. See x\n**Fix:** x\n', '### A\n\n**Status:** Done. See x\n**Fix:** x\n'],
  ['| Task | Status |\n|---|---|\n| A | todo (3/5) |\n', '| Task | Status |\n|---|---|\n| A | done |\n'],
])('the status in %j is ticked as %j', async (before, after) => {
  const asked = before.startsWith('|') ? '' : '**Done when:**\n- it works\n';
  const text = `# TODO\n\n${before.replace('| A', '| A, check: `t`')}${asked}`;
  const [unit] = await readUnits({ 'TODO.md': text });
  if (unit === undefined) throw new Error('no unit');
  const written = await tickUnit([{ file: 'TODO.md', text }], { key: unit.key, criteriaHash: unit.criteriaHash });
  expect(written[0]?.text).toBe(`# TODO\n\n${after.replace('| A', '| A, check: `t`')}${asked}`);
});

test.each([
  ['### A\n\n**Status:** Done\n', 'done'],
  ['### A (done)\n\n**Fix:** x\n', 'done'],
  ['### A — shipped in 0.4\n\n**Fix:** x\n', 'done'],
  ['### A\n\n**Status:** Done, except the tests\n', 'has the status "Done, except the tests"'],
  ['### A\n\n**Status:** ✅ Done (3/5)\n', 'has the status "Done (3/5)"'],
  ['### A (done in part)\n\n**Fix:** x\n', 'has the status "done in part"'],
  ['### A — done for admins only\n\n**Fix:** x\n', 'has the status "done for admins only"'],
  ['### A [DONE, but untested]\n\n**Fix:** x\n', 'has the status "DONE, but untested"'],
])('what is said to be done is held where that is limited: %j %s', async (section, expected) => {
  const [unit] = await readUnits({ 'TODO.md': `# TODO\n\n${section}**Done when:**\n- it works\n` });
  expect(unit?.isTicked === true ? 'done' : unit?.hold).toBe(expected);
});
