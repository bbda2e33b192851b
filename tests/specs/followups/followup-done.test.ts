import { expect, test } from 'vitest';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';

test.each([
  ['- [ ] A\n  - [x] a\n', false],
  ['- [ ] A\n  - [x] a\n  - [ ] b\n', false],
  ['- [x] A\n  - [ ] a\n', true],
  ['- [x] A\n  - [x] a\n', true],
  ['- A\n  - [x] a\n', true],
])(
  'the box of a followup decides whether it is done, and those of its criteria if it has none: %j',
  async (text, isDone) => {
    const [group] = await groupsOf([{ file: 'followups.md', text }]);
    expect(group && parseGroup(group).drafts.map((draft) => draft.isDone)).toEqual([isDone]);
  },
);

test.each([
  ['Do not upgrade react until v19 is out', 'must not be begun yet'],
  ["Don't merge before Monday", 'must not be begun yet'],
  ['Blocked by upstream: patch', 'is blocked'],
  ['Wait for upstream release of foo 3', 'waits for something else'],
  ['Faster search (on hold)', 'is on hold'],
  ['Do not crash on empty input', null],
  ['Blocked users cannot log in', null],
])('a followup that must not be begun yet is held: %s', async (title, hold) => {
  const [group] = await groupsOf([
    { file: 'followups.md', text: `- [ ] ${title}\n  - [ ] a\n- [x] ${title} again\n  - [x] a\n` },
  ]);
  const drafts = group === undefined ? [] : parseGroup(group).drafts;
  expect(drafts.map((draft) => [draft.title, draft.hold ?? null])).toEqual([
    [title, hold],
    [`${title} again`, null],
  ]);
});
