import { describe, expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import type { Source } from '../../../src/specs/text/source.ts';
import { tickUnit, untickUnit } from '../../../src/specs/ticks/tick.ts';

/** The files after the first unit that is not done was ticked, and after it was opened again; null if nothing is written. */
async function ticked(
  sources: readonly Source[],
): Promise<{ readonly done: readonly string[]; readonly open: readonly string[] } | null> {
  const drafts = (await groupsOf(sources)).flatMap((group) => parseGroup(group).drafts);
  const draft = drafts.find(({ isDone }) => !isDone);
  if (draft === undefined) throw new Error('no unit is open');
  const unit = { key: draft.key, criteriaHash: criteriaHash(draft.criteria.map(({ criterion }) => criterion)) };
  const with_ = (changed: readonly Source[], before: readonly Source[]): Source[] =>
    before.map((source) => changed.find(({ file }) => file === source.file) ?? source);
  const changed = await tickUnit(sources, unit);
  if (changed.length === 0) return null;
  const after = with_(changed, sources);
  const opened = with_(await untickUnit(after, unit), after);
  const texts = (some: readonly Source[]): string[] => some.map(({ text }) => text);
  return { done: texts(after), open: texts(opened) };
}

const body = '\n## Acceptance Criteria\n\n- [ ] #1 One\n';

const files: Readonly<Record<string, { readonly file: string; readonly before: string; readonly done: string }>> = {
  'backlog-md': { file: 'tasks/task-1 - A.md', before: 'id: task-1\ntitle: A\n', done: 'Done' },
  plain: { file: 'issues/issue-1-a.md', before: 'title: A\n', done: 'done' },
  native: { file: 'a.md', before: 'id: a\ntitle: A\n', done: 'Done' },
};

/** Statuses as people write them, and what comes of them; `DONE` is the format's own word. */
const spellings: readonly (readonly [front: string, done: string])[] = [
  ['status: To Do', 'status: DONE'],
  ['status: To Do   ', 'status: DONE   '],
  ['"status": To Do', '"status": DONE'],
  ["'status': To Do", "'status': DONE"],
  ['status : To Do', 'status : DONE'],
  ['? status\n: To Do', '? status\n: DONE'],
  ['status:\tTo Do', 'status:\tDONE'],
  ['status: "To Do"', 'status: "DONE"'],
  ["status: 'To Do' # later", "status: 'DONE' # later"],
  ['status: To Do # remark', 'status: DONE # remark'],
  ['status: To Do (asked for by X)', 'status: DONE (asked for by X)'],
  ['status: To Do (waiting for X)', 'status: DONE'],
  ['status: "To Do (asked for by \\"X\\")" # c', 'status: "DONE (asked for by \\"X\\")" # c'],
  ['status: "\\u0054o Do (asked: X)"', 'status: "DONE (asked: X)"'],
  ["status: 'To Do (it''s late)'", "status: 'DONE (it''s late)'"],
  ['status: "\\x54o Do"', 'status: "DONE"'],
  ['status: "To\n  Do"', 'status: "DONE"'],
  ['status: To\n  Do\nother: x', 'status: DONE\nother: x'],
  ['status:\n  To Do', 'status:\n  DONE'],
  ['status: # why\n  To Do', 'status: # why\n  DONE'],
  ['status: >-\n  To Do', 'status: >-\n  DONE'],
  ['status: >- # why\n  To Do\n\nother: x', 'status: >- # why\n  DONE\n\nother: x'],
  ['status: |\n    To Do\nother: x', 'status: |\n    DONE\nother: x'],
  ['status: |2-\n   To Do', 'status: |2-\n   DONE'],
  ['status: >-\n  To\n  Do', 'status: >-\n  DONE'],
  ['status: !!str To Do', 'status: !!str DONE'],
  ['status: &todo To Do', 'status: &todo DONE'],
  ['states: &todo To Do\nstatus: *todo', 'states: &todo To Do\nstatus: DONE'],
  ['notes: |\n  status: To Do\nstatus: To Do', 'notes: |\n  status: To Do\nstatus: DONE'],
  ['other:\n  status: To Do\nstatus: To Do', 'other:\n  status: To Do\nstatus: DONE'],
  ['# status: To Do\nstatus: To Do', '# status: To Do\nstatus: DONE'],
  ['Status: x\nstatus: To Do', 'Status: x\nstatus: DONE'],
  ['status: To Do\n...', 'status: DONE\n...'],
];

/** Where the status belongs to other keys, too, or is said twice. */
const impossible = ['status: &todo To Do\nother: *todo'];

describe.each(Object.entries(files))('a status of %s', (_format, { file, before, done }) => {
  const textOf = (front: string): string => `---\n${before}${front}\n---\n${body}`;
  const windows = (text: string): string => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
  const wanted = (front: string): string => textOf(front.replace('DONE', done)).replace('[ ]', '[x]');

  test.each(spellings)('%j becomes %j, and nothing else changes', async (front, after) => {
    for (const as of [(text: string) => text, windows]) {
      const result = await ticked([{ file, text: as(textOf(front)) }]);
      expect(result?.done).toEqual([as(wanted(after))]);
    }
  });

  test.each(impossible)('%j is not written', async (front) => {
    expect(await ticked([{ file, text: textOf(front) }])).toBeNull();
  });

  test('front matter that ends in dots', async () => {
    const text = (status: string): string => `---\n${before}status: ${status}\n...\n${body}\n---\n`;
    expect((await ticked([{ file, text: text('To Do') }]))?.done).toEqual([text(done).replace('[ ]', '[x]')]);
  });

  test('front matter in one line', async () => {
    const flow = (status: string): string =>
      `---\n{ ${before.trim().replaceAll('\n', ', ')}, status: ${status}, other: [a] }\n---\n${body}`;
    expect((await ticked([{ file, text: flow('todo') }]))?.done).toEqual([
      flow(done === 'Done' && file === 'a.md' ? 'done' : done).replace('[ ]', '[x]'),
    ]);
  });
});

describe('a missing status of backlog-md', () => {
  test.each([
    ['id: task-1\ntitle: A', 'id: task-1\ntitle: A\nstatus: Done'],
    ['  id: task-1\n  title: A', '  id: task-1\n  title: A\n  status: Done'],
    ['{ id: task-1, title: A, }', '{ id: task-1, title: A, status: Done, }'],
    ['{ id: task-1, title: A }', '{ id: task-1, title: A, status: Done }'],
    ['id: task-1\ntitle: A\n...', 'id: task-1\ntitle: A\nstatus: Done\n...'],
    ['id: task-1\ntitle: A\nother: |\n  text', 'id: task-1\ntitle: A\nother: |\n  text\nstatus: Done'],
    ['id: task-1\nstatus:\ntitle: A', 'id: task-1\nstatus: Done\ntitle: A'],
    ['id: task-1\nstatus: # none\ntitle: A', 'id: task-1\nstatus: Done # none\ntitle: A'],
    ['id: task-1\nstatus: ~\ntitle: A', 'id: task-1\nstatus: Done\ntitle: A'],
    ['id: task-1\nstatus: ""\ntitle: A', 'id: task-1\nstatus: "Done"\ntitle: A'],
    ['{ id: task-1, status: , title: A }', '{ id: task-1, status: Done, title: A }'],
  ])('%j becomes %j', async (front, after) => {
    for (const eol of ['\n', '\r\n']) {
      const text = (yaml: string): string => `---\n${yaml}\n---\n${body}`.replaceAll('\n', eol);
      const result = await ticked([{ file: 'tasks/task-1 - A.md', text: text(front) }]);
      expect(result?.done).toEqual([text(after).replace('[ ]', '[x]')]);
    }
  });
});

test('a unit of several in a file has its status in a fence, which may be indented', async () => {
  for (const indent of ['', '  '])
    for (const eol of ['\n', '\r\n']) {
      const text = (status: string): string =>
        `# A\n\n## Unit: X\n\n${indent}\`\`\`yaml\n${indent}id: x\n${indent}status: ${status} # c\n${indent}\`\`\`\n\n### Acceptance criteria\n\n- [ ] One\n`.replaceAll(
          '\n',
          eol,
        );
      expect((await ticked([{ file: 'a.md', text: text('todo') }]))?.done).toEqual([
        text('done').replace('[ ]', '[x]'),
      ]);
    }
});

describe('a task of backlog-md without front matter', () => {
  test.each([
    ['**Status**: To Do', '**Status**: Done'],
    ['**Status:** To Do (asked for by X)  ', '**Status:** Done (asked for by X)  '],
    ['**Status:** To Do (waiting for X)  ', '**Status:** Done  '],
    ['- Status: `In Progress` – Ada', '- Status: `Done` – Ada'],
    ['## Status\n\n<!-- To Do | Done -->\n\n**To Do**', '## Status\n\n<!-- To Do | Done -->\n\n**Done**'],
    ['<!-- Status: Done -->\nStatus: To Do', '<!-- Status: Done -->\nStatus: Done'],
  ])('%j becomes %j', async (before, after) => {
    for (const eol of ['\n', '\r\n', '\r']) {
      const text = (status: string): string => `# task-1 - A\n\n${status}\n${body}`.replaceAll('\n', eol);
      const result = await ticked([{ file: 'backlog/tasks/task-1 - A.md', text: text(before) }]);
      expect(result?.done).toEqual([text(after).replace('[ ]', '[x]')]);
    }
  });
});

test.each<[string, string, string, string | null]>([
  ['a box', 'TODO.md', '# TODO\n\n- [x] do z\n- [ ] do y\n', '# TODO\n\n- [ ] do z\n- [ ] do y\n'],
  ['a box of struck text, which says done, too', 'TODO.md', '# TODO\n\n- [x] ~~do z~~\n- [ ] do y\n', null],
  [
    'a status on a line of its own',
    'tasks/task-1 - A.md',
    '---\nid: task-1\ntitle: A\nstatus:\n  Done\n---\n\n## Acceptance Criteria\n\n- [x] #1 One\n',
    '---\nid: task-1\ntitle: A\nstatus:\n  To Do\n---\n\n## Acceptance Criteria\n\n- [ ] #1 One\n',
  ],
  [
    'a status that is an alias',
    'tasks/task-1 - A.md',
    '---\nid: task-1\ntitle: A\nlabels: [&now Done]\nstatus: *now\n---\n\n## Acceptance Criteria\n\n- [x] #1 One\n',
    '---\nid: task-1\ntitle: A\nlabels: [&now Done]\nstatus: To Do\n---\n\n## Acceptance Criteria\n\n- [ ] #1 One\n',
  ],
  [
    'a status that another key repeats',
    'tasks/task-1 - A.md',
    '---\nid: task-1\ntitle: A\nstatus: &now Done\nlabels: [*now]\n---\n\n## Acceptance Criteria\n\n- [x] #1 One\n',
    null,
  ],
])('%s is opened only if its file then reads the same', async (_what, file, text, expected) => {
  const sources = [{ file, text }];
  const [draft] = (await groupsOf(sources)).flatMap((group) => parseGroup(group).drafts);
  if (draft === undefined) throw new Error('there is no unit');
  const unit = { key: draft.key, criteriaHash: criteriaHash(draft.criteria.map(({ criterion }) => criterion)) };
  expect((await untickUnit(sources, unit))[0]?.text ?? null).toBe(expected);
});
