import { expect, test } from 'vitest';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';

/** How each format writes an open task with a title and a criterion. */
const formats: Readonly<Record<string, (title: string) => { readonly file: string; readonly text: string }>> = {
  todo: (title) => ({ file: 'TODO.md', text: `# TODO\n\n- [ ] ${title}\n  - [ ] it holds\n` }),
  'a section of todo': (title) => ({ file: 'TODO.md', text: `# TODO\n\n## [ ] ${title}\n\n**Done when:** it holds\n` }),
  'a group of todo': (title) => ({ file: 'TODO.md', text: `# TODO\n\n## ${title}\n\n- [ ] A\n  - [ ] it holds\n` }),
  'a row of todo': (title) => ({
    file: 'TODO.md',
    text: `| Task | Status | Check |\n|---|---|---|\n| ${title} | open | check: \`true\` |\n`,
  }),
  followups: (title) => ({ file: 'followups.md', text: `- [ ] ${title}\n  - [ ] it holds\n` }),
  kiro: (title) => ({ file: '.kiro/specs/f/tasks.md', text: `# Plan\n\n- [ ] 1. ${title}\n  - it holds\n` }),
  'a section of kiro': (title) => ({
    file: '.kiro/specs/f/tasks.md',
    text: `# Plan\n\n## Task 1: ${title}\n\n- [ ] it holds\n`,
  }),
  plan: (title) => ({
    file: 'docs/superpowers/plans/x.md',
    text: `# P Implementation Plan\n\n### Task 1: ${title}\n\n- [ ] **Step 1: do it**\n`,
  }),
  native: (title) => ({ file: 'specs/a.md', text: `# ${title}\n\n## Acceptance criteria\n\n- [ ] it holds\n` }),
  'prd-json': (title) => ({
    file: 'prd.json',
    text: JSON.stringify({ userStories: [{ id: 'US-1', title, acceptanceCriteria: ['it holds'], passes: false }] }),
  }),
  beads: (title) => ({
    file: '.beads/issues.jsonl',
    text: `${JSON.stringify({ id: 'a-1', title, status: 'open', description: '## Acceptance criteria\n- it holds' })}\n`,
  }),
};

/** Per unit whether it may run; `no work` without units. */
async function stand(file: { readonly file: string; readonly text: string }): Promise<string> {
  const [group] = await groupsOf([file]);
  const drafts = group === undefined ? [] : parseGroup(group).drafts;
  return drafts.length === 0
    ? 'no work'
    : drafts.map(({ isDone, hold }) => (isDone ? 'done' : hold === undefined ? 'runs' : 'held')).join();
}

const told = [
  ...['Blocked: rename the table', '[DONE] write the exporter', 'Write the importer (DONE)', 'Write the mapper — done'],
  ...['(cancelled) sort the cells', 'WONTFIX drop the header', 'Hold off on the migration until Q3'],
  ...['Not yet: tune the cache', 'Upgrade the client (blocked by #12)', 'On hold: split the module'],
  ...['Do NOT start this before v2 ships', 'Wait for upstream: fix the leak', "Sort the list (won't do)"],
];
const inMarkdown = ['**Deferred** drop the old parser', '~~Cut~~ (cancelled) sort the rows'];
const honest = [
  ...['Blocked users see a notice', 'Done button closes the dialog', 'Deferred loading of images'],
  ...['Do not crash on empty input', 'Show a spinner while waiting for the server', '**Bold** words are shown'],
];

test.each(Object.entries(formats))('%s: a title that says that there is nothing to do is held', async (name, write) => {
  const isText = ['todo', 'followups', 'kiro', 'plan'].includes(name);
  const titles = [...told, ...(isText ? inMarkdown : [])];
  const stands = await Promise.all(titles.map(async (title) => [title, await stand(write(title))] as const));
  expect(stands.filter(([, one]) => one !== 'held' && one !== 'no work')).toEqual([]);
});

test.each(Object.entries(formats))('%s: a title that only looks alike runs', async (_name, write) => {
  const stands = await Promise.all(honest.map(async (title) => [title, await stand(write(title))] as const));
  expect(stands.filter(([, one]) => one !== 'runs')).toEqual([]);
});

test('the title of a scenario says what the product does', async () => {
  const text = 'Feature: A\n\n  Scenario: Blocked: the user waits\n    Given a\n    Then b\n';
  expect(await stand({ file: 'a.feature', text })).toBe('runs');
});
