import path from 'node:path';
import { expect, test } from 'vitest';
import { folderOf, placeOf } from '../../src/engine/project/specs-place.ts';
import { readTruth } from '../../src/engine/project/truth.ts';
import type { UnitSpec } from '../../src/model/unit.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { makeLandingCommit, makeUndoCommit, recordOf } from '../../src/repo/landings/land.ts';
import { landedFiles, moveRecorded } from '../../src/repo/landings/landings.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { TestProject, temporaryFolder } from '../support/project.ts';

/* Two specs folders of one repository that land on one branch, with units of the same key. */

const check = '[ ] It is built — check: `test -f ok.txt`';
const native = (title: string, criterion = check): string =>
  `# ${title}\n\nWhat.\n\n## Acceptance criteria\n\n- ${criterion}\n`;
const story = (title: string): string =>
  JSON.stringify({ userStories: [{ id: 'US-001', title, acceptanceCriteria: [check.slice(4)], passes: false }] });

async function unitsIn(project: TestProject, folder: string): Promise<readonly UnitSpec[]> {
  const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: () => Promise.resolve([]) };
  return (await readSpecs({ folder: path.join(project.root, folder), ...names })).units;
}

async function opened(project: TestProject): Promise<Repository> {
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  return openRepository({ folder, stateFolder, env: process.env, identity: null });
}

function tipOf(project: TestProject): string | null {
  const tip = project.git('for-each-ref', '--format=%(objectname)', 'refs/heads/backlog/next');
  return tip === '' ? null : tip;
}

type How = 'recorded' | 'recorded without its place' | 'not recorded';

/** Lands the first unit of a folder on backlog/next, which ticks it there; older records do not name its place. */
async function land(project: TestProject, folder: string, how: How = 'recorded'): Promise<string> {
  const base = tipOf(project) ?? project.git('rev-parse', 'main');
  project.git('branch', '--force', 'backlog/next', base);
  project.git('switch', '--quiet', 'backlog/next');
  const [unit] = await unitsIn(project, folder);
  if (unit === undefined) throw new Error('There is no unit');
  const sources = unit.files.map((file) => ({ file, text: project.read(`${folder}/${file}`) }));
  for (const { file, text } of await tickUnit(sources, unit)) project.write({ [`${folder}/${file}`]: text });
  project.write({ [`${folder}.txt`]: 'built\n' });
  project.commit('Ticked');
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  project.git('reset', '--quiet', '--hard', base);
  project.git('switch', '--quiet', 'main');
  const repository = await opened(project);
  const trailers = { unit: unit.id, run: 'r', attempt: `${unit.id}.1`, criteria: unit.criteriaHash };
  const commit = await makeLandingCommit(repository, { tree, tip: base, title: unit.title, body: '', trailers });
  const place = how === 'recorded' ? placeOf(folder, unit) : {};
  const record = recordOf({ ...trailers, commit, tree, undone: '' }, { what: 'landed', at: Date.now(), ...place });
  const written = how === 'not recorded' ? { ...record, attempt: 'another' } : record;
  expect(await moveRecorded(repository, 'backlog/next', commit, base, written)).toBe(true);
  return commit;
}

/** Takes the last landing back, which was of this folder. */
async function undo(project: TestProject, folder: string): Promise<void> {
  const [tip, repository] = [tipOf(project) ?? '', await opened(project)];
  const [unit] = await unitsIn(project, folder);
  if (unit === undefined) throw new Error('There is no unit');
  const of = { unit: unit.id, undone: tip };
  const tree = project.git('rev-parse', `${tip}^^{tree}`);
  const commit = await makeUndoCommit(repository, { ...of, tree, tip, title: 'Undo', body: '' });
  const said = { run: '', attempt: '', criteria: '', commit, tree, ...of };
  const record = recordOf(said, { what: 'undone', at: Date.now(), ...placeOf(folder, unit) });
  expect(await moveRecorded(repository, 'backlog/next', commit, tip, record)).toBe(true);
}

/** What is said of the units of a folder. */
async function told(project: TestProject, folder: string): Promise<string> {
  const units = await unitsIn(project, folder);
  const truth = await readTruth({ repository: await opened(project), tip: tipOf(project), specsPath: folder, units });
  const words = units.map((unit) => {
    const said = truth(unit);
    if (!said.isDone) return said.claim === undefined ? 'open' : 'claimed';
    return said.commit === null ? 'done' : 'landed';
  });
  return words.join(' ');
}

const [a, b] = ['packages/a', 'packages/b'];
const twoNative = { 'packages/a/setup.md': native('A'), 'packages/b/setup.md': native('B') };
const twoAlike = { 'packages/a/setup.md': native('Setup'), 'packages/b/setup.md': native('Setup') };
const twoStories = { 'packages/a/prd.json': story('A'), 'packages/b/prd.json': story('B') };
const others = { ...twoNative, 'packages/b/setup.md': native('B', '[ ] Other — check: `test -f b.txt`') };

type Step = (project: TestProject) => Promise<unknown>;
const lands =
  (folder: string, how?: How): Step =>
  async (project) =>
    land(project, folder, how);
const undoes =
  (folder: string): Step =>
  async (project) =>
    undo(project, folder);
const git =
  (...args: readonly string[]): Step =>
  (project) => {
    project.git(...args);
    return Promise.resolve();
  };
const commits: Step = (project) => Promise.resolve(project.commit('Changed'));

test.each<[string, Readonly<Record<string, string>>, readonly Step[], string]>([
  ['landed in one of them', twoNative, [lands(a)], 'landed, open'],
  ['landed in the other one', twoNative, [lands(b)], 'open, landed'],
  ['landed in both of them', twoNative, [lands(a), lands(b)], 'landed, landed'],
  ['landed in both of them, with other criteria', others, [lands(a), lands(b)], 'landed, landed'],
  ['landed in one of two that are alike', twoAlike, [lands(a)], 'landed, open'],
  ['is a story that landed in one of them', twoStories, [lands(a)], 'landed, open'],
  ['landed in both of them, and was undone in the first', twoNative, [lands(b), lands(a), undoes(a)], 'open, landed'],
  ['landed with an older record', twoNative, [lands(a, 'recorded without its place')], 'landed, open'],
  ['is a story with an older record', twoStories, [lands(b, 'recorded without its place')], 'open, landed'],
  ['landed without a record', twoNative, [lands(a, 'not recorded')], 'claimed, open'],
  ['landed in one that was removed since', twoAlike, [lands(a), git('rm', '--quiet', '-r', a), commits], ', open'],
])('a unit that %s', async (_name, files, steps, expected) => {
  const project = TestProject.make(files);
  for (const step of steps) await step(project);
  expect([await told(project, a), await told(project, b)].join(', ')).toBe(expected);
});

const one = { 'packages/a/setup.md': native('Setup') };
test.each<[string, How, readonly Step[], string]>([
  ['not moved', 'recorded', [], a],
  ['not moved, with an older record', 'recorded without its place', [], a],
  ['moved with its folder', 'recorded', [git('mv', a, 'moved'), commits], 'moved'],
  [
    'moved with its folder, and an older record',
    'recorded without its place',
    [git('mv', a, 'moved'), commits],
    'moved',
  ],
  ['moved twice', 'recorded', [git('mv', a, 'moved'), commits, git('mv', 'moved', 'again'), commits], 'again'],
])('a landed unit that is %s keeps its landing', async (_name, how, steps, folder) => {
  const project = TestProject.make(one);
  await land(project, a, how);
  for (const step of steps) await step(project);
  expect(await told(project, folder)).toBe('landed');
});

test('files of a landing are own files of the unit in its folder alone', async () => {
  const project = TestProject.make(twoNative);
  const commit = await land(project, a);
  const repository = await opened(project);
  const of = async (folder: string): Promise<readonly string[]> => {
    const units = await unitsIn(project, folder);
    return [...(await landedFiles(repository, folderOf(folder, units), 'setup', commit))];
  };
  expect([await of(a), await of(b)]).toEqual([['packages/a.txt', 'packages/a/setup.md'], []]);
});
