import { expect, test } from 'vitest';
import type { SpecFolder } from '../../../src/specs/units/read.ts';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

type Files = Readonly<Record<string, string>>;

async function read(files: Files): Promise<SpecFolder> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const names = { ignore: [], phases: [], agents: [], recipes: [] };
  return readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
}

const asked = '## Acceptance criteria\n\n- [ ] a\n';
const boxes = 'boxes outside of tasks and criteria';

test.each<[what: string, files: Files, notWork: string[]]>([
  [
    'native',
    { 'a.md': `# A\n\n- [x] b\n- [ ] c\n\n${asked}\n## Notes\n\n> - [ ] d\n` },
    [`a.md:4 ${boxes}`, `a.md:12 ${boxes}`],
  ],
  [
    'spec-kit',
    {
      '001-a/spec.md': '# A\n',
      '001-a/tasks.md': '## Phase 1: A\n\n- [ ] T001 a\n\n## Validation Checklist\n\n- [ ] b\n',
    },
    [`001-a/tasks.md:7 ${boxes}`],
  ],
  [
    'backlog-md',
    {
      'backlog/config.yml': 'a: 1\n',
      'backlog/tasks/task-1 - A.md': `---\nid: task-1\ntitle: A\n---\n\n${asked}\n## Implementation Plan\n\n- [ ] b\n`,
    },
    [`backlog/tasks/task-1 - A.md:12 ${boxes}`],
  ],
  ['a unit that is done', { 'a.md': `# A\n\n- [ ] b\n\n${asked.replace('[ ]', '[x]')}` }, []],
  ['criteria alone', { 'a.md': `# A\n\n${asked}  - [ ] nested\n- [N/A] c\n` }, ['a.md:7 criteria that do not apply']],
  ['a scenario', { 'a.md': '# A\n\n## Acceptance criteria\n\n#### [ ] Scenario: b\n\n- WHEN c\n- THEN d\n' }, []],
  [
    'tasks of Kiro',
    { '.kiro/specs/a/tasks.md': '- [ ] 1. A\n  - [ ] 1.1 B\n  - [ ]* 1.2 C\n- [ ]* 2. D\n' },
    ['.kiro/specs/a/tasks.md:4 optional tasks'],
  ],
  [
    'a change of OpenSpec',
    { 'openspec/changes/a/proposal.md': '# A\n', 'openspec/changes/a/tasks.md': '## 1. A\n\n- [ ] 1.1 B\n' },
    [],
  ],
  ['followups', { 'followups.md': '- [ ] A\n  - [ ] b\n    - [ ] c\n' }, []],
  ['a list of tasks', { 'TODO.md': '- [ ] A\n  - [ ] b\n\n## Deferred\n\n- [ ] C\n' }, []],
])('open boxes that nothing reads are counted: %s', async (_what, files, notWork) => {
  expect((await read(files)).notWork.map(({ file, line, why }) => `${file}:${line} ${why}`)).toEqual(notWork);
});

test.each<[what: string, without: Files, hint: string, asking: Files]>([
  ['native', { 'a.md': '# A\n' }, 'Add "## Acceptance criteria" with a list', { 'a.md': `# A\n\n${asked}` }],
  [
    'prd-json',
    { 'prd.json': '{"userStories":[{"id":"a","title":"A","passes":false}]}' },
    'Add "acceptanceCriteria" to it, a list of texts',
    { 'prd.json': '{"userStories":[{"id":"a","title":"A","passes":false,"acceptanceCriteria":["a"]}]}' },
  ],
  [
    'task-master',
    { '.taskmaster/tasks/tasks.json': '{"tasks":[{"id":1,"title":"A","status":"pending"}]}' },
    'Add "acceptanceCriteria" to it, a list of texts, or "testStrategy", a text',
    { '.taskmaster/tasks/tasks.json': '{"tasks":[{"id":1,"title":"A","status":"pending","testStrategy":"a"}]}' },
  ],
  [
    'beads',
    { '.beads/issues.jsonl': '{"id":"a","title":"A"}\n' },
    'Add "acceptance_criteria" to it, or "## Acceptance Criteria" with a list to its description',
    { '.beads/issues.jsonl': '{"id":"a","title":"A","acceptance_criteria":"a"}\n' },
  ],
  [
    'followups',
    { 'followups.md': '- [ ] A\n' },
    'Write items with a box below it',
    { 'followups.md': '- [ ] A\n  - [ ] a\n' },
  ],
])('a unit of %s without criteria says how to write some there', async (_what, without, hint, asking) => {
  const problems = (await read(without)).units.flatMap((unit) => unit.problems);
  expect(problems.map(({ code, hint: said }) => `${code}: ${said ?? ''}`)).toEqual([
    `no-criteria: ${hint}: a check as "… — check: \`command\`", a claim in plain words, or "(human) …".`,
  ]);
  const units = (await read(asking)).units;
  expect(units.flatMap((unit) => [...unit.problems, ...unit.criteria.map(({ text }) => text)])).toEqual(['a']);
});
