import { expect, test } from 'vitest';
import type { Draft } from '../../../src/specs/format/draft.ts';
import { idFromKey } from '../../../src/model/ids.ts';
import { apart } from '../../../src/specs/units/apart.ts';
import type { Expanded } from '../../../src/specs/units/for-each.ts';
import { readUnits } from '../../support/read-units.ts';

type Unit = readonly [key: string, isDone: boolean];

function read(...units: readonly Unit[]): unknown {
  return apart(units.map(unitOf)).map(({ key, draft }) => [
    key.replace(/~[0-9a-f]{6}$/, '~'),
    ...draft.problems.map(({ severity, message }) => `${severity}: ${message}`),
  ]);
}

function unitOf([key, isDone]: Unit, index: number): Expanded {
  const draft: Draft & { readonly format: string } = {
    ...{ key, isKeyExplicit: false, title: key, file: `${index}.md`, files: [`${index}.md`], line: 1, body: '' },
    ...{ keys: {}, criteria: [], marks: [], isDone, problems: [], format: 'native', where: () => ({}) },
  };
  return { draft, key, forEachFile: null };
}

test('units with keys of their own stay as they are', () => {
  expect(read(['a', false], ['b', true])).toEqual([['a'], ['b']]);
});

test('of two open units with one key, neither can run, and each says where the other is', () => {
  expect(read(['a', false], ['b', false], ['A', false], ['a', false])).toEqual([
    ['a', 'error: "a" differs only in case from "A" at 2.md:1'],
    ['b'],
    ['A~', 'error: "A" differs only in case from "a" at 0.md:1'],
    ['a~', 'error: "a" is the key of two units; the other is at 0.md:1'],
  ]);
});

test('a done unit makes way for an open one', () => {
  expect(read(['a', true], ['a', false], ['b', true], ['b', true])).toEqual([
    ['a~', 'warning: "a" is the key of two units; the other is at 1.md:1'],
    ['a'],
    ['b'],
    ['b~', 'warning: "b" is the key of two units; the other is at 2.md:1'],
  ]);
});

/** Files in which `bd-1` is twice: `isDone` says which of them is done, `titles` and `asks` what they say. */
type Twice = (
  isDone: readonly [boolean, boolean],
  titles: readonly [string, string],
  asks: readonly [string, string],
) => Record<string, string>;

const formats: Readonly<Record<string, Twice>> = {
  beads: (isDone, titles, asks) => ({
    '.beads/issues.jsonl': [0, 1]
      .map((at) => ({
        id: 'bd-1',
        title: titles[at],
        acceptance_criteria: asks[at],
        status: isDone[at] === true ? 'closed' : 'open',
      }))
      .map((issue) => `${JSON.stringify({ ...issue, issue_type: 'task' })}\n`)
      .join(''),
  }),
  'backlog-md': (isDone, titles, asks) =>
    Object.fromEntries([
      ['backlog/config.yml', 'project_name: x\n'],
      ...[0, 1].map((at) => [
        `backlog/${isDone[at] === true ? 'completed' : 'tasks'}/bd-1 - ${at}.md`,
        `---\nid: bd-1\ntitle: ${titles[at]}\nstatus: ${isDone[at] === true ? 'Done' : 'To Do'}\n---\n## Acceptance Criteria\n- [${isDone[at] === true ? 'x' : ' '}] #1 ${asks[at]}\n`,
      ]),
    ]) as Record<string, string>,
  'prd-json': (isDone, titles, asks) => ({
    'prd.json': JSON.stringify({
      userStories: [0, 1].map((at) => ({
        id: 'bd-1',
        title: titles[at],
        acceptanceCriteria: [asks[at]],
        passes: isDone[at],
      })),
    }),
  }),
  'task-master': (isDone, titles, asks) => ({
    '.taskmaster/tasks/tasks.json': JSON.stringify({
      master: {
        tasks: [0, 1].map((at) => ({
          id: 'bd-1',
          title: titles[at],
          testStrategy: asks[at],
          status: isDone[at] === true ? 'done' : 'pending',
        })),
      },
    }),
  }),
  native: (isDone, titles, asks) =>
    Object.fromEntries(
      [0, 1].map((at) => [
        `${at}.md`,
        `---\nid: bd-1\n---\n# ${titles[at]}\n\n## Acceptance criteria\n\n- [${isDone[at] === true ? 'x' : ' '}] ${asks[at]}\n`,
      ]),
    ),
  'followups with ids': (isDone, titles, asks) => ({
    'followups.md': [0, 1]
      .map((at) => {
        const box = isDone[at] === true ? 'x' : ' ';
        return `- [${box}] ${titles[at]}\n  - id: bd-1\n  - [${box}] ${asks[at]}\n`;
      })
      .join(''),
  }),
};

const twice = [
  {
    name: 'the same task',
    isDone: [true, false],
    titles: ['One', 'One'],
    asks: ['a is sorted', 'a is sorted'],
    is: 'held',
  },
  {
    name: 'the open one first',
    isDone: [false, true],
    titles: ['One', 'One'],
    asks: ['a is sorted', 'a is sorted'],
    is: 'held',
  },
  {
    name: 'with another title',
    isDone: [true, false],
    titles: ['One', 'First'],
    asks: ['a is sorted', 'a is sorted'],
    is: 'held',
  },
  {
    name: 'with other criteria',
    isDone: [true, false],
    titles: ['One', 'one'],
    asks: ['a is sorted', 'b is sorted'],
    is: 'held',
  },
  {
    name: 'another task',
    isDone: [true, false],
    titles: ['One', 'Two'],
    asks: ['a is sorted', 'b is sorted'],
    is: 'open',
  },
  {
    name: 'two open ones',
    isDone: [false, false],
    titles: ['One', 'One'],
    asks: ['a is sorted', 'a is sorted'],
    is: 'in doubt',
  },
] as const;

test.each(Object.entries(formats).flatMap(([format, files]) => twice.map((one) => ({ format, files, ...one }))))(
  'a key that is twice in $format, $name: $is',
  async ({ files, isDone, titles, asks, is }) => {
    const units = await readUnits(files(isDone, titles, asks));
    const doneAt = units.find(({ isTicked }) => isTicked);
    const open = units.filter(({ isTicked }) => !isTicked);
    const told = open.map(({ hold, problems }) => [
      hold,
      problems.map(({ severity, message }) => `${severity}: ${message}`),
    ]);
    const place = `${doneAt?.file}:${doneAt?.line}`;
    const doubt = expect.stringContaining('error: "bd-1" is the key of two units') as string;
    expect(told).toEqual(
      {
        held: [[`is done in ${place}`, [`warning: "bd-1" is open here, and done at ${place}`]]],
        open: [[null, []]],
        'in doubt': [
          [null, [doubt]],
          [null, [doubt]],
        ],
      }[is],
    );
    expect(units.find(({ key }) => key === 'bd-1')?.isTicked).toBe(is === 'held');
  },
);

test('an item of a list without keys is a new request where a done one has its name', async () => {
  const units = await readUnits({
    'followups.md': '- [x] Update deps\n  - [x] fresh\n- [ ] Update deps\n  - [ ] fresh\n',
  });
  expect(units.map(({ key, isTicked, hold }) => [key, isTicked, hold])).toEqual([
    [expect.stringMatching(/^followups\.update-deps~/), true, null],
    ['followups.update-deps', false, null],
  ]);
});

test('no two units have the same id, however many have one key or keys that look like those of others', () => {
  const many = apart([...Array.from({ length: 20_000 }, (): Unit => ['a', false])].map(unitOf));
  const [, second] = many;
  const looksAlike = apart(
    [...many.slice(0, 2).map(() => 'a'), second?.key ?? ''].map((key, at) => unitOf([key, false], at)),
  );
  expect([many, looksAlike].map((all) => new Set(all.map(({ key }) => idFromKey(key))).size)).toEqual([20_000, 3]);
});

test('units from the same line have ids of their own', () => {
  const same = unitOf(['a', false], 0);
  expect(new Set(apart([same, { ...same }, { ...same }]).map(({ key }) => idFromKey(key))).size).toBe(3);
});
