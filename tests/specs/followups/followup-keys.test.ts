import { expect, test } from 'vitest';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { reader } from '../../../src/specs/followups/followups.ts';

/** What a followup with these lines below its title gives: its keys, its criteria, and what is told. */
function read(lines: string): unknown[] {
  const text = `- [ ] T\n${lines.replaceAll(/^/gm, '  ')}\n  - [ ] c — check: \`true\`\n`;
  const { drafts, diagnostics } = parseGroup({ reader, sources: [{ file: 'followups.md', text }] });
  const [draft] = drafts;
  const told = [...diagnostics, ...drafts.flatMap(({ problems }) => problems)];
  return [
    draft?.keys,
    draft?.criteria.map(({ criterion }) => criterion.text).filter((one) => !one.startsWith('c —')),
    told.map(({ severity, line, message, hint }) => `${severity} ${line ?? '?'}: ${message} ${hint ?? ''}`.trim()),
  ];
}

const ab = { touches: ['a/**', 'b/__x__.py'] };

test.each<[string, object]>([
  ['- touches: a/**, b/__x__.py', ab],
  ['- touches : a/**,b/__x__.py', ab],
  ['- **touches:** a/**,\n  b/__x__.py', ab],
  ['- touches: `a/**`, `b/__x__.py`', ab],
  ['- touches: `a/**, b/__x__.py`', ab],
  ['- touches: ["a/**", "b/__x__.py"]', ab],
  ["- touches: ['a/**', b/__x__.py]", ab],
  ['- touches: [`a/**`, b/__x__.py]', ab],
  ['- touches: "a/**", b/__x__.py', ab],
  ['- touches: a/**, b/__x__.py <!-- why, and how -->', ab],
  ['- touches:\n  - a/**\n  - `b/__x__.py`', ab],
  ['- touches:\n  - "a/**"\n  - b/__x__.py', ab],
  // A bracket, a quote or a comma may be part of a name.
  ['- touches: app/[id]/page.tsx, [slug]', { touches: ['app/[id]/page.tsx', '[slug]'] }],
  ['- touches: [id]/a, [id]', { touches: ['[id]/a', '[id]'] }],
  ["- labels: don't, x", { labels: ["don't", 'x'] }],
  ['- touches: src/{a,b}.ts', { touches: ['src/{a,b}.ts'] }],
  ['- skills: one, two', { skills: ['one', 'two'] }],
  ['- title: "A *b*"', { title: 'A *b*' }],
  ['- agent: "mine" <!-- for now -->', { agent: 'mine' }],
])('%j gives the keys %j', (lines, keys) => {
  expect(read(lines)).toEqual([keys, [], []]);
});

const counts = 'this counts as a criterion:';

test.each<[string, object, readonly string[], readonly string[]]>([
  [
    '- touches: a\n- touches: b',
    { touches: ['a'] },
    [],
    ['error 3: duplicate key "touches" Write all its values in one line.'],
  ],
  ['- touches: a\n  - b', {}, [], ['error 2: "touches" has a value and a list below it Keep one of the two.']],
  ['- agent:\n  - b', {}, [], ['error 2: "agent" has a value and a list below it Keep one of the two.']],
  [
    '- Touches: a',
    {},
    ['Touches: a'],
    [`warning 2: ${counts} there is no key "Touches" To give the key, write "- touches: …".`],
  ],
  [
    '- touchs: a, b',
    {},
    ['touchs: a, b'],
    [`warning 2: ${counts} there is no key "touchs" To give the key, write "- touches: …".`],
  ],
  [
    '- for_each: a',
    {},
    ['for_each: a'],
    [`warning 2: ${counts} there is no key "for_each" To give the key, write "- for-each: …".`],
  ],
  [
    '- [ ] touches: a',
    {},
    ['touches: a'],
    [`warning 2: ${counts} a key has no box To give the key, write "- touches: …" without a box.`],
  ],
  // Sentences are criteria, whatever word they begin with.
  ['- Title: the page shows it', {}, ['Title: the page shows it'], []],
  ['- [ ] labels: all of them are shown', {}, ['labels: all of them are shown'], []],
  ['- Given: x', {}, ['Given: x'], []],
  ['- It works: always', {}, ['It works: always'], []],
])('%j gives the keys %j, the criteria %j, and tells %j', (lines, keys, criteria, told) => {
  expect(read(lines)).toEqual([keys, criteria, told]);
});
