import { expect, test } from 'vitest';
import { readUnits } from '../../support/read-units.ts';

const bad = 'a\n\u001b[31mb\r\n\u2028 \u0007c';
const good = 'a b c';
const yaml = (text: string): string => JSON.stringify(text);

const lists: readonly (readonly [format: string, files: Readonly<Record<string, string>>])[] = [
  [
    'beads',
    {
      '.beads/issues.jsonl': [
        {
          id: bad,
          title: bad,
          labels: [bad],
          acceptance_criteria: 'It works',
          dependencies: [{ type: 'blocks', depends_on_id: `${bad}x` }],
        },
        { id: `${bad}x`, title: 'x', status: bad, acceptance_criteria: 'It works' },
        { id: 'y', title: 'y', acceptance_criteria: 'It works', depends_on: [`z${bad}`] },
      ]
        .map((issue) => JSON.stringify(issue))
        .join('\n'),
    },
  ],
  [
    'task-master',
    {
      '.taskmaster/tasks/tasks.json': JSON.stringify({
        tasks: [
          { id: bad, title: bad, testStrategy: 'It works', dependencies: [`${bad}x`] },
          { id: `${bad}x`, title: 'x', status: bad, testStrategy: 'It works' },
          { id: 'y', title: 'y', testStrategy: 'It works', dependencies: [`z${bad}`] },
        ],
      }),
    },
  ],
  [
    'prd-json',
    {
      'prd.json': JSON.stringify({
        userStories: [
          { id: bad, title: bad, acceptanceCriteria: ['It works'], dependsOn: [`${bad}x`] },
          { id: `${bad}x`, title: 'x', status: bad, acceptanceCriteria: ['It works'] },
          { id: 'y', title: 'y', acceptanceCriteria: ['It works'], dependsOn: [`z${bad}`] },
        ],
      }),
    },
  ],
  [
    'backlog-md',
    Object.fromEntries(
      [
        [bad, bad, 'To Do', `${bad}x`],
        [`${bad}x`, 'x', bad, ''],
        ['y', 'y', 'To Do', `z${bad}`],
      ].map(([id = '', title = '', status = '', depends = ''], index) => [
        `backlog/tasks/task-${index} - A.md`,
        `---\nid: ${yaml(id)}\ntitle: ${yaml(title)}\nstatus: ${yaml(status)}\ndependencies: [${yaml(depends)}]\n---\n\n## Acceptance Criteria\n\n- [ ] It works\n`,
      ]),
    ),
  ],
];

test.each(lists)('names are lines, whatever %s has in them', async (_format, files) => {
  const units = await readUnits(files);
  const [first, second, third] = units;
  expect([first?.key, first?.title, second?.key]).toEqual([good, good, `${good}x`]);
  expect(first?.depends).toEqual([second?.id]);
  expect(second?.hold).toMatch(/^has the status "/);
  expect(third?.problems.map(({ message }) => message)).toEqual([`there is no unit "z${good}"`]);
  const names = units.flatMap(({ key, title, hold, labels, problems }) => [
    key,
    title,
    hold ?? '',
    ...labels,
    ...problems.map(({ message }) => message),
  ]);
  expect(names.filter((name) => /[\p{Cc}\u2028]/u.test(name))).toEqual([]);
});

test('blanks and letters of all kinds stay in names', async () => {
  const id = 'Büro\u00a0 7 — \u200d\u{1f469}';
  const [unit] = await readUnits({
    '.beads/issues.jsonl': JSON.stringify({ id, title: id, acceptance_criteria: 'It works' }),
  });
  expect(unit?.key).toBe(id);
});

test('a key of control characters alone is still one', async () => {
  const [unit] = await readUnits({
    '.beads/issues.jsonl': JSON.stringify({ id: '\u0007', title: 'A', acceptance_criteria: 'It works' }),
  });
  expect(unit?.key).toBe('\ufffd');
});
