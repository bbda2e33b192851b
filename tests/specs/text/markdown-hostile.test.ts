import { describe, expect, test } from 'vitest';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { tryMarkdown } from '../../../src/specs/text/markdown.ts';

/* Texts that a parser of Markdown needs minutes or a deep stack for, and long ones that are none of these. */

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

/** A text that the parser itself needs minutes or a deep stack for, what is said of it, and the line that is shown. */
const refused: readonly (readonly [what: string, text: string, message: string, line: number])[] = [
  ['lists on one line', `# A\n\n${'- '.repeat(300)}x\n`, 'lists and quotes are nested too deeply', 3],
  [
    'lists below each other',
    lines(300, (i) => `${'  '.repeat(i)}- x\n`),
    'lists and quotes are nested too deeply',
    101,
  ],
  [
    'numbers below each other',
    lines(300, (i) => `${'   '.repeat(i)}1. x\n`),
    'lists and quotes are nested too deeply',
    101,
  ],
  ['quotes', `a\n\n${'>'.repeat(300)} x\n`, 'lists and quotes are nested too deeply', 3],
  ['quotes and lists in turn', `${'> - '.repeat(300)}x\n`, 'lists and quotes are nested too deeply', 1],
  ['footnotes', `${'[^a]: '.repeat(300)}x\n`, 'lists and quotes are nested too deeply', 1],
  ['stars that are no rule', `${'* '.repeat(8000)}x\n`, 'lists and quotes are nested too deeply', 1],
  ['items without end', '- x\n'.repeat(100_000), 'there are too many lines, list items, headings and rows', 66_667],
  ['lines without end', 'a\n'.repeat(300_000), 'there are too many lines, list items, headings and rows', 200_001],
  ['blank lines without end', '\n'.repeat(300_000), 'there are too many lines, list items, headings and rows', 200_001],
  [
    'cells without end',
    `| a |\n|---|\n| a ${'| '.repeat(450_000)}b |\n`,
    'there are too many lines, list items, headings and rows',
    3,
  ],
  [
    'items 90 deep, again and again',
    lines(20_000, (i) => `${'  '.repeat(i % 90)}- a\n`),
    'there are too many lines, list items, headings and rows',
    11_428,
  ],
  [
    'definitions without end',
    '[a]: b\n'.repeat(60_000),
    'there are too many lines, list items, headings and rows',
    40_001,
  ],
  [
    'nested items in one item',
    `- x\n${'  - a\n    - b\n'.repeat(20_000)}`,
    'too many lists and quotes follow each other, or are in one list item or quote',
    6560,
  ],
  [
    'lists of two kinds by turns in a quote',
    '> * a\n> + a\n'.repeat(20_000),
    'too many lists and quotes follow each other, or are in one list item or quote',
    4723,
  ],
  [
    'fences that lists of two kinds end by turns',
    '* ~~~\n+ ~~~\n'.repeat(20_000),
    'too many lists and quotes follow each other, or are in one list item or quote',
    4609,
  ],
  [
    'underlined headings',
    'a|b\n-\n'.repeat(20_000),
    'too many underlined headings follow each other without a blank line',
    6694,
  ],
  [
    'a quote that goes on',
    `> ${'a\n'.repeat(100_000)}`,
    'the text of a quote or list item goes on for too many lines without its marker',
    3435,
  ],
  ['emphasis', `a\n\n${'*a_ '.repeat(4000)}\n`, 'there are too many "*", "_" and "~" in one paragraph', 3],
  [
    'long runs of stars',
    `a${'*'.repeat(4000)}b${'*'.repeat(4000)}`,
    'there are too many "*", "_" and "~" in one paragraph',
    1,
  ],
  ['open brackets', '['.repeat(15_000), 'there are too many brackets in one paragraph', 1],
  ['closed brackets', `\n${']'.repeat(15_000)}`, 'there are too many brackets in one paragraph', 2],
  ['open comments', `a ${'<!-- '.repeat(3500)}`, 'there are too many "<" in one paragraph', 1],
  [
    'many paragraphs with as much as one may have',
    `${'*a_'.repeat(700)}\n\n`.repeat(400),
    'there are too many "*", "_" and "~" in one paragraph',
    31,
  ],
];

test.each(refused)('%s are refused with their place', async (_what, text, message, line) => {
  const [group] = await groupsOf([{ file: 'a.md', text: `---\nlabels: [a]\n---\n${text}` }]);
  if (!group) throw new Error('no group');
  const { drafts, diagnostics } = parseGroup(group);
  expect({ drafts, told: diagnostics.map((one) => [one.code, one.message, one.line]) }).toEqual({
    drafts: [],
    told: [['spec-too-costly', message, line + 3]],
  });
  expect(group.reader.segments({ file: 'a.md', text })).toBeNull();
});

const sentence = 'What it *does*, and `why`: see [the page](https://example.org/a_b) or me@example.org, <b>now</b>.\n';

/** The same characters in files as people write them. */
const honest: readonly (readonly [what: string, text: string])[] = [
  ['a list of 10,000 items', lines(10_000, (i) => `- [ ] Item ${i} of *them* \`a\` [b]\n`)],
  ['10,000 items, two by two', lines(5000, (i) => `- [ ] Item ${i}\n  - [ ] and another\n`)],
  ['50,000 items, two by two', lines(25_000, () => '- a\n  - b\n')],
  ['10,000 lists of two kinds by turns', lines(5000, () => '* a\n+ a\n')],
  ['10,000 quotes below HTML', `<div>> ## A\n> - x\n\n${lines(10_000, () => '> - [ ] x\n\n')}`],
  ['20,000 footnotes', lines(20_000, (i) => `[^${i}]: a [^${i}]\n\n`)],
  ['10,000 items with blank lines', lines(10_000, (i) => `${i + 1}. Item\n\n   More of it.\n\n`)],
  ['5,000 links', lines(5000, (i) => `See [page ${i}](https://example.org/${i} "x") and <https://a.b>.\n\n`)],
  ['5,000 links in one paragraph', lines(5000, (i) => `See [page ${i}](https://example.org/${i}).\n`)],
  [
    '5,000 references',
    lines(2500, (i) => `- [page ${i}][r${i}]\n`) + lines(2500, (i) => `\n[r${i}]: https://a.b/${i}\n`),
  ],
  ['a rule of 500 dashes', `# A\n\n${'-'.repeat(500)}\n\nHeading\n${'='.repeat(500)}\n\n${'- '.repeat(250)}\n`],
  [
    'fences with anything',
    `\`\`\`\n${refused
      .map(([, text]) => `${text}\n`)
      .join('')
      .replaceAll('```', '')
      .slice(0, 700_000)}\`\`\`\n`,
  ],
  ['a table of 2,000 rows', `| a | b |\n|---|---|\n${'| *x* | `y` [z](u) |\n'.repeat(2000)}`],
  ['2,000 underlined headings', lines(2000, (i) => `Heading ${i}\n-----\n\nText.\n\n`)],
  ['1 MB of prose', `${sentence.repeat(8)}\n`.repeat(Math.floor(1_000_000 / (sentence.length * 8)))],
  ['1 MB of prose without a blank line', sentence.repeat(Math.floor(1_000_000 / sentence.length))],
  ['1 MB of boxes', '- [ ] a short item of it\n'.repeat(40_000)],
  ['one line of 1 MB', sentence.replace('\n', ' ').repeat(Math.floor(1_000_000 / sentence.length))],
  ['words without blanks', 'a-b.c+d_e@'.repeat(100_000)],
  ['dashes in a text', `a ${'-'.repeat(1_000_000)}`],
  ['50 nested items', lines(50, (i) => `${'  '.repeat(i)}- x\n`)],
];

describe('is read as it is', () => {
  test.each(honest)('%s', (_what, text) => {
    expect(text.length).toBeLessThan(1024 * 1024);
    expect(tryMarkdown(text)).not.toBeNull();
  });
});
