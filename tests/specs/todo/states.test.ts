import { expect, test } from 'vitest';
import { contentOf } from '../../../src/specs/todo/states.ts';

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
  ['done', ['Done (2025)', 'Completed - v1', 'Done (3/3)', 'Done — see below']],
  ['hold', ['Done (except the tests)', 'Completed - not released', 'Done (3/5)', 'Done?', 'Completed (partially)']],
  ['hold', ['Ideas', 'Someday / maybe', 'Future work', 'Waiting on upstream', 'Icebox', 'Optional', 'Blocked']],
  ['hold', ['Blocked tasks', 'Blocked on the vendor', 'Waiting for review', 'Upstream changes']],
  ['tasks', ['Blocked users', 'Waiting room']],
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
