import { expect, test } from 'vitest';
import { parseMarkdown } from '../../../src/specs/text/markdown.ts';
import { opensRegion, readRegions } from '../../../src/specs/format/regions.ts';

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

const items: readonly (readonly [item: string, found: string])[] = [
  ['- [ ] Lint and tests — check: `a` and check: `b`', '→ a && b'],
  ['- [ ] Lint and tests — check: `a` && `b`', '→ a && b'],
  ['- [ ] Lint and tests — checks: `a`, `b`, and `c`', '→ a && b && c'],
  ['- [ ] Lint — check: `a; b` and `c`', '→ ( a; b ) && c'],
  ['- [ ] Lint — check: `a`\n\n  and the tests — check: `b`', '→ a && b'],
  ['- [ ] Lint — check: `a`\n  - the tests — check: `b`', '→ a && b'],
  ['- [ ] It holds — check: `a` (see `b`)', '→ a'],
  ['- [ ] It holds — check: `a`, and `b` is there', '→ a'],
  ['- [ ] It holds — check: `a`. `b`', '→ a'],
  ['- [ ] Runs `a`', ''],
];

test.each(items)('all checks of an item are run: %s', (item, found) => {
  const [said = ''] = read(`## Acceptance criteria\n\n${item}\n`);
  expect(/→.*$/.exec(said)?.[0] ?? '').toBe(found);
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
