import { expect, test } from 'vitest';
import { idFromKey } from '../../../src/model/ids.ts';
import { type Criterion, unasked, type UnitSpec } from '../../../src/model/unit.ts';
import type { Finding } from '../../../src/specs/lint/rule.ts';
import { rules } from '../../../src/specs/lint/rules.ts';

function unit(key: string, more: Partial<UnitSpec> = {}, ...texts: readonly string[]): UnitSpec {
  const criteria = texts.map((text, position): Criterion => ({
    ...{ position, text, kind: 'claim', command: null, hash: text, isTicked: false, line: position + 3 },
  }));
  const at = { file: `${key}.md`, files: [`${key}.md`], line: 1, body: '', contentHash: key, criteriaHash: key };
  return { ...unasked, ...at, id: idFromKey(key), key, title: key, kind: 'change', criteria, ...more };
}

function find(
  rule: string,
  units: readonly UnitSpec[],
  files: readonly string[] | null = null,
  lines: readonly string[] = [],
): readonly Finding[] {
  const open = units.filter(({ isTicked }) => !isTicked);
  const [found] = rules.filter(({ name }) => name === rule);
  return found?.find({ units, open, files: files && new Set(files), linesOf: () => lines }) ?? [];
}

test.each([
  ['Search works properly', 'works properly'],
  ['The page works as expected', 'works as expected'],
  ['Errors are handled gracefully', 'gracefully'],
  ['It is user-friendly', 'user-friendly'],
  ['Handles CSV, JSON, etc.', 'etc.'],
  ['Retries if necessary', 'if necessary'],
  ['The limit is TBD', 'TBD'],
  ['It must be intuitive and easy to use', 'intuitive'],
])('%s cannot be decided', (text, phrase) => {
  expect(find('undecidable-criterion', [unit('a', {}, text)])).toMatchObject([{ phrase }]);
});

test.each([
  'Returns 404 for an unknown id',
  'The function `works properly` is exported',
  'The message says "works as expected"',
  'Search works properly within 200 ms',
  'A worker that fetches is restarted',
  'The property is read',
  'The appropriate-technology page links to the index',
])('%s can be decided', (text) => {
  expect(find('undecidable-criterion', [unit('a', {}, text)])).toEqual([]);
});

test('a criterion that demands several things is found; steps of a scenario are one demand', () => {
  const many = 'The button is blue. It has a label. It must be disabled at night.';
  const scenario = 'Given a user. When she is logged in. Then the page is shown. The menu has an entry.';
  expect(find('several-demands', [unit('a', {}, many, scenario, 'The list is sorted; it has no gaps')])).toMatchObject([
    { criterion: { text: many }, message: 'this criterion demands 3 things at once' },
  ]);
});

test.each([
  ['The command prints x, writes y, sends z, and deletes w', 4],
  ['It reads the list, sorts it by name, and prints it', 3],
  ['It reads the list, and then sorts it by name; also prints it', 3],
  ['The tool reads the file, logs its name. It must end', 0],
  ['It prints x and y', 0],
  ['It prints the names, the sizes, the owners, and the dates', 0],
  ['The menu shows reads, writes, and deletes', 0],
  ['It says "prints x, writes y, sends z"', 0],
  ['It runs `a, writes b, sends c`', 0],
  ['A ` is read, "x" is written', 0],
])('%s', (text, count) => {
  const found = find('several-demands', [unit('a', {}, text)]).map(({ message }) => message);
  expect(found).toEqual(count === 0 ? [] : [`this criterion demands ${count} things at once`]);
});

test('units that touch the same paths are found, unless one comes before the other', () => {
  const found = (units: readonly UnitSpec[]): string[] => find('overlap', units).map(({ message }) => message);
  const [a, b, c] = [
    unit('a', { touches: ['src/a.ts'] }),
    unit('b', { touches: ['src/**'] }),
    unit('c', { touches: ['docs'] }),
  ];
  expect(found([a, b, c])).toEqual([
    '"a" and "b" touch src/a.ts, and none depends on the other: their order is open, and their changes may conflict',
  ]);
  expect(found([a, { ...b, depends: [c.id] }, { ...c, depends: [a.id] }])).toEqual([]);
  expect(found([a, c])).toEqual([]);
});

test('units that ask for the same are found', () => {
  const units = [
    unit('a', { title: 'Sort the list' }, 'It is sorted'),
    unit('b', { title: 'Sorting lists' }, 'Is sorted'),
  ];
  expect(find('near-duplicate', units).map(({ message }) => message)).toEqual(['this unit asks for the same as "a"']);
  expect(
    find('near-duplicate', [unit('a', { title: 'Sort the list' }), unit('b', { title: 'Print the list' })]),
  ).toEqual([]);
});

test('a missing contract is found, unless a unit before creates it', () => {
  const user = unit('a', { contracts: ['api.md'] });
  const found = (units: readonly UnitSpec[], files: readonly string[] | null): string[] =>
    find('missing-contract', units, files).map(({ message }) => message);
  expect(found([user], ['b.md'])).toEqual(['the contract api.md does not exist']);
  expect(found([user], ['api.md'])).toEqual([]);
  expect(found([user], null)).toEqual([]);
  const maker = unit('m', { touches: ['api.md'] });
  expect(found([{ ...user, depends: [maker.id] }, maker], [])).toEqual([]);
  expect(found([user, maker], [])).toHaveLength(1);
});

test('a large unit is found', () => {
  const texts = Array.from({ length: 26 }, (_, at) => `Criterion ${at}`);
  const units = [unit('a', {}, ...texts), unit('b', {}, ...texts.slice(1)), unit('c', { body: 'x'.repeat(30_001) })];
  expect(find('too-large', units).map(({ message }) => message)).toEqual([
    'this unit is large for one attempt: it has 26 criteria',
    'this unit is large for one attempt: it has 30001 characters of text',
  ]);
});

test('a unit that is done in one place and open in another is found', () => {
  const ticked = (one: UnitSpec): UnitSpec => ({
    ...one,
    criteria: one.criteria.map((criterion) => ({ ...criterion, isTicked: true })),
  });
  const withOneTick = (one: UnitSpec): UnitSpec => ({
    ...one,
    criteria: one.criteria.map((criterion, at) => ({ ...criterion, isTicked: at === 1 ? true : null })),
  });
  const units = [
    unit('a', { isTicked: true }, 'One'),
    ticked(unit('b', {}, 'One')),
    ticked(unit('c', { isTicked: true }, 'One')),
    unit('d', {}, 'One'),
    unit('e', { isTicked: true }),
    withOneTick(unit('f', {}, 'Without a box', 'With a box')),
  ];
  expect(find('half-done', units).map(({ message }) => message)).toEqual([
    'this criterion is open, but its unit "a" is marked as done',
    'all criteria are ticked, but the unit is not marked as done',
  ]);
});

test('boxes in code are found, once for each file', () => {
  const lines = [
    '- [ ] a',
    '```md',
    '- [ ] b',
    '1. [x] c',
    '~~~',
    '```',
    '- [ ] d',
    '~~~~',
    '```',
    '  - [ ] e',
    '~~~~',
  ];
  expect(find('box-in-code', [unit('a'), unit('b', { format: 'openspec' })], null, lines)).toMatchObject([
    {
      at: { file: 'a.md', line: 3 },
      message: 'this box is in a code block, so it is not read, like 2 others in this file',
    },
  ]);
  expect(find('box-in-code', [unit('a')], null, ['- [ ] a', '', '    - [ ] b'])).toEqual([]);
});

test('hundreds of long patterns are compared as far as that takes reasonable time; equal ones are always found', () => {
  const pattern = (name: string): string => `${'**/a/'.repeat(400)}${name}`;
  const units = Array.from({ length: 300 }, (_, at) => unit(`u${at}`, { touches: [pattern(`x${at % 150}`)] }));
  const plain = ['b', 'c'].map((key) => unit(key, { touches: ['src/a.ts'] }));
  const found = find('overlap', [...units, ...plain]).map(({ message }) => message.slice(0, 30));
  expect(found.filter((message) => message.startsWith('"b" and "c" touch src/a.ts'))).toHaveLength(1);
  expect(found.length).toBeGreaterThanOrEqual(150);
});

test('the order of long chains of units is known', () => {
  const chain = Array.from({ length: 5000 }, (_, at) => {
    const depends = at === 0 ? [] : [idFromKey(`u${at - 1}`)];
    return unit(`u${at}`, { touches: [`${at % 100}.ts`], depends });
  });
  expect(find('overlap', chain)).toEqual([]);
  const other = unit('other', { touches: ['7.ts'] });
  expect(find('overlap', [...chain, other]).map(({ message }) => message.slice(0, 31))).toEqual([
    '"u7" and "other" touch 7.ts, an',
  ]);
});
