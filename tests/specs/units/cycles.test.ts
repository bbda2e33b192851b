import { expect, test } from 'vitest';
import { readUnits } from '../../support/read-units.ts';

/** A folder in which each unit depends on some: `a: b c` is a unit a that depends on b and c, `a!: b` one that is done. */
function folder(units: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    units.map((unit) => {
      const [, key = '', done = '', depends = ''] = /^([^:!]+)(!?):(.*)$/.exec(unit) ?? [];
      const list = depends.trim().split(' ').join(', ');
      const criterion = `- [${done === '' ? ' ' : 'x'}] It works`;
      const text = `---\nid: ${key}\ndepends: [${list}]\n---\n# ${key}\n\n## Acceptance criteria\n\n${criterion}\n`;
      return [`${key}.md`, text];
    }),
  );
}

const ring = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `u${index}: u${(index + 1) % count}`);

test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
  ['a chain', ['a: b', 'b: c', 'c:'], {}],
  ['two ways to the same', ['a: b c', 'b: d', 'c: d', 'd:'], {}],
  ['two units', ['a: b', 'b: a', 'other:'], { a: 'a → b → a', b: 'b → a → b' }],
  ['three units', ['a: b', 'b: c', 'c: a'], { a: 'a → b → c → a', b: 'b → c → a → b', c: 'c → a → b → c' }],
  ['a unit and itself', ['a: a', 'b: a'], { a: 'a → a' }],
  ['units before and after', ['x: a', 'a: b', 'b: a y', 'y:'], { a: 'a → b → a', b: 'b → a → b' }],
  [
    'two circles',
    ['a: b', 'b: a', 'c: d', 'd: c a'],
    { a: 'a → b → a', b: 'b → a → b', c: 'c → d → c', d: 'd → c → d' },
  ],
  ['a done unit between', ['a: b', 'b!: c', 'c: a'], {}],
  ['only done units', ['a!: b', 'b!: a'], {}],
  ['a done unit beside open ones', ['a: b done', 'b: a', 'done!: a'], { a: 'a → b → a', b: 'b → a → b' }],
  [
    'more units than are named',
    ring(20),
    Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`u${index}`, expect.stringMatching(`^u${index} → .*… → .*u${index}$`)]),
    ) as Record<string, string>,
  ],
])('of %s, those that wait for each other in a circle have an error, and no others', async (_what, units, expected) => {
  const read = await readUnits(folder(units));
  const told = read.flatMap(({ key, problems }) =>
    problems.map(({ message }) => [key, message.replace('units depend on each other in a circle: ', '')]),
  );
  expect(Object.fromEntries(told)).toEqual(expected);
});
