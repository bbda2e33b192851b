import { describe, expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';

/* Boxes and statuses in JSON, where every character may be escaped. */

/** The file after its first unit was ticked, and the texts of that unit's criteria; null if nothing is written. */
async function ticked(file: string, text: string): Promise<readonly [string, ...string[]] | null> {
  const [draft] = (await groupsOf([{ file, text }])).flatMap((group) => parseGroup(group).drafts);
  if (draft === undefined) throw new Error('no unit');
  const unit = { key: draft.key, criteriaHash: criteriaHash(draft.criteria.map(({ criterion }) => criterion)) };
  const [changed] = await tickUnit([{ file, text }], unit);
  return changed === undefined ? null : [changed.text, ...draft.criteria.map(({ criterion }) => criterion.text)];
}

/** Strings with a box, as they are in a file, and what comes of them. */
const boxes: readonly (readonly [string: string, done: string, text: string])[] = [
  ['- [ ] One', '- [x] One', 'One'],
  ['[ ] One', '[x] One', 'One'],
  [String.raw`\u002d [ ] One`, String.raw`\u002d [x] One`, 'One'],
  [String.raw`\u002D\u0020\u005B\u0020\u005D One`, String.raw`\u002D\u0020\u005Bx\u005D One`, 'One'],
  [String.raw`  \t- [ ] One`, String.raw`  \t- [x] One`, 'One'],
  [String.raw`\n- [ ] One\n`, String.raw`\n- [x] One\n`, 'One'],
  [String.raw`- [] \u00dcben \/ \"b\"`, String.raw`- [x] \u00dcben \/ \"b\"`, 'Üben / "b"'],
  [String.raw`\u001b[32m- [ ]\u001B[0m One`, String.raw`\u001b[32m- [x]\u001B[0m One`, 'One'],
  [String.raw`- [\u001b\u005b3\u0031m \u001b[0m] One`, String.raw`- [\u001b\u005b3\u0031mx\u001b[0m] One`, 'One'],
  ['- [x] One', '- [x] One', 'One'],
  // Look-alikes.
  ['[ x] One', '[ x] One', '[ x] One'],
  [String.raw`One \u005b \u005d`, String.raw`One \u005b \u005d`, 'One [ ]'],
  [String.raw`\\u005b ] One`, String.raw`\\u005b ] One`, String.raw`\u005b ] One`],
];

const formats: Readonly<Record<string, (box: string, status: string) => readonly [file: string, text: string]>> = {
  'prd-json': (box, status) => [
    'prd.json',
    `{"userStories": [\n  {"id": "a", "title": "A", "acceptanceCriteria": ["${box}"], "passes": ${status}}\n]}\n`,
  ],
  'objects in prd-json': (box, status) => [
    'prd.json',
    `{"userStories": [\n  {"id": "a", "title": "A", "acceptanceCriteria": [{"text": "${box}", "verify": "x"}], "passes": ${status}}\n]}\n`,
  ],
  'task-master': (box, status) => [
    '.taskmaster/tasks/tasks.json',
    `{"master": {"tasks": [{"id": 1, "title": "A", "acceptanceCriteria": ["${box}"], "status": ${status === 'true' ? '"done"' : '"pending"'}}]}}\n`,
  ],
};

describe.each(Object.entries(formats))('%s', (name, fileOf) => {
  test.each(boxes)('a box in "%s" becomes "%s"', async (box, done, text) => {
    const [file, before] = fileOf(box, 'false');
    for (const bom of ['', '\uFEFF']) {
      const [after, ...texts] = (await ticked(file, bom + before)) ?? [''];
      expect(after).toBe(bom + fileOf(done, 'true')[1]);
      expect(texts).toEqual([name.startsWith('objects') ? `${text} — x` : text]);
    }
  });
});

test.each(boxes)('the title "%s" of a subtask, which is a criterion, becomes "%s"', async (box, done, text) => {
  const fileOf = (title: string, status: string): string =>
    `{"tasks": [{"id": 1, "title": "A", "subtasks": [{"id": 1, "title": "${title}", "description": "More", "status": "${status}"}], "status": "${status}"}]}`;
  const [after, ...texts] = (await ticked('.taskmaster/tasks/tasks.json', fileOf(box, 'pending'))) ?? [''];
  expect(after).toBe(fileOf(done, 'done'));
  expect(texts).toEqual([`${text} — More`]);
});

test('a subtask that has only a description is a criterion', async () => {
  const fileOf = (status: string): string =>
    `{"tasks": [{"id": 1, "title": "A", "subtasks": [{"id": 1, "title": "", "description": "More", "status": "${status}"}], "status": "${status}"}]}`;
  expect(await ticked('tasks/tasks.json', fileOf('pending'))).toEqual([fileOf('done'), 'More']);
});

test('a criterion for people has its box before what says so', async () => {
  const fileOf = (box: string, is: boolean): string =>
    `{"userStories": [{"id": "a", "title": "A", "acceptanceCriteria": [{"text": "  - [${box}] One", "type": "manual"}], "passes": ${is}}]}`;
  expect(await ticked('prd.json', fileOf(' ', false))).toEqual([fileOf('x', true), '(human) One']);
});

test('statuses and their names may be escaped, and keys stay in their order', async () => {
  const fileOf = (status: string): string =>
    String.raw`{"id": "a-1", "st\u0061tus" : ${status}, "title": "A", "acceptance_criteria": "It holds", "issue_type": "task"}` +
    '\n';
  const open = fileOf(String.raw`"\u006fpen"`);
  expect(await ticked('.beads/issues.jsonl', open)).toEqual([fileOf('"closed"'), 'It holds']);
});

test('each member of a story that says whether it is done is written, and no other', async () => {
  const fileOf = (done: boolean): string =>
    `{"userStories": [{"id": "a", "title": "A", "passes": ${done}, "acceptanceCriteria": ["One"], "status": ${done ? '"done"' : '"in_progress"'}, "completed": ${done}, "done": null, "implemented": ["x"]}]}`;
  expect(await ticked('prd.json', fileOf(false))).toEqual([fileOf(true), 'One']);
});
