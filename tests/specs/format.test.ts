import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { mergeCommits } from '../../src/engine/project/spec-merge.ts';
import { openDatabase } from '../../src/queue/database.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { readUnits } from '../../src/queue/units.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { readTreeFile } from '../../src/repo/objects/tree.ts';
import { addFormat, claimFiles, visibleOf } from '../../src/specs/formats/formats.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { readSpecs, type SpecFolder } from '../../src/specs/units/read.ts';
import { temporaryFolder, TestProject, writeFiles } from '../support/project.ts';
import { toy } from '../support/toy-format.ts';

/*
 * A third format beside the two that there are; `tests/engine/format.test.ts` has a whole run with it.
 */

const plan = (title: string, criteria: Readonly<Record<string, string>>, after: readonly string[] = []): string =>
  `${JSON.stringify({ title, after, criteria }, null, 2)}\n`;
const native = '# N\n\n## Acceptance criteria\n\n- [ ] n — check: `test -f n.txt`\n';
const one = { c1: 'One is there — check: `test -f one.txt`', c2: 'And more — check: `test -f more.txt`' };
const files: Readonly<Record<string, string>> = {
  '.toy/feature/one/plan.json': plan('One', one, ['n']),
  'feature/one/tasks.md': '\uFEFFc1: finished\r\n\r\nc2: open\r\n',
  '.toy/feature/alone/plan.json': plan('Alone', one),
  '.other/feature/x.md': native,
  '.toy/x.md': native,
  'feature/two/tasks.md': native, // no plan: it is what it looks like
  'feature/followups.md': '- [ ] F\n  - [ ] f\n',
  'n.md': native,
};

// What it returns runs after the tests: other files of the same worker share the list.
beforeAll(() => addFormat(toy));

async function read(folder: string): Promise<SpecFolder> {
  const names = { phases: [], agents: [], recipes: [], ignore: ['ignored/**'] };
  return readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
}

const names = (claims: ReturnType<typeof claimFiles>): string[] =>
  claims.map(({ format, files: claimed }) => `${format.name}: ${claimed.join(' + ')}`);

test('each path belongs to one format, in the order of the paths, and a claim holds for its files alone', () => {
  const paths = [...Object.keys(files), 'ignored/a.md', 'README.md', 'a/README.md', 'node_modules/a.md', 'a.txt'];
  const claims = claimFiles(visibleOf(paths, { ignore: ['ignored/**'] }));
  expect(names(claims)).toEqual([
    'toy: feature/one/tasks.md + .toy/feature/one/plan.json',
    'native: feature/two/tasks.md',
    'followups: feature/followups.md',
    'native: n.md',
  ]);
  for (const claim of claims) expect(claimFiles(claim.files.toReversed())).toEqual([claim]);
  expect(claimFiles(['.toy/feature/one/plan.json'])).toEqual([]);
});

test('two files become one unit, which says where each of its criteria and their boxes lie, also in the queue', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const { units, diagnostics, files: found } = await read(folder);
  expect(diagnostics).toEqual([]);
  expect(found.map(({ file }) => file)).toEqual([
    ...['feature/one/tasks.md', '.toy/feature/one/plan.json'],
    ...['feature/followups.md', 'feature/two/tasks.md', 'n.md'],
  ]);
  const [unit] = units;
  expect(unit).toMatchObject({
    ...{ key: 'one', title: 'One', file: 'feature/one/tasks.md', line: 1, depends: ['n'], isTicked: false },
    files: ['feature/one/tasks.md', '.toy/feature/one/plan.json'],
    criteria: [
      { text: one.c1, isTicked: true, file: '.toy/feature/one/plan.json', line: 7, box: { line: 1 } },
      { text: one.c2, isTicked: false, line: 8, box: { file: 'feature/one/tasks.md', line: 3 } },
    ],
    problems: [],
  });
  const database = openDatabase(temporaryFolder());
  try {
    syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 0, run: null });
    expect(readUnits(database).map(({ spec }) => spec)).toEqual(units);
  } finally {
    database.close();
  }
});

test('what joins nothing, and what cannot be read, is told at its file', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, {
    '.toy/feature/a/plan.json': plan('A', { c1: 'It is there', c2: 'It is, too' }),
    'feature/a/tasks.md': 'c1: open\n',
    '.toy/feature/b/plan.json': '{',
    'feature/b/tasks.md': 'c1: open\n',
  });
  const { units } = await read(folder);
  expect(units.map(({ key, file, problems }) => [key, file, problems.map((p) => `${p.file}: ${p.message}`)])).toEqual([
    ['a', 'feature/a/tasks.md', ['.toy/feature/a/plan.json: there is no task for c2']],
    ['toy.feature.b.plan', '.toy/feature/b/plan.json', ['.toy/feature/b/plan.json: this is not JSON']],
  ]);
});

test('ticks are words of another length here, and nothing else changes', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const [unit] = (await read(folder)).units;
  const sources = Object.entries(files).map(([file, text]) => ({ file, text }));
  const tasks = files['feature/one/tasks.md'] ?? '';
  if (!unit) throw new Error('no unit');
  expect(await tickUnit(sources, unit)).toEqual([
    { file: 'feature/one/tasks.md', text: tasks.replace('c2: open', 'c2: finished') },
  ]);
  expect(await tickUnit(sources, { ...unit, criteriaHash: 'other' })).toEqual([]);
  expect(await tickUnit(sources.slice(1), unit)).toEqual([]);
});

describe('ticks of joined files are merged', () => {
  const begin = {
    'specs/.toy/feature/one/plan.json': plan('One', one),
    'specs/feature/one/tasks.md': 'c1: open\nc2: open\n',
    'specs/n.md': native,
  };
  const tasks = (text: string): Files => ({ 'specs/feature/one/tasks.md': text });
  const changed = { 'specs/.toy/feature/one/plan.json': plan('One', { ...one, c1: 'Another — check: `true`' }) };
  type Files = Readonly<Record<string, string>>;

  let project: TestProject;
  let repository: Repository;
  beforeAll(async () => {
    const ends: (() => void)[] = [];
    project = TestProject.makeKept(begin, (end) => ends.push(end));
    const stateFolder = path.join(project.outside, 'state');
    repository = await openRepository({ folder: project.root, stateFolder, env: process.env, identity: null });
    return () => ends.forEach((end) => end());
  });

  test.each<[string, Files, Files, Files | readonly string[]]>([
    [
      'each ticks another line beside the other',
      tasks('c1: finished\nc2: open\n'),
      tasks('c1: open\nc2: finished\n'),
      tasks('c1: finished\nc2: finished\n'),
    ],
    [
      'a tick whose text was changed in the other file is none',
      changed,
      tasks('c1: finished\nc2: finished\n'),
      tasks('c1: open\nc2: finished\n'),
    ],
    [
      'the text beside a tick is changed',
      tasks('c1: finished\nc2: open\n'),
      tasks('c1: open\nc2: open\n\nMore.\n'),
      tasks('c1: finished\nc2: open\n\nMore.\n'),
    ],
    [
      'both change one line of a file that has no segments',
      tasks('mine\nc1: open\nc2: open\n'),
      tasks('yours\nc1: open\nc2: open\n'),
      ['specs/feature/one/tasks.md'],
    ],
  ])('%s', async (_name, ours, theirs, expected) => {
    const [base, here, there] = [begin, ours, theirs].map((side) => {
      project.git('checkout', '--quiet', '--force', '--detach', repository.head);
      project.write(side);
      return project.commit('Side');
    });
    if (!base || !here || !there) throw new Error('no commits');
    const merged = await mergeCommits(repository, { path: 'specs', ignore: [] }, here, there);
    const file = 'specs/feature/one/tasks.md';
    const actual =
      merged.kind === 'conflict'
        ? merged.files
        : { [file]: (await readTreeFile(repository, merged.tree, file))?.toString() };
    expect(actual).toEqual(expected);
  });
});
