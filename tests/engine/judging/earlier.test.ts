import path from 'node:path';
import { expect, test } from 'vitest';
import { earlierUnits, withMerged } from '../../../src/engine/judging/earlier.ts';
import { idFromKey } from '../../../src/model/ids.ts';
import { type UnitSpec, unasked } from '../../../src/model/unit.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { makeLandingCommit, makeUndoCommit } from '../../../src/repo/landings/land.ts';
import { commitTree, editTree, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { TestProject } from '../../support/project.ts';

const units = ['a', 'b', 'c', 'd', 'e'].map((key): UnitSpec => ({
  ...unasked,
  ...({ id: idFromKey(key), key, title: key, kind: 'change', file: `${key}.md`, line: 1, body: '' } as const),
  ...{ criteria: [], contentHash: '', criteriaHash: '' },
}));

test('earlier units are those whose commits changed the files since, the last one first, without undone and unknown ones', async () => {
  const project = TestProject.make({ 'f.txt': '', 'g.txt': '', '*.txt': '' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  let tip = repository.head;
  const next = async (file: string, make: (tree: string) => Promise<string>): Promise<string> => {
    const object = await writeBlob(repository, Buffer.from(`${file} ${tip}`));
    tip = await make(
      await editTree(repository, await treeOf(repository, tip), [{ path: file, entry: { mode: '100644', object } }]),
    );
    return tip;
  };
  const land = async (unit: string, file: string): Promise<string> =>
    next(file, async (tree) => {
      const trailers = { unit, run: 'r', attempt: `${unit}.1`, criteria: 'h' };
      return makeLandingCommit(repository, { tree, tip, title: unit, body: '', trailers });
    });
  const undo = async (unit: string, file: string, undone: string): Promise<string> =>
    next(file, async (tree) => makeUndoCommit(repository, { tree, tip, title: 'undo', body: '', unit, undone }));
  await land('e', 'f.txt'); // before the work began
  const base = tip;
  const a = await land('a', 'f.txt');
  const g = await land('b', 'g.txt');
  await undo('c', 'f.txt', await land('c', 'f.txt'));
  await next('f.txt', async (tree) => commitTree(repository, { tree, parents: [tip], message: "A person's\n" }));
  await land('gone', 'f.txt');
  await undo('d', 'f.txt', await land('d', 'f.txt'));
  const d = await land('d', 'f.txt');
  const run = { repository, asked: { files: [], units } };
  const found = async (...files: readonly string[]): Promise<readonly (readonly string[])[]> =>
    (await earlierUnits(run, { from: base, to: tip, work: base }, files)).map(({ unit, commit }) => [unit.key, commit]);
  expect([await found('f.txt'), await found('f.txt', 'g.txt'), await found('*.txt'), await found()]).toEqual([
    [
      ['d', d],
      ['a', a],
    ],
    [
      ['d', d],
      ['b', g],
      ['a', a],
    ],
    [],
    [],
  ]);
  const earlier = await earlierUnits(run, { from: base, to: tip, work: base }, ['f.txt']);
  const merged = ['d', 'b', 'gone'].map((key) => ({ unit: idFromKey(key), commit: `of ${key}` }));
  expect(withMerged(run, earlier, merged).map(({ unit, commit }) => [unit.key, commit])).toEqual([
    ['d', d],
    ['a', a],
    ['b', 'of b'],
  ]);
});

interface Names {
  /** The whole of the files that anybody changes, before; the work's, and those of each landing by its unit. */
  readonly before?: Files;
  readonly mine: Files;
  readonly landed: Readonly<Record<string, Files>>;
  readonly merged: string;
  readonly units: readonly string[];
}
type Files = Readonly<Record<string, string>>;

const a = { 'old.txt': 'text\na' };

test.each<[string, Names]>([
  [
    'the work renamed',
    {
      mine: { 'new.txt': 'text' },
      landed: { a, b: { 'old.txt': 'text\nmore' } },
      merged: 'new.txt',
      units: ['b', 'a'],
    },
  ],
  [
    'the work moved with its folder',
    {
      mine: { 'to/old.txt': 'text' },
      landed: { a, b: { 'old.txt': 'text\nmore' } },
      merged: 'to/old.txt',
      units: ['b', 'a'],
    },
  ],
  [
    'what landed renamed',
    {
      mine: { 'old.txt': 'text\nmine' },
      landed: { a, b: { 'new.txt': 'text\nmore' } },
      merged: 'new.txt',
      units: ['b', 'a'],
    },
  ],
  [
    'what landed renamed twice',
    {
      mine: { 'old.txt': 'text\nmine' },
      landed: { a: { 'new.txt': 'text' }, b: { 'new.txt': 'text\nb' }, d: { 'newer.txt': 'text\nb' } },
      merged: 'newer.txt',
      units: ['d', 'b', 'a'],
    },
  ],
  [
    'is new in a folder that the work moved',
    {
      before: { 'src/old.txt': 'text' },
      mine: { 'lib/old.txt': 'text', 'lib/new.txt': 'mine' },
      landed: { a: { 'src/old.txt': 'text', 'src/new.txt': 'theirs' } },
      merged: 'lib/new.txt',
      units: ['a'],
    },
  ],
  [
    'nobody renamed',
    {
      mine: { 'old.txt': 'text\nmine' },
      landed: { a, b: { 'old.txt': 'text\nmore' } },
      merged: 'old.txt',
      units: ['b', 'a'],
    },
  ],
])('a file that %s counts under all its names', async (_what, { before = { 'old.txt': 'text' }, ...it }) => {
  const text = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');
  const whole = (files: Files): Files =>
    Object.fromEntries(Object.entries(files).map(([file, said]) => [file, said.replace('text', text)]));
  const project = TestProject.make({ ...whole(before), 'other.txt': 'o' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  const base = repository.head;
  const treeWith = async (files: Files): Promise<string> => {
    const edits = Object.entries(whole(files)).map(async ([file, said]) => {
      const object = await writeBlob(repository, Buffer.from(said));
      return { path: file, entry: { mode: '100644', object } };
    });
    const without = Object.keys(before).map((file) => ({ path: file, entry: null }));
    return editTree(repository, await treeOf(repository, base), [...without, ...(await Promise.all(edits))]);
  };
  let tip = base;
  for (const [unit, files] of Object.entries(it.landed)) {
    const trailers = { unit, run: 'r', attempt: `${unit}.1`, criteria: 'h' };
    tip = await makeLandingCommit(repository, { tree: await treeWith(files), tip, title: unit, body: '', trailers });
  }
  const run = { repository, asked: { files: [], units } };
  const meeting = { from: base, to: tip, work: await treeWith(it.mine) };
  expect((await earlierUnits(run, meeting, [it.merged])).map(({ unit }) => unit.key)).toEqual(it.units);
  expect(await earlierUnits(run, meeting, ['other.txt'])).toEqual([]);
});
