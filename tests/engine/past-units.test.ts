import path from 'node:path';
import { expect, test } from 'vitest';
import { pastUnits } from '../../src/engine/project/past-units.ts';
import { placeOf } from '../../src/engine/project/specs-place.ts';
import type { UnitSpec } from '../../src/model/unit.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { makeLandingCommit, recordOf } from '../../src/repo/landings/land.ts';
import { moveRecorded } from '../../src/repo/landings/landings.ts';
import { criteriaHash } from '../../src/specs/format/draft.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { sha256 } from '../../src/util/values/hash.ts';
import { TestProject, temporaryFolder } from '../support/project.ts';

/* Units that landed and are in no spec any more, without a queue that knows them. */

const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: () => Promise.resolve([]) };
const native = (title: string, criterion: string): string =>
  `# ${title}\n\nWhat and why, in some words.\n\n## Acceptance criteria\n\n- ${criterion}\n`;
const open = '[ ] It is there — check: `test -f a.txt`';
const ticked = open.replace('[ ]', '[x]');
const edited = ticked.replace('a.txt', 'b.txt');

async function opened(project: TestProject): Promise<Repository> {
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  return openRepository({ folder, stateFolder, env: process.env, identity: null });
}

/** Lands a unit on backlog/next, with its tick. */
async function land(project: TestProject, criteria?: string, key = 'a'): Promise<void> {
  const folder = path.join(project.root, 'specs');
  const unit = (await readSpecs({ folder, ...names })).units.find((one) => one.key === key);
  if (unit === undefined) throw new Error('There is no unit');
  const base = project.git('rev-parse', 'main');
  project.git('switch', '--quiet', '--create', 'backlog/next');
  const [source] = await tickUnit([{ file: unit.file, text: project.read(`specs/${unit.file}`) }], unit);
  project.write({ [`specs/${unit.file}`]: source?.text ?? '' });
  project.commit('Ticked');
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  project.git('reset', '--quiet', '--hard', base);
  project.git('switch', '--quiet', 'main');
  const repository = await opened(project);
  const trailers = { unit: unit.id, run: 'r', attempt: 'a.1', criteria: criteria ?? unit.criteriaHash };
  const commit = await makeLandingCommit(repository, { tree, tip: base, title: unit.title, body: '', trailers });
  const said = { what: 'landed' as const, at: Date.now(), ...placeOf('specs', unit) };
  const record = recordOf({ ...trailers, commit, tree, undone: '' }, said);
  expect(await moveRecorded(repository, 'backlog/next', commit, base, record)).toBe(true);
}

/** The units that wait for `a`, as they are read. */
async function dependent(project: TestProject): Promise<UnitSpec | undefined> {
  const repository = await opened(project);
  const memory = { state: path.join(project.outside, 'none'), branch: 'backlog/next', repository, specs: 'specs' };
  const past: Parameters<typeof readSpecs>[0]['past'] = async (wanted, present) => pastUnits(memory, wanted, present);
  const { units } = await readSpecs({ folder: path.join(project.root, 'specs'), ...names, past });
  return units.find(({ key }) => key === 'w');
}

type Step = (project: TestProject) => void;
const git =
  (...args: readonly string[]): Step =>
  (project) => {
    project.git(...args);
  };
const merge = git('merge', '--quiet', '--ff-only', 'backlog/next');
const write =
  (file: string, text: string): Step =>
  (project) => {
    project.write({ [`specs/${file}`]: text });
    project.commit('Written');
  };
const remove: Step = (project) => {
  project.git('rm', '--quiet', 'specs/a.md');
  project.commit('Removed');
};
const rename =
  (text: string | null): Step =>
  (project) => {
    project.git('mv', 'specs/a.md', 'specs/z.md');
    if (text !== null) project.write({ 'specs/z.md': text });
    project.commit('Renamed');
  };

test.each<[string, readonly Step[], 'met' | 'not met']>([
  ['removed after it was merged', [merge, remove], 'met'],
  ['removed before it was merged', [remove], 'met'],
  ['removed in the working tree', [merge, git('rm', '--quiet', 'specs/a.md')], 'met'],
  ['removed after its text was edited', [merge, write('a.md', `${native('A', ticked)}\n`), remove], 'met'],
  ['removed after a criterion was edited', [merge, write('a.md', native('A', edited)), remove], 'not met'],
  ['edited before it was merged, and removed', [write('a.md', native('A', edited)), remove], 'not met'],
  ['removed after it was unticked', [merge, write('a.md', native('A', open)), remove], 'not met'],
  [
    'removed after it was unticked and ticked again',
    [merge, write('a.md', native('A', open)), write('a.md', native('A', ticked)), remove],
    'met',
  ],
  ['renamed', [merge, rename(null)], 'met'],
  ['renamed before it was merged', [rename(null)], 'met'],
  ['renamed and unticked', [merge, rename(native('A', open))], 'not met'],
  ['renamed and edited', [merge, rename(native('A', edited))], 'not met'],
  ['replaced by another unit', [merge, remove, write('n.md', native('New', open))], 'met'],
])('a dependency on a landed unit that was %s', async (_name, steps, expected) => {
  const waits = `---\ndepends: [a]\n---\n\n${native('W', open)}`;
  const project = TestProject.make({ 'specs/a.md': native('A', open), 'specs/w.md': waits });
  await land(project);
  for (const step of steps) step(project);
  const unit = await dependent(project);
  expect(unit?.problems.map(({ code }) => code)).toEqual(expected === 'met' ? [] : ['unknown-dependency']);
});

/** The hash that older versions gave the criteria of `a`: without the command. */
const formerHash = criteriaHash([{ hash: sha256('It is there — check: `test -f a.txt`').slice(0, 16) }]);

test.each<[string, readonly Step[], 'met' | 'not met']>([
  ['renamed', [merge, rename(null)], 'met'],
  ['renamed before it was merged', [rename(null)], 'met'],
  ['renamed and unticked', [merge, rename(native('A', open))], 'not met'],
  ['renamed and edited', [merge, rename(native('A', edited))], 'not met'],
  ['removed', [merge, remove], 'met'],
])('a dependency on a unit that an older version landed, and that was %s', async (_name, steps, expected) => {
  const waits = `---\ndepends: [a]\n---\n\n${native('W', open)}`;
  const project = TestProject.make({ 'specs/a.md': native('A', open), 'specs/w.md': waits });
  await land(project, formerHash);
  for (const step of steps) step(project);
  const unit = await dependent(project);
  expect(unit?.problems.map(({ code }) => code)).toEqual(expected === 'met' ? [] : ['unknown-dependency']);
});

const both = (one: string, two: string, titles: readonly [string, string] = ['One', 'Two']): string =>
  `# Both\n\n## Unit: ${titles[0]}\n\nSome words.\n\n### Acceptance criteria\n\n- ${one}\n\n## Unit: ${titles[1]}\n\nSome words.\n\n### Acceptance criteria\n\n- ${two}\n`;
const renamedTo =
  (text: string): Step =>
  (project) => {
    project.git('mv', 'specs/old.md', 'specs/new.md');
    project.commit('Renamed');
    project.write({ 'specs/new.md': text });
    project.commit('Written');
  };

test.each<[string, string, readonly Step[], 'met' | 'not met']>([
  ['stays as it landed', edited, [renamedTo(both(open, ticked))], 'met'],
  ['is opened, and the other one is done', open, [renamedTo(both(ticked, open))], 'not met'],
  ['is done, and the other one is edited', open, [renamedTo(both(edited, ticked))], 'met'],
  ['is edited, and the other one has its criteria', open, [renamedTo(both(ticked, edited))], 'not met'],
  ['is below the other one now', open, [renamedTo(both(ticked, open, ['Two', 'One']))], 'met'],
  [
    'has another title, and criteria of its own',
    edited,
    [renamedTo(both(open.replace('a.txt', 'b.txt'), open, ['One', 'Second']))],
    'not met',
  ],
  ['is removed, and the other one has its criteria', open, [renamedTo(both(open, edited, ['One', 'Three']))], 'met'],
])('a dependency on the second unit of a renamed file, which %s', async (_name, first, steps, expected) => {
  const waits = `---\ndepends: [old.two]\n---\n\n${native('W', open)}`;
  const files = { 'specs/old.md': both(first.replace('[x]', '[ ]'), open), 'specs/w.md': waits };
  const project = TestProject.make(files);
  await land(project, undefined, 'old.two');
  merge(project);
  for (const step of steps) step(project);
  const unit = await dependent(project);
  expect(unit?.problems.map(({ code }) => code)).toEqual(expected === 'met' ? [] : ['unknown-dependency']);
});
