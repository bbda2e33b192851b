import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import { reader } from '../../../src/specs/prd-json/prd-json.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const file = 'prd.json';

function shown({ key, line, title, isTicked, hold, depends, criteria, problems }: UnitSpec): object {
  return {
    [`${key} (${line})`]: `${title}${isTicked ? ', done' : ''}${hold === null ? '' : `, ${hold}`}`,
    depends,
    criteria: criteria.map((one) => `${one.line} ${one.command ?? one.kind}: ${one.text}`),
    problems: problems.map((one) => `${one.line} ${one.code}`),
  };
}

const text = `{
  "project": "Shelf",
  "description": "A shelf of books",
  "userStories": [
    {
      "id": "US-001",
      "title": "Lend books",
      "description": "As a reader, I borrow.",
      "acceptanceCriteria": [
        "One \\"é\\" is lent",
        "Two are — check: \`npm test\`",
        "[ ] Three"
      ],
      "priority": 1,
      "passes": false,
      "notes": "In src."
    },
    {
      "id": "US-002",
      "title": "Return books",
      "acceptanceCriteria": [
        {
          "id": "AC-1",
          "text": "It is back",
          "testCommand": "grep -q 'back\\\\|there' a.txt",
          "passes": true
        },
        { "text": "It looks fine", "type": "manual", "passes": false },
        { "criterion": "Fast", "check": "npm run bench shows less" }
      ],
      "priority": 2
    },
    { "id": "US-003", "title": "Shelf", "acceptanceCriteria": ["There"], "priority": 0, "passes": true },
    { "id": "US-004", "title": "Later", "acceptanceCriteria": [], "priority": 3, "passes": "deferred" },
    { "id": "US-005", "title": "Nothing says when it is done", "priority": 4, "passes": null }
  ]
}
`;

test('each story is a unit, and waits for the one before it', async () => {
  expect((await readUnits({ [file]: text })).map(shown)).toEqual([
    {
      'US-001 (6)': 'Lend books',
      depends: ['us-003'],
      criteria: ['10 claim: One "é" is lent', '11 npm test: Two are — check: `npm test`', '12 claim: Three'],
      problems: [],
    },
    {
      'US-002 (19)': 'Return books',
      depends: ['us-001'],
      criteria: [
        "24 grep -q 'back\\|there' a.txt: It is back",
        '28 human: (human) It looks fine',
        '29 claim: Fast — npm run bench shows less',
      ],
      problems: [],
    },
    { 'US-003 (33)': 'Shelf, done', depends: [], criteria: ['33 claim: There'], problems: [] },
    { 'US-004 (34)': 'Later, is deferred', depends: ['us-002'], criteria: [], problems: [] },
    { 'US-005 (35)': 'Nothing says when it is done', depends: ['us-002'], criteria: [], problems: ['35 no-criteria'] },
  ]);
});

test('the body has what the agent needs, but no criteria', async () => {
  const [unit] = await readUnits({ [file]: text });
  expect(unit?.body).toBe('As a reader, I borrow.\n\n**Notes:** In src.\n\n## Project: Shelf\n\nA shelf of books');
  expect(unit?.priority).toBe(-1);
});

test('a unit is ticked by its mark, and those of its criteria, and by nothing else', async () => {
  const units = await readUnits({ [file]: text });
  const wanted = [
    text
      .replace('"[ ] Three"', '"[x] Three"')
      .replace('"passes": false,\n      "notes"', '"passes": true,\n      "notes"'),
    text.replace('"passes": false }', '"passes": true }'),
  ];
  for (const [index, after] of wanted.entries()) {
    const unit = units[index];
    if (!unit) throw new Error('no unit');
    for (const ends of [(plain: string) => plain, (plain: string) => `\uFEFF${plain.replaceAll('\n', '\r\n')}`]) {
      const ticked = await tickUnit([{ file, text: ends(text) }], unit);
      expect(ticked).toEqual([{ file, text: ends(after) }]);
      const again = (await readUnits({ [file]: ticked[0]?.text ?? '' }))[index];
      expect(again).toMatchObject({ isTicked: true, contentHash: unit.contentHash, criteriaHash: unit.criteriaHash });
    }
  }
});

test.each([
  ['[{"title":"A","steps":["a"],"complete":false}]', '[{"title":"A","steps":["a"],"complete":true}]'],
  ['[{"title":"A","steps":["a"],"completed":null}]', '[{"title":"A","steps":["a"],"completed":true}]'],
  ['[{"title":"A","steps":["a"],"passes":"false"}]', '[{"title":"A","steps":["a"],"passes":"true"}]'],
  ['[{"title":"A","steps":["a"]}]', '[{"title":"A","steps":["a"],"passes":true}]'],
  ['[{ "title": "A", "steps": ["a"] }]', '[{ "title": "A", "steps": ["a"], "passes": true }]'],
  [
    '[{"title":"A","steps":["a"]},{"title":"B","steps":["b"],"done":true}]',
    '[{"title":"A","steps":["a"],"done":true},{"title":"B","steps":["b"],"done":true}]',
  ],
  [
    '{"tasks":[{"title":"A","steps":["a"],"status":"pending"}]}',
    '{"tasks":[{"title":"A","steps":["a"],"status":"done"}]}',
  ],
  [
    '[\n\t{\n\t\t"title": "A",\n\t\t"steps": ["a"]\n\t}\n]',
    '[\n\t{\n\t\t"title": "A",\n\t\t"steps": ["a"],\n\t\t"passes": true\n\t}\n]',
  ],
])('the mark of %j', async (before, after) => {
  const [unit] = await readUnits({ [file]: before });
  if (!unit) throw new Error('no unit');
  expect(unit.isTicked).toBe(false);
  expect(await tickUnit([{ file, text: before }], unit)).toEqual([{ file, text: after }]);
  expect((await readUnits({ [file]: after }))[0]?.isTicked).toBe(true);
});

const story = (id: string, more: object = {}): object => ({
  id,
  title: id,
  acceptanceCriteria: ['a'],
  passes: false,
  ...more,
});

test.each([
  ['a root list', [story('a')], ['a']],
  ['a nested document', { prd: { userStories: [story('a')] } }, ['a']],
  ['stories by id', { stories: { 'S1-001': { title: 'A', acceptance: ['a'], passes: null } } }, ['S1-001']],
  [
    'phases',
    {
      phases: [
        { id: 'p', status: 'open', stories: [story('a')] },
        { id: 'q', tasks: [story('b')] },
      ],
    },
    ['a', 'b'],
  ],
  [
    'no ids',
    [
      { category: 'x', description: 'Do it', steps: ['a'] },
      { category: 'x', description: 'Do it', steps: ['b'] },
    ],
    ['do-it', 'do-it-2'],
  ],
  ['numbers', { features: [story('a', { id: 1 }), story('b', { id: 2, dependencies: [1] })] }, ['1', '2: 1']],
  [
    'named dependencies',
    {
      userStories: [
        story('a', { priority: 1 }),
        story('b', { priority: 2 }),
        story('C', { priority: 3, dependsOn: ['A'] }),
      ],
    },
    ['a', 'b', 'C: a'],
  ],
  [
    'equal priorities',
    { userStories: [story('a', { priority: 1 }), story('b', { priority: 2 }), story('c', { priority: 2 })] },
    ['a', 'b', 'c'],
  ],
  [
    'lists beside the stories',
    {
      knownIssues: [{ id: 'i', title: 'I', status: 'open' }],
      userStories: [story('a')],
      risks: [{ title: 'r', criteria: ['no'] }],
    },
    ['a'],
  ],
  ['lists without a usual name', { plan: { parts: [{ id: 'P0', goal: 'Start', doneWhen: ['it starts'] }] } }, ['P0']],
  ['a story with tasks', { userStories: [story('a', { tasks: [{ title: 't', done: false }] })] }, ['a']],
  [
    'another file of the name',
    { environment: 'prd', users: [{ id: 'u', name: 'n', status: 'active' }], items: ['a'] },
    [],
  ],
])('units: %s', async (_name, json, wanted) => {
  const { drafts, diagnostics } = reader.parse([{ file, text: JSON.stringify(json) }]);
  expect(drafts.map(({ key, keys }) => (keys.depends?.length ? `${key}: ${keys.depends.join(' ')}` : key))).toEqual(
    wanted,
  );
  expect([...drafts.flatMap(({ problems }) => problems), ...diagnostics]).toEqual([]);
});

test.each([
  ['texts', { acceptanceCriteria: ['a', '- b', '* [x] c'] }, ['a', 'b', 'c']],
  ['another name', { acceptance_criteria: ['a'] }, ['a']],
  ['one text', { acceptance: '- a\n- b' }, ['a', 'b']],
  ['one sentence', { doneWhen: 'It is there' }, ['It is there']],
  ['criteria by id', { criteria: { 'AC-1': 'a', 'AC-2': { description: 'b' } } }, ['a', 'b']],
  ['steps', { steps: ['a', 'b'] }, ['a', 'b']],
  ['criteria before steps', { steps: ['b'], acceptanceCriteria: ['a'] }, ['a']],
  ['the description', { description: 'x\n\n**Acceptance Criteria:**\n- [ ] a', passes: false }, ['a']],
  [
    'a command of the story',
    { acceptanceCriteria: ['a'], testCommand: 'npm test' },
    ['a', 'The command of the story passes'],
  ],
  ['a criterion that is only a command', { acceptanceCriteria: [{ command: 'npm test' }] }, ['The command passes']],
  ['groups', { acceptanceCriteria: { functional: ['a', 'b'], speed: 'c' } }, ['a', 'b', 'c']],
  [
    'scenarios and lists',
    { acceptanceCriteria: [{ given: 'x', when: 'y' }, 'a', ['b']] },
    ['Given x, when y', 'a', 'b'],
  ],
  ['steps beside an empty list', { acceptanceCriteria: [], steps: ['a'] }, ['a']],
  ['steps beside nothing', { acceptanceCriteria: [{}], criteria: null, steps: ['a'] }, ['a']],
  ['a story without a title', { title: '', acceptanceCriteria: ['a'] }, ['a']],
  ['nothing', { acceptanceCriteria: [null, 3, {}, [], ''], passes: false }, ['3']],
])('criteria: %s', (_name, more, criteria) => {
  const { drafts } = reader.parse([{ file, text: JSON.stringify([{ id: 'a', title: 'A', ...more }]) }]);
  expect(drafts.map((draft) => draft.criteria.map(({ criterion }) => criterion.text))).toEqual([criteria]);
});

test.each<[testCommand: unknown, command: string | null, problems: string[]]>([
  [['node', 'check.js'], null, ['unclear-check']],
  [['test', '-f', 'o2'], null, ['unclear-check']],
  [['bash', '-c', 'npm test'], null, ['unclear-check']],
  [['make', 'tox'], null, ['unclear-check']],
  [['npm test', 'npm run lint'], 'npm test && npm run lint', []],
  [['npm test', 'make'], 'npm test && make', []],
  [['make'], 'make', []],
  ['make', 'make', []],
  [{ command: 'npm', args: ['test'] }, null, ['unread-criterion']],
  [[], null, []],
])('a command that is given as %j', async (testCommand, command, codes) => {
  const [one, two] = await readUnits({
    [file]: JSON.stringify({
      stories: [
        story('a', { acceptanceCriteria: [{ text: 'It holds', testCommand }] }),
        story('b', { acceptanceCriteria: ['It holds'], testCommand }),
      ],
    }),
  });
  const isWhole = Array.isArray(testCommand) && command?.includes('&&') === true;
  expect(one).toMatchObject({ criteria: [{ text: 'It holds', command }], problems: codes.map((code) => ({ code })) });
  expect(two?.problems.map(({ code }) => code)).toEqual(codes);
  expect(two?.criteria.flatMap((of) => of.command ?? [])).toEqual(
    isWhole ? command.split(' && ') : command === null ? [] : [command],
  );
});

test('two lists with the same words are one list only where their commands are the same, too', () => {
  const says = (...commands: readonly (string | undefined)[]): object[] =>
    commands.map((testCommand) => ({ description: 'Tests pass', testCommand }));
  const lists = {
    acceptanceCriteria: [...says('npm test'), 'It is red'],
    doneWhen: says('npm test', 'make', undefined),
  };
  const { drafts } = reader.parse([{ file, text: JSON.stringify([{ id: 'a', title: 'A', ...lists }]) }]);
  expect(
    drafts.map((draft) => draft.criteria.map(({ criterion: { text: said, command } }) => [said, command])),
  ).toEqual([
    [
      ['Tests pass', 'npm test'],
      ['It is red', null],
      ['Tests pass', 'make'],
      ['Tests pass', null],
    ],
  ]);
});

test.each([
  [{ passes: true }, { isTicked: true }],
  [{ passes: 'true' }, { isTicked: true }],
  [{ passes: false, status: 'done' }, {}],
  [{ passes: false, status: 'in_progress' }, {}],
  [{ passes: false, status: 'blocked' }, { hold: 'is blocked' }],
  [{ passes: 'deferred' }, { hold: 'is deferred' }],
  [{ passes: undefined, status: 'completed' }, { isTicked: true }],
  [{ passes: undefined, status: 'in review' }, { hold: 'is in review' }],
  [{ passes: undefined, status: 'parked' }, { hold: 'is on hold' }],
  [{ passes: undefined, status: 'draft' }, { hold: 'is a draft' }],
  [{ passes: false, status: 'Cancelled' }, { hold: 'is cancelled' }],
  [{ passes: false, status: 'Live' }, { hold: 'has the status "Live"' }],
  [{ passes: undefined, status: 'Waiting for upstream' }, { hold: 'has the status "Waiting for upstream"' }],
  [{ passes: false, deprecated: true }, { hold: 'is cancelled' }],
  [{ passes: false, blocked: true }, { hold: 'is blocked' }],
  [{ passes: false, blocked: 'no API key' }, { hold: 'is blocked' }],
  [{ passes: false, status: 'open', onHold: 'yes' }, { hold: 'is on hold' }],
  [{ passes: true, deprecated: true }, { isTicked: true }],
  [{ passes: false, blocked: false }, {}],
  [{ passes: false, blocked: 'none', deprecated: 'false', automated: true, review: true }, {}],
])('the state of a story: %j', async (more, wanted) => {
  const [unit] = await readUnits({ [file]: JSON.stringify({ stories: [story('a', more)] }) });
  expect(unit).toMatchObject({ isTicked: false, hold: null, problems: [], ...wanted });
});

test('a missing story to wait for is a problem of open stories alone', async () => {
  const stories = [story('a', { dependsOn: ['x'] }), story('b', { dependsOn: ['x'], passes: true })];
  const units = await readUnits({ [file]: JSON.stringify({ stories }) });
  expect(units.map(({ key, problems }) => [key, ...problems.map(({ code }) => code)])).toEqual([
    ['a', 'unknown-dependency'],
    ['b'],
  ]);
});

test('stories of several lists have keys of their own', async () => {
  const json = JSON.stringify({ userStories: [story('US-1'), story('US-2', { dependsOn: ['US-1'] })] });
  const paths = [
    'prd.json',
    'scripts/ralph/prd.json',
    'apps/web/prd.json',
    'tasks/prd-pay.json',
    'apps/web/.ralph/prd.json',
  ];
  const units = await readUnits(Object.fromEntries(paths.slice(0, 4).map((path) => [path, json])));
  expect(units.map(({ key, depends }) => [key, ...depends].join(' ')).toSorted()).toEqual([
    ...[
      'US-1',
      'US-2 us-1',
      'apps.web.US-1',
      'apps.web.US-2 apps.web.us-1',
      'prd-pay.US-1',
      'prd-pay.US-2 prd-pay.us-1',
    ],
    ...['scripts.ralph.US-1', 'scripts.ralph.US-2 scripts.ralph.us-1'],
  ]);
});

test.each([
  ['.ralph-backups/prd_2026-01-01.json', 'backups'],
  ['prd.json.bak', 'backups'],
  ['prd.backup.json', 'backups'],
  ['.archive/2026-01-01_completed_prd.json', 'archived plans'],
  ['scripts/ralph/archive/2026-01-01-x/prd.json', 'archived plans'],
  ['prd.json.example', 'templates'],
  ['templates/prd.json', 'templates'],
  ['prd-schema.json', 'templates'],
])('%s is no work', async (path, why) => {
  const groups = await groupsOf([{ file: path, text }]);
  expect(groups.map(({ format, reader: own, sources }) => [format, own.parse(sources)])).toEqual([
    ['prd-json', { drafts: [], diagnostics: [], notWork: [{ file: path, line: 1, why }] }],
  ]);
});

test.each([
  ['', []],
  ['{', []],
  ['{"userStories": [', ['spec-json']],
  ['{"tasks":[{"title":"a","done":false},{"title":"b"', ['spec-json']],
  ['[{"title":"a"', ['spec-json']],
  ['{"replicas": 3', []],
  [`{"passes": ${'['.repeat(100_000)}`, ['spec-too-deep']],
  ['null', []],
  ['{"userStories": [null, 3, [], {}, {"id": {}}, {"title": ""}]}', []],
  ['// settings\n{ "a": 1 }', []],
])('no content is a crash: %s', (content, codes) => {
  const { drafts, diagnostics } = reader.parse([{ file, text: content }]);
  expect([drafts, diagnostics.map(({ code }) => code)]).toEqual([[], codes]);
});

test.each([
  [
    'a loop',
    [
      'scripts/ralph/prd.json',
      'scripts/ralph/prompt.md',
      'scripts/ralph/progress.txt',
      'scripts/ralph/ralph.sh',
      'docs/prompt.md',
    ],
    ['scripts/ralph/prd.json', 'scripts/ralph/prompt.md', 'scripts/ralph/progress.txt'],
  ],
  ['its own folder', ['prd.json', 'PROMPT.md', 'notes.md'], ['prd.json', 'PROMPT.md']],
  [
    'several lists',
    ['prd.json', '.ralph/prd.json', 'tasks/prd-a.json', 'plans/b-prd.json', 'feature_list.json'],
    ['prd.json + .ralph/prd.json', 'tasks/prd-a.json', 'plans/b-prd.json', 'feature_list.json'],
  ],
  [
    'others',
    ['config/prd.json', 'environments/prd.json', 'settings-prd.json', 'values.prd.json', 'src/prdata.json', 'prd.md'],
    [],
  ],
])('files of %s', (_name, paths, claimed) => {
  const claims = claimFiles(paths).filter(({ format }) => format.name === 'prd-json');
  expect(claims.map(({ files }) => files.join(' + ')).toSorted()).toEqual([...claimed].toSorted());
  for (const { files } of claims.filter((claim) => claim.files.some((path) => path.endsWith('.json'))))
    expect(claimFiles(files)).toMatchObject([{ files }]);
});

test.each([
  ['an empty list before', { dependsOn: [], depends_on: ['A'] }],
  ['an empty text before', { dependsOn: '', blockedBy: ['A'] }],
  ['the same twice', { dependsOn: ['A'], requires: 'A' }],
])('dependencies in several spellings are all read: %s', async (_name, more) => {
  const story = { acceptanceCriteria: ['it is'], passes: false };
  const stories = [
    { id: 'A', title: 'One', ...story },
    { id: 'B', title: 'Two', ...story, ...more },
  ];
  const units = await readUnits({ [file]: JSON.stringify({ userStories: stories }) });
  expect(units.map(({ key, depends }) => [key, ...depends])).toEqual([['A'], ['B', 'a']]);
});
