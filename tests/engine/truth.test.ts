import path from 'node:path';
import { expect, test } from 'vitest';
import { readTruth } from '../../src/engine/project/truth.ts';
import { readRef } from '../../src/repo/refs/refs.ts';
import { openRepository } from '../../src/repo/git/repository.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { TestProject, temporaryFolder } from '../support/project.ts';

const text = (mark: string, more = ''): string =>
  `# A\n\nWhat.\n\n## Acceptance criteria\n\n- [${mark}] It is there — check: \`test -f a.txt\`\n${more}`;
const open = text(' ');
const ticked = text('x');

interface Row {
  /** The spec where the branch begins, then on the branch, at HEAD, and in the working tree. */
  readonly base: string;
  readonly branch: string;
  readonly head: string;
  readonly here: string;
}

test.each<[string, Row, string]>([
  ['open everywhere', { base: open, branch: open, head: open, here: open }, 'not done'],
  ['ticked by its author, not committed', { base: open, branch: open, head: open, here: ticked }, 'done'],
  ['ticked by its author, and committed', { base: open, branch: open, head: ticked, here: ticked }, 'done'],
  ['ticked before there was a branch', { base: ticked, branch: ticked, head: ticked, here: ticked }, 'done'],
  [
    'unticked on the branch after it was merged',
    { base: ticked, branch: open, head: ticked, here: ticked },
    'not done: its boxes were unticked on the branch',
  ],
  [
    'unticked on the branch, and its text goes on in the working tree',
    { base: ticked, branch: open, head: ticked, here: text('x', '\nMore.\n') },
    'not done: its boxes were unticked on the branch',
  ],
  [
    'unticked on both sides, then ticked again by its author',
    { base: ticked, branch: open, head: open, here: ticked },
    'done',
  ],
  [
    'unticked in the working tree',
    { base: ticked, branch: ticked, head: ticked, here: open },
    'not done: its boxes were unticked in the working tree',
  ],
])('a unit that is %s', async (_name, row, expected) => {
  const project = TestProject.make({ 'specs/a.md': row.base });
  for (const [branch, side] of [
    ['backlog/next', row.branch],
    ['main', row.head],
  ] as const) {
    project.git('switch', '--quiet', ...(branch === 'main' ? [] : ['--create']), branch);
    project.write({ 'specs/a.md': side, [`${branch.replace('/', '-')}.txt`]: 'own\n' });
    project.commit('Side');
  }
  project.write({ 'specs/a.md': row.here });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: temporaryFolder(),
    env: process.env,
    identity: null,
  });
  const folder = path.join(project.root, 'specs');
  const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: () => Promise.resolve([]) };
  const { units } = await readSpecs({ folder, ...names });
  const tip = await readRef(repository, 'refs/heads/backlog/next');
  const truth = await readTruth({ repository, tip, specsPath: 'specs', units });
  const [told] = units.map(truth);
  const why = told?.isDone === false && told.why !== null ? `: ${told.why}` : '';
  expect(`${told?.isDone ? 'done' : 'not done'}${why}`).toBe(expected);
});
