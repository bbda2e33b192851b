import { describe, expect, test } from 'vitest';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import { claimFiles, formatNames, groupsOf } from '../../src/specs/formats/formats.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { specFormats } from '../../src/model/spec-format.ts';
import { temporaryFolder, writeFiles } from '../support/project.ts';

test('the configuration knows all formats, in their order', () => {
  expect(formatNames()).toEqual([...specFormats]);
});

test.each([
  ['todo', 'work.md', '- [ ] Sort it\n', 'Sort it'],
  ['task-master', 'work.json', '{ "tasks": [{ "id": 1, "title": "Sort it", "status": "pending" }] }', 'Sort it'],
  ['beads', 'work.jsonl', '{"id":"w-1","title":"Sort it","status":"open","issue_type":"task"}\n', 'Sort it'],
  [
    'prd-json',
    'work.json',
    '{ "userStories": [{ "id": "US-1", "title": "Sort it", "acceptanceCriteria": ["Sorted"], "passes": false }] }',
    'Sort it',
  ],
  ['todo-txt', 'work.txt', '(A) Sort it +lists\n', 'Sort it'],
  ['native', 'work.md', '# Sort it\n', 'Sort it'],
])('a person who names %s has %s read as that', async (format, file, text, title) => {
  const [claim] = claimFiles([file], { formats: [format] });
  const sources = [{ file, text }];
  const parsed = claim && parseGroup({ reader: await claim.format.load(), sources });
  expect([claim?.files, parsed?.drafts.map((draft) => draft.title)]).toEqual([[file], [title]]);
});

test('no format is forced on files of other kinds, or where its own layout is found', () => {
  expect(claimFiles(['notes.md', 'TODO.md'], { formats: ['todo'] }).map(({ files }) => files)).toEqual([['TODO.md']]);
  expect(claimFiles(['work.json'], { formats: ['todo', 'task-master'] })).toEqual([]);
  expect(claimFiles(['notes.md'], { formats: ['kiro'] })).toEqual([]);
});

const names = { ignore: [], phases: [], agents: [], recipes: [] };
const shelf = '# Shelf\n\n## Acceptance criteria\n\n- [ ] It stands\n';
const issue = '{"id":"b-1","title":"Shelf","status":"open","acceptance_criteria":"It stands"}\n';
const stories = '{"userStories":[{"id":"s","title":"Shelf","passes":false,"acceptanceCriteria":["It stands"]}]}';
const tasks = '{"tasks":[{"id":1,"title":"Shelf","status":"pending","testStrategy":"It stands"}]}';
const task = `---\nid: task-1\ntitle: Shelf\nstatus: To Do\n---\n\n${shelf}`;
const copies = 'logs and copies of issues';

/** Files that are claimed beside those that are read. Each has what would be work elsewhere. */
const besides: readonly (readonly [
  format: string,
  read: Readonly<Record<string, string>>,
  text: string,
  paths: object,
])[] = [
  [
    'beads',
    { '.beads/issues.jsonl': issue.replace('b-1', 'b-0'), '.beads/mine.jsonl': '', '.beads/new-shelf.jsonl': '' },
    issue,
    {
      ...{ '.beads/interactions.jsonl': copies, '.beads/events.jsonl': copies, '.beads/sync_base.jsonl': copies },
      ...{ '.beads/beads.base.jsonl': copies, '.beads/beads.left.jsonl': copies, '.beads/issues.backup.jsonl': copies },
      ...{ '.beads/issues-backup-20260102.jsonl': copies, '.beads/backup/issues.jsonl': copies },
      ...{ '.beads/issues.jsonl.bak': null, '.beads/beads.db': null, '.beads/README.md': null },
    },
  ],
  [
    'task-master',
    { '.taskmaster/tasks/tasks.json': tasks },
    tasks,
    { '.taskmaster/tasks/task_001.txt': 'generated copies', '.taskmaster/state.json': null },
  ],
  [
    'prd-json',
    { 'plans/prd.json': stories },
    stories,
    { 'plans/prd.json.bak': 'backups', 'archive/prd.json': 'archived plans', 'plans/prompt.md': null },
  ],
  [
    'backlog-md',
    { 'backlog/tasks/task-2 - A.md': task.replace('-1', '-2') },
    task,
    {
      ...{ 'backlog/archive/tasks/task-1 - A.md': 'archived tasks', 'backlog/drafts/task-1 - A.md': 'drafts' },
      ...{ 'backlog/tasks/notes.md': 'files that are not named like tasks', 'backlog/docs/task-1 - A.md': null },
    },
  ],
  [
    'bmad',
    { '_bmad-output/stories/1.2.story.md': '# Story 1.2: Door\n\n## Acceptance Criteria\n\n1. It opens\n' },
    '# Story 1.1: Shelf\n\n## Acceptance Criteria\n\n1. It stands\n',
    { '_bmad-output/epic-1-retro.md': 'retrospectives', '_bmad-output/brief.md': null },
  ],
  [
    'kiro',
    { '.kiro/specs/door/tasks.md': '- [ ] 1. Door\n  - It opens\n' },
    '- [ ] 1. Shelf\n  - It stands\n',
    { '.kiro/specs/archive/shelf/tasks.md': 'archived specs', '.kiro/steering/tasks.md': null },
  ],
  [
    'openspec',
    { 'openspec/changes/door/tasks.md': '## 1. Door\n\n- [ ] 1.1 It opens\n' },
    '## 1. Shelf\n\n- [ ] 1.1 It stands\n',
    {
      'openspec/changes/archive/shelf/tasks.md': 'archived changes',
      'openspec/specs/a/spec.md': 'specs of what is there',
    },
  ],
  [
    'plain',
    { '.claude/epics/door/1.md': shelf.replace('Shelf', 'Door') },
    shelf,
    { '.claude/epics/door/notes.md': 'documents', 'docs/superpowers/specs/a.md': 'documents' },
  ],
  [
    'spec-kit',
    {
      '001-door/spec.md': '# Door\n',
      '001-door/tasks.md': '## Phase 1: Setup\n\n- [ ] T001 It opens\n',
    },
    '## Phase 1: Setup\n\n- [ ] T001 It stands\n',
    { '001-door/checklists/tasks.md': null, '001-door/research.md': null },
  ],
];

describe('what a format claims and does not read is no work, whatever is in it', () => {
  test.each(besides)('%s', async (format, read, text, paths) => {
    const beside = Object.fromEntries(Object.keys(paths).map((file) => [file, text]));
    const sources = Object.entries({ ...read, ...beside }).map(([file, one]) => ({ file, text: one }));
    const groups = (await groupsOf(sources)).map((group) => ({ ...group, ...parseGroup(group) }));
    expect(new Set(groups.map((group) => group.format))).toEqual(new Set([format]));
    expect(groups.flatMap(({ drafts }) => drafts.map(({ file }) => file))).toEqual(
      Object.keys(read).filter((file) => read[file] !== '' && !file.endsWith('spec.md')),
    );
    const told = groups.flatMap(({ notWork = [] }) => notWork.map(({ file, why }) => [file, why] as const));
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(paths).filter(([, why]) => why !== null)),
    );
    const folder = temporaryFolder();
    writeFiles(folder, { ...read, ...Object.fromEntries(Object.keys(beside).map((file) => [file, '\0'])) });
    const whole = await readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
    expect(whole.diagnostics).toEqual([]);
  });
});

test.each(['constructor', '__proto__', 'high'])('a priority "%s" is a number or none', async (priority) => {
  for (const [format, list] of [
    ['task-master', { tasks: [{ id: 1, title: 'A', status: 'pending', priority }] }],
    ['prd-json', { userStories: [{ id: 'U', title: 'A', acceptanceCriteria: ['a'], passes: false, priority }] }],
  ] as const) {
    const [claim] = claimFiles(['work.json'], { formats: [format] });
    const sources = [{ file: 'work.json', text: JSON.stringify(list) }];
    const [draft] = claim ? parseGroup({ reader: await claim.format.load(), sources }).drafts : [];
    expect([format, typeof (draft?.keys.priority ?? 0)]).toEqual([format, 'number']);
  }
});
