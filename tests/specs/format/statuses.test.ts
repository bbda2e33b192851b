import { expect, test } from 'vitest';
import { reader as plain } from '../../../src/specs/plain/plain.ts';
import { reader as native } from '../../../src/specs/native/native.ts';
import { leadingState, stateNamed } from '../../../src/specs/format/statuses.ts';

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
  'Done (2025-01-02)',
  'Done: 2025/01/02',
  'Done, no regressions',
  'Done (5/5, coverage 95%)',
  'Completed: 12 of 12',
  'Complete: 100%',
  'Fixed (not a bug)',
  'Closed - not reproducible',
  'Closed (not needed any more)',
  'Done, nothing remaining',
  'DONE: >90% improvement',
  'Done: 95% coverage',
  'Done — without regressions',
  'Done - see the remaining work in #4',
  'Done. Only docs are left for #5',
  'Done; docs are pending in #5',
  'Done (the button that is only shown to admins)',
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

const limited = [
  ...['Done, except the tests', 'Done (except for admins)', 'Done - but not tested', 'Done: no', 'Done (false)'],
  ...['Complete: 50%', 'Completed: 3 of 5', 'Complete (3/5)', 'Done (partially)', 'Done, partly', 'Done (in part)'],
  ...['Done (not deployed)', 'Done, not yet released', 'Implemented (untested)', 'Done (only the API)'],
  ...['Done (for web only)', 'Done, tests missing', 'Done: docs remain', 'Done (pending review)', 'Done, needs docs'],
  ...[
    'Done (needs review)',
    'Implemented, waiting for release',
    'Done (WIP)',
    'Done - still flaky',
    'Done (without tests)',
  ],
  ...[
    'Fixed, to be verified',
    'Done (mostly)',
    'Completed (draft)',
    'Done (?)',
    'Closed: in review',
    'Done (TODO: docs)',
    'Done?',
    'Done (2025-01-02), except the tests',
    'Done (v2) - partially',
  ],
];

test.each(limited)('%j is not done: nobody can tell what is left', (status) => {
  expect(stateNamed(status)).toEqual({ hold: `has the status ${JSON.stringify(status)}` });
});

test.each([
  ...limited,
  'Done for web only',
  'Done = 3/5',
  'Done? Not sure',
  'Implemented but not tested',
  'Complete 50%',
])('where words follow a status freely, %j is not done either', (status) => {
  for (const isTitle of [true, false])
    expect(leadingState(status, isTitle)?.state).toEqual({ hold: `has the status ${JSON.stringify(status)}` });
});

test.each([
  'Done for all three',
  'Done in #4, see there',
  'Shipped 2026-07-12 in 0.4',
  'Done by ada',
  'Done. Not tagged yet.',
])('where words follow a status freely, %j is done', (status) => {
  for (const isTitle of [true, false]) expect(leadingState(status, isTitle)?.state).toBe('done');
});

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
