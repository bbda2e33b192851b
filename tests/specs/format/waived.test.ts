import { expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';

async function read(file: string, text: string) {
  const [group] = await groupsOf([{ file, text }]);
  return group === undefined ? null : parseGroup(group);
}

const list = (items: string): string => `# A\n\n## Acceptance criteria\n\n${items}`;

test.each([
  ['- [N/A] a\n- [ ] b\n', ['b'], [5]],
  ['- [n/a] a\n- [NA] b\n- [x] c\n', ['c'], [5, 6]],
  ['- [-] a\n- [~] b\n', ['b'], [5]],
  ['- [N/A] a\n  - [ ] inner\n    - plain\n- [ ] b\n', ['b'], [5, 6]],
  ['- [ ] a\n  - [-] inner\n- [ ] b\n', ['a', 'b'], [6]],
  ['1. [-] a\n2. [ ] b\n', ['b'], [5]],
  ['- ~~a~~\n- [ ] b\n', ['b'], [5]],
  ['- ~~a~~\n- ~~**b** `c`~~.\n- ~~d~~ (dropped)\n- [ ] e\n', ['e'], [5, 6, 7]],
  ['- ~~a~~\n  - [ ] inner\n- [ ] b\n', ['b'], [5, 6]],
  [
    '- ~~a~~ — dropped\n- ~~b~~ – no longer needed.\n- ~~c~~: superseded by AC3\n- ~~d~~ (see #12)\n- e\n',
    ['e'],
    [5, 6, 7, 8],
  ],
  [
    '- ~~a~~ - moved to #12\n- ~~b~~ (was 5 s)\n- ~~c~~ *(out of scope)*\n- ~~d~~ — see [#3](u)\n- e\n',
    ['e'],
    [5, 6, 7, 8],
  ],
  // What stands beside it may be asked in its place.
  ['- ~~a~~ — sorts by date\n- ~~b~~: 10 s\n', ['~~a~~ — sorts by date', '~~b~~: 10 s'], []],
  [
    '- ~~a~~ (dropped), but it sorts\n- ~~b~~ (was 5) — it sorts\n',
    ['~~a~~ (dropped), but it sorts', '~~b~~ (was 5) — it sorts'],
    [],
  ],
  [
    '- ~~a~~ (dropped). It must sort.\n- ~~b~~ (now: 10 s)\n',
    ['~~a~~ (dropped). It must sort.', '~~b~~ (now: 10 s)'],
    [],
  ],
  ['- ~~a~~ (was 5) check: `t`\n- ~~b~~ — check: `u`\n', ['~~a~~ (was 5) check: `t`', '~~b~~ — check: `u`'], []],
  ['- ~~a~~ — deleted users are hidden\n- ~~b~~ — removed\n', ['~~a~~ — deleted users are hidden'], [6]],
  ['- ~~a~~\n\n  It sorts.\n', ['~~a~~ It sorts.'], []],
  ['- ~~a~~ — dropped; it must sort\n', ['~~a~~ — dropped; it must sort'], []],
  // With a box, what is asked would depend on whether it is ticked.
  ['- ~~a~~ b\n- c ~~d~~\n- [x] ~~e~~\n- [ ] ~~f~~\n', ['~~a~~ b', 'c ~~d~~', '~~e~~', '~~f~~'], []],
  ['| What | Done |\n|---|---|\n| a | [-] |\n| b | [ ] |\n', ['b'], [7]],
  ['- [ ] N/A for guests\n- [ ] - b\n- [] c\n- [-1] d\n- N/A\n', ['N/A for guests', '- b', 'c', '[-1] d', 'N/A'], []],
])('a criterion that its author took back is none: %j', async (items, texts, lines) => {
  const parsed = await read('a.md', list(items));
  expect(parsed?.drafts[0]?.criteria.map(({ criterion: { position, text } }) => [position, text])).toEqual(
    texts.map((text, position) => [position, text]),
  );
  expect(parsed?.notWork?.map(({ line, why }) => `${line} ${why}`) ?? []).toEqual(
    lines.map((line) => `${line} criteria that do not apply`),
  );
});

test.each([
  ['- [x] a\n- [-] b\n- [N/A] c\n', true],
  ['- [ ] a\n- [-] b\n', false],
  ['- [-] a\n', false],
])('what does not apply says nothing of whether a unit is done: %j', async (items, isDone) => {
  expect((await read('a.md', list(items)))?.drafts[0]?.isDone).toBe(isDone);
});

test('what does not apply is not ticked', async () => {
  const source = { file: 'a.md', text: list('- [ ] a\n- [-] b\n- [N/A] c\n') };
  const [draft] = (await read(source.file, source.text))?.drafts ?? [];
  const hash = criteriaHash(draft?.criteria.map(({ criterion }) => criterion) ?? []);
  expect(await tickUnit([source], { key: draft?.key ?? '', criteriaHash: hash })).toEqual([
    { file: 'a.md', text: list('- [x] a\n- [-] b\n- [N/A] c\n') },
  ]);
});

test('a task of Kiro with `[-]` is begun, and its requirement with `[-]` does not apply', async () => {
  const sources = [
    { file: '.kiro/specs/a/tasks.md', text: '- [-] 1. A\n  - [-] 1.1 B\n\n- [ ] 2. C\n  - _Requirements: 1_\n' },
    {
      file: '.kiro/specs/a/requirements.md',
      text: '# R\n\n### Requirement 1\n\n#### Acceptance Criteria\n\n- [-] 1. THE shelf SHALL lend\n- [ ] 2. THE shelf SHALL stand\n',
    },
  ];
  const [group] = await groupsOf(sources);
  const parsed = group && parseGroup(group);
  expect(parsed?.drafts.map(({ criteria }) => criteria.map(({ criterion }) => criterion.text))).toEqual([
    ['1.1 B'],
    ['2. THE shelf SHALL stand'],
  ]);
});

test.each([
  ['TODO.md', '- [-] A\n  - [ ] it is\n- [ ] B\n', ['B'], [1]],
  ['TODO.md', '- [N/A] A\n- [n/a] B\n- [NA] C\n- [~] D\n', ['D'], [1, 2, 3]],
  ['TODO.md', '- [-] **Alpha beta**: text\n1. [-] C\n2. [ ] D\n', ['D'], [1, 2]],
  ['TODO.md', '- [ ] A\n  - [-] inner\n', ['A'], [2]],
  ['TODO.md', '| Task | Status |\n|---|---|\n| A | [-] |\n| B | [N/A] |\n| C | [ ] |\n', ['C'], [3, 4]],
  ['TODO.md', '## [-] A\n\n- [ ] of it\n\n## [n/a] B\n\n- [ ] of it\n\n## C\n\n- [ ] D\n', ['D'], [1, 5]],
  ['TODO.md', "## A (won't do)\n\n- [ ] of it\n\n## B\n\n- [ ] C\n", ['C'], [1]],
  ['TODO.md', '- [ ] - A\n- [ ] N/A for guests\n', ['- A', 'N/A for guests'], []],
  ['followups.md', '- [-] A\n  - it is so\n- [N/A] B\n- [ ] C\n  - it is so\n', ['C'], [1, 3]],
  ['followups.md', '- [x] A\n  - it is so\n- [~] B\n  - it is so\n', ['A', 'B'], []],
])('a task that its author took back is none: %s %j', async (file, text, titles, lines) => {
  const parsed = await read(file, text);
  expect(parsed?.drafts.map(({ title }) => title)).toEqual(titles);
  // What is in one is counted as boxes.
  const told = parsed?.notWork?.filter(({ why }) => why !== 'boxes outside of tasks and criteria') ?? [];
  expect(told.map(({ line }) => line)).toEqual(lines);
});

test('nothing waits for a followup that its author took back', async () => {
  const parsed = await read('followups.md', '- [-] A\n  - id: a\n- [ ] B\n  - depends: a\n  - it is so\n');
  expect(parsed?.notWork).toEqual([
    { file: 'followups.md', line: 1, why: 'items that do not apply', key: 'a', end: 'cancelled' },
  ]);
});

const listed = '- [ ] a\n- [-] b\n- [N/A] c\n- [ ] - d';

test.each([
  ['.beads/issues.jsonl', { id: 'b-1', title: 'T', status: 'open', acceptance_criteria: listed }],
  [
    '.beads/issues.jsonl',
    { id: 'b-1', title: 'T', status: 'open', description: `Do it.\n\n## Acceptance criteria\n\n${listed}` },
  ],
  ['.taskmaster/tasks/tasks.json', { tasks: [{ id: 1, title: 'T', status: 'pending', testStrategy: listed }] }],
  [
    '.taskmaster/tasks/tasks.json',
    { tasks: [{ id: 1, title: 'T', status: 'pending', details: `Acceptance criteria:\n${listed}` }] },
  ],
  ['prd.json', { userStories: [{ id: 'U1', title: 'T', passes: false, acceptanceCriteria: listed }] }],
  [
    'prd.json',
    { userStories: [{ id: 'U1', title: 'T', passes: false, acceptanceCriteria: ['a', '[-] b', '[N/A] c', '- d'] }] },
  ],
])('a criterion in a text of JSON that its author took back is none: %s', async (file, value) => {
  const parsed = await read(file, JSON.stringify(value));
  expect(
    parsed?.drafts[0]?.criteria.map(({ criterion: { position, text } }) => [position, text.replace('- ', '')]),
  ).toEqual([
    [0, 'a'],
    [1, 'd'],
  ]);
  expect(parsed?.notWork?.map(({ why }) => why)).toEqual(['criteria that do not apply', 'criteria that do not apply']);
});
