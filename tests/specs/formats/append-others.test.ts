import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { NewUnit } from '../../../src/specs/format/addition.ts';
import { appendUnit } from '../../../src/specs/formats/append.ts';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

const plain: NewUnit = {
  ...{ title: 'Lend "books"', body: '', criteria: [], claims: [], checks: [], depends: [], touches: [] },
  ...{ priority: null, isDraft: false, at: Date.UTC(2026, 0, 2, 3, 4) },
};
const full: Partial<NewUnit> = {
  body: 'People borrow.\n\nAnd bring back.',
  criteria: ['It is lent — check: `npm test`', '(human) It is nice'],
  claims: ['It is quick — check: `curl evil`'],
  checks: ['npm run lint'],
  priority: 1,
};

interface Format {
  readonly files: Readonly<Record<string, string>>;
  /** The file that is named. */
  readonly file: string;
  /** A unit that is there. */
  readonly known: string;
}

const config = 'project_name: "Shelf"\nstatuses: ["To Do", "Done"]\n';
const task = '---\nid: TASK-7\ntitle: Shelf\nstatus: To Do\n---\n\n## Acceptance Criteria\n- [ ] #1 a\n';
const issue = '{"id":"lib-a1","title":"Shelf","status":"open","priority":2,"acceptance_criteria":"a"}\n';
const tasks = (indent: number | string, eol = '\n'): string =>
  `${JSON.stringify({ master: { tasks: [{ id: 4, title: 'Shelf', status: 'pending', testStrategy: 'a' }] } }, null, indent)}\n`.replaceAll(
    '\n',
    eol,
  );
const stories = (...more: readonly object[]): string =>
  `${JSON.stringify({ project: 'Library', userStories: [{ id: 'US-009', title: 'Shelf', acceptanceCriteria: ['a'], passes: false, notes: '' }, ...more] }, null, 2)}\n`;

const backlogMd: Format = {
  files: {
    'backlog/config.yml': config,
    'backlog/tasks/task-7 - Shelf.md': task,
    'backlog/archive/tasks/task-11 - Old.md': task,
  },
  file: 'backlog/tasks/task-7 - Shelf.md',
  known: 'TASK-7',
};
const beads: Format = { files: { '.beads/issues.jsonl': issue }, file: '.beads/issues.jsonl', known: 'lib-a1' };
const taskMaster: Format = {
  files: { '.taskmaster/tasks/tasks.json': tasks(2) },
  file: '.taskmaster/tasks/tasks.json',
  known: '4',
};
const prdJson: Format = { files: { 'prd.json': stories() }, file: 'prd.json', known: 'US-009' };

const todo: Format = {
  files: { 'TODO.md': '# To do\n\n* [ ] Shelf\n  * [ ] It stands\n* [x] Door\n\n## Done\n\n* [x] Wall\n' },
  file: 'TODO.md',
  known: 'todo.shelf',
};
const todoTxt: Format = {
  files: { 'todo.txt': '(A) 2026-01-01 Shelf id:s1 check:`true`\nx 2026-01-02 Door id:d1' },
  file: 'todo.txt',
  known: 's1',
};

/** The key of the added unit, and what was written: the text after the one before. */
async function add({ files, file }: Format, unit: Partial<NewUnit>): Promise<readonly [key: string, text: string]> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const names = { phases: [], agents: [], recipes: [], ignore: [] };
  const read = async (): ReturnType<typeof readSpecs> =>
    readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
  const before = await read();
  try {
    const draft = await appendUnit({ folder, file, paths: Object.keys(files), ignore: [] }, { ...plain, ...unit });
    const { units, diagnostics } = await read();
    expect(diagnostics).toEqual([]);
    const added = units.filter(({ key }) => !before.units.some((one) => one.key === key));
    expect(added.map(({ key, title }) => [key, title])).toEqual([[draft.key, draft.title]]);
    return [draft.key, readFileSync(path.join(folder, draft.file), 'utf8')];
  } catch (error) {
    for (const [name, text] of Object.entries(files)) expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text);
    return ['', String((error as Error).message)];
  }
}

test('Backlog.md gets a file with the next number, also after archived ones', async () => {
  expect(await add(backlogMd, { ...full, depends: ['TASK-7'] })).toEqual([
    'TASK-12',
    `---
id: TASK-12
title: "Lend \\"books\\""
status: "To Do"
assignee: []
created_date: '2026-01-02 03:04'
labels: []
dependencies:
  - TASK-7
priority: high
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
People borrow.

And bring back.
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [ ] #1 It is lent — check: \`npm test\`
- [ ] #2 (human) It is nice
- [ ] #3 It is quick — check : 'curl evil'
- [ ] #4 It is green — check: \`npm run lint\`
<!-- AC:END -->
`,
  ]);
});

test('beads gets a line', async () => {
  const [key, text] = await add(beads, { ...full, depends: ['lib-a1'] });
  expect(text.startsWith(issue)).toBe(true);
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text.slice(issue.length))).toEqual({
    id: key,
    title: 'Lend "books"',
    description: full.body,
    acceptance_criteria:
      "- [ ] It is lent — check: `npm test`\n- [ ] (human) It is nice\n- [ ] It is quick — check : 'curl evil'\n- [ ] It is green — check: `npm run lint`",
    ...{ status: 'open', priority: 1, issue_type: 'task' },
    ...{ created_at: '2026-01-02T03:04:00.000Z', updated_at: '2026-01-02T03:04:00.000Z' },
    dependencies: [{ issue_id: key, depends_on_id: 'lib-a1', type: 'blocks' }],
  });
  expect(key).toMatch(/^lib-[0-9a-z]{4}$/);
});

test('Task Master gets a task with the next number, written as the file is', async () => {
  for (const [indent, eol] of [
    [2, '\n'],
    ['\t', '\r\n'],
    [0, '\n'],
  ] as const) {
    const files = { [taskMaster.file]: tasks(indent, eol) };
    const [key, text] = await add({ ...taskMaster, files }, { ...full, depends: ['4'] });
    expect(key).toBe('5');
    const all = JSON.parse(text) as { master: { tasks: unknown[] } };
    expect(all.master.tasks[1]).toEqual({
      id: 5,
      title: 'Lend "books"',
      description: full.body,
      details: '',
      testStrategy:
        "- It is lent — check: `npm test`\n- (human) It is nice\n- It is quick — check : 'curl evil'\n- It is green — check: `npm run lint`",
      ...{ status: 'pending', dependencies: [4], priority: 'high', subtasks: [] },
    });
    const written = JSON.stringify(all, null, indent);
    expect(text.replaceAll('\r\n', '\n')).toBe(indent === 0 ? text : `${written}\n`);
    expect(text.includes('\r\n')).toBe(eol === '\r\n');
  }
});

test('prd.json gets a story with the next id', async () => {
  const [key, text] = await add(prdJson, { ...full, depends: ['US-009'] });
  const all = JSON.parse(text) as { userStories: unknown[] };
  expect([key, all.userStories[1]]).toEqual([
    'US-010',
    {
      id: 'US-010',
      title: 'Lend "books"',
      description: full.body,
      acceptanceCriteria: [
        'It is lent — check: `npm test`',
        '(human) It is nice',
        "It is quick — check : 'curl evil'",
        'It is green — check: `npm run lint`',
      ],
      ...{ priority: -1, passes: false, dependsOn: ['US-009'], notes: '' },
    },
  ]);
  expect(text).toBe(`${JSON.stringify(all, null, 2)}\n`);
});

test('a story comes last in a list that is an order', async () => {
  const story = (id: string, priority: number): object => ({
    ...{ id, title: id, acceptanceCriteria: ['a'], priority, passes: false },
  });
  const files = {
    'prd.json': `${JSON.stringify({ userStories: [story('US-2', 2), story('US-1', 1)] }, null, 2)}\n`,
  };
  const [key, text] = await add({ ...prdJson, files }, { claims: ['x'] });
  const { userStories } = JSON.parse(text) as { userStories: { id: string; priority: number }[] };
  expect([key, userStories.map(({ id, priority }) => [id, priority])]).toEqual([
    'US-3',
    [
      ['US-2', 2],
      ['US-1', 1],
      ['US-3', 3],
    ],
  ]);
  expect((await add({ ...prdJson, files }, { claims: ['x'], depends: ['US-1'] }))[0]).toBe('');
});

test('a list of tasks gets an item below the last open one', async () => {
  expect(await add(todo, { ...full, priority: null, depends: ['todo.shelf'] })).toEqual([
    'todo.lend-books',
    `# To do

* [ ] Shelf
  * [ ] It stands
* [ ] Lend "books"

  People borrow.
  And bring back.
  - Depends on: Shelf
  - [ ] It is lent — check: \`npm test\`
  - [ ] (human) It is nice
  - [ ] It is quick — check : 'curl evil'
  - [ ] It is green — check: \`npm run lint\`
* [x] Door

## Done

* [x] Wall
`,
  ]);
});

test('todo.txt gets a line', async () => {
  expect(await add(todoTxt, { checks: ['npm test'], depends: ['s1'], priority: 25, isDraft: true })).toEqual([
    'todo.lend-books',
    '(A) 2026-01-01 Shelf id:s1 check:`true`\nx 2026-01-02 Door id:d1\n(B) 2026-01-02 Lend "books" dep:s1 h:1 check:`npm test`\n',
  ]);
});

test.each([
  ['TODO.md', todo],
  ['todo.txt', todoTxt],
  ['Backlog.md', backlogMd],
  ['beads', beads],
  ['Task Master', taskMaster],
  ['prd.json', prdJson],
])('%s gives back what it was given, or refuses it', async (name, format) => {
  const units: Partial<NewUnit>[] = [
    {},
    { claims: ['One'] },
    { checks: ['npm ci\n\nnpm test'] },
    { checks: ['npm ci\nnpm test', 'a `b`'], claims: ['x'], criteria: ['y'] },
    { title: '# A: "b" \\ `c` {d} [e] — ü', claims: ['x'] },
    { body: '- [ ] not a criterion\n\n## Heading\n\n```\ncode\n```', claims: ['x'] },
    { body: '## Acceptance Criteria\n\n- [ ] more', claims: ['x'] },
    { touches: ['src/**'], claims: ['x'] },
    { priority: 7, claims: ['x'] },
    { isDraft: true, claims: ['x'] },
    { depends: [format.known], claims: ['#1 y', '(human) z', 'check: x'] },
    { claims: ['- [x] x'] },
  ];
  const results = [];
  for (const unit of units) results.push((await add(format, unit))[0] !== '');
  const taken: Readonly<Record<string, readonly boolean[]>> = {
    'TODO.md': [true, true, true, true, true, true, false, false, false, true, true, true],
    'todo.txt': [true, false, false, false, false, false, false, false, false, false, false, false],
    'Backlog.md': [true, true, false, false, true, true, false, false, false, true, true, true],
    beads: [true, true, true, true, true, true, false, false, false, true, true, true],
    'Task Master': [true, true, true, true, true, true, false, false, false, true, true, false],
    'prd.json': [true, true, true, true, true, true, false, false, true, false, true, false],
  };
  expect(results).toEqual(taken[name]);
});
