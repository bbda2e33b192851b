import { diffText, lineCounts } from '../../../src/repo/objects/diff.ts';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { gitMeter } from '../../../src/repo/git/git.ts';
import { harvest } from '../../../src/repo/worktrees/harvest.ts';
import { listHunks } from '../../../src/repo/objects/hunks.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { editTree, readFiles, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { openWorkspace } from '../../../src/repo/worktrees/workspace.ts';
import { TestProject } from '../../support/project.ts';

test('a change of more paths than a process takes as arguments is taken, compared and shown, in a few processes', async () => {
  const project = TestProject.make({ 'kept.txt': 'a\nb\nc\n', 'src/old.txt': 'old\n' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: null,
  });
  const baseTree = await treeOf(repository, repository.head);
  const workspace = path.join(project.outside, 'ws');
  await openWorkspace(repository, { folder: workspace, tree: baseTree });
  const take = async (): ReturnType<typeof harvest> =>
    harvest(repository, {
      ...{ workspace, baseCommit: repository.head, baseTree, keepRef: 'refs/backlog/work/a.1' },
      exclude: Array.from({ length: 2000 }, (_unused, index) => `node_modules/p${index}`),
      hasSecret: (bytes) => Buffer.from(bytes).includes('TOP-SECRET'),
      message: 'Work',
    });
  writeFileSync(path.join(workspace, 'kept.txt'), 'a\nB\nc\n');

  const folder = `a-folder-with-a-long-name-${'x'.repeat(60)}`;
  mkdirSync(path.join(workspace, folder));
  const names = Array.from({ length: 1000 }, (_unused, index) => `${folder}/${'name-'.repeat(15)}${index}`);
  for (const [index, name] of names.entries())
    if (index % 10 === 0) symlinkSync('../kept.txt', path.join(workspace, name));
    else writeFileSync(path.join(workspace, name), `one\n${index}\n`);
  const before = gitMeter.processes;
  const taken = await take();
  expect(gitMeter.processes - before).toBeLessThanOrEqual(12);
  if (taken.kind !== 'tree') throw new Error(taken.paths[0].why);
  expect(taken.files.length).toBe(1001);

  // Far beyond two megabytes of arguments.
  const asked = [
    ...names,
    ...Array.from({ length: 20_000 }, (_unused, index) => `${folder}/${'x'.repeat(100)}${index}`),
  ];
  expect(
    await listHunks(repository, baseTree, taken.tree, ['kept.txt', ...asked.slice(0, 12), ...asked.slice(1000)]),
  ).toEqual(
    [
      ...names
        .slice(0, 12)
        .map((name, index) => ({ path: name, oldLine: 0, oldLines: 0, line: 1, lines: index % 10 === 0 ? 1 : 2 })),
      { path: 'kept.txt', oldLine: 2, oldLines: 1, line: 2, lines: 1 },
    ].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  );
  expect(await lineCounts(repository, baseTree, taken.tree, ['kept.txt', ...asked.slice(1000)])).toEqual({
    added: 1,
    removed: 1,
  });
  expect(await lineCounts(repository, baseTree, taken.tree)).toEqual({ added: 1 + 900 * 2 + 100, removed: 1 });
  const shown = await diffText(repository, baseTree, taken.tree, 1000);
  const whole = await diffText(repository, baseTree, taken.tree, 100_000_000);
  expect(shown).toBe(`${whole.slice(0, 1000)}\n[… ${whole.length - 1000} more bytes …]\n`);

  writeFileSync(path.join(workspace, names[999] ?? ''), 'a TOP-SECRET b');
  expect(await take()).toEqual({
    kind: 'forbidden',
    paths: [{ path: names[999], why: 'it contains a secret that the agents use' }],
  });
});

test('lines of a diff that look like headers, or are longer than any header, are no stretches', async () => {
  const project = TestProject.make({ 'a.txt': 'x\n', 'b.txt': 'x\n' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: null,
  });
  const tree = await treeOf(repository, repository.head);
  const text = `x\n@@ -1 +1 @@\ndiff --git a/b.txt b/b.txt\n${'y'.repeat(100_000)}\nz`;
  const object = await writeBlob(repository, Buffer.from(text));
  const after = await editTree(repository, tree, [{ path: 'a.txt', entry: { mode: '100644', object } }]);
  expect(await listHunks(repository, tree, after, ['a.txt', 'b.txt'])).toEqual([
    { path: 'a.txt', oldLine: 1, oldLines: 0, line: 2, lines: 4 },
  ]);
  expect((await readFiles(repository, after, ['a.txt'])).get('a.txt')?.toString()).toBe(text);
});
