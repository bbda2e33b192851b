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
