import { expect, test } from 'vitest';
import { readUnits } from '../../support/read-units.ts';

const unit = (...lines: readonly string[]): string =>
  ['---', ...lines, '---', '', '# A', '', '## Acceptance criteria', '', '- [ ] It works', ''].join('\n');
const archived = (box: string): string => unit('id: old').replace('[ ]', box);

test.each([
  [
    'a draft of Backlog.md',
    'draft-1',
    { 'backlog/drafts/draft-1 - D.md': unit('id: draft-1') },
    'waits for "draft-1", which is a draft',
    [],
  ],
  [
    'an archived task',
    'task-1',
    { 'backlog/archive/tasks/task-1 - D.md': unit('id: task-1') },
    null,
    ['"task-1" is archived, so this unit does not wait for it'],
  ],
  [
    'an archived change',
    'add-login',
    { 'openspec/changes/archive/2026-01-02-add-login/tasks.md': '- [x] a\n' },
    null,
    [],
  ],
  [
    'an archived change of a project',
    'api.add-login',
    { 'api/openspec/changes/archive/2026-01-02-add-login/tasks.md': '- [x] a\n', 'api/openspec/project.md': '# P\n' },
    null,
    [],
  ],
  ['an archived spec that is done', 'old', { 'archive/old.md': archived('[x]') }, null, []],
  [
    'an archived spec that is open',
    'old',
    { 'archive/old.md': archived('[ ]') },
    null,
    ['"old" is archived, so this unit does not wait for it'],
  ],
  ['a backup', 'old', { 'bak/old.md': archived('[x]') }, null, ['there is no unit "old"']],
  [
    'a cancelled task',
    '1',
    { '.taskmaster/tasks/tasks.json': JSON.stringify({ tasks: [{ id: 1, title: 'A', status: 'cancelled' }] }) },
    null,
    ['"1" is cancelled, so this unit does not wait for it'],
  ],
  [
    'something else',
    'draft-2',
    { 'backlog/drafts/draft-1 - D.md': unit('id: draft-1') },
    null,
    ['there is no unit "draft-2"'],
  ],
])('a unit may depend on %s', async (_what, key, files, hold, problems) => {
  const units = await readUnits({ ...files, 'a.md': unit(`depends: ["${key}"]`) });
  const a = units.find((one) => one.file === 'a.md');
  expect([a?.hold, a?.depends, a?.problems.map(({ message }) => message)]).toEqual([hold, [], problems]);
});

test('a unit that is there goes before one of its id that is no work', async () => {
  const units = await readUnits({
    'a.md': unit('depends: [old]'),
    'archive/old.md': archived('[ ]'),
    'b.md': unit('id: old'),
  });
  expect(units.find(({ file }) => file === 'a.md')).toMatchObject({ depends: ['old'], hold: null, problems: [] });
});
