import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { reader } from '../../../src/specs/beads/beads.ts';
import { claimFiles } from '../../../src/specs/formats/formats.ts';
import { mergeSpecs } from '../../../src/specs/ticks/merge.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const file = '.beads/issues.jsonl';

function shown({ key, line, title, isTicked, hold, depends, criteria, problems }: UnitSpec): object {
  return {
    [`${key} (${line})`]: `${title}${isTicked ? ', done' : ''}${hold === null ? '' : `, ${hold}`}`,
    depends,
    criteria: criteria.map((one) => `${one.line} ${one.kind}: ${one.text}`),
    problems: problems.map((one) => `${one.line} ${one.code}`),
  };
}

const lend = String.raw`{"id":"lib-a1","title":"Lend books","description":"People \u003cborrow\u003e.\n\n## Acceptance Criteria\n- [ ] \"é\" is lent\n- \u005b \u005d Two — check: ${'`npm test`'}\n- [x] Three\n\n## Notes\nIn src.","status":"in_progress","priority":1,"issue_type":"feature","labels":["api"],"dependencies":[{"issue_id":"lib-a1","depends_on_id":"lib-a2","type":"blocks"},{"issue_id":"lib-a1","depends_on_id":"lib-e1","type":"parent-child"},{"issue_id":"lib-a1","depends_on_id":"lib-a9","type":"related"}]}`;
const lines = [
  lend,
  '{"id":"lib-a2","title":"Shelf","status":"closed","closed_at":"2026-01-01T00:00:00Z","acceptance_criteria":"1. One\\n2. Two","dependencies":[{"depends_on_id":"lib-old","type":"blocks"}]}',
  '{"id":"lib-e1","title":"Library","description":"All of it.\\n\\n## Success Criteria\\n- no","status":"open","issue_type":"epic","dependencies":[{"depends_on_id":"lib-a3","type":"blocks"}]}',
  '{"id":"lib-a3","title":"Tables","status":"open","acceptance_criteria":"There are tables","dependencies":[{"depends_on_id":"lib-gone","type":"blocks"},{"depends_on_id":"x-wisp-1","type":"blocks"},{"depends_on_id":"lib-none","type":"blocks"}]}',
  '{"id":"lib-gone","title":"Gone","status":"tombstone","acceptance_criteria":"no"}',
  '{"id":"lib-a4","title":"After all","status":"open","acceptance_criteria":"It works","dependencies":[{"depends_on_id":"lib-e1","type":"blocks"}]}',
];
const text = `${lines.join('\n')}\n`;

test('each issue is a unit, except epics and tombstones', async () => {
  expect((await readUnits({ [file]: text })).map(shown)).toEqual([
    {
      'lib-a1 (1)': 'Lend books',
      depends: ['lib-a2', 'lib-a3'],
      criteria: ['1 claim: "é" is lent', '1 check: Two — check: `npm test`', '1 claim: Three'],
      problems: [],
    },
    { 'lib-a2 (2)': 'Shelf, done', depends: [], criteria: ['2 claim: One', '2 claim: Two'], problems: [] },
    {
      'lib-a3 (4)': 'Tables',
      depends: [],
      criteria: ['4 claim: There are tables'],
      problems: ['4 dropped-dependency', '4 unknown-dependency'],
    },
    { 'lib-a4 (6)': 'After all', depends: ['lib-a1'], criteria: ['6 claim: It works'], problems: [] },
  ]);
  const { notWork } = reader.parse([{ file, text }]);
  expect(notWork).toEqual([
    { file, line: 3, why: 'epics' },
    { file, line: 5, why: 'tombstones' },
  ]);
});

test('the body has what the agent needs, but no criteria', async () => {
  const [unit] = await readUnits({ [file]: text });
  expect(unit?.body).toBe('People <borrow>.\n\n## Notes\nIn src.\n\n## Part of lib-e1: Library\n\nAll of it.');
  expect(unit).toMatchObject({ priority: 1, labels: ['api'] });
});

test('a unit is ticked by its status and its boxes behind escapes, and by nothing else', async () => {
  const [unit] = await readUnits({ [file]: text });
  if (!unit) throw new Error('no unit');
  for (const ends of [(plain: string) => plain, (plain: string) => `\uFEFF${plain.replaceAll('\n', '\r\n')}`]) {
    const ticked = await tickUnit([{ file, text: ends(text) }], unit);
    const wanted = text
      .replace('- [ ] ', '- [x] ')
      .replace('\\u005b \\u005d', '\\u005bx\\u005d')
      .replace('"in_progress"', '"closed"');
    expect(ticked).toEqual([{ file, text: ends(wanted) }]);
    const [again] = await readUnits({ [file]: ticked[0]?.text ?? '' });
    expect(again).toMatchObject({ isTicked: true, contentHash: unit.contentHash, criteriaHash: unit.criteriaHash });
  }
});

test('lines are merged by themselves, and ticks stay', () => {
  const version = (of: string): { file: string; text: string }[] => [{ file, text: of }];
  const ours = text.replace('"in_progress"', '"closed"');
  const theirs = text.replace('"There are tables"', '"There are two tables"');
  const merged = mergeSpecs(reader, { base: version(text), ours: version(ours), theirs: version(theirs) });
  expect(merged).toEqual(version(ours.replace('"There are tables"', '"There are two tables"')));
});

test('colours of a terminal do not hide criteria, nor their boxes', async () => {
  const coloured = String.raw`{"id":"a","title":"\u001b[1mA\u001B[0m","description":"\u001b[3m\u001b[32m# Acceptance Criteria\u001b[0m\n\u001b[1m-\u001b[0m [ ] One\u001b[0m","status":"open"}`;
  const [unit] = await readUnits({ [file]: coloured });
  if (!unit) throw new Error('no unit');
  expect(shown(unit)).toEqual({ 'a (1)': 'A', depends: [], criteria: ['1 claim: One'], problems: [] });
  const wanted = coloured.replace('[ ]', '[x]').replace('"open"', '"closed"');
  expect(await tickUnit([{ file, text: coloured }], unit)).toEqual([{ file, text: wanted }]);
});

test.each([
  [['a', '- [ ] b'], ['a', 'b'], []],
  [[{ text: 'a' }, ['b']], ['a', 'b'], []],
  [{ 'AC-1': 'a' }, ['a'], []],
  [['a', true], ['a'], ['unread-criterion']],
  [[], [], []],
])('criteria that are no text: %j', (criteria, wanted, codes) => {
  const issue = { id: 'a', title: 'A', status: 'open', acceptance_criteria: criteria };
  const { drafts } = reader.parse([{ file, text: JSON.stringify(issue) }]);
  expect(drafts.map((draft) => draft.criteria.map(({ criterion }) => criterion.text))).toEqual([wanted]);
  expect(drafts.flatMap((draft) => draft.problems.map(({ code }) => code))).toEqual(codes);
});

test.each([
  ['a heading', '## Acceptance Criteria\n- a\n- b\n## Verification\n- [ ] c\n## Design\n- d', ['a', 'b', 'c']],
  ['a bold label', 'x\n\n**Acceptance Criteria:**\n- [ ] a\n- [x] b\n\n**Notes:**\n- c', ['a', 'b']],
  ['a plain label', 'x\nAcceptance criteria:\n- a\n- b\nNotes:\n- c', ['a', 'b']],
  ['a plain label with a text', 'Do x.\nAcceptance: a holds\nFiles: b.ts', ['a holds']],
  ['a label in code', '```\nAcceptance criteria:\n- a\n```\n', []],
  ['line ends of Windows', 'x\r\n\r\n## Acceptance Criteria\r\n\r\n- [ ] a\r\n- [ ] b', ['a', 'b']],
  ['quality gates', '## Acceptance Criteria\n- a\n\n## Quality Gates\n- b', ['a', 'b']],
  ['when and then', '#### Scenario: s\n- WHEN a\n- THEN b', ['Scenario: s - WHEN a - THEN b']],
  ['a sentence about acceptance', 'The acceptance criteria: they are missing.\n- a', []],
  ['nothing', '', []],
])('criteria in a description: %s', (_name, description, criteria) => {
  const { drafts } = reader.parse([
    { file, text: JSON.stringify({ id: 'a', title: 'A', description, status: 'open' }) },
  ]);
  expect(drafts.map((draft) => draft.criteria.map(({ criterion }) => criterion.text))).toEqual([criteria]);
});

const issue = (id: string, more: object = {}): object => ({
  id,
  title: id,
  status: 'open',
  acceptance_criteria: 'a',
  ...more,
});
const jsonl = (...issues: readonly object[]): string => issues.map((one) => JSON.stringify(one)).join('\n');
const on = (to: string, type = 'blocks'): object => ({ depends_on_id: to, type });

test.each([
  [
    'types',
    [
      issue('a', {
        dependencies: [on('b', 'related'), on('c', 'discovered-from'), on('d', 'waits-for'), on('e', 'relates-to')],
      }),
      issue('b'),
      issue('c'),
      issue('d'),
      issue('e'),
    ],
    ['a: d', 'b', 'c', 'd', 'e'],
  ],
  ['case', [issue('A-1'), issue('b', { dependencies: [on('a-1')] })], ['A-1', 'b: a-1']],
  [
    'texts',
    [issue('a', { dependencies: ['b'] }), issue('b', { depends_on: ['c'] }), issue('c')],
    ['a: b', 'b: c', 'c'],
  ],
  [
    'an epic with ids below it',
    [
      issue('e', { issue_type: 'epic' }),
      issue('e.1'),
      issue('e.2', { dependencies: [on('e', 'parent-child')] }),
      issue('x', { dependencies: [on('e')] }),
    ],
    ['e.1', 'e.2', 'x: e.1 e.2'],
  ],
  [
    'an epic that waits for an epic',
    [
      issue('e', { issue_type: 'epic' }),
      issue('e.1'),
      issue('f', { issue_type: 'epic', dependencies: [on('e')] }),
      issue('f.1'),
      issue('f.2', { dependencies: [on('f.1')] }),
    ],
    ['e.1', 'f.1: e.1', 'f.2: f.1 e.1'],
  ],
  [
    'a closed epic',
    [issue('e', { issue_type: 'epic', status: 'closed' }), issue('e.1'), issue('x', { dependencies: [on('e')] })],
    ['e.1', 'x'],
  ],
  [
    'an issue that waits for its own epic',
    [
      issue('e', { issue_type: 'epic' }),
      issue('e.1', { dependencies: [on('e', 'parent-child'), on('e')] }),
      issue('e.2'),
    ],
    ['e.1', 'e.2'],
  ],
  [
    'an epic that waits for its issues',
    [issue('e', { issue_type: 'epic', dependencies: [on('e.1'), on('e.2')] }), issue('e.1'), issue('e.2')],
    ['e.1', 'e.2'],
  ],
  [
    'epics in epics',
    [
      issue('e', { issue_type: 'epic' }),
      issue('e.1', { issue_type: 'epic' }),
      issue('e.1.1'),
      issue('x', { dependencies: [on('e')] }),
    ],
    ['e.1.1', 'x: e.1.1'],
  ],
  [
    'epics in each other',
    [
      issue('e', { issue_type: 'epic', parent: 'f' }),
      issue('f', { issue_type: 'epic', parent: 'e' }),
      issue('x', { dependencies: [on('e')] }),
    ],
    ['x'],
  ],
  ['a version number', [issue('v1'), issue('v1.2')], ['v1', 'v1.2']],
])('dependencies: %s', async (_name, issues, wanted) => {
  const units = await readUnits({ [file]: jsonl(...issues) });
  expect(units.map(({ key, depends }) => (depends.length === 0 ? key : `${key}: ${depends.join(' ')}`))).toEqual(
    wanted,
  );
});

test.each([
  [{}, {}],
  [{ status: undefined }, {}],
  [{ status: 'hooked' }, {}],
  [{ status: 'closed' }, { isTicked: true }],
  [{ status: 'deferred' }, { hold: 'is deferred' }],
  [{ defer_until: '2030-01-02T00:00:00Z' }, { hold: 'is deferred until 2030-01-02' }],
  [{ status: 'pinned' }, { hold: 'is pinned' }],
  [{ status: 'blocked' }, { hold: 'is blocked' }],
  [{ status: 'blocked', dependencies: [on('b')] }, { depends: ['b'] }],
  [{ status: 'triage' }, { hold: 'is not decided yet' }],
  [{ status: 'resting' }, { hold: 'has the status "resting"' }],
  [{ dependencies: [on('g')] }, { hold: 'waits for the gate g' }],
  [{ dependencies: [on('b', 'conditional-blocks')] }, { hold: 'waits for b to fail' }],
  [{ dependencies: [on('external:other:api')] }, { hold: 'waits for external:other:api' }],
  [{ status: 'closed', dependencies: [on('g'), on('none')] }, { isTicked: true }],
])('the state of an issue: %j', async (more, wanted) => {
  const units = await readUnits({ [file]: jsonl(issue('a', more), issue('b'), issue('g', { issue_type: 'gate' })) });
  expect(units.map(({ key }) => key)).toEqual(['a', 'b']);
  expect(units[0]).toMatchObject({ isTicked: false, hold: null, depends: [], problems: [], ...wanted });
});

test('an epic with very many issues is waited for as a whole', () => {
  const many = Array.from({ length: 201 }, (_, at) => issue(`e.${at}`));
  const issues = [issue('e', { issue_type: 'epic' }), ...many, issue('x', { dependencies: [on('e')] })];
  const [last] = reader.parse([{ file, text: jsonl(...issues) }]).drafts.slice(-1);
  expect([last?.key, last?.keys.depends, last?.hold]).toEqual(['x', [], 'waits for e']);
});

test('parts with several wholes are followed once', () => {
  const levels = Array.from({ length: 40 }, (_, at) =>
    ['a', 'b'].map((side) => issue(`${side}${at}`, { issue_type: 'epic', parent: [`a${at + 1}`, `b${at + 1}`] })),
  );
  const issues = [...levels.flat(), issue('x', { parent: ['a0', 'b0'] }), issue('y', { dependencies: [on('a39')] })];
  const { drafts } = reader.parse([{ file, text: jsonl(...issues) }]);
  expect(drafts.map(({ key, keys }) => [key, ...(keys.depends ?? [])])).toEqual([['x'], ['y', 'x']]);
});

test('a missing status is inserted', async () => {
  const [unit] = await readUnits({ [file]: '{"id":"a","title":"A","acceptance_criteria":"a"}' });
  if (!unit) throw new Error('no unit');
  const before = '{"id":"a","title":"A","acceptance_criteria":"a"}';
  expect(await tickUnit([{ file, text: before }], unit)).toEqual([
    { file, text: before.replace('}', ',"status":"closed"}') },
  ]);
});

test('records of other kinds are no work', () => {
  const records = [
    ...[{ _type: 'memory' }, { issue_type: 'message' }, { issue_type: 'merge-request' }, { ephemeral: true }],
    ...[{ is_template: true }, { issue_type: 'molecule' }, { issue_type: 'gate' }],
  ];
  const { drafts, notWork } = reader.parse([
    { file, text: jsonl(...records.map((more, at) => issue(`a${at}`, more))) },
  ]);
  expect([drafts, notWork?.map(({ why }) => why)]).toEqual([
    [],
    [
      ...['messages and other records', 'messages and other records', 'messages and other records'],
      ...['ephemeral issues', 'templates', 'epics', 'gates'],
    ],
  ]);
});

test('an issue in several files is read from the first, and deleted ones are known', async () => {
  const units = await readUnits({
    '.beads/beads.jsonl': jsonl(issue('a', { title: 'old' }), issue('b')),
    '.beads/deletions.jsonl': '{"id":"c","ts":"2026-01-01T00:00:00Z","by":"x"}\n',
    [file]: jsonl(issue('a', { dependencies: [on('c')] })),
  });
  expect(
    units.map(({ key, title, file: of, problems }) => [key, title, of, ...problems.map(({ code }) => code)]),
  ).toEqual([
    ['a', 'a', file, 'dropped-dependency'],
    ['b', 'b', '.beads/beads.jsonl'],
  ]);
});

test.each([
  ['', [], []],
  ['\n\n', [], []],
  ['/home/me/other/.beads\n', [], ['redirects to other folders']],
  ['../../.beads', [], ['redirects to other folders']],
  ['{', ['spec-json'], []],
  ['<<<<<<< HEAD\n{"id":"a","title":"A"}\n=======\n', ['spec-json', 'spec-json'], []],
  ['['.repeat(100_000), ['spec-too-deep'], []],
  ['[]\n3\nnull\n{}\n{"id": []}\n', [], []],
  ['version https://git-lfs.github.com/spec/v1\noid sha256:0\n', ['spec-json', 'spec-json'], []],
])('no content is a crash: %j', (content, codes, reasons) => {
  const { diagnostics, notWork } = reader.parse([{ file, text: content }]);
  expect([diagnostics.map(({ code }) => code), notWork?.map(({ why }) => why)]).toEqual([codes, reasons]);
});

test('what is read beside a line that is broken is still there', () => {
  const { drafts, diagnostics } = reader.parse([
    { file, text: `${jsonl(issue('a'))}\n{"id": "b",\n${jsonl(issue('c'))}` },
  ]);
  expect([drafts.map(({ key, line }) => `${key} ${line}`), diagnostics.map(({ line }) => line)]).toEqual([
    ['a 1', 'c 3'],
    [2],
  ]);
});

test.each([
  [
    'the root',
    [file, '.beads/README.md', '.beads/interactions.jsonl', '.beads/beads.base.jsonl', 'issues.md'],
    [file, '.beads/README.md', '.beads/beads.base.jsonl', '.beads/interactions.jsonl'],
  ],
  [
    'several lists',
    ['.beads/deletions.jsonl', '.beads/mine.jsonl', file, '.beads/beads.jsonl'],
    [`${file} + .beads/beads.jsonl + .beads/mine.jsonl + .beads/deletions.jsonl`],
  ],
  [
    'a folder inside',
    [`apps/web/${file}`, 'apps/web/.beads/backup/issues.jsonl'],
    [`apps/web/${file}`, 'apps/web/.beads/backup/issues.jsonl'],
  ],
  ['its own folder', ['config.yaml', 'issues.jsonl', 'notes.md'], ['config.yaml', 'issues.jsonl']],
  ['others', ['data/issues.jsonl', 'beads/issues.jsonl', 'events.jsonl'], []],
])('files of %s', (_name, paths, claimed) => {
  const claims = claimFiles(paths).filter(({ format }) => format.name === 'beads');
  expect(claims.map(({ files }) => files.join(' + ')).toSorted()).toEqual([...claimed].toSorted());
  for (const { files } of claims.filter((claim) => claim.files.some((path) => path.endsWith('.jsonl'))))
    if (paths.includes(file)) expect(claimFiles(files)).toMatchObject([{ files }]);
});
