import { describe, expect, test } from 'vitest';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { mergeSpecs } from '../../../src/specs/ticks/merge.ts';
import type { Source } from '../../../src/specs/text/source.ts';

/** A file in three versions, and what comes of them; null for a conflict. */
interface Row {
  readonly base: string | null;
  readonly ours: string;
  readonly theirs: string;
  readonly merged: string | null;
}

const one = '# Followups\n\n- [ ] One\n  - [ ] first — check: `a`\n';
const oneDone = one.replaceAll('[ ]', '[x]');
const two = '- [ ] Two\n  - [ ] second\n';
const three = '- [ ] Three\n  Prose of it.\n  - [ ] third\n';
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

const rows: Record<string, Row> = {
  'an item is appended below one that was ticked': {
    base: one,
    ours: one + two,
    theirs: oneDone,
    merged: oneDone + two,
  },
  'the other way round': { base: one, ours: oneDone, theirs: one + two, merged: oneDone + two },
  'with CRLF, a BOM and no newline at the end': {
    base: `\uFEFF${crlf(one).trimEnd()}`,
    ours: `\uFEFF${crlf(one + two).trimEnd()}`,
    theirs: `\uFEFF${crlf(oneDone).trimEnd()}`,
    merged: `\uFEFF${crlf(oneDone + two).trimEnd()}`,
  },
  'line ends are changed on our side': { base: one, ours: crlf(one), theirs: oneDone, merged: crlf(oneDone) },
  'an item is taken out beside one that was ticked': {
    base: one + two,
    ours: one,
    theirs: oneDone + two,
    merged: oneDone,
  },
  'a command is replaced by another': {
    base: '# Followups\n\n- [ ] One\n  - [ ] first — check: `a  b`\n',
    ours: '# Followups\n\n- [ ] One\n  - [ ] first — check: `a b`\n',
    theirs: '# Followups\n\n- [x] One\n  - [x] first — check: `a  b`\n',
    merged: '# Followups\n\n- [ ] One\n  - [ ] first — check: `a b`\n',
  },
  'what was ticked is taken out': { base: one + two, ours: two, theirs: oneDone + two, merged: two },
  'items change places': {
    base: one + two + three,
    ours: one + three + two,
    theirs: oneDone + two + three,
    merged: oneDone + three + two,
  },
  'both append': { base: one, ours: one + two, theirs: oneDone + three, merged: oneDone + two + three },
  'both append to a file without a newline at the end': {
    base: one.trimEnd(),
    ours: one + two,
    theirs: (oneDone + three).trimEnd(),
    merged: oneDone + two + three,
  },
  'both append the same': { base: one, ours: one + two, theirs: oneDone + two, merged: oneDone + two },
  'both append units of one key with other texts': {
    base: one,
    ours: one + two,
    theirs: one + two.replace('second', 'other'),
    merged: null,
  },
  'both make the file': { base: null, ours: one, theirs: `# Followups\n\n${three}`, merged: `${one}${three}` },
  'both change one text': {
    base: one,
    ours: one.replace('first', 'mine'),
    theirs: one.replace('first', 'yours'),
    merged: null,
  },
  'one appends, the other edits the item above': {
    base: one,
    ours: one + two,
    theirs: one.replace('first', 'the very first'),
    merged: one.replace('first', 'the very first') + two,
  },
  'both append, and each edits another item': {
    base: one + two,
    ours: one.replace('first', 'mine') + two + three,
    theirs: `${oneDone}${two.replace('second', 'yours')}- [ ] Four\n  - [ ] fourth\n`,
    merged: `${one.replace('first', 'mine')}${two.replace('second', 'yours')}${three}- [ ] Four\n  - [ ] fourth\n`,
  },
  'both append below what one of them edits, with a blank line between': {
    base: `${one}\n${two}`,
    ours: `${one}\n${two}\n${three}`,
    theirs: `${oneDone}\n${two.replace('second', 'yours')}\n- [ ] Four\n  - [ ] fourth\n`,
    merged: `${oneDone}\n${two.replace('second', 'yours')}\n${three}- [ ] Four\n  - [ ] fourth\n`,
  },
  'one appends an item, the other a criterion to the item above': {
    base: one,
    ours: one + two,
    theirs: `${one.replace('[ ] first', '[x] first')}  - [ ] more\n`,
    merged: `${one.replace('[ ] first', '[x] first')}  - [ ] more\n${two}`,
  },
  'each adds a criterion to one item': {
    base: one,
    ours: `${one}  - [ ] mine\n`,
    theirs: `${one}  - [ ] yours\n`,
    merged: `${one}  - [ ] mine\n  - [ ] yours\n`,
  },
  'one edits the title, the other appends and edits beside it': {
    base: one + two,
    ours: one.replace('One', 'Other') + two,
    theirs: oneDone + two.replace('second', 'yours') + three,
    merged: one.replace('One', 'Other') + two.replace('second', 'yours') + three,
  },
  'one takes an item out, the other appends behind it': {
    base: one + two,
    ours: one,
    theirs: oneDone + two + three,
    merged: oneDone + three,
  },
  'one takes an item out, the other edits it': {
    base: one + two,
    ours: one,
    theirs: one + two.replace('second', 'yours'),
    merged: null,
  },
  'one edits the title, the other a criterion: is it one item or two': {
    base: one,
    ours: one.replace('One', 'Other'),
    theirs: one.replace('first', 'yours'),
    merged: null,
  },
  'both edit one criterion, and append': {
    base: one,
    ours: one.replace('first', 'mine') + two,
    theirs: one.replace('first', 'yours') + three,
    merged: null,
  },
  'the front matter and the prose are edited beside each other': {
    base: `---\nphase: a\npriority: 1\n---\n${one}`,
    ours: `---\nphase: b\npriority: 1\n---\n${one}${two}`,
    theirs: `---\nphase: a\npriority: 2\n---\n${oneDone}${three}`,
    merged: `---\nphase: b\npriority: 2\n---\n${oneDone}${two}${three}`,
  },
  'ticked on both sides': { base: one, ours: oneDone, theirs: oneDone, merged: oneDone },
  'ticked here, with another mark there': {
    base: one,
    ours: one.replaceAll('[ ]', '[X]'),
    theirs: oneDone,
    merged: one.replaceAll('[ ]', '[X]'),
  },
  'unticked by us': {
    base: oneDone + two,
    ours: one + two,
    theirs: (oneDone + two).replaceAll('[ ]', '[x]'),
    merged: one + two.replaceAll('[ ]', '[x]'),
  },
  'unticked by them': { base: oneDone, ours: oneDone + two, theirs: one, merged: one + two },
  'nobody knows who ticked or unticked': { base: null, ours: one, theirs: oneDone, merged: one },
  'the text of a ticked criterion is edited': {
    base: one,
    ours: one.replace('first', 'another'),
    theirs: oneDone,
    merged: one.replace('first', 'another'),
  },
  'a criterion is added to a ticked followup: its box stands for all of them': {
    base: one,
    ours: `${one}  - [ ] more\n`,
    theirs: oneDone,
    merged: `${one.replace('[ ] first', '[x] first')}  - [ ] more\n`,
  },
  'prose is added to a ticked followup': {
    base: one,
    ours: one.replace('One\n', 'One\n  Why it matters.\n'),
    theirs: oneDone,
    merged: oneDone.replace('One\n', 'One\n  Why it matters.\n'),
  },
  'the title is edited': {
    base: one,
    ours: one.replace('One', 'Other'),
    theirs: oneDone,
    merged: one.replace('One', 'Other'),
  },
  'a text with a tick of our own is edited': {
    base: oneDone,
    ours: oneDone.replace('first', 'another'),
    theirs: oneDone,
    merged: oneDone.replace('first', 'another'),
  },
  'white space and markers are formatted anew': {
    base: one,
    ours: '# Followups\n\n* [ ] One\n\n    * [ ] first   —\n      check: `a`\n',
    theirs: oneDone,
    merged: '# Followups\n\n* [x] One\n\n    * [x] first   —\n      check: `a`\n',
  },
  'boxes within a criterion': {
    base: '- [ ] One\n  - [ ] a\n    - [ ] deep\n',
    ours: '- [ ] One\n  - [ ] a\n    - [x] deep\n- [ ] Two\n',
    theirs: '- [x] One\n  - [x] a\n    - [ ] deep\n',
    merged: '- [x] One\n  - [x] a\n    - [x] deep\n- [ ] Two\n',
  },
  'boxes in code are text': {
    base: '- [ ] One\n  ```\n  - [ ] code\n  ```\n  - [ ] a\n',
    ours: '- [ ] One\n  ```\n  - [x] code\n  ```\n  - [ ] a\n',
    theirs: '- [x] One\n  ```\n  - [ ] code\n  ```\n  - [x] a\n',
    merged: '- [x] One\n  ```\n  - [x] code\n  ```\n  - [x] a\n',
  },
  'one text twice in a unit': {
    base: '- [ ] One\n  - [ ] a\n  - [ ] a\n',
    ours: '- [ ] One\n  - [ ] a\n  - [ ] a\n- [ ] Two\n',
    theirs: '- [ ] One\n  - [ ] a\n  - [x] a\n',
    merged: '- [ ] One\n  - [ ] a\n  - [x] a\n- [ ] Two\n',
  },
  'one text a second time on our side alone': {
    base: '- [ ] One\n  - [ ] a\n',
    ours: '- [ ] One\n  - [ ] a\n  - [ ] a\n',
    theirs: '- [x] One\n  - [x] a\n',
    merged: '- [ ] One\n  - [ ] a\n  - [ ] a\n',
  },
  'one text in two units': {
    base: '- [ ] One\n  - [ ] a\n- [ ] Two\n  - [ ] a\n',
    ours: '- [ ] Two\n  - [ ] a\n- [ ] One\n  - [ ] a\n',
    theirs: '- [x] One\n  - [x] a\n- [ ] Two\n  - [ ] a\n',
    merged: '- [ ] Two\n  - [ ] a\n- [x] One\n  - [x] a\n',
  },
};

/** The merge of three versions of one file. */
async function mergeSpec(versions: Omit<Row, 'merged'> & { readonly file: string }): Promise<string | null> {
  const { file, base, ours, theirs } = versions;
  const [group] = await groupsOf([{ file, text: '' }]);
  if (!group) throw new Error(`nobody claims ${file}`);
  const version = (text: string | null): Source[] => (text === null ? [] : [{ file, text }]);
  const merged = mergeSpecs(group.reader, { base: version(base), ours: version(ours), theirs: version(theirs) });
  return merged?.[0]?.text ?? null;
}

describe('followups of three versions become one', () => {
  test.each(Object.entries(rows))('%s', async (_name, { base, ours, theirs, merged }) => {
    expect(await mergeSpec({ file: 'followups.md', base, ours, theirs })).toBe(merged);
  });
});

test('a spec with several units, front matter and boxes that belong to no criterion', async () => {
  const base =
    '---\nphase: a\n---\n# A\n\n- [ ] a plan\n\n## Unit: One\n\n### Acceptance criteria\n\n- [ ] x\n\n## Unit: Two\n\n### Acceptance criteria\n\n- [ ] x\n- [ ] y\n';
  const ours = base
    .replace('phase: a', 'phase: b')
    .replace('- [ ] y', '- [ ] y, too')
    .replace('a plan', 'a plan that changed');
  const theirs = base.replaceAll('[ ]', '[x]');
  expect(await mergeSpec({ file: 'a.md', base, ours, theirs })).toBe(ours.replaceAll('- [ ] x', '- [x] x'));
});

test('a file that cannot be read as a spec is merged as a text', async () => {
  const base = '---js\n---\n- [ ] a\n';
  expect(
    await mergeSpec({ file: 'a.md', base, ours: `${base}- [ ] b\n`, theirs: base.replace('[ ]', '[x]') }),
  ).toBeNull();
  expect(await mergeSpec({ file: 'a.md', base, ours: base, theirs: `${base}- [ ] b\n` })).toBe(`${base}- [ ] b\n`);
});
