import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { writeConfined } from '../../../src/util/files/confined-file.ts';

/** Each criterion as `line text`, and each warning of what is not read as `line unread`. */
async function read(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'unread-'));
  try {
    for (const [file, text] of Object.entries(files)) writeConfined(folder, file, text);
    const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: async () => Promise.resolve([]) };
    const { units } = await readSpecs({ ...names, folder });
    return units.flatMap(({ criteria, problems }) => [
      ...criteria.map(({ line, text }) => `${line} ${text}`),
      ...problems.filter(({ code }) => code === 'unread-criterion').map(({ line }) => `${line ?? 0} unread`),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const scenario = 'More.\n**Acceptance Scenarios**:\n1. It prints x\n\n<ul><li>no</li></ul>\n';
const story = `### User Story 1 - Print (Priority: P1)\n\n**Independent Test**: Start it\n${scenario}`;

test.each([
  [
    'a story of spec-kit',
    { 'specs/001-a/spec.md': `# A\n\n${story}`, 'specs/001-a/plan.md': '# Plan\n' },
    ['5 Start it More.', '8 It prints x', '10 unread'],
  ],
  [
    'a phase of spec-kit',
    {
      'specs/001-a/spec.md': `# A\n\n${story}`,
      'specs/001-a/tasks.md': `## Phase 1: Set up\n\n- [ ] T001 Do it\n\n${scenario}`,
    },
    ['3 T001 Do it', '7 It prints x', '5 Start it More.', '8 It prints x', '9 unread', '10 unread'],
  ],
  [
    'a task of Backlog.md',
    { 'backlog/config.yml': '', 'backlog/tasks/task-1 - A.md': `---\nid: task-1\ntitle: A\n---\n\n${scenario}` },
    ['8 It prints x', '10 unread'],
  ],
  [
    'an issue of beads',
    {
      '.beads/issues.jsonl': `${JSON.stringify({
        ...{ id: 'a-1', title: 'A', status: 'open', issue_type: 'task' },
        description: 'We want it.\n**Acceptance criteria:**\n- x\n- y\n\n### no\n\n## Done when\n- z',
      })}\n`,
    },
    ['1 x', '1 y', '1 z'],
  ],
  [
    'an epic of BMAD',
    { 'epics.md': `# Epics\n\n## Epic 1: A\n\n${scenario}\n### Story 1.1: B\n\n**Acceptance Criteria:**\n\n- y\n` },
    ['15 y', '7 It prints x', '9 unread'],
  ],
  ['a native spec', { 'a.md': `# A\n\n> ## Acceptance criteria\n> - x\n>\n> ### no\n` }, ['4 x', '6 unread']],
])('%s', async (_what, files, expected) => {
  expect(await read(files)).toEqual(expected);
});
