import { expect, test } from 'vitest';
import { boldState, heldByTitle, holdIn, stateOf, titleState } from '../../../src/specs/format/title-says.ts';

test.each([
  ['done', ['done', 'Done (2026-07-01)', '✅', '✅ Completed', '**Closed**', 'shipped in 0.4', '完了']],
  ['open', ['Accepted', 'ready for dev', 'offen', 'en cours: 60%', 'not done', 'incomplete']],
  ['dropped', ['Skipped', 'removed - see #3', '已取消']],
  [null, ['Removed the old one, tests remain', 'Nextcloud', 'Root cause found', 'Livestream']],
  ['open', ['open', 'TODO', 'In progress', 'not started', '⏳ Pending', '🔲', '🟢 Open']],
  ['hold', ['blocked by #3', 'on hold', 'Deferred', 'proposed', 'in review', 'draft']],
  ['dropped', ["won't fix", 'obsolete', 'Cancelled', 'superseded by F-2']],
  [null, ['', '27 tests', 'donelist', 'opening hours', 'holding', 'Acceptedly', '3 of 4']],
])('a status says %s', (kind, texts) => {
  expect(texts.map((text) => stateOf(text)?.state.kind ?? null)).toEqual(texts.map(() => kind));
});

test.each([
  ['Search ✅', 'Search', 'done'],
  ['Search ✅ COMPLETED', 'Search', 'done'],
  ['Search (done)', 'Search', 'done'],
  ['Search - [Done]', 'Search', 'done'],
  ['[DONE] Search', 'Search', 'done'],
  ['FIXED: search (5154e35)', 'search (5154e35)', 'done'],
  ['Search - SHIPPED 2026-07-16, no leak found', 'Search', 'done'],
  ['Search (deferred)', 'Search', 'hold'],
  ['Search (In Progress)', 'Search', 'open'],
  ['Search (#12)', 'Search (#12)', null],
  ['Closed captions', 'Closed captions', null],
  ['Re-open', 'Re-open', null],
  ['Menu (removed)', 'Menu (removed)', null],
  ['Parser: testing', 'Parser: testing', null],
  ['Suche (erledigt)', 'Suche', 'done'],
  ['Races - PARTIALLY FIXED', 'Races - PARTIALLY FIXED', null],
  ['Blocked: rename the table', 'Blocked: rename the table', 'hold'],
  ['On hold - split it', 'On hold - split it', 'hold'],
  ['Not yet: tune the cache', 'Not yet: tune the cache', 'hold'],
  ['(cancelled) sort the cells', '(cancelled) sort the cells', 'dropped'],
  ['[won’t do] sort', 'sort', 'dropped'],
  ['Sort (won’t do)', 'Sort', 'dropped'],
  ['WONTFIX drop the header', 'WONTFIX drop the header', 'dropped'],
  ['DONE write the exporter', 'write the exporter', 'done'],
  ['Audit ⏸️ DEFERRED', 'Audit', 'hold'],
  ['Done button closes the dialog', 'Done button closes the dialog', null],
  ['Deferred loading of images', 'Deferred loading of images', null],
  ['Review: the plan', 'Review: the plan', null],
  ['Complete: the docs', 'Complete: the docs', null],
  ['New: dark mode', 'New: dark mode', null],
  ['FIXED 2026-06-28', 'FIXED 2026-06-28', null],
  ['Not yet implemented: search', 'Not yet implemented: search', null],
])('the title %j has its state', (whole, title, kind) => {
  const found = titleState(whole);
  expect([found.title, found.state?.kind ?? null]).toEqual([title, kind]);
});

test.each([
  ['is blocked', ['Move (blocked by #3)', 'Blocked on the vendor', 'Test it — blocked here']],
  ['waits for something else', ['Upgrade: waiting for v8', 'Waiting on upstream']],
  ['is deferred', ['Colours — deferred until 2.0', 'Deferred: colours']],
  ['is tracked elsewhere', ['Colours (tracked in #4)']],
  ['must not be begun yet', ['Do not start the move before May', "Don't merge it until Bob says so"]],
  [
    'must not be begun yet',
    [
      ...[
        'Do not upgrade react until v19 is out',
        'Don’t bump node yet',
        'Never tag it before Monday',
        'Hold off on the migration until Q3',
        'Postpone the move to Q3',
        'Do not tag before 2.0',
      ],
      ...['Please do not rewrite the parser for now', 'Must not go out till June'],
      'Do not show the list until it is loaded', // cannot be told from the others
    ],
  ],
  [
    null,
    [
      'Show a spinner while waiting for the server',
      'Blocked users cannot log in',
      'Deferred loading of images',
      "Don't crash",
      ...[
        'Do not crash on empty input',
        "Don't lose the last line",
        'Do not lose input before EOF',
        'Never log a token',
      ],
      ...['Do not send mail unless it is asked for', 'Show nothing until it is loaded', 'Do not bump node'],
    ],
  ],
])('a task %s', (why, texts) => {
  expect(texts.map((text) => holdIn(text))).toEqual(texts.map(() => why));
});

test.each([
  ['**Deferred** search', 'Deferred'],
  ['**Blocked:** search', 'Blocked'],
  ['`WONTFIX` search', 'WONTFIX'],
  ['**Deferred**', null],
  ['**Deferred loading** of images', null],
  ['Deferred search', null],
])('the beginning of %j in bold says %s', (text, words) => {
  expect(boldState(text)?.words ?? null).toBe(words);
});

const done = 'has a title that says that it is done, but is still open';

test.each([
  ['Blocked: rename the table', 'is blocked'],
  ['[DONE] write the exporter', done],
  ['Write the importer (DONE)', done],
  ['Write the mapper — done', done],
  ['(cancelled) sort the cells', 'is cancelled'],
  ['WONTFIX drop the header', 'is cancelled'],
  ['Hold off on the migration until Q3', 'must not be begun yet'],
  ['Not yet: tune the cache', 'must not be begun yet'],
  ['Upgrade the client (blocked by #12)', 'waits for something else'],
  ['On hold: split the module', 'is on hold'],
  ['Do NOT start this before v2 ships', 'must not be begun yet'],
  ['Don’t begin yet', 'must not be begun yet'],
  ['Wait for upstream: fix the leak', 'waits for something else'],
  ['Sort the list (won’t do)', 'is cancelled'],
  // These are work.
  ['Blocked users see a notice', null],
  ['Done button closes the dialog', null],
  ['Deferred loading of images', null],
  ['Do not crash on empty input', null],
  ['Do not start the timer before the page is there', null],
  ['Do not merge cells until they are saved', null],
  ['Wait for the lock', null],
  ['Waiting for approval', null],
  ['Delay the retry until the server answers', null],
  ['Show the status: done', null],
  ['Mark finished rows with ✅', null],
  ['Write tests (optional)', null],
  ['Review: the plan', null],
  ['Polish (in progress)', null],
  ['Show a done mark', null],
])('a unit of any format with the title %j is held: %s', (title, hold) => {
  expect(heldByTitle(title)).toBe(hold);
});
