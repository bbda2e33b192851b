import { expect, test } from 'vitest';
import { inGroup } from '../../../src/model/unit.ts';
import { parseMarkdown } from '../../../src/specs/text/markdown.ts';
import { opensRegion } from '../../../src/specs/format/region-names.ts';
import { readRegions } from '../../../src/specs/format/regions.ts';

/** Each criterion as `line kind text [command]`, and each problem as `line code`. */
function read(text: string): readonly string[] {
  const { criteria, problems } = readRegions(parseMarkdown(text).children, { file: 'a.md', text }, 0);
  return [
    ...criteria.map(({ criterion: { line, kind, text: said, command, isTicked } }) => {
      const box = isTicked === null ? '' : isTicked ? '[x] ' : '[ ] ';
      return `${line} ${kind} ${box}${said}${command === null ? '' : ` → ${command}`}`;
    }),
    ...problems.map(({ line, code }) => `${line ?? 0} ${code}`),
  ];
}

test.each([
  'Out of scope',
  'Out-of-scope for now',
  '3. Out of scope:',
  'Not in scope (v2)',
  'Non-goals — later',
  'Non-goals - for v2',
  'Not required',
  'Not planned: mobile',
  'Exclusions',
  'Excluded',
  'Excluded from this release',
  'Deferred',
  'Deferred (v2)',
  'Deferred until v2',
  'Postponed to the next milestone',
  'Rejected ideas',
  'Alternative approaches (considered)',
  'Cancelled items',
  'Won’t do',
  'Future work',
])('below %j nothing is asked', (title) => {
  expect(read(`## Acceptance criteria\n\n- one\n\n### ${title}\n\n- [ ] two\n`)).toEqual(['3 claim one']);
});

test.each([
  'Excluded users',
  'Excluded: vendored files',
  'Exclusions in search results',
  'Exclusion-based rules',
  'Cancelled-order refunds',
  'Dropped-packet handling',
  'Deferred-payment orders',
  'Deferred: revenue',
  'Deferred — the payment is captured later',
  'Rejected',
  'Rejected (403)',
  'Rejected: expired tokens',
  'Cancelled',
  'Canceled — by the customer',
  'Declined for lack of funds',
  'Dropped',
  'Considered',
  'Alternative',
  'Alternative text',
  'Alternative-text for images',
  'Non-goal-directed moves',
  'Future-dated orders',
  'Not required fields',
])('below %j there are criteria', (title) => {
  expect(read(`## Acceptance criteria\n\n- one\n\n### ${title}\n\n- [ ] two\n`)).toEqual([
    '3 claim one',
    '7 claim [ ] two',
  ]);
});

test.each([
  'Acceptance Criteria',
  'acceptance criteria:',
  '3. Acceptance Criteria (edge cases)',
  '2.1 Acceptance criteria',
  '✅ Acceptance Criteria',
  'Acceptance Criteria — search',
  'Acceptance Scenarios',
  'Definition of Done',
  'Done when:',
  'Success Criteria *(mandatory)*',
  '验收标准',
  '受入基準：',
  'Critères d’acceptation',
  // With a word more, or adorned.
  'Acceptance Criteria for the API',
  'Acceptance Criteria for v1 (draft)',
  'Akzeptanzkriterien für die API',
  'Acceptance criteria of the import',
  'Acceptance Criteria ✅',
  '🎯 Acceptance Criteria 🎯',
  'Acceptance Criteria {#ac}',
  '<a name="ac"></a>Acceptance Criteria',
  'Acceptance Criteria <!-- must -->',
  'Acceptance Criteria & DoD',
  'DoD and acceptance criteria for search and replace',
  'Acceptance Criteria / Definition of Done',
  'Acceptance and success criteria',
  'User Acceptance Criteria',
  'Non-functional acceptance criteria',
  'Story 1.2 Acceptance Criteria',
  'US1 acceptance criteria',
  'Login: Acceptance Criteria',
  'Login — Acceptance Criteria (v2)',
  'Section 3: Acceptance Criteria',
  'III. Acceptance Criteria',
  'a) Acceptance criteria',
  'Acceptance-Criteria',
  'AcceptanceCriteria',
  'AC',
  'ACs:',
  'DoD',
  'Definition of "Done"',
  'Definition of “Done”',
  'Acceptance criteria that must be met',
  'Acceptance criteria to be fulfilled:',
  'Success criteria (which all have to be satisfied)',
  'Akzeptanzkriterium',
  'Success criterion',
  'Acceptance Criterias',
])('%s opens a region', (title) => {
  expect(opensRegion(title)).toBe(true);
});

test.each([
  'Acceptance Criteria Verification',
  'Acceptance Criteria Coverage',
  'How acceptance criteria are written',
  'Acceptance of terms',
  'Done',
  'Criteria',
  'Phase 4: Quality gates',
  'Task 3: Acceptance tests',
  'Acceptance for payment',
  'User acceptance',
  'Review: acceptance criteria',
  'Mapping — acceptance criteria',
  'Add acceptance criteria',
  'Acceptance criteria and notes',
  'AC coverage',
  'A/B',
  'AC power',
  `1${'1.'.repeat(5000)}x`,
])('%s opens none', (title) => {
  expect(opensRegion(title)).toBe(false);
});

const rows: readonly (readonly [what: string, text: string, found: readonly string[]])[] = [
  ['a list', '# A\n\n## Acceptance criteria\n\n- one\n- [x] two\n', ['5 claim one', '6 claim [x] two']],
  ['another depth', '#### Acceptance criteria\n\n1. one\n2) two\n', ['3 claim one', '4 claim two']],
  ['the end', '## Acceptance criteria\n\n- one\n\n## Notes\n\n- no\n', ['3 claim one']],
  ['groups', '## Acceptance criteria\n\n### Search\n\n- one\n\n### Export\n\n- two\n', ['5 claim one', '9 claim two']],
  ['a bold label', '# A\n\n**Acceptance Criteria:**\n\n- one\n\n**Notes:**\n\n- no\n', ['5 claim one']],
  ['a bold label with a text', '**Done when:** all is well\n', ['1 claim all is well']],
  [
    'a scenario',
    '#### Scenario: No arguments\n\n- **WHEN** it runs\n- **THEN** it helps\n\n#### Other\n\n- no\n',
    ['1 claim Scenario: No arguments - **WHEN** it runs - **THEN** it helps'],
  ],
  [
    'a numbered item with steps is one',
    '## Acceptance criteria\n\n1. **Search**\n   - Given a\n   - When b\n   - Then c\n2. two\n',
    ['3 claim **Search** - Given a - When b - Then c', '7 claim two'],
  ],
  [
    'nested boxes are criteria of their own',
    '## Acceptance criteria\n\n- [ ] Login — check: `a`\n  - [x] refused — check: `b`\n    - [ ] logged\n- [ ] two\n',
    [
      '3 check [ ] Login — check: `a` → a',
      '4 check [x] refused — check: `b` → b',
      '5 claim [ ] logged',
      '6 claim [ ] two',
    ],
  ],
  [
    'a table',
    '## Acceptance criteria\n\n| # | Demand |\n| - | - |\n| 1 | fast |\n| 2 | check: `t` |\n',
    ['5 claim 1 | fast', '6 check 2 | check: `t` → t'],
  ],
  [
    'what is not asked',
    '## Acceptance criteria\n\n- one\n\n### Out of scope\n\n- no\n\n#### Later\n\n- no\n\n### Speed\n\n- two\n',
    ['3 claim one', '15 claim two'],
  ],
  [
    'non-goals at the beginning',
    '## Done when\n\n### Non-goals (for now)\n\n- no\n\n### Goals\n\n- one\n',
    ['9 claim one'],
  ],
  ['non-goals at the end', '## Done when\n\n- one\n\n### Rejected ideas\n\nNo.\n', ['3 claim one']],
  [
    'a heading that only looks like them',
    '## Done when\n\n### Excluded users\n\n- one\n\n### Scope\n\n- two\n',
    ['5 claim one', '9 claim two'],
  ],
  ['a quote', '## Acceptance criteria\n\n> - one\n', ['3 claim one']],
  [
    'paragraphs of given, when, then',
    '## Acceptance criteria\n\n**Given** a\n**When** b\n**Then** c\n\n- two\n',
    ['3 claim **Given** a **When** b **Then** c', '7 claim two'],
  ],
  [
    'paragraphs alone',
    '## Acceptance criteria\n\nIt is fast.\n\nIt is small.\n',
    ['3 claim It is fast.', '5 claim It is small.'],
  ],
  ['an introduction says nothing', '## Acceptance criteria\n\nThese hold:\n\n- one\n\n<!-- no -->\n', ['5 claim one']],
  [
    'what is not read is told',
    '## Acceptance criteria\n\n- one\n\nAsk Ada.\n\n```\n- [ ] x\n```\n',
    ['3 claim one', '5 unread-criterion', '7 unread-criterion'],
  ],
];

test.each(rows)('%s', (_what, text, found) => {
  expect(read(text)).toEqual(found);
});

const places: readonly (readonly [what: string, text: string, found: readonly string[]])[] = [
  [
    'at the end of a paragraph',
    'More.\n**Definition of done:**\n- one\n- [ ] two\n',
    ['3 claim one', '4 claim [ ] two'],
  ],
  ['without its colon', 'More.\n**Definition of done**\n- one\n', ['3 claim one']],
  ['with its colon behind', 'More\n**Done when**:\n\n1. one\n', ['4 claim one']],
  ['after a break', 'More  \n**Done when:**\n- one\n', ['3 claim one']],
  ['with a text', 'More.\n**Done when:** it prints\n**Notes:** no\n', ['2 claim it prints']],
  ['before another', '**Done when:**\n- one\n\nMore.\n**Notes:**\n- no\n', ['2 claim one', '4 unread-criterion']],
  [
    'before numbered ones',
    '**Done when:**\n**AC1:** one\n**AC2:** two\n',
    ['2 claim **AC1:** one', '3 claim **AC2:** two'],
  ],
  ['without emphasis above a list', '## Plan\n\nAcceptance criteria:\n- one\n\nMore.\n- no\n', ['4 claim one']],
  ['without emphasis below a text', 'More.\nAcceptance criteria:\n- one\n', ['3 claim one']],
  ['an item', '- **Acceptance criteria:**\n  - one\n  - [ ] two\n- no\n', ['2 claim one', '3 claim [ ] two']],
  ['an item with a text', '- **Acceptance criteria:** it prints\n- no\n', ['1 claim it prints']],
  ['an item before others', '- **Done when:**\n- one\n- two\n- **Notes:** no\n', ['2 claim one', '3 claim two']],
  ['an item in an item', '- Plan\n  - **Done when:**\n    - one\n- no\n', ['3 claim one']],
  ['a line of an item', '- [ ] Task\n  **Done when:**\n  - one\n', ['3 claim one']],
  ['a plain item', '- Acceptance criteria:\n  - one\n', ['2 claim one']],
  ['in a quote', '> ## Acceptance criteria\n> - one\n> - [ ] two\n\n- no\n', ['2 claim one', '3 claim [ ] two']],
  ['a label in a quote', '> **Done when:**\n> - one\n', ['2 claim one']],
  ['a summary', '<details>\n<summary>Acceptance criteria</summary>\n\n- one\n\n</details>\n\n- no\n', ['4 claim one']],
  ['a heading of HTML', '<h2>Acceptance criteria</h2>\n\n- one\n', ['3 claim one']],
  ['before other labels', '**Done when:** it prints\n\n**Size:** 1\n**Cost:** 2\n', ['1 claim it prints']],
  [
    'above steps',
    '**Done when:**\n\n**Given** `a`\n**When** `b`\n**Then** `c`\n',
    ['3 claim **Given** `a` **When** `b` **Then** `c`'],
  ],
  // These open none.
  ['within a sentence', 'What the\n**definition of done:** says is true.\n- no\n', []],
  ['within a line', 'See **Definition of done:** below.\n- no\n', []],
  ['without a list', 'Acceptance criteria:\n\nNone.\n', []],
  ['in code', '```\n**Done when:**\n- no\n```\n', []],
  ['in a comment', '<!-- **Done when:**\n- no -->\n', []],
  ['an item with a remark', '- **Quality gates:** as before\n', []],
  ['a task', '- [ ] **Acceptance criteria:**\n- [ ] no\n', []],
];

test.each(places)('a region opens %s', (_what, text, found) => {
  expect(read(text)).toEqual(found);
});

const nodes: readonly (readonly [what: string, text: string, found: readonly string[]])[] = [
  ['a list of HTML', '<ul><li>two</li></ul>', ['5 unread-criterion']],
  ['text in HTML', '<details>\n<summary>More</summary>\ntwo\n</details>', ['5 unread-criterion']],
  ['a footnote', '[^1]: two', ['5 unread-criterion']],
  ['a heading with nothing below', '### two', ['5 unread-criterion']],
  ['a heading above another', '### two\n\n### More\n\n- three', ['9 claim three', '5 unread-criterion']],
  ['a heading above a comment', '### two\n\n<!-- - no -->', ['5 unread-criterion']],
  ['a table without rows', '| it prints | and ends |\n| - | - |', ['5 unread-criterion']],
  ['a box in a header', '| [ ] | two |\n| - | - |\n| [ ] | three |', ['7 claim [ ] three', '5 unread-criterion']],
  ['a sentence in a header', '| It prints two. |\n| - |\n| three |', ['7 claim three', '5 unread-criterion']],
  ['code', '~~~\ntwo\n~~~', ['5 unread-criterion']],
  ['a comment without an end', '<!-- two\n\n- three\n', ['5 unread-criterion']],
  ['an image', '![two](two.png)', ['5 unread-criterion']],
  // These say nothing.
  ['a comment', '<!-- AC:END -->', []],
  ['tags', '<details>\n<summary>More</summary>\n\n- two\n\n</details>', ['8 claim two']],
  ['a rule', '---', []],
  ['the target of a link', '[a]: https://example.org', []],
  ['names of columns', '| # | What must hold |\n| - | - |\n| 2 | two |', ['7 claim 2 | two']],
  ['a header without names', '| | |\n| - | - |\n| 2 | two |', ['7 claim 2 | two']],
];

test.each(nodes)('what is not read in a region is told: %s', (_what, text, found) => {
  expect(read(`## Acceptance criteria\n\n- one\n\n${text}\n`)).toEqual(['3 claim one', ...found]);
});

test.each<[text: string, found: string[]]>([
  ['## Acceptance criteria that matter\n\n- no', ['5 unread-criterion']],
  ['## Acceptance criteria and notes\n\n| a |\n|---|\n| no |', ['5 unread-criterion']],
  ['## Acceptance criteria checklist\n\nNo.', ['5 unread-criterion']],
  ['## API 验收标准列表\n\n- no', ['5 unread-criterion']],
  ['### The first acceptance criteria\n\n#### A\n\n- no', ['5 unread-criterion']],
  ['**Acceptance criteria that matter:** no', ['5 unread-criterion']],
  ['**Acceptance criteria that matter**\n\n- no', ['5 unread-criterion']],
  ['More.\n**Acceptance criteria that matter:** no\n**Size:** 1', ['6 unread-criterion']],
  ['Acceptance criteria that matter:\n- no', ['5 unread-criterion']],
  ['- **Acceptance criteria that matter:**\n  - no', ['5 unread-criterion']],
  ['> ### Acceptance criteria that matter\n> - no', ['5 unread-criterion']],
  ['<details>\n<summary>Acceptance criteria that matter</summary>\n\n- no\n\n</details>', ['5 unread-criterion']],
  // What is nearly a name, and a noun before one.
  ...[
    ...['Acceptance Critera', 'Acceptence criteria', 'Acceptance critiera for v1', 'Succes criteria'],
    ...['Test acceptance criteria', 'Implementation Acceptance Criteria', 'CLI command acceptance criteria'],
    ...['Plan: acceptance criteria', 'Export format — acceptance criteria', 'Report acceptance criteria (v2)'],
  ].map((title): [string, string[]] => [`## ${title}\n\n- no`, ['5 unread-criterion']]),
  ...[
    ...[
      'Acceptance criteria tests',
      'Acceptance criteria format',
      'Test of acceptance criteria',
      'Verified acceptance criteria',
    ],
    ...[
      'Implement the acceptance criteria',
      'Implementation plan mapped to acceptance criteria',
      'Run all acceptance criteria',
    ],
    ...['Acceptance criteria that were met', 'Acceptance critique', 'Accepted criteria', 'Testing acceptance criteria'],
  ].map((title): [string, string[]] => [`## ${title}\n\n- no`, []]),
  // These tell of criteria, ask for some, or have none below.
  ['## Acceptance criteria verification\n\n- no', []],
  ['## Verification plan (definition of done)\n\n- no', []],
  ['## Success criteria mapping\n\n| a |\n|---|\n| no |', []],
  ['## Acceptance criteria evidence\n\n- no', []],
  ['## All acceptance criteria met ✅\n\n- no', []],
  ['## How acceptance criteria are written\n\n- no', []],
  ['## Add new acceptance criteria\n\n- no', []],
  ['## Editing of acceptance criteria\n\n- no', []],
  ['## Left open (acceptance criterion 3)\n\n- no', []],
  ['## Plan by acceptance criterion\n\n- no', []],
  ['## Acceptance criteria that matter', []],
  ['## Acceptance criteria that matter\n\n### Acceptance criteria\n\n- one', ['9 claim one']],
  ['**No acceptance criteria:** none', []],
  ['We keep the acceptance criteria in the story, and sort them by what matters:\n- no', []],
  ['The acceptance criteria that matter are in the story.', []],
  ['**AC:** 1, 3', []],
  ['**Acceptance criteria:** #2 and #4', []],
  ['```\n## Acceptance criteria that matter\n- no\n```', []],
])('a title that may mean criteria, and opens no region, is told: %j', (text, found) => {
  expect(read(`# Acceptance criteria that matter\n\nText.\n\n${text}\n`)).toEqual(found);
});

test('each of two labels in a paragraph has its criterion', () => {
  expect(read('**AC:** alpha\n**Acceptance:** beta\n')).toEqual(['1 claim alpha', '2 claim beta']);
});

const items: readonly (readonly [item: string, found: string])[] = [
  ['- [ ] Lint and tests — check: `a` and check: `b`', '→ a && b'],
  ['- [ ] Lint and tests — check: `a` && `b`', '→ a && b'],
  ['- [ ] Lint and tests — checks: `a`, `b`, and `c`', '→ a && b && c'],
  ['- [ ] Lint — check: `a; b` and `c`', '→ ( a; b ) && c'],
  ['- [ ] Lint — check: `a`\n\n  and the tests — check: `b`', '→ a && b'],
  ['- [ ] Lint — check: `a`\n  - the tests — check: `b`', '→ a && b'],
  ['- [ ] It holds — check: `a`; `b`', '→ a && b'],
  ['- [ ] It holds — check: `a` + `b`', '→ a && b'],
  ['- [ ] It holds — check: `a`, then `b`', '→ a && b'],
  ['- [ ] It holds — check: `a` and then `b`, and also `c`.', '→ a && b && c'],
  ['- [ ] It holds — checks: `a` `b`', '→ a && b'],
  ['- [ ] It holds — check: `a` and **`b`**', '→ a && b'],
  ['- [ ] It holds — check: `a`\n  `b`', '→ a && b'],
  ['- [ ] It holds — check: `a` and `b` (needs `redis`)', '→ a && b warning'],
  ['- [ ] It holds — check: `a` (needs `redis`, `pg`) and `b`', '→ a && b warning'],
  ['- [ ] It holds — check: `a` and `b` both pass', '→ a && b'],
  ['- [ ] It holds — check: `a` / `b`', '→ a error'],
  ['- [ ] It holds — check: `a` or `b`', '→ a error'],
  ['- [ ] It holds — check: `a` (and `b`)', '→ a error'],
  ['- [ ] It holds — check: `a` (`b`)', '→ a error'],
  ['- [ ] It holds — check: `a` prints `b`', '→ a error'],
  ['- [ ] It holds — check: `a`, and `b` is there', '→ a error'],
  ['- [ ] It holds — check: `a`. `b`', '→ a error'],
  ['- [ ] It holds — check: `a`; run `b`', '→ a error'],
  ['- [ ] It holds — check: `a` (see `b`)', '→ a warning'],
  ['- [ ] It holds — check: `a`. It needs `b` or `c`.', '→ a warning'],
  ['- [ ] It holds — check: `a` — needs `b`', '→ a warning'],
  ['- [ ] It holds (check: `a`), and `b` is there', '→ a'],
  ['- [ ] `b` holds — check: `a`', '→ a'],
  ['- [ ] (human) It holds — check: `a` or `b`', ''],
  ['- [ ] Runs `a`', ''],
  // Other blocks of the item.
  ['- [ ] It holds — check: `a`\n\n  and `b`', '→ a && b'],
  ['- [ ] It holds — check: `a`\n\n  and `b` is there', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  `b` or `c`', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  `b` is there.', '→ a warning'],
  ['- [ ] It holds — check: `a`\n\n  It needs `b`.', '→ a warning'],
  ['- [ ] It holds — check: `a` — see `c`\n\n  `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n  - `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n  1. `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n  - and `b`', '→ a && b'],
  ['- [ ] It holds — check: `a`\n  - with `b`', '→ a warning'],
  ['- [ ] It holds — check: `a`\n  - as it is', '→ a'],
  ['- [ ] It holds — check: `a`\n  - see\n    - `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  > `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  # `b`', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  | it |\n  | - |\n  | `b` |', '→ a warning'],
  ['- [ ] It holds — check: `a`\n\n  ```sh\n  b\n  ```', '→ a error'],
  ['- [ ] It holds — check: `a`\n\n  ```json\n  b\n  ```', '→ a warning'],
  ['- [ ] It holds — check: `a`. It prints:\n\n  ```\n  b\n  ```', '→ a warning'],
  ['- [ ] It holds — check:\n\n  ```sh\n  a\n  ```\n\n  ```sh\n  b\n  ```', '→ a error'],
  ['- [ ] It prints\n\n  ```sh\n  b\n  ```\n\n  check: `a`', '→ a'],
  ['- [ ] It holds (check: `a`) and `b`', '→ a error'],
  ['- [ ] It holds (check: `a`). `b`', '→ a error'],
  ['- [ ] It holds (check: `a`); it needs `b`', '→ a'],
  ['- [ ] `c` (check: `a`) and `b`', '→ a'],
  ['- [ ] It holds (check: `a`)\n\n  `b`', '→ a error'],
  ['- [ ] It holds (check: `a`)\n\n  It needs `b`.', '→ a'],
  ['- [ ] (human) It holds — check: `a`\n\n  `b`', ''],
  // What is below "check:".
  ['- [ ] It holds — check:\n\n  `a`', '→ a'],
  ['- [ ] It holds — check:\n\n  `a`, then `b`', '→ a && b'],
  ['- [ ] It holds — check:\n\n  `a`\n\n  `b`', '→ a error'],
  ['- [ ] It holds — check:\n  - `a`\n  - `b`', '→ a && b'],
  ['- [ ] It holds — checks:\n  1. `a` passes\n  2. `b` — of the server', '→ a && b'],
  ['- [ ] It holds — checks:\n  - `a`\n  - run `b`', '→ a warning'],
  ['- [ ] It holds — checks:\n\n  > `a`', '→ a'],
  ['- [ ] It holds — checks:\n  - `a` is there', 'warning'],
  ['- [ ] It holds — check:\n  - `a` is there', 'warning'],
  ['- [ ] It holds — check:\n  - it is there', 'check-without-backticks'],
  ['- [ ] It holds — checks:\n  - it is there', ''],
  ['- [ ] It holds — check:', 'empty-check'],
  ['- [ ] It holds\n  - in two ways — checks:\n  - and more', 'empty-check'],
  ['- [ ] It holds — check: `a` and check:', '→ a empty-check'],
  ['- [ ] (human) It holds — check:', ''],
  ['It holds — check:\n\n`a`', '→ a'],
  ['It holds — check:\n\n- `a`', '→ a'],
  ['Things to check:\n\n- `a`', ''],
  ['- [ ] Things to check:\n  - `a`', ''],
  ['- [ ] **Check:** `a`', '→ a'],
  ['| It |\n| - |\n| holds — check: |', 'empty-check'],
  ['| It | |\n| - | - |\n| holds — check: | `a` |', '→ a'],
  ['| It | In |\n| - | - |\n| holds — check: `a` | `b` |', '→ a'],
];

test.each(items)('all checks of an item are run, or it is told: %s', (item, found) => {
  const text = `## Acceptance criteria\n\n${item}\n`;
  const { problems } = readRegions(parseMarkdown(text).children, { file: 'a.md', text }, 0);
  const [said = ''] = read(text);
  const told = problems.map(({ code, severity }) => (code === 'unclear-check' ? severity : code));
  expect([/→.*$/.exec(said)?.[0] ?? '', ...told].join(' ').trim()).toBe(found);
});

test.each([
  ['- [ ] It holds — checks:\n  - [ ] `a`\n  - [ ] `b is there` in it', ['claim', 'check a', 'claim']],
  ['- [ ] Things to check:\n  - [ ] it is there\n  - [ ] `a`', ['claim', 'claim', 'claim']],
  ['- [ ] It holds — check: `c`\n  - [ ] `a`', ['check c', 'claim']],
])('boxes below "check:" are checks of their own: %s', (item, found) => {
  const text = `## Acceptance criteria\n\n${item}\n`;
  const { criteria, problems } = readRegions(parseMarkdown(text).children, { file: 'a.md', text }, 0);
  const said = criteria.map(({ criterion: { kind, command } }) => (command === null ? kind : `${kind} ${command}`));
  expect([...said, ...problems]).toEqual(found);
});

const boxes: readonly (readonly [item: string, found: string])[] = [
  ['- [ ] a', '[ ] a'],
  ['- [x] a', '[x] a'],
  ['1) [X] a', '[x] a'],
  ['- [ ]* a', '[ ] a'],
  ['- [x]* a', '[x] a'],
  ['- [~] a', '[ ] a'],
  ['- [-] a', '[ ] a'],
  ['- [✓] a', '[x] a'],
  ['- [] a', '[ ] a'],
  ['- [ ]\u3000a', '[ ] a'],
  ['- [ ]a', '[ ] a'],
  // These are none.
  ['- [x](b) a', '[x](b) a'],
  ['- [ab] a', '[ab] a'],
  ['- a [ ] b', 'a [ ] b'],
  ['- \\[ ] a', '\\[ ] a'],
];

test.each(boxes)('the box of %s', (item, found) => {
  expect(read(`## Acceptance criteria\n\n${item}\n`)).toEqual([`3 claim ${found}`]);
});

test.each([
  [
    '- **Given** a\n- **When** b\n- **Then** c\n\n- Given d\n- Then e',
    ['3 claim **Given** a - **When** b - **Then** c', '7 claim Given d - Then e'],
  ],
  ['- Given names are folded\n- Titles are not', ['3 claim Given names are folded', '4 claim Titles are not']],
  ['- [ ] Given a\n- [ ] Then b', ['3 claim [ ] Given a', '4 claim [ ] Then b']],
  ['- When a\n- Then b', ['3 claim When a', '4 claim Then b']],
  ['1. Given a\n2. Then b — check: `true`', ['3 check Given a 2. Then b — check: `true` → true']],
])('items that are the steps of a scenario are one criterion: %j', (text, expected) => {
  expect(read(`## Acceptance criteria\n\n${text}\n`)).toEqual(expected);
});

test('a region of any form is read in a moment', () => {
  for (const part of ['<!-- a\n', '<!--a', '<a ', '<summary>', '\n\n- **Done when:**\n- x\n', '\n\n> ## Done when\n'])
    expect(() => read(`## Done when\n\n<div>\n${part.repeat(1000)}`)).not.toThrow();
});

test.each([
  [
    '- a\n\n### Edge cases\n\n- b\n\n#### Files\n\n1. c\n\n### Others\n\n| d |\n|---|\n| e |\n',
    ['a', 'Edge cases: b', 'Edge cases › Files: c', 'Others: e'],
  ],
  [
    'For admins:\n\n- a\n- b\n\n> - c\n\nFor **guests**:\n\n1. d\n',
    ['For admins: a', 'For admins: b', 'c', 'For guests: d'],
  ],
  ['### Edge cases:\n\nWhen empty, it must then say so.\n', ['Edge cases: When empty, it must then say so.']],
  ['### Group\n\n- a\n\n### Scenario: b\n\n- WHEN c\n- THEN d\n', ['Group: a', 'Scenario: b - WHEN c - THEN d']],
])('what introduces criteria is known of each: %j', (below, wanted) => {
  const text = `## Acceptance criteria\n\n${below}\n## Success criteria\n\n- last\n`;
  const { criteria } = readRegions(parseMarkdown(text).children, { file: 'a.md', text }, 0);
  expect(criteria.map(({ criterion }) => inGroup(criterion))).toEqual([...wanted, 'last']);
});
