import { expect, test } from 'vitest';
import { reader as backlogMd } from '../../../src/specs/backlog-md/backlog-md.ts';
import { reader as bmad } from '../../../src/specs/bmad/bmad.ts';
import type { Reader } from '../../../src/specs/format/format.ts';
import { oncePerText } from '../../../src/specs/text/once-per-text.ts';
import type { Source } from '../../../src/specs/text/source.ts';

test('a file is read once, until its text or its name is another one', () => {
  const asked: string[] = [];
  const read = oncePerText(({ file, text }) => {
    asked.push(`${file} ${text}`);
    return { text };
  });
  const at = (file: string, text: string): { readonly text: string } => read({ file, text });
  const first = at('a', '1');
  expect(at('a', '1')).toBe(first);
  expect([at('b', '1'), at('a', '2'), at('a', '1'), at('b', '1')].map(({ text }) => text)).toEqual([
    '1',
    '2',
    '1',
    '1',
  ]);
  expect(asked).toEqual(['a 1', 'b 1', 'a 2']);
  for (let other = 0; other < 8; other++) at('c', String(other));
  at('a', '1');
  expect(asked.at(-1)).toBe('a 1');
});

const task = (id: number, status: string): string =>
  `---\nid: task-${id}\nstatus: ${status}\n---\n\n## Acceptance Criteria\n\n- [ ] #1 yes\n`;
const story = '# Story 1.2: Login\n\n## Acceptance Criteria\n\n1. yes\n';

test.each<[string, Reader, Source, Source, Source]>([
  [
    'the statuses of Backlog.md',
    backlogMd,
    { file: 'backlog/tasks/task-1 - A.md', text: task(1, 'Zenith') },
    { file: 'backlog/config.yml', text: 'statuses: [New, Zenith]\n' },
    { file: 'backlog/config.yml', text: 'statuses: [New, Zenith, Done]\n' },
  ],
  [
    'the sprint of BMAD',
    bmad,
    { file: 'stories/1-2-login.md', text: story },
    { file: 'stories/sprint-status.yaml', text: 'development_status:\n  1-2-login: done\n' },
    { file: 'stories/sprint-status.yaml', text: 'development_status:\n  1-2-login: ready-for-dev\n' },
  ],
])('%s are those of the text that a unit is read with', (_what, reader, unit, one, other) => {
  const isDone = (shared: Source): boolean[] => reader.parse([unit, shared]).drafts.map((draft) => draft.isDone);
  expect([one, other, one].map(isDone)).toEqual([[true], [false], [true]]);
});
