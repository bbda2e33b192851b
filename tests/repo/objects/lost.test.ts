import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { treeOf, editTree, entryAt, readFiles, readTreeFile, writeBlob } from '../../../src/repo/objects/tree.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { TestProject } from '../../support/project.ts';

/** A repository that lost some objects, named by path, after it was opened; its reader has not met them yet. */
async function without(
  ...lost: readonly string[]
): Promise<{ repository: Repository; tree: string; project: TestProject }> {
  // Trees that no other test has: what was read lately is remembered.
  const own = { 'a/b/own.txt': randomUUID() };
  const project = TestProject.make({
    'a/b/one.txt': '1',
    'a/b/two.txt': '2',
    'a/three.txt': '3',
    'top.txt': 't',
    ...own,
  });
  const stateFolder = path.join(project.outside, 'state');
  const repository = await openRepository({
    folder: project.root,
    stateFolder,
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  for (const file of lost) {
    const name = project.git('rev-parse', `HEAD:${file}`);
    rmSync(path.join(project.root, '.git/objects', name.slice(0, 2), name.slice(2)));
  }
  return { repository, tree: await treeOf(repository, repository.head), project };
}

async function said(action: Promise<unknown>): Promise<string> {
  return action.then(
    (answer) => String(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer)),
    (error: unknown) => String(error).replaceAll(/[0-9a-f]{40}/g, '…'),
  );
}

const lostIs = (what: string): string => `GitError: git cat-file failed: the ${what} is lost`;

test.each([
  ['a/b/new.txt', 'a/b', lostIs('tree … (a/b)')],
  ['a/b/one.txt', 'a/b', lostIs('tree … (a/b)')],
  ['a/new/deep.txt', 'a', lostIs('tree … (a)')],
  // What the edit does not go through is not needed for it.
  ['a/new.txt', 'a/b', 'edited'],
  ['a/b/new.txt', 'a/b/one.txt', 'edited'],
])('an edit of %s without the object of %s', async (file, lost, expected) => {
  const { repository, tree } = await without(lost);
  const entry = { mode: '100644', object: await writeBlob(repository, Buffer.from('new')) };
  expect(await said(editTree(repository, tree, [{ path: file, entry }]).then(() => 'edited'))).toBe(
    expected === 'edited' ? '"edited"' : expected,
  );
});

test.each([
  ['a/b/one.txt', 'a/b/one.txt', lostIs('object … (a/b/one.txt)')],
  ['a/b/one.txt', 'a/b', lostIs('tree … (a/b)')],
  // What is not there, and what is.
  ['a/b/none.txt', 'a/b/one.txt', 'null'],
  ['none/one.txt', 'a/b', 'null'],
  ['a/b', 'a/b/one.txt', 'null'],
  ['a/b/two.txt', 'a/b/one.txt', '2'],
])('%s is read without the object of %s', async (file, lost, expected) => {
  const { repository, tree, project } = await without(lost);
  for (const from of [tree, project.git('rev-parse', 'HEAD')]) {
    expect(await said(readFiles(repository, from, ['top.txt', file]).then((all) => all.get(file)))).toBe(expected);
    expect(await said(readTreeFile(repository, from, file))).toBe(expected);
  }
  const entry = await said(entryAt(repository, tree, file));
  if (expected.startsWith('GitError')) expect(entry).toBe(expected);
  else expect(entry === 'null').toBe(!/^a.b(?:.two.txt)?$/.test(file));
});
