import path from 'node:path';
import { expect, test } from 'vitest';
import { readTruth } from '../../src/engine/project/truth.ts';
import type { UnitSpec } from '../../src/model/unit.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { makeLandingCommit, recordOf } from '../../src/repo/landings/land.ts';
import { moveRecorded } from '../../src/repo/landings/landings.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { append } from '../support/agent-script.ts';
import { scripted, TestProject, temporaryFolder } from '../support/project.ts';

/* A list without keys asks for something again by an item like one that is done. */

const file = 'specs/followups.md';
/** Items with these boxes, which only their boxes tell apart. */
const items = (boxes: string): string =>
  Array.from(boxes, (box) => `- [${box}] Update deps\n  - [${box}] Fresh — check: \`test -f go.txt\`\n`).join('');

test('what is asked for again is worked on once, ticked, and done', async () => {
  const project = TestProject.make({ ...scripted(append('go.txt', 'fresh')), [file]: items('x ') });
  await project.run(0);
  expect(project.landed(file)).toBe(items('xx').trimEnd());
  await project.backlog('merge', 'specs');
  project.git('rm', '--quiet', 'go.txt');
  project.commit('Its check is red again');
  await project.run(0);
  expect(project.landings()).toEqual(['followups.update-deps']);
  project.write({ [file]: items(' xx') });
  project.commit('Asked for again');
  await project.run(0);
  expect(project.landings()).toEqual(['followups.update-deps', 'followups.update-deps']);
  await project.backlog('merge', 'specs');
  expect(project.read(file)).toBe(items('xxx'));
  expect(await project.backlog('undo', 'followups.update-deps', '--specs', 'specs')).toMatchObject({ code: 0 });
  expect(project.landed(file).split('[ ] Update')).toHaveLength(2);
});

async function opened(project: TestProject): Promise<Repository> {
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  return openRepository({ folder, stateFolder, env: process.env, identity: null });
}

async function unitOf(project: TestProject): Promise<UnitSpec> {
  const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: () => Promise.resolve([]) };
  const { units } = await readSpecs({ folder: path.join(project.root, 'specs'), ...names });
  const unit = units.find(({ key }) => key === 'followups.update-deps');
  if (unit === undefined) throw new Error('There is no unit');
  return unit;
}

/** Lands the unit on backlog/next, and ticks it there as far as its text is committed. */
async function land(project: TestProject): Promise<void> {
  const unit = await unitOf(project);
  const base = project.git('rev-parse', 'main');
  const [ticked] = await tickUnit([{ file: unit.file, text: `${project.landed(file, 'main')}\n` }], unit);
  const text = project.read(file);
  project.git('branch', 'backlog/next', 'main');
  project.git('switch', '--quiet', '--detach', '--force', 'main');
  if (ticked !== undefined) project.write({ [file]: ticked.text });
  project.commit('Ticked');
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  project.git('switch', '--quiet', 'main');
  project.write({ [file]: text });
  const repository = await opened(project);
  const trailers = { unit: unit.id, run: 'r', attempt: 'a.1', criteria: unit.criteriaHash };
  const commit = await makeLandingCommit(repository, { tree, tip: base, title: unit.title, body: '', trailers });
  const record = recordOf({ ...trailers, commit, tree, undone: '' }, { what: 'landed', at: Date.now() });
  expect(await moveRecorded(repository, 'backlog/next', commit, base, record)).toBe(true);
}

async function truthOf(project: TestProject): Promise<string> {
  const unit = await unitOf(project);
  const repository = await opened(project);
  const tip = project.git('rev-parse', 'backlog/next');
  const told = (await readTruth({ repository, tip, specsPath: 'specs', units: [unit] }))(unit);
  return told.isDone ? 'done' : (told.why ?? told.claim ?? 'not done');
}

type Step = (project: TestProject) => void;
const write =
  (boxes: string): Step =>
  (project) => {
    project.write({ [file]: items(boxes) });
  };
const commit: Step = (project) => {
  project.commit('Written');
};
const merge: Step = (project) => {
  project.git('merge', '--quiet', '--ff-only', 'backlog/next');
};
const forward: Step = (project) => {
  project.git('branch', '--force', 'backlog/next', 'main');
};
const again = 'it is asked for again';

const cases: readonly (readonly [boxes: string, next: string, steps: readonly Step[], is: string])[] = [
  [' ', 'nothing', [], 'done'],
  [' ', 'ticked by a person, and asked for below', [write('x ')], again],
  [' ', 'ticked by a person, and asked for above', [write(' x')], again],
  [' ', 'merged', [merge], 'done'],
  [' ', 'merged, and asked for below', [merge, write('x ')], again],
  [' ', 'merged, and asked for above', [merge, write(' x')], again],
  [' ', 'merged, asked for, and committed', [merge, write('x '), commit], again],
  [' ', 'merged, asked for, committed, and on the branch', [merge, write('x '), commit, forward], again],
  [' ', 'merged, and opened', [merge, write(' ')], 'its boxes were unticked in the working tree'],
  ['x ', 'nothing', [], 'done'],
  ['x ', 'merged', [merge], 'done'],
  ['x ', 'merged, and the first removed', [merge, write('x')], 'done'],
  ['x ', 'merged, and asked for', [merge, write('xx ')], again],
  ['x ', 'merged, and one opened', [merge, write('x ')], 'its boxes were unticked in the working tree'],
  [' x', 'nothing', [], 'done'],
  [' x', 'merged', [merge], 'done'],
  [' x', 'merged, and asked for', [merge, write(' xx'), commit], again],
];

test.each(cases.map(([boxes, next, steps, is]) => ({ boxes, next, steps, is })))(
  '"$boxes" landed, then $next: $is',
  async ({ boxes, steps, is }) => {
    const project = TestProject.make({ [file]: items(boxes) });
    await land(project);
    for (const step of steps) step(project);
    expect(await truthOf(project)).toBe(is);
  },
);

test('what landed before its item was committed is done, also beside a done one', async () => {
  const project = TestProject.make({ [file]: items('x') });
  write('x ')(project);
  await land(project);
  expect(await truthOf(project)).toBe('done');
  commit(project);
  expect(await truthOf(project)).toBe('done');
});
