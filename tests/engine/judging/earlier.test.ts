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

test.each([
  ['the work renamed', { 'new.txt': 'text' }, { 'old.txt': 'text\nmore' }, 'new.txt'],
  ['the work moved with its folder', { 'to/old.txt': 'text' }, { 'old.txt': 'text\nmore' }, 'to/old.txt'],
  ['what landed renamed', { 'old.txt': 'text\nmine' }, { 'new.txt': 'text\nmore' }, 'new.txt'],
  ['nobody renamed', { 'old.txt': 'text\nmine' }, { 'old.txt': 'text\nmore' }, 'old.txt'],
])('a file that %s counts under all its names', async (_what, mine, landed, merged) => {
  const text = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');
  const project = TestProject.make({ 'old.txt': text, 'other.txt': 'o' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  const base = repository.head;
  const treeWith = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const edits = Object.entries(files).map(async ([file, said]) => {
      const object = await writeBlob(repository, Buffer.from(said.replace('text', text)));
      return { path: file, entry: { mode: '100644', object } };
    });
    const without = { path: 'old.txt', entry: null };
    return editTree(repository, await treeOf(repository, base), [without, ...(await Promise.all(edits))]);
  };
  const land = async (unit: string, tree: string, tip: string): Promise<string> => {
    const trailers = { unit, run: 'r', attempt: `${unit}.1`, criteria: 'h' };
    return makeLandingCommit(repository, { tree, tip, title: unit, body: '', trailers });
  };
  const first = await land('a', await treeWith({ 'old.txt': 'text\na' }), base);
  const tip = await land('b', await treeWith(landed), first);
  const run = { repository, asked: { files: [], units } };
  const meeting = { from: base, to: tip, work: await treeWith(mine) };
  expect((await earlierUnits(run, meeting, [merged])).map(({ unit }) => unit.key)).toEqual(['b', 'a']);
  expect(await earlierUnits(run, meeting, ['other.txt'])).toEqual([]);
});
