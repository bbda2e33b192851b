import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { claimFiles } from '../../../src/specs/formats/formats.ts';
import { reader } from '../../../src/specs/task-master/task-master.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const file = '.taskmaster/tasks/tasks.json';

function shown({ key, line, title, isTicked, hold, depends, criteria, problems }: UnitSpec): object {
  return {
    [`${key} (${line})`]: `${title}${isTicked ? ', done' : ''}${hold === null ? '' : `, ${hold}`}`,
    depends,
    criteria: criteria.map((one) => `${one.line} ${one.kind}: ${one.text}`),
    problems: problems.map((one) => `${one.line}:${one.column} ${one.code}`),
  };
}

const text = `{
  "master": {
    "tasks": [
      {
        "id": 1,
        "title": "Lend books",
        "description": "People borrow.",
        "details": "In src/lend.ts.\\n\\n## Acceptance Criteria\\n- [ ] One \\u00e9 is lent\\n- [x] Two\\n",
        "testStrategy": "All tests pass: check: \`npm test\`",
        "priority": "high",
        "dependencies": [],
        "status": "in-progress",
        "subtasks": [
          { "id": 1, "title": "Model", "description": "A book", "status": "done", "testStrategy": "It has a title" },
          { "id": 2, "title": "Service", "dependencies": [1, "3.1"], "status": "pending" },
          { "id": 3, "title": "Never", "status": "cancelled", "testStrategy": "no" }
        ]
      },
      {
        "id": 2,
        "title": "Return books",
        "testStrategy": "1. Return one\\n2. Return two\\n   - late",
        "dependencies": [1, "3.1", 4, 2],
        "status": "pending"
      },
      { "id": 3, "title": "Shelf", "status": "done", "dependencies": [77], "testStrategy": "There is one" },
      { "id": 4, "title": "Gone", "status": "cancelled", "testStrategy": "no" },
      {
        "id": 5,
        "title": "Pay",
        "status": "deferred",
        "dependencies": [88],
        "subtasks": [{ "id": 1, "title": "Cash", "description": "in coins" }, { "id": 2, "title": "Card" }]
      },
      { "id": 6, "title": "Nothing says when it is done", "status": "pending", "dependencies": [99] }
    ],
    "metadata": { "created": "2026-01-01" }
  }
}
`;

test('each task is a unit, with its test strategies as criteria', async () => {
  expect((await readUnits({ [file]: text })).map(shown)).toEqual([
    {
      '1 (5)': 'Lend books',
      depends: ['3'],
      criteria: [
        '8 claim: One é is lent',
        '8 claim: Two',
        '9 check: All tests pass: check: `npm test`',
        '14 claim: It has a title',
      ],
      problems: [],
    },
    {
      '2 (20)': 'Return books',
      depends: ['1', '3'],
      criteria: ['22 claim: Return one', '22 claim: Return two - late'],
      problems: ['23:36 cancelled-dependency'],
    },
    { '3 (26)': 'Shelf, done', depends: [], criteria: ['26 claim: There is one'], problems: [] },
    {
      '5 (29)': 'Pay, is deferred',
      depends: [],
      criteria: ['33 claim: Cash — in coins', '33 claim: Card'],
      problems: [],
    },
    {
      '6 (35)': 'Nothing says when it is done',
      depends: [],
      criteria: [],
      problems: ['35:97 unknown-dependency'],
    },
  ]);
});

test('the body has what the agent needs, but no criteria', async () => {
  const [unit] = await readUnits({ [file]: text });
  expect(unit?.body).toBe('People borrow.\n\nIn src/lend.ts.\n\n### 1.1 Model\n\nA book\n\n### 1.2 Service');
  expect(unit?.priority).toBe(1);
});

test('a unit is ticked by its status, those of its subtasks and its boxes, and by nothing else', async () => {
  const [unit] = await readUnits({ [file]: text });
  if (!unit) throw new Error('no unit');
  for (const ends of [(plain: string) => plain, (plain: string) => `\uFEFF${plain.replaceAll('\n', '\r\n')}`]) {
    const ticked = await tickUnit([{ file, text: ends(text) }], unit);
    const wanted = text
      .replace('[ ] One', '[x] One')
      .replace('"in-progress"', '"done"')
      .replace('"pending" }', '"done" }');
    expect(ticked).toEqual([{ file, text: ends(wanted) }]);
    const [again] = await readUnits({ [file]: ticked[0]?.text ?? '' });
    expect(again).toMatchObject({ isTicked: true, contentHash: unit.contentHash, criteriaHash: unit.criteriaHash });
  }
});

test('a missing status is inserted, spaced like the others', async () => {
  for (const [before, after] of [
    ['[{"id":1,"title":"A","testStrategy":"a"}]', '[{"id":1,"title":"A","testStrategy":"a","status":"done"}]'],
    [
      '[\n  {\n    "id": 1,\n    "title": "A",\n    "testStrategy": "a"\n  }\n]',
      '[\n  {\n    "id": 1,\n    "title": "A",\n    "testStrategy": "a",\n    "status": "done"\n  }\n]',
    ],
    [
      '[{ "id": 1, "title": "A", "testStrategy": "a" }]',
      '[{ "id": 1, "title": "A", "testStrategy": "a", "status": "done" }]',
    ],
    [
      '[{"id": 1, "title": "A", "testStrategy": "a"}]',
      '[{"id": 1, "title": "A", "testStrategy": "a", "status": "done"}]',
    ],
    [
      '[{"id":1,"title":"A","testStrategy":"a","status":null}]',
      '[{"id":1,"title":"A","testStrategy":"a","status":"done"}]',
    ],
  ] as const) {
    const [unit] = await readUnits({ [file]: `{"tasks": ${before}}` });
    if (!unit) throw new Error('no unit');
    expect(await tickUnit([{ file, text: `{"tasks": ${before}}` }], unit)).toEqual([
      { file, text: `{"tasks": ${after}}` },
    ]);
  }
});

const tasks = (...all: readonly object[]): object => ({
  tasks: all.map((one) => ({ title: 'T', testStrategy: 't', ...one })),
});

test.each([
  ['one tag', { master: tasks({ id: 1 }, { id: '2', dependencies: ['1'] }) }, ['1', '2: 1']],
  ['an older version', { ...tasks({ id: 1 }), meta: { version: 1 } }, ['1']],
  [
    'several tags',
    { master: tasks({ id: 1 }), next: tasks({ id: 1, dependencies: ['2.1'] }, { id: 2 }) },
    ['master.1', 'next.1: next.2', 'next.2'],
  ],
  ['a tag without tasks', { master: tasks({ id: 1 }), next: { tasks: [], metadata: {} } }, ['1']],
  ['an older version with tags', { ...tasks({ id: 1 }), next: tasks({ id: 1 }) }, ['master.1', 'next.1']],
  [
    'ids that are texts',
    { master: tasks({ id: 'API-1' }, { id: '1.10', dependencies: ['api-1, 1.9'] }, { id: '1.9' }) },
    ['API-1', '1.10: api-1 1.9', '1.9'],
  ],
  [
    'a tag with a name of JavaScript',
    JSON.parse('{"__proto__": {"tasks": [{"id": 1, "title": "T", "testStrategy": "t"}]}}') as object,
    ['1'],
  ],
  ['no id', { master: tasks({ id: 1 }, { title: 'Über uns' }) }, ['1', 'uber-uns']],
  [
    'subtasks that wait for each other',
    {
      master: tasks(
        { id: 1, subtasks: [{ id: 1, dependencies: ['2.1'] }] },
        { id: 2, subtasks: [{ id: 1, dependencies: ['1.1'] }] },
        { id: 3, subtasks: [{ id: 1, dependencies: ['1.1', 'x'] }] },
      ),
    },
    ['1', '2', '3: 1'],
  ],
  [
    'a subtask against the order of tasks',
    { master: tasks({ id: 1, subtasks: [{ id: 1, dependencies: ['2.1'] }] }, { id: 2, dependencies: [1] }) },
    ['1', '2: 1'],
  ],
])('keys and dependencies: %s', async (_name, json, keys) => {
  const units = await readUnits({ [file]: JSON.stringify(json) });
  expect(
    units.map(({ key, depends }) => [key, ...(depends.length > 0 ? [': ', depends.join(' ')] : [])].join('')),
  ).toEqual(keys);
  expect(units.flatMap(({ problems }) => problems)).toEqual([]);
});

test.each([
  ['pending', {}],
  ['in-progress', {}],
  ['In Progress', {}],
  ['to_do', {}],
  ['done', { isTicked: true }],
  ['Completed', { isTicked: true }],
  ['review', { hold: 'is in review' }],
  ['blocked', { hold: 'is blocked' }],
  ['deferred', { hold: 'is deferred' }],
  ['waiting for Godot', { hold: 'has the status "waiting for Godot"' }],
])('the status %j', async (status, wanted) => {
  const [unit] = await readUnits({ [file]: JSON.stringify(tasks({ id: 1, status })) });
  expect(unit).toMatchObject({ isTicked: false, hold: null, ...wanted });
});

test('cancelled tasks and copies are no work', () => {
  const json = JSON.stringify(tasks({ id: 1, status: 'canceled' }), null, 2);
  const names = [file, 'tasks/tasks.json'];
  expect(reader.parse(names.map((name) => ({ file: name, text: json })))).toEqual({
    drafts: [],
    diagnostics: [],
    notWork: [
      { file: 'tasks/tasks.json', line: 1, why: 'older copies' },
      { file, line: 6, why: 'cancelled tasks', key: '1', end: 'cancelled' },
    ],
  });
});

test.each([
  ['', ['spec-json']],
  ['{"master": {"tasks": [', ['spec-json']],
  ['['.repeat(100_000), ['spec-too-deep']],
  ['[]', []],
  ['3', []],
  ['{"tasks": {"tasks": 3}, "master": {"tasks": [null, 3, [], {}, {"id": 1}]}}', []],
  ['{"tasks": [{"label": "build", "type": "shell", "command": "make", "title": "x"}]}', []],
])('no content is a crash: %s', (content, codes) => {
  const { drafts, diagnostics } = reader.parse([{ file, text: content }]);
  expect([drafts, diagnostics.map(({ code }) => code)]).toEqual([[], codes]);
});

test.each([
  [
    'the root',
    [file, '.taskmaster/docs/prd.md', 'tasks/tasks.json', 'README.md', 'docs/tasks.json'],
    [`${file} + tasks/tasks.json`, '.taskmaster/docs/prd.md'],
  ],
  ['packages', [`apps/web/${file}`, `apps/api/${file}`], [`apps/web/${file}`, `apps/api/${file}`]],
  [
    'an older version',
    ['tasks/tasks.json', 'tasks/task_001.txt', 'tasks/notes.txt'],
    ['tasks/tasks.json', 'tasks/task_001.txt'],
  ],
  [
    'its own folder',
    ['config.json', 'docs/prd.txt', 'state.json', 'tasks/task_001.md', 'tasks/tasks.json'],
    ['config.json', 'docs/prd.txt', 'state.json', 'tasks/task_001.md', 'tasks/tasks.json'],
  ],
  ['the folder of its tasks', ['task_001.txt', 'tasks.json'], ['task_001.txt', 'tasks.json']],
  ['other tools', ['tasks.json', 'src/index.ts', '.vscode/tasks.json', 'src/tasks/tasks.json', 'config.json'], []],
])('files of %s', (_name, paths, claimed) => {
  const claims = claimFiles(paths).filter(({ format }) => format.name === 'task-master');
  expect(claims.map(({ files }) => files.join(' + '))).toEqual(claimed);
  for (const { files } of claims)
    if (files.some((path) => path.endsWith('.taskmaster/tasks/tasks.json')))
      expect(claimFiles(files)).toMatchObject([{ files }]);
});

test('tasks of packages have keys of their own', async () => {
  const json = JSON.stringify(tasks({ id: 1 }, { id: 2, dependencies: [1] }));
  const units = await readUnits({ [file]: json, [`apps/web/${file}`]: json });
  expect(units.map(({ key, depends }) => [key, ...depends])).toEqual([
    ['1'],
    ['2', '1'],
    ['apps.web.1'],
    ['apps.web.2', 'apps.web.1'],
  ]);
});

test.each([
  ['objects', { acceptanceCriteria: [{ given: 'x', when: 'y' }, { text: 'a' }, 'b'] }, ['Given x, when y', 'a', 'b']],
  ['a list of strategies', { testStrategy: ['a', 'b'] }, ['a', 'b']],
  ['an object of strategies', { test_strategy: { unit: 'a', manual: ['b'] } }, ['a', 'b']],
  ['no title', { title: undefined, details: 'd', testStrategy: 'a' }, ['a', '1 no-title']],
  ['an id alone', { title: undefined, status: 'pending' }, ['1 no-title']],
  [
    'both spellings',
    { acceptanceCriteria: ['a'], acceptance_criteria: ['a', 'b'], test_strategy: 'c' },
    ['a', 'b', 'c'],
  ],
  ['an empty spelling', { testStrategy: '', test_strategy: 'a', acceptanceCriteria: [] }, ['a']],
  ['truth', { acceptanceCriteria: ['a', true] }, ['a', '1 unread-criterion']],
])('nothing that a task asks is lost: %s', async (_name, more, wanted) => {
  const [unit] = await readUnits({ [file]: JSON.stringify({ tasks: [{ id: 1, title: 'T', ...more }] }) });
  expect([
    ...(unit?.criteria ?? []).map((one) => one.text),
    ...(unit?.problems ?? []).map(({ line, code }) => `${line} ${code}`),
  ]).toEqual(wanted);
});

test.each([
  ['an empty one first', { dependencies: [], dependsOn: [1] }],
  ['each names some', { dependencies: [1], depends_on: '1' }],
])('dependencies in several spellings are all read: %s', async (_name, more) => {
  const json = JSON.stringify(tasks({ id: 1 }, { id: 2, ...more }));
  const units = await readUnits({ [file]: json });
  expect(units.map(({ key, depends }) => [key, ...depends])).toEqual([['1'], ['2', '1']]);
});

test.each([
  ['done', ['pending'], ['7:36 this subtask is open, but task 1 is marked as done']],
  ['done', ['done', 'in-progress', 'pending'], ['8:36 2 subtasks are open, but task 1 is marked as done']],
  ['pending', ['done', 'done'], ['5:63 all subtasks are done, but the task is not marked as done']],
  ['done', ['done', 'cancelled'], []],
  ['done', [], []],
  ['pending', [], []],
  ['pending', ['done', 'pending'], []],
  ['review', ['done'], []],
  ['cancelled', ['pending'], []],
])('a task with the status %j and subtasks %j: %j', async (status, subtasks, told) => {
  const lines = subtasks.map((one, at) => `{ "id": ${at + 1}, "title": "S", "status": ${JSON.stringify(one)} }`);
  const tasks = `{
  "master": {
    "tasks": [
      { "id": 2, "title": "T", "testStrategy": "t", "status": "pending" },
      { "id": 1, "title": "U", "testStrategy": "u", "status": "${status}", "subtasks": [
${['null', ...lines].join(',\n')}
      ] }
    ]
  }
}`;
  const units = await readUnits({ [file]: tasks });
  const found = units.flatMap(({ problems }) => problems);
  expect(found.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual(told);
  expect(found.every(({ code, severity }) => code === 'half-done' && severity === 'warning')).toBe(true);
});
