import { expect, test } from 'vitest';
import { criteriaHash, type Draft } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { readTickability, readTicks, tickUnit, untickUnit } from '../../../src/specs/ticks/tick.ts';

async function draftsOf(text: string, file: string): Promise<Draft[]> {
  return (await groupsOf([{ file, text }])).flatMap((group) => [...parseGroup(group).drafts]);
}

async function hashOf(text: string, key: string, file = 'a.md'): Promise<string> {
  const draft = (await draftsOf(text, file)).find((candidate) => candidate.key === key);
  return draft ? criteriaHash(draft.criteria.map((c) => c.criterion)) : 'none';
}

async function tick(text: string, key: string, file = 'a.md'): Promise<string | null> {
  const [ticked] = await tickUnit([{ file, text }], { key, criteriaHash: await hashOf(text, key, file) });
  return ticked?.text ?? null;
}

test('only the characters between the brackets change', async () => {
  const text =
    '\uFEFF# A\r\n\r\n## Acceptance criteria\r\n\r\n* [ ] ünï — check: `x`\r\n*   [X] done\r\n1. not a box [ ]\r\n   - [ ] a criterion of its own\r\n\r\n- [ ] b\t\r\n\r\n## Other\r\n\r\n- [ ] no criterion\r\n';
  expect(await tick(text, 'a')).toBe(
    text.replace('* [ ]', '* [x]').replace('- [ ] a', '- [x] a').replace('- [ ] b', '- [x] b'),
  );
});

test('one unit of several in a file, and a followup with its own box', async () => {
  const text =
    '## Unit: One\n\n### Acceptance criteria\n\n- [ ] 1\n\n## Unit: Two\n\n### Acceptance criteria\n\n- [ ] 2\n';
  expect(await tick(text, 'a.two')).toBe(text.replace('[ ] 2', '[x] 2'));
  const followups = '- [ ] One\n  - [ ] 1\n- [ ] Two\n  - [ ] 2\n';
  expect(await tick(followups, 'followups.one', 'followups.md')).toBe('- [x] One\n  - [x] 1\n- [ ] Two\n  - [ ] 2\n');
});

test('nothing is ticked in a file with other criteria, without the unit, or with nothing left to tick', async () => {
  const text = '# A\n\n## Acceptance criteria\n\n- [x] 1\n';
  expect(await tick(text, 'a')).toBeNull();
  expect(await tick(text, 'b')).toBeNull();
  const open = [{ file: 'a.md', text: text.replace('[x]', '[ ]') }];
  expect(await tickUnit(open, { key: 'a', criteriaHash: 'other' })).toEqual([]);
});

test('opening changes what ticking changed, and nothing of other units', async () => {
  const text = '- [x] One\n  - [X] 1\n  - [ ] 2\n- [x] Two\n  - [x] 3\n';
  const unit = { key: 'followups.one', criteriaHash: await hashOf(text, 'followups.one', 'followups.md') };
  const of = async (change: typeof tickUnit, version: string): Promise<string | undefined> =>
    (await change([{ file: 'followups.md', text: version }], unit))[0]?.text;
  const open = '- [ ] One\n  - [ ] 1\n  - [ ] 2\n- [x] Two\n  - [x] 3\n';
  expect(await of(untickUnit, text)).toBe(open);
  expect(await of(untickUnit, open)).toBeUndefined();
  expect(await of(untickUnit, (await of(tickUnit, open)) ?? '')).toBe(open);
});

test('a file tells whether a unit is ticked in it, or that it does not hold it', async () => {
  const text = '# A\n\n## Acceptance criteria\n\n- [x] 1\n- [ ] 2\n';
  const criteriaHashed = await hashOf(text, 'a');
  const ask = async (version: string, key = 'a'): Promise<boolean | null> =>
    (await readTicks([{ file: 'a.md', text: version }])).of({ key, criteriaHash: criteriaHashed });
  const asked = [ask(text), ask(text.replace('[ ]', '[x]')), ask(text, 'b'), ask('# A\n')];
  expect(await Promise.all(asked)).toEqual([false, true, null, null]);
});

test('what a tick would do is known, and where and why it would do nothing', async () => {
  const ask = async (text: string, key = 'a', file = 'a.md'): Promise<unknown> =>
    readTickability([{ file, text }], { key, criteriaHash: await hashOf(text, key, file) });
  const spec = (status: string, box = ' '): string =>
    `---\n${status}\n---\n# A\n\n## Acceptance criteria\n\n- [${box}] 1\n`;
  const refused = { file: 'a.md', line: 3, why: 'its status cannot be written without another key' };
  const asked = [
    ...[ask(spec('status: todo')), ask(spec('status: done')), ask(spec('id: a', 'x')), ask(spec('id: b'))],
    ask('Feature: F\n  @s\n  Scenario: S\n    Given a\n', 'a.s', 'a.feature'),
    ask(spec('id: a\nstatus: &now todo\nother: *now')),
  ];
  expect(await Promise.all(asked)).toEqual(['possible', 'done', 'done', 'absent', 'unmarked', refused]);
});
