import { expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';

/** The criteria below a heading, each with its tick, and the same text with all of them ticked. */
async function read(lines: string): Promise<unknown> {
  const source = { file: 'a.md', text: `# A\n\n## Acceptance criteria\n\n${lines}\n` };
  const [group] = await groupsOf([source]);
  const [draft] = group === undefined ? [] : parseGroup(group).drafts;
  if (draft === undefined) return null;
  const criteria = draft.criteria.map(({ criterion }) => criterion);
  const [ticked = source] = await tickUnit([source], { key: draft.key, criteriaHash: criteriaHash(criteria) });
  const [again] = (await groupsOf([ticked])).map((one) => parseGroup(one).drafts[0]);
  expect([again?.key, again?.body, again?.criteria.map(({ criterion }) => criterion.text)]).toEqual([
    draft.key,
    draft.body,
    criteria.map(({ text }) => text),
  ]);
  expect(draft.criteria.every(({ mark }) => mark === null) || again?.isDone).toBe(true);
  return [criteria.map(({ text, isTicked }) => [isTicked, text]), ticked.text.split('\n').slice(4, -1).join('\n')];
}

test.each([
  ['- **[ ] Sorts it**: well', [[false, '**Sorts it**: well']], '- **[x] Sorts it**: well'],
  ['- [　] Sorts it', [[false, 'Sorts it']], '- [x] Sorts it'],
  ['- [ ]　Sorts it', [[false, 'Sorts it']], '- [x]　Sorts it'],
  [
    '- ☐ Sorts it\n- ☑ Prints it',
    [
      [false, 'Sorts it'],
      [true, 'Prints it'],
    ],
    '- ☑ Sorts it\n- ☑ Prints it',
  ],
  [
    '- ✅ Sorts it\n- ❌ Prints it',
    [
      [true, 'Sorts it'],
      [false, 'Prints it'],
    ],
    '- ✅ Sorts it\n- ☑ Prints it',
  ],
  [
    '- ✅ Sorts it\n- ⬜ Prints it',
    [
      [true, 'Sorts it'],
      [false, 'Prints it'],
    ],
    '- ✅ Sorts it\n- ☑ Prints it',
  ],
  [
    '| What | Done |\n|---|---|\n| Sorts it | [ ] |\n| Prints it | ✅ |',
    [
      [false, 'Sorts it'],
      [true, 'Prints it'],
    ],
    '| What | Done |\n|---|---|\n| Sorts it | [x] |\n| Prints it | ✅ |',
  ],
  [
    '| | What |\n|---|---|\n| ☐ | Sorts it |\n| [x] | Prints it |',
    [
      [false, 'Sorts it'],
      [true, 'Prints it'],
    ],
    '| | What |\n|---|---|\n| ☑ | Sorts it |\n| [x] | Prints it |',
  ],
  [
    '### [ ] Sorts it\n\nBy name.\n\n### [x] Prints it',
    [
      [false, 'Sorts it By name.'],
      [true, 'Prints it'],
    ],
    '### [x] Sorts it\n\nBy name.\n\n### [x] Prints it',
  ],
])('%s', async (lines, criteria, ticked) => {
  expect(await read(lines)).toEqual([criteria, ticked]);
});

test.each([
  // Signs that only adorn a list of what is to be done.
  [
    '- ✅ Sorts it\n- ✅ Prints it',
    [
      [null, '✅ Sorts it'],
      [null, '✅ Prints it'],
    ],
  ],
  ['- ✔ Sorts it', [[null, '✔ Sorts it']]],
  ['| What | Sign |\n|---|---|\n| Shows [ ] and ✅ | of it |', [[null, 'Shows [ ] and ✅ | of it']]],
  ['- [link](x) opens', [[null, '[link](x) opens']]],
  ['- **[a] b** c', [[null, '**[a] b** c']]],
])('%s has no box', async (lines, criteria) => {
  expect(await read(lines)).toEqual([criteria, lines]);
});
