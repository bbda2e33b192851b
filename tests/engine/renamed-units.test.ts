import path from 'node:path';
import { expect, test } from 'vitest';
import { placeOf } from '../../src/engine/project/specs-place.ts';
import { mergeCommits } from '../../src/engine/project/spec-merge.ts';
import { readTruth } from '../../src/engine/project/truth.ts';
import type { UnitSpec } from '../../src/model/unit.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { makeLandingCommit, makeUndoCommit, recordOf } from '../../src/repo/landings/land.ts';
import { moveRecorded } from '../../src/repo/landings/landings.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { TestProject, temporaryFolder } from '../support/project.ts';

/* What a landing says of a unit that has another key since, or whose file is at another place. */

type Step = (project: TestProject) => unknown;

async function unitsOf(project: TestProject): Promise<readonly UnitSpec[]> {
  const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: () => Promise.resolve([]) };
  return (await readSpecs({ folder: path.join(project.root, 'specs'), ...names })).units;
}

async function opened(project: TestProject): Promise<Repository> {
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  return openRepository({ folder, stateFolder, env: process.env, identity: null });
}

const next = 'backlog/next';

/** Lands a unit on the branch, which ticks it there; records of older versions do not name its place. */
const lands =
  (key: string, isPlaced = true): Step =>
  async (project) => {
    const unit = (await unitsOf(project)).find((one) => one.key === key);
    if (unit === undefined) throw new Error(`There is no unit ${key}`);
    const base = project.git('rev-parse', 'main');
    project.git('switch', '--quiet', '--force-create', next);
    const sources = unit.files.map((file) => ({ file, text: project.read(`specs/${file}`) }));
    for (const { file, text } of await tickUnit(sources, unit)) project.write({ [`specs/${file}`]: text });
    project.commit('Ticked');
    const tree = project.git('rev-parse', 'HEAD^{tree}');
    project.git('reset', '--quiet', '--hard', base);
    project.git('switch', '--quiet', 'main');
    const repository = await opened(project);
    const trailers = { unit: unit.id, run: 'r', attempt: `${unit.id}.1`, criteria: unit.criteriaHash };
    const commit = await makeLandingCommit(repository, { tree, tip: base, title: unit.title, body: '', trailers });
    const said = { what: 'landed' as const, at: Date.now(), ...(isPlaced ? placeOf('specs', unit) : {}) };
    const record = recordOf({ ...trailers, commit, tree, undone: '' }, said);
    expect(await moveRecorded(repository, next, commit, base, record)).toBe(true);
  };

/** Takes the last landing back on the branch, under the key that its unit has now. */
const undoes =
  (key: string): Step =>
  async (project) => {
    const tip = project.git('rev-parse', next);
    const unit = (await unitsOf(project)).find((one) => one.key === key);
    const repository = await opened(project);
    const of = { unit: unit?.id ?? key, undone: tip };
    const tree = project.git('rev-parse', `${tip}^^{tree}`);
    const commit = await makeUndoCommit(repository, { ...of, tree, tip, title: 'Undo', body: '' });
    const said = { run: '', attempt: '', criteria: '', commit, tree, ...of };
    const record = recordOf(said, { what: 'undone', at: Date.now() });
    expect(await moveRecorded(repository, next, commit, tip, record)).toBe(true);
  };

const git =
  (...args: readonly string[]): Step =>
  (project) =>
    project.git(...args);
const merges = git('merge', '--quiet', '--ff-only', next);
const squashes: Step = (project) => {
  project.git('merge', '--quiet', '--squash', next);
  project.commit('Squashed');
  project.git('branch', '--quiet', '-D', next);
};
const moves = (from: string, to: string): Step => git('mv', `specs/${from}`, `specs/${to}`);
const commits: Step = (project) => project.commit('Changed');
const edits =
  (file: string, from: string, to: string): Step =>
  (project) => {
    const text = project.read(`specs/${file}`);
    expect(text).toContain(from);
    project.write({ [`specs/${file}`]: text.replace(from, to) });
  };
const writes =
  (file: string, text: string): Step =>
  (project) => {
    project.write({ [`specs/${file}`]: text });
  };
const removes =
  (file: string): Step =>
  (project) =>
    project.git('rm', '--quiet', `specs/${file}`);

async function told(project: TestProject): Promise<string> {
  const units = await unitsOf(project);
  const tip = project.git('for-each-ref', '--format=%(objectname)', `refs/heads/${next}`);
  const repository = await opened(project);
  // As in a run, the branch is merged with HEAD first.
  const merged = await mergeCommits(repository, { path: 'specs', ignore: [] }, tip || repository.head, repository.head);
  const at = { tip: tip === '' ? null : tip, tree: merged.tree };
  const truth = await readTruth({ repository, ...at, specsPath: 'specs', units });
  const words = units.map((unit) => {
    const said = truth(unit);
    if (said.isDone) return `${unit.key} done`;
    if (said.claim !== undefined) return `${unit.key} claimed`;
    if (said.former !== undefined) return `${unit.key} perhaps moved`;
    return `${unit.key} ${said.why ?? 'open'}`;
  });
  return words.toSorted().join(', ');
}

const edited = 'its criteria were edited after it landed';
const unticked = 'its boxes were unticked on the branch';
const prose = 'This says in some words what is to be done, and why.\n\nIt goes on, so that git knows it again.';
const native = (title: string, check = 'a.txt', mark = ' ', front = ''): string =>
  `${front}# ${title}\n\n${prose}\n\n## Acceptance criteria\n\n- [${mark}] It is there — check: \`test -f ${check}\`\n`;
const id = '---\nid: k\n---\n\n';
const one = { 'specs/a.md': native('A') };
const keyed = { 'specs/a.md': native('A', 'a.txt', ' ', id) };
const section = (title: string, check: string): string =>
  `## Unit: ${title}\n\n${prose}\n\n### Acceptance criteria\n\n- [ ] It is there — check: \`test -f ${check}\`\n`;
const two = { 'specs/a.md': `# Both\n\n${section('One', 'one.txt')}\n${section('Two', 'two.txt')}` };
const alike = { 'specs/a.md': `# Both\n\n${section('One', 'a.txt')}\n${section('Two', 'a.txt')}` };
const kiro = {
  'specs/x/requirements.md':
    '# Requirements\n\n### Requirement 1\n\n#### Acceptance Criteria\n\n1. WHEN it is asked THEN it SHALL say one\n',
  'specs/x/tasks.md': '# Tasks\n\n- [ ] 1. Say it\n  - _Requirements: 1.1_\n',
};

test.each<[string, Readonly<Record<string, string>>, readonly Step[], string]>([
  ['stays', one, [lands('a'), merges], 'a done'],
  ['is renamed', one, [lands('a'), merges, moves('a.md', 'b.md'), commits], 'b done'],
  [
    'is renamed and edited',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), commits, edits('b.md', 'a.txt', 'b.txt')],
    `b ${edited}`,
  ],
  [
    'is renamed and edited, and all of that is committed',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), edits('b.md', 'a.txt', 'b.txt'), commits],
    `b ${edited}`,
  ],
  [
    'is renamed and edited, and nothing of that is committed',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), edits('b.md', 'a.txt', 'b.txt')],
    `b ${edited}`,
  ],
  [
    'is renamed twice and edited',
    one,
    [
      lands('a'),
      merges,
      moves('a.md', 'b.md'),
      commits,
      moves('b.md', 'c.md'),
      commits,
      edits('c.md', 'a.txt', 'b.txt'),
    ],
    `c ${edited}`,
  ],
  [
    'is renamed, retitled and edited',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), edits('b.md', '# A', '# B'), commits, edits('b.md', 'a.txt', 'b.txt')],
    `b ${edited}`,
  ],
  [
    'is renamed, edited, opened, committed and ticked by a person',
    one,
    [
      ...[lands('a'), merges, moves('a.md', 'b.md'), commits],
      ...[edits('b.md', '[x]', '[ ]'), edits('b.md', 'a.txt', 'b.txt'), commits, edits('b.md', '[ ]', '[x]')],
    ],
    'b done',
  ],
  [
    'is renamed and gets other prose',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), edits('b.md', 'some words', 'words'), commits],
    'b done',
  ],
  [
    'came home by a squash, and is renamed and edited',
    one,
    [lands('a'), squashes, moves('a.md', 'b.md'), commits, edits('b.md', 'a.txt', 'b.txt')],
    `b ${edited}`,
  ],
  [
    'came home by a squash, and is edited while the branch stays where it was',
    one,
    [lands('a'), git('merge', '--quiet', '--squash', next), edits('a.md', 'a.txt', 'b.txt'), commits],
    `a ${edited}`,
  ],
  [
    'is recorded without its place, renamed and edited',
    one,
    [lands('a', false), merges, moves('a.md', 'b.md'), commits, edits('b.md', 'a.txt', 'b.txt')],
    `b ${edited}`,
  ],
  ['keeps its key in a renamed file', keyed, [lands('k'), merges, moves('a.md', 'b.md'), commits], 'k done'],
  [
    'keeps its key in a renamed file, and is edited',
    keyed,
    [lands('k'), merges, moves('a.md', 'b.md'), commits, edits('b.md', 'a.txt', 'b.txt')],
    `k ${edited}`,
  ],
  [
    'gets another key in its file, and is edited',
    keyed,
    [lands('k'), merges, edits('a.md', 'id: k', 'id: m'), commits, edits('a.md', 'a.txt', 'b.txt')],
    `m ${edited}`,
  ],
  [
    'is one of two of a renamed file, and is edited',
    two,
    [lands('a.two'), merges, moves('a.md', 'b.md'), commits, edits('b.md', 'two.txt', 'b.txt')],
    `b.one open, b.two ${edited}`,
  ],
  [
    'is one of two with the same criteria of a renamed file',
    alike,
    [lands('a.two'), merges, moves('a.md', 'b.md'), commits],
    'b.one open, b.two done',
  ],
  [
    'is in a folder that is renamed, and is edited in another file there',
    kiro,
    [lands('x.1'), merges, moves('x', 'y'), commits, edits('y/requirements.md', 'say one', 'say two')],
    `y.1 ${edited}`,
  ],
  [
    'is in a folder that is renamed without a commit, and is edited in another file there',
    kiro,
    [lands('x.1'), merges, moves('x', 'y'), edits('y/requirements.md', 'say one', 'say two')],
    `y.1 ${edited}`,
  ],
  ['is undone', one, [lands('a'), merges, undoes('a')], `a ${unticked}`],
  [
    'is renamed, and undone under its new key',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), commits, undoes('b')],
    `b ${unticked}`,
  ],
  [
    'keeps its key in a renamed file, and is undone',
    keyed,
    [lands('k'), merges, moves('a.md', 'b.md'), commits, undoes('k')],
    `k ${unticked}`,
  ],
  [
    'is renamed without a commit',
    one,
    [lands('a'), merges, moves('a.md', 'b.md'), edits('b.md', '[x]', '[ ]')],
    'b perhaps moved',
  ],
  [
    'is removed, and written anew',
    one,
    [lands('a'), merges, removes('a.md'), commits, writes('b.md', native('A'))],
    'b open',
  ],
  [
    'is removed, and written anew in a commit',
    one,
    [lands('a'), merges, removes('a.md'), commits, writes('b.md', native('A')), commits],
    'b open',
  ],
  [
    'is removed, and written anew by a person who did it',
    one,
    [lands('a'), merges, removes('a.md'), commits, writes('b.md', native('A', 'a.txt', 'x')), commits],
    'b done',
  ],
  [
    'is replaced by another one with the same criteria',
    one,
    [lands('a'), removes('a.md'), writes('b.md', native('B')), commits],
    'b open',
  ],
  [
    'is replaced by another one with the same criteria, ticked on the branch',
    one,
    [
      ...[lands('a'), removes('a.md'), writes('b.md', native('B')), commits],
      ...[git('switch', '--quiet', next), git('merge', '--quiet', 'main', '--message', 'Merged')],
      git('switch', '--quiet', 'main'),
    ],
    'b claimed',
  ],
  [
    'is replaced by another one with other criteria, which a person did',
    one,
    [lands('a'), merges, removes('a.md'), commits, writes('b.md', native('B', 'b.txt', 'x')), commits],
    'b done',
  ],
])('a landed unit that %s', async (_name, files, steps, expected) => {
  const project = TestProject.make(files);
  for (const step of steps) await step(project);
  expect(await told(project)).toBe(expected);
});
