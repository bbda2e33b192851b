import { describe, expect, test } from 'vitest';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

type Files = Readonly<Record<string, string>>;

async function read(
  files: Files,
  isRepository = true,
): Promise<{ readonly open: string[]; readonly errors: string[] }> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const names = { ignore: [], phases: [], agents: [], recipes: [] };
  const listTargetFiles = (): Promise<string[]> => Promise.resolve([]);
  const { units, diagnostics } = await readSpecs({ folder, isRepository, ...names, listTargetFiles });
  return {
    open: units.filter(({ isTicked }) => !isTicked).map(({ key }) => key),
    errors: [...diagnostics, ...units.flatMap(({ problems }) => problems)].map(({ code }) => code),
  };
}

const config = 'statuses: ["To Do", "Done"]\n';
const task = '---\nid: task-1\ntitle: Shelf\nstatus: Done\n---\n\n## Acceptance Criteria\n\n- [x] #1 It stands\n';
const done = '## 1. Shelf\n\n- [x] 1.1 It stands\n';
const story = '# Story 1.1: Shelf\n\nStatus: Done\n\n## Acceptance Criteria\n\n1. It stands\n';
const spec = '# Shelf\n\n## Acceptance criteria\n\n- [x] It stands\n';

describe('a backlog in which nothing is left is none of an error', () => {
  test.each<[format: string, how: string, files: Files]>([
    ['spec-kit', 'done', { '001-a/spec.md': '# A\n', '001-a/tasks.md': '## Phase 1: Setup\n\n- [x] T001 It stands\n' }],
    ['openspec', 'done', { 'openspec/changes/a/proposal.md': '# A\n', 'openspec/changes/a/tasks.md': done }],
    [
      'openspec',
      'archived',
      { 'openspec/project.md': '# P\n', 'openspec/changes/archive/2026-01-02-a/tasks.md': done },
    ],
    ['openspec', 'archived, and its archive removed', { 'openspec/specs/a/spec.md': '# A\n' }],
    ['kiro', 'done', { '.kiro/specs/a/tasks.md': '- [x] 1. Shelf\n  - It stands\n' }],
    ['kiro', 'archived', { '.kiro/specs/archive/a/tasks.md': '- [ ] 1. Shelf\n  - It stands\n' }],
    ['backlog-md', 'done', { 'backlog/config.yml': config, 'backlog/tasks/task-1 - A.md': task }],
    ['backlog-md', 'completed', { 'backlog/config.yml': config, 'backlog/completed/task-1 - A.md': task }],
    ['backlog-md', 'archived', { 'backlog/config.yml': config, 'backlog/archive/tasks/task-1 - A.md': task }],
    ['task-master', 'done', { '.taskmaster/tasks/tasks.json': '{"tasks":[{"id":1,"title":"A","status":"done"}]}' }],
    ['task-master', 'empty', { '.taskmaster/tasks/tasks.json': '{"master":{"tasks":[],"metadata":{"created":"x"}}}' }],
    ['beads', 'done', { '.beads/issues.jsonl': '{"id":"b-1","title":"A","status":"closed"}\n' }],
    ['beads', 'deleted', { '.beads/issues.jsonl': '{"id":"b-1","title":"A","status":"tombstone"}\n' }],
    ['beads', 'empty', { '.beads/issues.jsonl': '\n' }],
    ['bmad', 'done', { '_bmad-output/stories/1.1.story.md': story }],
    ['prd-json', 'done', { 'prd.json': '{"userStories":[{"id":"a","title":"A","passes":true}]}' }],
    ['prd-json', 'empty', { 'prd.json': '{"project":"P","userStories":[ ]}' }],
    ['prd-json', 'archived', { 'archive/2026-01-02-a/prd.json': '{"userStories":[{"id":"a","title":"A"}]}' }],
    ['plain', 'done', { '.claude/epics/a/1.md': `---\nstatus: closed\n---\n${spec}` }],
    ['plain', 'documents', { '.claude/epics/a/notes.md': spec }],
    ['gherkin', 'empty', { 'a.feature': 'Feature: A\n' }],
    ['followups', 'done', { 'followups.md': '- [x] A\n  - [x] It stands\n' }],
    ['followups', 'empty', { 'followups.md': '# Followups\n' }],
    ['todo', 'done', { 'TODO.md': '- [x] A\n' }],
    ['todo', 'empty', { 'TODO.md': '' }],
    ['todo', 'empty, with headings', { 'TODO.md': '# To do\n\n## Done\n' }],
    ['todo-txt', 'done', { 'todo.txt': 'x A id:a\n' }],
    ['todo-txt', 'empty', { 'todo.txt': '\n' }],
    ['native', 'done', { 'specs/a.md': spec }],
    ['native', 'archived', { 'specs/archive/a.md': spec.replace('[x]', '[ ]') }],
  ])('%s: %s', async (_format, _how, files) => {
    expect(await read(files)).toEqual({ open: [], errors: [] });
  });
});

test.each<[what: string, files: Files]>([
  ['nothing', { 'README.md': '# P\n', 'src/a.ts': 'a' }],
  ['pages', { 'docs/a.md': spec }],
  ['settings of a tool', { '.kiro/steering/product.md': spec, '.taskmaster/config.json': '{}' }],
  ['a list of another shape', { 'prd.json': '{"work":[{"name":"Shelf"}]}' }],
])('%s: no backlog, which is an error', async (_what, files) => {
  expect((await read(files)).errors).toEqual(['no-specs']);
});

test('a file of a tool in which nothing is read is told, whatever else there is', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'prd.json': '{"work":[{"name":"Shelf"}]}', 'followups.md': '- [ ] A\n  - [ ] It stands\n' });
  const names = { ignore: [], phases: [], agents: [], recipes: [] };
  const { units, notWork } = await readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
  expect([units.map(({ key }) => key), notWork]).toEqual([
    ['followups.a'],
    [{ file: 'prd.json', line: 1, why: 'files in which nothing is read' }],
  ]);
});
