import { expect, test } from 'vitest';
import type { Draft } from '../../../src/specs/format/draft.ts';
import { claimFiles } from '../../../src/specs/formats/formats.ts';
import { edited } from '../../../src/specs/format/mark.ts';
import { readerOn } from '../../../src/specs/todo-txt/todo-txt.ts';

const reader = readerOn(() => new Date('2026-11-29T12:00:00Z'));

const text = `(A) 2011-03-02 Call Bob +Family @phone id:call
(B) Add a login +Site dep:call,nope check:\`npm test\`
Post signs +Garage p:call
x 2011-03-03 2011-03-01 Review it +Touch
x (C) 2016-05-20 2016-04-30 Measure due:2016-05-30
Buy pies @store t:2099-01-01
Hear from Ann @waiting
Look at http://example.org
Look at http://example.org
`;

function shown({ line, isDone, hold, key, title, keys, criteria }: Draft): string {
  const state = isDone ? ' (done)' : hold === undefined ? '' : ` (${hold})`;
  const asked = criteria.map(({ criterion }) => ` | ${criterion.command}`);
  return `${line} ${key}: ${title}${state} ${JSON.stringify(keys)}${asked.join('')}`;
}

test('each line is a task, with what the format says of it', () => {
  expect(reader.parse([{ file: 'todo.txt', text }]).drafts.map(shown)).toEqual([
    '1 call: Call Bob {"depends":["todo.post-signs"],"priority":26,"labels":["Family","phone"]}',
    '2 todo.add-a-login: Add a login {"depends":["call","nope"],"priority":25,"labels":["Site"]} | npm test',
    '3 todo.post-signs: Post signs {"labels":["Garage"]}',
    '4 todo.review-it: Review it (done) {"labels":["Touch"]}',
    '5 todo.measure: Measure (done) {"priority":24}',
    '6 todo.buy-pies: Buy pies (is not to be begun before 2099-01-01) {"labels":["store"]}',
    '7 todo.hear-from-ann: Hear from Ann (is in @waiting) {"labels":["waiting"]}',
    '8 todo.look-at-http.example.org: Look at http://example.org {}',
    '9 todo.look-at-http.example.org.again-2: Look at http://example.org {}',
  ]);
});

test.each([
  ['x 2026-01-02 2026-01-01 Review +a', 'done'],
  ['x Review +a', 'done'],
  [' x 2026-01-02 Review +a', 'held'],
  ['\tx Review +a', 'held'],
  ['X 2026-01-02 Review +a', 'held'],
  [' Review +a', 'open'],
  ['X axis +a', 'open'],
  ['xylophone +a', 'open'],
])('only an "x" in the first column says that a line is done: %j is %s', (line, state) => {
  const { drafts } = reader.parse([{ file: 'todo.txt', text: `${line}\n` }]);
  expect(drafts.map(({ isDone, hold }) => (isDone ? 'done' : hold === undefined ? 'open' : 'held'))).toEqual([state]);
});

test.each(['\n', '\r\n'])('a ticked line begins with "x" and the day, and reads the same (%j)', (end) => {
  const source = { file: 'a/todo.txt', text: text.replaceAll('\n', end) };
  const { drafts } = reader.parse([source]);
  const marks = drafts.flatMap((draft) => draft.marks);
  expect(drafts.map(({ isDone }) => isDone)).toEqual(marks.map(({ isDone }) => isDone));
  const [mark] = marks;
  const ticked = edited(source.text, mark === undefined ? [] : [{ ...mark, text: mark.done }]);
  expect(ticked).toBe(`x 2026-11-29 ${source.text}`);
  const after = reader.parse([{ ...source, text: ticked }]).drafts;
  const same = ({ key, title, body, keys, line }: Draft): string => JSON.stringify([key, title, body, keys, line]);
  expect(after.map(same)).toEqual(drafts.map(same));
  expect(after[0]?.isDone).toBe(true);
  const opened = marks.filter(({ isDone }) => isDone).map((one) => ({ ...one, text: one.open }));
  expect(reader.parse([{ ...source, text: edited(source.text, opened) }]).drafts.map(same)).toEqual(drafts.map(same));
});

test.each([
  '* Configure codes\n* Print it when x\n\t- User-Agent\n',
  'TODO\n====\n\nfix the parser\nask bob@example.org about 2+2\n',
  'Things to do:\n- one +two\n- three\n- four\n- five\n- six\n',
  '# done\nwhatever\n',
])('free text is no work: %j', (free) => {
  expect(reader.parse([{ file: 'todo.txt', text: free }])).toEqual({
    drafts: [],
    diagnostics: [],
    notWork: [{ file: 'todo.txt', line: 1, why: 'notes' }],
  });
});

test('what was moved to done.txt still holds', () => {
  const done = { file: 'done.txt', text: 'x 2026-01-01 Call Bob id:call\n' };
  const { drafts } = reader.parse([{ file: 'todo.txt', text: '(A) Log in dep:call\n' }, done]);
  expect(drafts.map((draft) => `${draft.file} ${shown(draft)}`)).toEqual([
    'todo.txt 1 todo.log-in: Log in {"depends":["call"],"priority":26}',
    'done.txt 1 call: Call Bob (done) {}',
  ]);
  expect(claimFiles(['b/done.txt', 'done.txt', 'todo.txt', 'TODO.txt.bak']).map(({ files }) => files)).toEqual([
    ['todo.txt', 'done.txt'],
  ]);
});

test.each([
  ['A check:`a`', 'a'],
  ['A check:`a` check:`b` id:7', 'a && b'],
  ['A check:`a`; `b`', 'a && b'],
  ['A check:`a` and `b`', 'a && b'],
  ['A check:`a` or `b`', 'a unclear-check'],
  ['A `b` check:`a`', 'a'],
])('all commands behind the check of a line are run, or it is told: %s', (line, found) => {
  const [draft] = reader.parse([{ file: 'todo.txt', text: `${line}\n` }]).drafts;
  const commands = draft?.criteria.map(({ criterion }) => criterion.command) ?? [];
  expect([...commands, ...(draft?.problems ?? []).map(({ code }) => code)].join(' ')).toBe(found);
});
