import { expect, test } from 'vitest';
import { reader as plain } from '../../../src/specs/plain/plain.ts';
import { reader as native } from '../../../src/specs/native/native.ts';
import { stateNamed } from '../../../src/specs/format/statuses.ts';

test.each([
  ...['', ' ', 'To Do', 'todo', 'TO-DO', 'Open', 'ready-for-dev', 'InProgress', '🚧 In Progress', 'in_progress'],
  ...[
    'In Progress (60%)',
    'Approved',
    'Not started - see #3',
    'Backlog',
    'Reopened',
    'Incomplete',
    'In Arbeit',
    '进行中',
  ],
])('%j is open', (status) => {
  expect(stateNamed(status)).toBe('open');
});

test.each([
  'Done',
  '✅ done',
  'Complete (3/3)',
  'Merged',
  'Erledigt',
  'Closed: 2025-01-02',
  'Done. See the notes',
  'Terminée',
  '完了済み',
  'Завершено',
])('%j is done', (status) => {
  expect(stateNamed(status)).toBe('done');
});

const holds: readonly (readonly [status: string, hold: string])[] = [
  ['In Review', 'is in review'],
  ['Blocked by #3', 'has the status "Blocked by #3"'],
  ['blocked - by #3', 'is blocked'],
  ['Draft', 'is a draft'],
  ["Won't Do", 'is cancelled'],
  ['Merged into 12.16', 'is cancelled'],
  ...[
    'Live',
    'Verified',
    'Ready for Merge',
    'Waiting for upstream',
    'Needs Info',
    'Donegal',
    'Fertigen',
    '[a | b]',
  ].map((status) => [status, `has the status ${JSON.stringify(status)}`] as const),
  ['a\n b', 'has the status "a b"'],
  ['x'.repeat(90), `has the status "${'x'.repeat(60)}…"`],
];

test.each(holds)('%j holds: it %s', (status, hold) => {
  expect(stateNamed(status)).toEqual({ hold });
});

test.each([
  ['native', native, 'specs/a.md'],
  ['plain', plain, '.claude/epics/shop/1.md'],
] as const)(
  'a %s unit with an unknown status is not worked on, even if its boxes are ticked',
  (_name, reader, file) => {
    const text = '---\nname: A\nstatus: Live\n---\n\n# A\n\n## Acceptance criteria\n\n- [x] It is there\n';
    const [draft] = reader.parse([{ file, text }]).drafts;
    expect([draft?.isDone, draft?.hold]).toEqual([false, 'has the status "Live"']);
  },
);
