import { expect, test } from 'vitest';
import { contentOf, holdIn, stateOf, titleState } from '../../../src/specs/todo/states.ts';

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
])('the title %j has its state', (whole, title, kind) => {
  const found = titleState(whole);
  expect([found.title, found.state?.kind ?? null]).toEqual([title, kind]);
});

test.each([
  [
    'done',
    [
      ...['Erledigt', 'Abgeschlossen', 'Abgeschlossene Aufgaben', 'Bereits umgesetzt', 'Terminé', 'Tâches terminées'],
      ...[
        'Completadas',
        'Tareas completadas',
        'Concluído',
        'Fatto',
        'Klaar',
        'Gotowe',
        'Сделано',
        'Выполненные задачи',
      ],
      ...['完了', '完了したタスク', '完了済み', '已完成', '已完成的任务', '완료된 작업', 'Hotovo', 'Valmis', 'Färdig'],
    ],
  ],
  ['done', ['Done', '✅ Completed (12)', 'Recently completed', 'Resolved issues', 'Archive', '3. Done']],
  ['hold', ['Ideas', 'Someday / maybe', 'Future work', 'Waiting on upstream', 'Icebox', 'Optional', 'Blocked']],
  ['hold', ['Später', 'Zurückgestellt', 'En attente', '保留', 'Blockiert', 'Draft']],
  ['not-work', ['Abgebrochen', 'Annulé', '已取消', 'Obsolete', 'Superseded']],
  ['not-work', ['How to use this file', 'Legend', 'Out of scope', 'Rules', "Won't do", 'Version history']],
  ['notes', ['Notes', 'Context', 'References', 'Executive Summary', 'Architecture']],
  ['criteria', ['Quality Gates', 'Success metrics']],
  [
    'tasks',
    [
      ...[
        'Fertig machen',
        'Klare Fehler',
        'Faits divers',
        '完了ボタン',
        '完成度を上げる',
        '未完了',
        'Erledigt-Knopf',
        'Review',
      ],
      ...['Released notes page', 'Offen', 'En cours', 'Testing', 'Removed users', 'Later stages', 'Ready', 'Готовоcть'],
    ],
  ],
  ['tasks', ['Bugs', 'High priority', 'Done button', 'Future: dark mode', 'Closed captions', 'Ideas page', 'Next up']],
])('a section contains %s', (kind, titles) => {
  expect(titles.map((title) => contentOf(title).kind)).toEqual(titles.map(() => kind));
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
