import { expect, test } from 'vitest';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import { claimFiles, formatNames } from '../../src/specs/formats/formats.ts';
import { specFormats } from '../../src/model/spec-format.ts';

test('the configuration knows all formats, in their order', () => {
  expect(formatNames()).toEqual([...specFormats]);
});

test.each([
  ['todo', 'work.md', '- [ ] Sort it\n', 'Sort it'],
  ['task-master', 'work.json', '{ "tasks": [{ "id": 1, "title": "Sort it", "status": "pending" }] }', 'Sort it'],
  ['beads', 'work.jsonl', '{"id":"w-1","title":"Sort it","status":"open","issue_type":"task"}\n', 'Sort it'],
  [
    'prd-json',
    'work.json',
    '{ "userStories": [{ "id": "US-1", "title": "Sort it", "acceptanceCriteria": ["Sorted"], "passes": false }] }',
    'Sort it',
  ],
  ['todo-txt', 'work.txt', '(A) Sort it +lists\n', 'Sort it'],
  ['native', 'work.md', '# Sort it\n', 'Sort it'],
])('a person who names %s has %s read as that', async (format, file, text, title) => {
  const [claim] = claimFiles([file], { formats: [format] });
  const sources = [{ file, text }];
  const parsed = claim && parseGroup({ reader: await claim.format.load(), sources });
  expect([claim?.files, parsed?.drafts.map((draft) => draft.title)]).toEqual([[file], [title]]);
});

test('no format is forced on files of other kinds, or where its own layout is found', () => {
  expect(claimFiles(['notes.md', 'TODO.md'], { formats: ['todo'] }).map(({ files }) => files)).toEqual([['TODO.md']]);
  expect(claimFiles(['work.json'], { formats: ['todo', 'task-master'] })).toEqual([]);
  expect(claimFiles(['notes.md'], { formats: ['kiro'] })).toEqual([]);
});

test.each(['constructor', '__proto__', 'high'])('a priority "%s" is a number or none', async (priority) => {
  for (const [format, list] of [
    ['task-master', { tasks: [{ id: 1, title: 'A', status: 'pending', priority }] }],
    ['prd-json', { userStories: [{ id: 'U', title: 'A', acceptanceCriteria: ['a'], passes: false, priority }] }],
  ] as const) {
    const [claim] = claimFiles(['work.json'], { formats: [format] });
    const sources = [{ file: 'work.json', text: JSON.stringify(list) }];
    const [draft] = claim ? parseGroup({ reader: await claim.format.load(), sources }).drafts : [];
    expect([format, typeof (draft?.keys.priority ?? 0)]).toEqual([format, 'number']);
  }
});
