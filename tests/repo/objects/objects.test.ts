import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eachObject, portions } from '../../../src/repo/objects/objects.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { commitTree, editTree, readFile, writeBlob } from '../../../src/repo/objects/tree.ts';
import { TestProject } from '../../support/project.ts';

async function opened(
  files: Readonly<Record<string, string>>,
): Promise<{ project: TestProject; repository: Repository; tree: string }> {
  const project = TestProject.make(files);
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A <b>\n', email: 'a@b' },
  });
  // Git is asked about objects that only we have.
  writeFileSync(path.join(project.root, '.git/objects/info/alternates'), `${repository.plumbing}/objects\n`);
  return { project, repository, tree: project.git('rev-parse', 'HEAD^{tree}') };
}

test('edited trees are the ones that git itself would write', async () => {
  const { project, repository, tree } = await opened({
    'a.txt': 'a',
    'a/one.txt': '1',
    'a/deep/two.txt': '2',
    'a-b': 'sorted between',
    'gone/only.txt': 'x',
    'was-file': 'f',
    'was-folder/x': 'x',
  });
  const object = await writeBlob(repository, Buffer.from('new'));
  const entry = { mode: '100644', object };
  const edited = await editTree(repository, tree, [
    { path: 'a/deep/new.txt', entry },
    { path: 'a/one.txt', entry: null },
    { path: 'gone/only.txt', entry: null },
    { path: 'not/there.txt', entry: null },
    { path: 'was-file', entry: null },
    { path: 'was-file/now/folder', entry },
    { path: 'was-folder/x', entry: null },
    { path: 'was-folder', entry: { mode: '100755', object } },
    { path: 'line\nend/é.txt', entry },
  ]);
  project.git('read-tree', edited);
  expect(project.git('write-tree')).toBe(edited);
  expect(
    project
      .git('ls-tree', '-r', '-z', edited)
      .split('\0')
      .map((line) => line.replace(/ blob \w+\t/, ' ')),
  ).toEqual([
    '100644 a-b',
    '100644 a.txt',
    '100644 a/deep/new.txt',
    '100644 a/deep/two.txt',
    '100644 line\nend/é.txt',
    '100644 was-file/now/folder',
    '100755 was-folder',
    '',
  ]);
  expect(project.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('names that are no UTF-8 stay as they are', async () => {
  const { project, repository } = await opened({ 'x.txt': 'x' });
  writeFileSync(Buffer.concat([Buffer.from(`${project.root}/`), Buffer.from([0xff, 0x61])]), 'bytes');
  project.commit('A strange name');
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  const edited = await editTree(repository, tree, [{ path: 'x.txt', entry: null }]);
  const others = project
    .git('ls-tree', tree)
    .split('\n')
    .filter((line) => !line.endsWith('x.txt'));
  expect(project.git('ls-tree', edited).split('\n')).toEqual(others);
});

test('a file is read with its entry; what is not there is null', async () => {
  const { repository, tree } = await opened({ 'a/b.txt': 'text' });
  const found = await readFile(repository, tree, 'a/b.txt');
  expect([found?.bytes.toString(), found?.entry.mode, found?.entry.path]).toEqual(['text', '100644', 'a/b.txt']);
  expect([await readFile(repository, tree, 'a/c.txt'), await readFile(repository, tree, 'x\n/c')]).toEqual([
    null,
    null,
  ]);
});

test('a commit is one that git accepts, whatever the identity holds', async () => {
  const { project, repository, tree } = await opened({ a: 'a' });
  const commit = await commitTree(repository, { tree, parents: [repository.head], message: 'Subject\n\nBody é\n' });
  expect(project.git('log', '-1', '--format=%an|%ae|%P|%T|%B', commit)).toBe(
    `A b|a@b|${repository.head}|${tree}|Subject\n\nBody é`,
  );
  expect(project.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('many objects are read in portions of what fits into memory, in their order', async () => {
  const { repository } = await opened({ 'a.txt': 'a' });
  const sizes = [20_000_000, 3, 20_000_000, 40_000_000, 5, 5];
  const names: string[] = [];
  for (const [index, size] of sizes.entries())
    names.push(await writeBlob(repository, Buffer.alloc(size, String(index))));
  names.splice(4, 0, '0'.repeat(40));
  const seen: unknown[] = [];
  for await (const [index, object] of eachObject(repository, names))
    seen.push([index, object?.name ?? null, object?.bytes.length, object?.bytes.toString('utf8', 0, 1)]);
  expect(seen).toEqual([
    [0, names[0], 20_000_000, '0'],
    [1, names[1], 3, '1'],
    [2, names[2], 20_000_000, '2'],
    [3, names[3], 40_000_000, '3'],
    [4, null, undefined, undefined],
    [5, names[5], 5, '4'],
    [6, names[6], 5, '5'],
  ]);
  expect([...portions([20_000_000, 3, 20_000_000, 40_000_000, 0, 5, 5])]).toEqual([
    [0, 2],
    [2, 3],
    [3, 4],
    [4, 7],
  ]);
});
