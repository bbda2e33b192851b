import { expect, test } from 'vitest';
import { TestProject } from '../support/project.ts';

/* The bundle has the reader of each format with its packages, which is not what other tests run. */

const files: Readonly<Record<string, string>> = {
  'specs/001-shelf/tasks.md': '## Phase 1: Setup\n\n- [ ] T001 Make it\n',
  'specs/001-shelf/spec.md': '# Shelf\n',
  'specs/.taskmaster/tasks/tasks.json': '{"master":{"tasks":[{"id":1,"title":"Task","testStrategy":"It is there"}]}}',
  'specs/.beads/issues.jsonl': '{"id":"bd-1","title":"Issue","acceptance_criteria":"It is there","status":"open"}\n',
  'specs/prd.json':
    '{"userStories":[{"id":"US-1","title":"Story","acceptanceCriteria":["It is there"],"passes":false}]}',
  'specs/shelf.feature': 'Feature: Shelf\n\n  Scenario: Lend\n    When a book is lent\n    Then it is gone\n',
  'specs/followups.md': '- [ ] Followup\n  - [ ] It is there\n',
  'specs/native.md': '# Native\n\n## Acceptance criteria\n\n- [ ] It is there\n',
};

test('the built program reads files of every kind', async () => {
  const { stdout, stderr } = await TestProject.make(files).backlog('list', '--json');
  expect(stderr).toBe('');
  const { units } = JSON.parse(stdout) as {
    readonly units: readonly { readonly key: string; readonly state: string }[];
  };
  expect(units.map(({ key, state }) => `${key} ${state}`).toSorted()).toEqual([
    ...['001-shelf.phase-1 ready', '1 ready', 'US-1 ready', 'bd-1 ready', 'followups.followup ready'],
    ...['native ready', 'shelf.lend ready'],
  ]);
});

test('what is no work is told in a line where specs are read', async () => {
  const project = TestProject.make({
    'specs/backlog/config.yml': 'statuses: []\n',
    'specs/backlog/tasks/task-1 - A.md': '---\nid: task-1\nstatus: Done\n---\n',
    'specs/backlog/drafts/draft-1 - B.md': '---\nid: draft-1\n---\n',
    'specs/backlog/drafts/draft-2 - C.md': '---\nid: draft-2\n---\n',
  });
  const line = 'not work: 2 drafts\n';
  expect(await project.backlog('run')).toMatchObject({
    stdout: `Nothing to do: everything in this folder is done.\n${line}`,
  });
  expect((await project.backlog('plan')).stdout).toBe(`Nothing would start.\n${line}`);
  project.write({ 'specs/backlog/tasks/task-1 - A.md': '---\nid: task-1\nstatus: Closed\n---\n' });
  expect(await project.backlog('list')).toMatchObject({ stderr: line });
  expect(JSON.parse((await project.backlog('plan', '--json')).stdout)).toMatchObject({
    notWork: [{ why: 'drafts', count: 2 }],
  });
});

test('a backlog in which nothing is left to do ends each command well', async () => {
  const project = TestProject.make({
    'openspec/project.md': '# P\n',
    'openspec/changes/archive/2026-01-02-lend/tasks.md': '## 1. All\n\n- [x] 1.1 Lend it\n',
  });
  expect(await project.backlog('run', '--yes')).toMatchObject({
    code: 0,
    stdout: 'Nothing to do: everything in this folder is done.\nnot work: 1 archived change\n',
  });
  for (const args of [['check'], ['plan'], ['list'], ['status'], ['status', '--drift']])
    expect([args, (await project.backlog(...args)).code]).toEqual([args, 0]);
});
