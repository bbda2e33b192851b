import { expect, test } from 'vitest';
import type { Report, ReportUnit } from '../../src/model/report.ts';
import { accountLines } from '../../src/report/account-lines.ts';
import { plainText } from '../../src/report/line.ts';
import { widthOf } from '../../src/util/text/width.ts';

const none: ReportUnit = {
  ...{ id: '', key: '', title: '', kind: 'change', file: 'a.md', phase: null, depends: [], state: 'done', why: null },
  ...{ failure: null, wayOn: null, attempts: 1, repairs: 0, commit: null, costUsd: 0, possibleUsd: 0, agentMs: 0 },
  ...{ files: [], linesAdded: 0, linesRemoved: 0, restored: [], joined: null, overlaps: [], unproven: null },
  ...{ isReviewed: false, checkRuns: 0, answer: null, criteria: [], isRestored: false },
  ...{ gate: null, tries: [], stages: [], landedMs: null, tools: [], diff: null, digest: null },
};
const unit = (key: string, more: Partial<ReportUnit>): ReportUnit => ({ ...none, id: key, key, title: key, ...more });
const criterion = (text: string, verdict: ReportUnit['criteria'][number]['verdict']) => ({
  ...{ text, kind: 'human' as const, verdict, role: null, note: null, evidence: [] },
});
const checkFailed = (...shows: readonly string[]): ReportUnit['failure'] => ({
  ...{ reason: 'check-failed', sentence: '`npm test` failed: exit 1.', command: 'npm test', shows },
});
const report = (units: readonly ReportUnit[], more: Partial<Report> = {}): Report => ({
  ...{ schemaVersion: 1, kind: 'report', units: [...units], followups: [], environment: null, notices: [], next: [] },
  run: {
    ...{ id: 'r', outcome: 'units-failed', exitCode: 1, branch: 'backlog/next', tip: 't', agent: 'a', tier: 'none' },
    caps: null,
    ...{ startedAt: new Date(0).toISOString(), endedAt: new Date(60_000).toISOString() },
  },
  ...{ criticalPath: [], limitedBy: null, history: null, handOff: null, integration: [], account: null },
  totals: {
    spent: { building: 0, repairs: 0, reviews: 0 },
    ...{ costUsd: 1.25, possibleUsd: 0, notionalUsd: 0, durationMs: 90_000, agentMs: 0, sequentialMs: 300_000 },
    ...{ busy: { agentsMs: 0, checksMs: 0 }, peakParallel: 3, averageParallel: 2 },
    waits: { placesMs: 0, coresMs: 0, limitsMs: 0, mergeQueueMs: 0, peopleMs: 0 },
    bets: { made: 0, lost: 0, redoneUsd: 0, agentsMs: 0, checksMs: 0, savedMs: null },
    ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, filesChanged: 9 },
    ...{ linesAdded: 241, linesRemoved: 37, testsAdded: 5 },
  },
  ...more,
});

/** The lines of an account at a width. */
function told(of: Report, look: { columns?: number; isUtf8?: boolean; merge?: string | null } = {}): string {
  const { columns = 110, isUtf8 = true, merge = 'backlog merge' } = look;
  const command = (...words: readonly string[]): string => ['backlog', ...words].join(' ');
  const lines = accountLines(of, { command, merge }, { columns, isUtf8 }).map(plainText);
  // Only a command is never broken: it would not be typed as it is meant.
  const isWrong = (line: string): boolean =>
    line !== line.trimEnd() || (widthOf(line) > columns && !/^ *backlog /.test(line));
  expect(lines.filter(isWrong)).toEqual([]);
  return lines.join('\n');
}

const done = ['a', 'b', 'c'].map((key) => unit(key, { commit: 'c'.repeat(40) }));
const sort = unit('sort', {
  ...{ state: 'failed', wayOn: 'retry', attempts: 3 },
  failure: checkFailed('✖ does not change its input (tests/sort.test.mjs:5)', '  AssertionError:', "  'a' !== 'b'"),
  criteria: [criterion('It sorts', 'unmet'), criterion('It is quick', 'unmet')],
});
const cli = unit('cli', {
  ...{ state: 'awaiting', wayOn: 'review', why: 'everything else passes; one criterion waits for a person' },
  criteria: [criterion('The output reads well — human', 'awaiting'), criterion('x', 'met')],
});
const sync = unit('sync', {
  ...{ state: 'blocked', wayOn: 'unblock', why: 'The agent says that it cannot be done: which API?' },
  failure: { reason: 'blocked', sentence: 'The agent says that it cannot be done: which API?', why: 'which API?' },
});
const waits = (key: string, ...depends: readonly string[]): ReportUnit =>
  unit(key, { state: 'waiting', depends: [...depends], why: `waits for ${depends.join(', ')}`, attempts: 0 });
const typical = report([
  ...done,
  sort,
  cli,
  sync,
  waits('fx', 'sort'),
  waits('settle', 'fx', 'a'),
  waits('post', 'sync'),
]);

test('what did not land is told by its cause, with the failing assertion and the one command to type next', () => {
  expect(told(typical)).toBe(`
✗ 3 of 9 done, 1 failed, 1 blocked, 1 awaiting, 3 waiting
  in 1 min 30 s (one at a time: 5 min 0 s), $1.25, at most 3 in parallel

✗ sort  test failed: does not change its input (tests/sort.test.mjs:5)   backlog show sort
        AssertionError:
        'a' !== 'b'
        and 1 other criterion not met, after 3 attempts
        holds back fx, settle
! sync  needs an answer: which API?                                      backlog unblock sync -m "…"
        holds back post
? cli   needs your approval: "The output reads well"                     backlog review cli
✓ 3 landed on backlog/next, +241 −37 in 9 files, 5 tests added           backlog merge`);
});

test('on a narrow terminal a command has a line of its own, and without UTF-8 the signs are ASCII', () => {
  expect(told(typical, { columns: 60, isUtf8: false })).toBe(`
x 3 of 9 done, 1 failed, 1 blocked, 1 awaiting, 3 waiting
  in 1 min 30 s (one at a time: 5 min 0 s), $1.25, at most 3
  in parallel

x sort  test failed: does not change its input
  (tests/sort.test.mjs:5)
  AssertionError:
  'a' !== 'b'
  and 1 other criterion not met, after 3 attempts
  holds back fx, settle
  backlog show sort
! sync  needs an answer: which API?
  holds back post
  backlog unblock sync -m "~"
? cli  needs your approval: "The output reads well"
  backlog review cli
+ 3 landed on backlog/next, +241 -37 in 9 files, 5 tests
  added
  backlog merge`);
});

/** The lines of what did not land. */
const items = (units: readonly ReportUnit[], more: Partial<Report> = {}): readonly string[] =>
  told(report(units, more), { merge: null }).split('\n').slice(3);

const crash = { reason: 'agent-failed', kind: 'crashed', sentence: 'The agent failed (crashed): It exited with 1' };
const failed = (key: string, more: Partial<ReportUnit> = {}): ReportUnit =>
  unit(key, { state: 'failed', wayOn: 'retry', failure: crash, ...more });
const outcome = (name: string): Partial<Report> => ({ run: { ...typical.run, outcome: name, exitCode: 3 } });
const nothing = '◌ Nothing landed on backlog/next';

test.each<[string, readonly ReportUnit[], Partial<Report>, readonly string[]]>([
  [
    'eleven units with one cause are one item, as are those that wait for them',
    [...Array.from({ length: 11 }, (_, at) => failed(`u${at}`)), waits('later', 'u3', 'u4')],
    {},
    [
      '✗ u0 +10  The agent failed (crashed): It exited with 1   backlog show u0',
      '          u0, u1, u2, u3, u4, u5, u6, u7, u8, u9, u10',
      '          holds back later',
      nothing,
    ],
  ],
  [
    'another cause is another item, and a check without a known test shows its output',
    [
      failed('a'),
      failed('b', { failure: checkFailed('npm ERR! missing script: test') }),
      failed('c', { failure: null, why: 'x' }),
    ],
    {},
    [
      '✗ a  The agent failed (crashed): It exited with 1   backlog show a',
      '✗ b  `npm test` failed                              backlog show b',
      '     npm ERR! missing script: test',
      '✗ c  x                                              backlog show c',
      nothing,
    ],
  ],
  [
    'what failed before the run, and was not retried',
    [failed('a', { attempts: 0 }), failed('b', { attempts: 0, state: 'quarantined' })],
    {},
    ['✗ a +1  failed earlier; not retried, since nothing changed   backlog retry --failed', '        a, b', nothing],
  ],
  [
    'units that did not start since a limit was reached, and one that a person cancelled',
    [
      unit('a', { state: 'ready', attempts: 0 }),
      unit('b', { state: 'ready', attempts: 0 }),
      unit('c', { state: 'cancelled' }),
    ],
    outcome('cap-reached'),
    [
      '◌ a +1  ready: a limit on money or time was reached   backlog run',
      '        a, b',
      '◌ c     cancelled                                     backlog retry c',
      nothing,
    ],
  ],
  [
    'what is done according to the branch alone, and what a person has to look at for another reason',
    [
      unit('a', { state: 'awaiting', wayOn: 'adopt', why: 'ticked on the branch', attempts: 0 }),
      unit('b', { state: 'awaiting', wayOn: 'review', why: 'all passes; you asked to approve' }),
    ],
    {},
    [
      '? b  needs you: all passes; you asked to approve   backlog review b',
      '? a  needs you: ticked on the branch               backlog adopt',
      nothing,
    ],
  ],
  [
    'what cannot run, and what agents proposed',
    [unit('a', { state: 'not-runnable', why: 'it is a draft', attempts: 0 })],
    { followups: [{ id: 'p', title: 'P' }] },
    ['! a  cannot run: it is a draft     backlog check', '? 1 unit proposed by agents        backlog inbox', nothing],
  ],
])('%s', (_name, units, more, lines) => expect(items(units, more)).toEqual(lines));

test('names and texts of others cannot move the cursor, and no line is wider than the terminal', () => {
  const evil = '\u001b[2J\u001b]0;owned\u0007日本\u202e\nnext';
  const hostile = report([
    failed(evil, { failure: checkFailed(`✖ ${evil}`, evil.repeat(20)) }),
    unit(evil.repeat(9), { state: 'blocked', failure: { reason: 'blocked', sentence: evil, why: evil } }),
    unit('c', { state: 'awaiting', criteria: [criterion(evil, 'awaiting')] }),
  ]);
  for (const columns of [40, 80, 110, 200]) {
    const text = told(hostile, { columns });
    expect(text.replaceAll('\n', '')).toMatch(/^\P{Cc}*$/u);
    expect(text).not.toContain('\u202e');
  }
  expect(told(hostile, { columns: 60 })).toMatchSnapshot();
});

test('a check that fails on the base commit is told with its output', () => {
  const environment = { command: 'npm test', excerpt: 'one\ntwo\n' };
  expect(items([unit('a', { state: 'ready', attempts: 0 })], { environment })).toEqual([
    '  Checks run in a fresh checkout of the branch, without installed packages and with a cleared environment;',
    '  name what installs them under "setup" in backlog.config.json ("npm ci --ignore-scripts").',
    '    one',
    '    two',
    '',
    '◌ a  ready                         backlog run',
    nothing,
  ]);
});

test('of a long chain, a circle and a diamond, each unit is held back by what it waits for in the end', () => {
  const chain = Array.from({ length: 10_000 }, (_, at) => waits(`w${at}`, at === 0 ? 'bad' : `w${at - 1}`));
  expect(items([failed('bad'), ...chain]).join('\n')).toContain('  holds back w0, w1, w2, w3, w4 and 9995 more\n');
  const circle = [waits('x', 'y'), waits('y', 'x', 'bad'), waits('top', 'left', 'right'), waits('left', 'bad')];
  const all = [failed('bad'), ...circle, waits('right', 'left', 'other'), failed('other', { why: 'o', failure: null })];
  const told = items(all).join('\n');
  expect(told.match(/holds back .*/g)).toEqual(['holds back x, y, top, left, right', 'holds back top, right']);
});
