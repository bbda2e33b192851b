import { expect, test } from 'vitest';
import { criteriaHash, type Draft } from '../../../src/specs/format/draft.ts';
import type { NotWork, Parsed } from '../../../src/specs/format/format.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { claimFiles, groupsOf } from '../../../src/specs/formats/formats.ts';
import type { Source } from '../../../src/specs/text/source.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';

const proposal = `# Change: Lend books

## Why
People want to read.
`;
const tasks = `## 1. Model

- [x] 1.1 Add a book
- [ ] 1.2 Add a reader
  - [ ] 1.2.1 with a name

## 2. Checks

\`\`\`
- [ ] 2.1 after a fence that nobody closed
`;
const spec = `# Delta for lending

## ADDED Requirements

### Requirement: Lending
The shelf SHALL lend books.

#### Scenario: A book that is there
- **WHEN** it is asked for — check: \`npm run lend\`
- **THEN** it is lent

##### Note
Nothing else.

#### Scenario: A book that is not there
- **WHEN** it is asked for
- **THEN** nothing happens

### Requirement: Names
Each book MUST have a name.

## REMOVED Requirements

### Requirement: Selling
**Reason**: nobody buys.

#### Scenario: A book is sold
- **WHEN** somebody pays
- **THEN** it is gone

## RENAMED Requirements
- FROM: \`### Requirement: A\`
- TO: \`### Requirement: B\`
`;
const lend = {
  'openspec/changes/lend/proposal.md': proposal,
  'openspec/changes/lend/tasks.md': tasks,
  'openspec/changes/lend/design.md': '# Design\n\n- [ ] not a task\n',
  'openspec/changes/lend/specs/lending/spec.md': spec,
};

async function read(files: Readonly<Record<string, string>>): Promise<Parsed> {
  const sources = Object.entries(files).map(([file, text]): Source => ({ file, text }));
  const parsed = (await groupsOf(sources)).map(parseGroup);
  return {
    drafts: parsed.flatMap(({ drafts }) => drafts),
    diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
    notWork: parsed.flatMap(({ notWork }) => notWork ?? []),
  };
}

function shown({ key, title, file, line, isDone, hold, criteria, marks, problems }: Draft): object {
  return {
    [key]: `${title} (${file}:${line})${isDone ? ', done' : ''}${hold === undefined ? '' : `, ${hold}`}`,
    criteria: criteria.map(({ criterion: { file: other, line: at, kind, text } }) =>
      [`${other === undefined ? '' : `${other.split('/').slice(-3).join('/')} `}${at} ${kind}`, text].join(': '),
    ),
    marks: marks.map(({ isDone: is, of }) => `${is ? 'x' : '-'} ${of}`),
    problems: problems.map(({ code }) => code),
  };
}

test('a change is a unit: its scenarios are its criteria, and its tasks are its marks', async () => {
  const { drafts, diagnostics } = await read(lend);
  expect(diagnostics).toEqual([]);
  expect(drafts.map(shown)).toEqual([
    {
      lend: 'Lend books (openspec/changes/lend/proposal.md:1)',
      criteria: [
        'specs/lending/spec.md 8 check: Scenario: A book that is there - **WHEN** it is asked for — check: `npm run lend` - **THEN** it is lent ##### Note Nothing else.',
        'specs/lending/spec.md 15 claim: Scenario: A book that is not there - **WHEN** it is asked for - **THEN** nothing happens',
        'specs/lending/spec.md 19 claim: Requirement: Names Each book MUST have a name.',
      ],
      marks: [
        'x 1.1 Add a book',
        '- 1.2 Add a reader',
        '- 1.2.1 with a name',
        '- 2.1 after a fence that nobody closed',
      ],
      problems: [],
    },
  ]);
  expect(drafts[0]?.body).toBe(`# Change: Lend books

## Why
People want to read.

# Design

- [ ] not a task

# Delta for lending

## ADDED Requirements

### Requirement: Lending
The shelf SHALL lend books.

## REMOVED Requirements

### Requirement: Selling
**Reason**: nobody buys.

#### Scenario: A book is sold
- **WHEN** somebody pays
- **THEN** it is gone

## RENAMED Requirements
- FROM: \`### Requirement: A\`
- TO: \`### Requirement: B\`

${tasks.replace('[x]', '[ ]').trim()}`);
});

test.each([
  ['in a repository', 'openspec/changes/lend/', 'lend'],
  ['in openspec', 'changes/lend/', 'lend'],
  ['in the folder of changes', 'lend/', 'lend'],
  ['in the change itself', '', 'lend-books'],
  ['in a package of a repository', 'packages/shelf/openspec/changes/lend/', 'packages.shelf.lend'],
  ['in folders by day', 'openspec/changes/2026/03/14-lend/', 'lend'],
  ['in a folder of its own', 'openspec/changes/shelf/lend/', 'shelf.lend'],
  ['with letters of any script', 'openspec/changes/本を貸す/', '本を貸す'],
])('a change is found %s', async (_where, folder, key) => {
  const files = Object.fromEntries(
    Object.entries(lend).map(([file, text]) => [file.replace('openspec/changes/lend/', folder), text]),
  );
  const others: Readonly<Record<string, string>> = folder.startsWith('openspec')
    ? { 'openspec/specs/lending/spec.md': spec }
    : {};
  const [draft, ...rest] = (await read({ ...others, ...files })).drafts;
  expect([draft?.key, draft?.files.toSorted(), rest]).toEqual([key, Object.keys(files).toSorted(), []]);
  expect(claimFiles(draft?.files.toReversed() ?? []).map((claim) => [claim.format.name, claim.files])).toEqual([
    ['openspec', draft?.files],
  ]);
});

test('what is there, what is archived and what explains the format is no work, and is claimed', async () => {
  const files = {
    'openspec/AGENTS.md': '# OpenSpec\n\n## Acceptance criteria\n\n- [ ] no\n',
    'openspec/changes/README.md': '- [ ] no\n',
    'openspec/changes/archive/2026-01-02-buy/proposal.md': proposal,
    'openspec/changes/archive/2026-01-02-buy/tasks.md': tasks,
    'openspec/changes/archive/2026-01-02-buy/specs/buying/spec.md': spec,
    'openspec/changes/lend/notes.txt': 'a',
    'openspec/changes/lend/proposal.md': proposal,
    'openspec/project.md': '# Shelf\n',
    'openspec/schemas/own/templates/tasks.md': tasks,
    'openspec/specs/lending/spec.md': spec,
    'openspec/work/a/tasks.md': tasks,
  };
  const { drafts, notWork } = await read(files);
  expect(claimFiles(Object.keys(files)).flatMap((claim) => claim.format.name)).toEqual(Array(11).fill('openspec'));
  expect(drafts.map(shown)).toEqual([
    {
      lend: 'Lend books (openspec/changes/lend/proposal.md:1), has neither specs nor tasks yet',
      ...{ criteria: [], marks: [], problems: [] },
    },
  ]);
  expect(notWork?.map(({ file, why }: NotWork) => `${file}: ${why}`)).toEqual([
    'openspec/changes/archive/2026-01-02-buy/proposal.md: archived changes',
    'openspec/schemas/own/templates/tasks.md: templates',
    'openspec/specs/lending/spec.md: specs of what is there',
    'openspec/work/a/tasks.md: tasks outside of changes',
  ]);
});

test('files that only look alike are left to other formats', () => {
  const paths = [
    ...['docs/changes/a/tasks.md', 'docs/proposal.md', 'docs/tasks.md', 'proposal.md', 'specs/spec.md'],
    ...['src/openspec/reader.ts', 'changes/tasks.md', 'tasks.md', 'openspec.md'],
  ];
  expect(claimFiles(paths).filter(({ format }) => format.name === 'openspec')).toEqual([]);
});

test.each([
  ['a scenario', '### Requirement: A\n\nIt SHALL.\n\n#### Scenario: B\n- WHEN c\n- THEN d\n', [5]],
  ['a scenario with a wrong level', '### Requirement: A\n\n### Scenario: B\n- WHEN c\n- THEN d\n', [3]],
  ['a scenario in another language', '### Requirement: A\n\n#### 场景：B\n- **当** c\n- **那么** d\n', [3]],
  [
    'a scenario below translated headings',
    '### 需求:A\n\n#### 场景:B\n- **当** c\n\n## 移除需求\n\n### 需求:D\n\n#### 场景:E\n- f\n\n## REMOVED 需求\n\n### Requirement: G\n',
    [3],
  ],
  ['steps below another title', '### Requirement: A\n\n#### B\n- **WHEN** c\n- **THEN** d\n\n#### C\nNo steps.\n', [3]],
  ['a bold scenario, within its requirement', '### Requirement: A\n\n**Scenario: B**\n- WHEN c\n', [1]],
  [
    'scenarios in a list, within their requirement',
    '### Requirement: A\n\n- **Scenario: B** c\n- **Scenario: D** e\n',
    [1],
  ],
  ['requirements that are not called so', '### A-1\n\n#### Scenario: B\nc\n\n### A-2\n\n#### Scenario: B\nc\n', [3, 8]],
  ['a scenario in code', '### Requirement: A\n\n```\n#### Scenario: B\n```\n', [1]],
])('%s is a criterion', async (_what, text, lines) => {
  const { drafts } = await read({
    'openspec/changes/a/proposal.md': '## Why\n',
    'openspec/changes/a/specs/a/spec.md': `## MODIFIED Requirements\n${text}`,
  });
  expect(drafts.map(({ title, criteria }) => [title, criteria.map(({ criterion }) => criterion.line - 1)])).toEqual([
    ['a', lines],
  ]);
});

test('a delta that is not in the folder of specs is read, too', async () => {
  const { drafts } = await read({
    'openspec/changes/a/proposal.md': '# A\n',
    'openspec/changes/a/spec-delta.md': '## 新增需求\n\n### 需求：B\n\nc\n',
    'openspec/changes/a/notes.md': '### Requirement: not one\n',
  });
  expect(
    drafts.map(({ criteria }) => criteria.map(({ criterion }) => `${criterion.file ?? ''}:${criterion.line}`)),
  ).toEqual([['openspec/changes/a/spec-delta.md:3']]);
});

test('without scenarios, the tasks are the criteria; what a proposal states counts, too', async () => {
  const only = { 'openspec/changes/a/tasks.md': '# Implementation Tasks\n\n- [x] 1.1 A\n- [~] 1.2 B\n  - why\n' };
  const plain = { 'openspec/changes/b/tasks.md': '1. A\n2. B\n' };
  const stated = {
    'openspec/changes/c/proposal.md': '# C\n\n## Success Criteria\n\n- [ ] It works\n\nMore.\n',
    'openspec/changes/c/tasks.md': '- [x] 1.1 A\n',
  };
  const { drafts } = await read({ ...only, ...plain, ...stated });
  expect(drafts.map(shown)).toEqual([
    {
      a: 'a (openspec/changes/a/tasks.md:1)',
      criteria: ['3 claim: 1.1 A', '4 claim: 1.2 B - why'],
      ...{ marks: [], problems: [] },
    },
    { b: 'b (openspec/changes/b/tasks.md:1)', criteria: ['1 claim: A', '2 claim: B'], marks: [], problems: [] },
    {
      c: 'C (openspec/changes/c/proposal.md:1), done',
      criteria: ['5 claim: It works'],
      ...{ marks: ['x 1.1 A'], problems: [] },
    },
  ]);
});

test('ticking sets the tasks, also those in code, and changes nothing else', async () => {
  const starts = ['', '\uFEFF'];
  const ends = [(text: string) => text, (text: string) => text.replaceAll('\n', '\r\n')];
  for (const [start, end] of starts.flatMap((one) => ends.map((other) => [one, other] as const))) {
    const sources = Object.entries(lend).map(([file, text]) => ({ file, text: `${start}${end(text)}` }));
    const [before] = (await read(Object.fromEntries(sources.map(({ file, text }) => [file, text])))).drafts;
    const hash = criteriaHash((before?.criteria ?? []).map(({ criterion }) => criterion));
    const ticked = await tickUnit(sources, { key: 'LEND', criteriaHash: hash });
    expect(ticked).toEqual([
      { file: 'openspec/changes/lend/tasks.md', text: `${start}${end(tasks.replaceAll('[ ]', '[x]'))}` },
    ]);
    const texts = new Map([...sources, ...ticked].map(({ file, text }) => [file, text]));
    const [after] = (await read(Object.fromEntries(texts))).drafts;
    const said = ({ body, title, criteria, isDone }: Draft): object => ({
      body,
      title,
      isDone,
      lines: criteria.map(({ criterion }) => criterion),
    });
    expect(after && said(after)).toEqual(before && { ...said(before), isDone: true });
  }
});
