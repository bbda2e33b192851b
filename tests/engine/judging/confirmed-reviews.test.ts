import path from 'node:path';
import { expect, test } from 'vitest';
import { ConfirmedReviews } from '../../../src/engine/judging/confirmed-reviews.ts';
import type { Evidence } from '../../../src/model/evidence.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { editTree, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { TestProject } from '../../support/project.ts';

test.each<[string, { before?: object; after?: object; verdict?: 'refuted' }, boolean]>([
  ['another file has changed', { before: { 'other.txt': 'new\n' }, after: { 'other.txt': 'new\n' } }, true],
  ['a quoted file has changed', { before: { 'quoted.txt': 'new\n' }, after: { 'quoted.txt': 'new\n' } }, false],
  ['a quoted file is gone', { before: { 'quoted.txt': null }, after: { 'quoted.txt': null } }, false],
  ['the change differs', { after: { 'own.txt': 'other work\n' } }, false],
  ['the changed file was another one', { before: { 'own.txt': 'new\n' } }, false],
  ['it was refuted', { verdict: 'refuted' }, false],
])('where %s, whether a review still holds: %#', async (_what, { before = {}, after = {}, ...given }, holds) => {
  const project = TestProject.make({ 'own.txt': 'before\n', 'quoted.txt': 'as it is\n', 'other.txt': 'other\n' });
  const stateFolder = path.join(project.root, '.git/backlog/x');
  const repository = await openRepository({ folder: project.root, stateFolder, env: process.env, identity: null });
  const edited = async (tree: string, files: object): Promise<string> => {
    const edits = Object.entries(files).map(async ([file, text]: [string, string | null]) => ({
      path: file,
      entry: text === null ? null : { mode: '100644', object: await writeBlob(repository, Buffer.from(text)) },
    }));
    return editTree(repository, tree, await Promise.all(edits));
  };
  const base = await treeOf(repository, repository.head);
  const work = await edited(base, { 'own.txt': 'work\n' });
  const review: Extract<Evidence, { kind: 'review' }> = {
    kind: 'review',
    on: 'candidate',
    tree: work,
    verdict: given.verdict ?? 'confirmed',
    reason: 'it is',
    quotes: [{ file: 'quoted.txt', line: 1, text: 'as it is' }],
  };
  const reviews = new ConfirmedReviews(repository);
  await reviews.add('claim', { before: base, after: work }, review);
  const change = { before: await edited(base, before), after: await edited(work, after) };
  expect(await reviews.on('claim', change.after, change)).toEqual(holds ? { ...review, tree: change.after } : null);
  expect(await reviews.on('another claim', change.after, change)).toBe(null);
});
