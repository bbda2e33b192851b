import { expect, test } from 'vitest';
import { noUsage, type Role } from '../../../src/model/agent.ts';
import type { Event } from '../../../src/model/event.ts';
import { attemptId, idFromKey, runId } from '../../../src/model/ids.ts';
import { type Line, plainText } from '../../../src/report/line.ts';
import { type Known, nothingKnown } from '../../../src/report/live/known.ts';
import { type Chosen, type LiveLook, liveLines, nothingChosen } from '../../../src/report/live/view.ts';
import { reduce } from '../../../src/report/reduce.ts';
import { emptyRunState, type RunState } from '../../../src/report/run-state.ts';
import { widthOf } from '../../../src/util/text/width.ts';

const run = runId(new Date(0), 'abcd');
const id = idFromKey;
const began = (open: number): Event => ({
  ...{ type: 'run-started', run, branch: 'backlog/next', tip: 't', agent: 'claude', tier: 'strict', units: open, open },
  maxAgents: 6,
});
const to = (key: string, state: 'working' | 'judging' | 'done' | 'failed' | 'awaiting' | 'ready', as = key): Event => ({
  ...{ type: 'unit-changed', unit: id(key), key: as, title: `Do ${as}`, from: null, to: state, why: null },
});
const session = (key: string, role: Role, round: number) => ({
  ...{
    unit: id(key),
    attempt: attemptId(id(key), 2),
    role,
    name: `${key}.2-${role}`,
    agent: 'claude',
    model: 'opus',
    round,
  },
});
const claimed = (key: string, as = key): readonly Event[] => [
  {
    type: 'claimed',
    unit: id(key),
    key: as,
    title: `Do ${as}`,
    attempt: attemptId(id(key), 2),
    fence: 2,
    role: 'builder',
  },
  to(key, 'working', as),
];
const works = (
  key: string,
  tool: string,
  summary: string,
  { role = 'builder' as Role, round = 0 } = {},
): readonly Event[] => [
  { type: 'agent-started', ...session(key, role, round) },
  { type: 'agent-tool', ...session(key, role, round), tool, summary, isError: false },
];
const stops = (key: string): Event => ({
  ...{ type: 'agent-ended', ...session(key, 'builder', 0), outcome: 'finished' },
  usage: { ...noUsage, costMicroUsd: 120_000 },
});
const candidate = (key: string): Event => ({
  ...{ type: 'candidate', unit: id(key), attempt: attemptId(id(key), 2), tree: 't', tip: 't', restored: [] },
});
const checked = (key: string, command: string): Event => ({
  ...{
    type: 'check-ran',
    unit: id(key),
    attempt: attemptId(id(key), 2),
    also: [],
    number: 1,
    command,
    on: 'candidate',
  },
  ...{ isStopped: false, tookMs: 1, spent: { waitedMs: 0, openedMs: 0, ranMs: 1 } },
});
const queue = (key: string, step: 'waits' | 'holds'): Event => ({
  ...{ type: 'merge-queue', unit: id(key), attempt: attemptId(id(key), 2), step },
});
const wave = (number: number, ...keys: readonly string[]): Event => ({
  ...{ type: 'wave-started', number, units: keys.map(id) },
});

/** The state after events that come ten seconds apart. */
const after = (...events: readonly Event[]): RunState =>
  events.reduce((state, event, at) => reduce(state, { id: at + 1, at: at * 10_000, run, event }), emptyRunState());

const typical = after(
  ...[began(24), wave(7, 'payments', 'currency')],
  ...['money', 'errors', 'clock'].map((key) => to(key, 'done')),
  ...[to('fx', 'failed'), to('webhooks', 'awaiting')],
  ...[...claimed('payments'), ...works('payments', 'edit', 'src/payments.mjs')],
  ...[...claimed('currency'), ...works('currency', 'run', 'node --test tests/currency.test.mjs', { round: 2 })],
  ...[...claimed('idempotency'), ...works('idempotency', 'read', 'a.md'), stops('idempotency')],
  ...[to('idempotency', 'judging'), candidate('idempotency'), checked('idempotency', 'npm run types')],
  ...[checked('idempotency', 'node --test tests/idempotency.test.mjs')],
  ...[...claimed('email'), to('email', 'judging'), queue('email', 'holds')],
  ...[...claimed('pdf'), to('pdf', 'judging'), queue('pdf', 'waits')],
);
const unit = (
  key: string,
  state: 'ready' | 'waiting' | 'working',
  { depends = [] as readonly string[], usualMs = null as number | null } = {},
): Known['units'][number] => ({ ...{ id: id(key), key, state, phase: 'features', usualMs }, depends: depends.map(id) });
const known: Known = {
  units: [
    unit('payments', 'working', { usualMs: 390_000 }),
    unit('currency', 'working', { usualMs: 60_000 }),
    unit('list', 'ready'),
    unit('reminders', 'waiting', { depends: ['payments'] }),
    unit('refunds', 'waiting', { depends: ['payments', 'money'] }),
    unit('settle', 'waiting', { depends: ['currency'] }),
  ],
  left: { fromMs: 600_000, toMs: 830_000 },
  sessions: [
    { name: 'payments.2-builder', contextTokens: 82_000, contextWindow: 200_000, costMicroUsd: 170_000 },
    { name: 'currency.2-builder', contextTokens: 9000, contextWindow: null, costMicroUsd: null },
  ],
  ...{ tokens: 1, tokensPerMinute: 38_200, spentMicroUsd: 5_620_000, capMicroUsd: 12_000_000, maxAgents: 6 },
};

const keys = 'enter expand  f follow  m message  p pause  d drain  q quit  ? keys';
const usual: LiveLook = { columns: 80, rows: 24, isUtf8: true, now: 330_000, keys };

/** The view as text. It always fits. */
function seen(state: RunState, of: Known, look: Partial<LiveLook> = {}, chosen: Partial<Chosen> = {}): string {
  const all = { ...usual, ...look };
  const lines: readonly Line[] = liveLines(state, of, { ...nothingChosen, ...chosen }, all);
  const texts = lines.map(plainText);
  expect(texts.length).toBeLessThan(all.rows);
  expect(texts.filter((text) => widthOf(text) >= all.columns || /\p{Cc}/u.test(text))).toEqual([]);
  return `\n${texts.join('\n')}\n`;
}

test('a run at 80 columns: how far it is, a line for each running unit, what comes next, and the keys', () => {
  expect(seen(typical, known)).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next  phase features, wave 7      5:30  10 to 14 min left
     ━━━━━━✗✗!!╍╍╍╍╍╍╍╍╍╍┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄                3 of 24 landed
     ✓ 3  ● 5 running  ◌ 14 waiting  ✗ 1  ! 1                       $5.62 of $12.00

       UNIT         TRY  STAGE     NOW                     TIME  USUAL  CTX   COST
     ● payments     2    building  edit src/payments.mjs   4:20  ~6:30  41%  $0.17
     ↻ currency     2    repair 2  run node --test test…  ▲3:40  ~1:00   9k
     ◇ idempotency  2    checks    2 checks done: node …   3:00              $0.12
     ◇ email        2    landing                           1:30
     ◇ pdf          2    to land   place 1 of 1 in the …   0:50

     NEXT    reminders, refunds after payments; 1 more
     LIMIT   1 unit ready, kept apart from what runs
     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
});

test('a run at 160 columns has its fleet, too', () => {
  expect(seen(typical, known, { columns: 160, rows: 50 })).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next  phase features, wave 7                                                                                      5:30  10 to 14 min left
     ━━━━━━━━━━━━━━━✗✗✗✗✗!!!!!╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄                        3 of 24 landed
     ✓ 3 landed   ● 5 running   ◌ 14 waiting   ✗ 1 failed   ! 1 need you                                                                            $5.62 of $12.00

       UNIT         TRY  STAGE     NOW                                                                                                     TIME  USUAL  CTX   COST
     ● payments     2    building  edit src/payments.mjs                                                                                   4:20  ~6:30  41%  $0.17
     ↻ currency     2    repair 2  run node --test tests/currency.test.mjs                                                                ▲3:40  ~1:00   9k
     ◇ idempotency  2    checks    2 checks done: node --test tests/idempotency.test.mjs                                                   3:00              $0.12
     ◇ email        2    landing                                                                                                           1:30
     ◇ pdf          2    to land   place 1 of 1 in the merge queue                                                                         0:50

     NEXT    reminders, refunds after payments; settle after currency
     LIMIT   1 unit ready, kept apart from what runs
     FLEET   2 agents of 6   38k tokens/min   2 in the merge queue
     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
});

test('without history, prices and a cap nothing is made up, and empty columns are left out', () => {
  expect(seen(typical, nothingKnown, { keys: '' })).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next  wave 7                                         5:30
     ━━━━━━✗✗!!╍╍╍╍╍╍╍╍╍╍┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄                3 of 24 landed
     ✓ 3  ● 5 running  ◌ 14 waiting  ✗ 1  ! 1                                 $0.12

       UNIT         TRY  STAGE     NOW                                 TIME   COST
     ● payments     2    building  edit src/payments.mjs               4:20
     ↻ currency     2    repair 2  run node --test tests/currency.te…  3:40
     ◇ idempotency  2    checks    2 checks done: node --test tests/…  3:00  $0.12
     ◇ email        2    landing                                       1:30
     ◇ pdf          2    to land   place 1 of 1 in the merge queue     0:50
    "
  `);
});

test('before anything runs, and after the end', () => {
  expect(seen(after(began(3)), nothingKnown)).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next                                                 5:30
     ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄                                               0 of 3 landed
     ✓ 0  ● 0 running  ◌ 3 waiting  ✗ 0  ! 0

     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
  const end: Event = { type: 'run-ended', run, outcome: 'done', exitCode: 0, costMicroUsd: 0 };
  expect(seen(after(began(1), ...claimed('a'), to('a', 'done'), end), known, { rows: 8 })).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next                                                 0:40
     ━━━━━━                                                           1 of 1 landed
     ✓ 1  ● 0 running  ◌ 0 waiting  ✗ 0  ! 0                        $5.62 of $12.00

     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
});

test('a chosen unit is marked without colour, and tells of its agents, its failure and its conflicts', () => {
  const failed: Event = {
    ...{ type: 'not-done', unit: id('currency'), attempt: attemptId(id('currency'), 1), next: 'new-attempt' },
    failure: { reason: 'empty-change' },
  };
  const overlap: Event = {
    ...{ type: 'overlap', unit: id('currency'), attempt: attemptId(id('currency'), 2), with: id('payments') },
    ...{ files: ['src/money.mjs'], told: 'now' },
  };
  const state = [failed, overlap].reduce(
    (before, event) => reduce(before, { id: before.lastId + 1, at: before.at, run, event }),
    typical,
  );
  expect(seen(state, known, {}, { unit: id('currency'), isExpanded: true, says: 'currency will be paused' }))
    .toMatchInlineSnapshot(`
    "
     backlog run  backlog/next  phase features, wave 7      5:30  10 to 14 min left
     ━━━━━━✗✗!!╍╍╍╍╍╍╍╍╍╍┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄                3 of 24 landed
     ✓ 3  ● 5 running  ◌ 14 waiting  ✗ 1  ! 1                       $5.62 of $12.00

       UNIT         TRY  STAGE     NOW                     TIME  USUAL  CTX   COST
     ● payments     2    building  edit src/payments.mjs   4:20  ~6:30  41%  $0.17
    >↻ currency     2    repair 2  run node --test test…  ▲3:40  ~1:00   9k
         Do currency
         currency.2-builder: claude opus: run node --test tests/currency.test.mjs
         before: The agent changed nothing.
         conflicts so far with payments in src/money.mjs
     ◇ idempotency  2    checks    2 checks done: node …   3:00              $0.12
     ◇ email        2    landing                           1:30
     ◇ pdf          2    to land   place 1 of 1 in the …   0:50

     NEXT    reminders, refunds after payments; 1 more
     LIMIT   1 unit ready, kept apart from what runs
     currency will be paused
    "
  `);
});

const fifty = after(
  began(60),
  ...Array.from({ length: 50 }, (_, at) => [...claimed(`u${at}`), ...works(`u${at}`, 'edit', 'a.txt')]).flat(),
);

test('of fifty running units those that have a place are shown, with the chosen one, and the others are counted', () => {
  expect(seen(fifty, nothingKnown)).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next                                                 5:30
     ╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍┄┄┄┄┄┄┄┄┄┄    0 of 60 landed
     ✓ 0  ● 50 running  ◌ 10 waiting  ✗ 0  ! 0

       UNIT  TRY  STAGE     NOW                                               TIME
     ● u0    2    building  edit a.txt                                        5:20
     ● u1    2    building  edit a.txt                                        4:40
     ● u2    2    building  edit a.txt                                        4:00
     ● u3    2    building  edit a.txt                                        3:20
     ● u4    2    building  edit a.txt                                        2:40
     ● u5    2    building  edit a.txt                                        2:00
     ● u6    2    building  edit a.txt                                        1:20
     ● u7    2    building  edit a.txt                                        0:40
     ● u8    2    building  edit a.txt                                        0:00
     ● u9    2    building  edit a.txt                                        0:00
     ● u10   2    building  edit a.txt                                        0:00
     ● u11   2    building  edit a.txt                                        0:00
     ● u12   2    building  edit a.txt                                        0:00
     ● u13   2    building  edit a.txt                                        0:00
     ● u14   2    building  edit a.txt                                        0:00
       + 35 more running: 35 building
     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
  expect(seen(fifty, nothingKnown, { rows: 12 }, { unit: id('u41') })).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next                                                 5:30
     ╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍┄┄┄┄┄┄┄┄┄┄    0 of 60 landed
     ✓ 0  ● 50 running  ◌ 10 waiting  ✗ 0  ! 0
       UNIT  TRY  STAGE     NOW                                               TIME
     ● u37   2    building  edit a.txt                                        0:00
     ● u38   2    building  edit a.txt                                        0:00
     ● u39   2    building  edit a.txt                                        0:00
     ● u40   2    building  edit a.txt                                        0:00
    >● u41   2    building  edit a.txt                                        0:00
       + 45 more running: 45 building
     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
});

test('no height and no width is too small, and what is typed is never cut off below', () => {
  for (const columns of [1, 10, 20, 40, 79, 100, 300])
    for (const rows of [2, 3, 4, 5, 6, 7, 8, 10, 24, 80])
      for (const state of [typical, fifty]) {
        seen(state, known, { columns, rows });
        const typing = seen(state, known, { columns, rows }, { says: 'to a: x_' });
        if (columns >= 20) expect(typing).toContain('to a: x_');
      }
});

test('what others wrote cannot move the cursor, whatever the width of its letters; without UTF-8 all is ASCII', () => {
  const evil = '\u001b[2J\u001b]0;owned\u0007日本語\u202e👩‍👩‍👧\nnext\ttab';
  const state = after(
    ...[began(2), ...claimed('a', evil), ...works('a', evil, evil.repeat(9)), ...claimed('b', evil.repeat(4))],
  );
  const hostile = {
    ...known,
    units: [{ ...unit('a', 'working'), key: evil, phase: evil }, unit('c', 'waiting', { depends: ['a'] })],
  };
  expect(seen(state, hostile)).toMatchInlineSnapshot(`
    "
     backlog run  backlog/next  phase 日本語<U+202E>👩‍👩‍👧 next tab
     ╍╍╍╍╍╍╍╍╍╍╍╍                                                     0 of 2 landed
     ✓ 0  ● 2 running  ◌ 0 waiting  ✗ 0  ! 0                        $5.62 of $12.00

       UNIT                  TRY  STAGE     NOW                               TIME
     ● 日本語<U+202E>👩‍👩‍👧 ne…  2    building  日本語<U+202E>👩‍👩‍👧 next tab 日本…   5:20
     ● 日本語<U+202E>👩‍👩‍👧 ne…  2    starting                                    4:40

     NEXT    c after 日本語<U+202E>👩‍👩‍👧 next tab
     LIMIT   dependencies: 1 wait for 日本語<U+202E>👩‍👩‍👧 next tab
     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
  expect(seen(state, hostile, { isUtf8: false, columns: 70 }, { unit: id('a'), isExpanded: true }))
    .toMatchInlineSnapshot(`
    "
     backlog run  backlog/next  phase ??????<U+202E>?? next tab
     ============                                           0 of 2 landed
     + 0  * 2 running  . 0 waiting  x 0  ! 0              $5.62 of $12.00

       UNIT               TRY  STAGE     NOW                        TIME
    >* ??????<U+202E>??~  2    building  ??????<U+202E>?? next ta~  5:20
         Do ??????<U+202E>?? next tab
         a.2-builder: claude opus: ??????<U+202E>?? next tab ??????<U+20~
     * ??????<U+202E>??~  2    starting                             4:40

     NEXT    c after ??????<U+202E>?? next tab
     LIMIT   dependencies: 1 wait for ??????<U+202E>?? next tab
     enter expand  f follow  m message  p pause  d drain  q quit  ? keys
    "
  `);
  expect(seen(state, hostile, { isUtf8: false })).toMatch(/^[\n -~]*$/);
});

test.each<[string, readonly Event[], Known, string]>([
  [
    'a cap',
    [began(9), ...claimed('a'), { type: 'cap-reached', detail: 'The budget of the run is spent' }],
    known,
    'nothing new starts: The budget of the run is spent',
  ],
  [
    'a full fleet',
    [began(9), ...['a', 'b'].flatMap((key) => claimed(key))],
    { ...known, maxAgents: 2 },
    'agents: 2 of 2 at work, 1 unit ready',
  ],
  ['units that are kept apart', [began(9), ...claimed('a')], known, '1 unit ready, kept apart from what runs'],
  [
    'dependencies',
    [began(9), ...claimed('payments')],
    { ...known, units: known.units.filter(({ state }) => state !== 'ready') },
    'dependencies: 2 wait for payments',
  ],
  [
    'the merge queue',
    [began(9), ...['a', 'b', 'c'].flatMap((key) => [...claimed(key), to(key, 'judging'), queue(key, 'waits')])],
    known,
    'the merge queue: 3 units to land',
  ],
  ['checks', [began(9), ...claimed('a'), to('a', 'judging')], nothingKnown, 'checks and reviews'],
])('what holds a run up is told: %s', (_what, events, of, text) => {
  expect(seen(after(...events), of)).toContain(`\n LIMIT   ${text}\n`);
});
