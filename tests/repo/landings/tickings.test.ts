import { expect, test } from 'vitest';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { changedSince, makeTickCommit, readTickings } from '../../../src/repo/landings/tickings.ts';
import { treeOf } from '../../../src/repo/objects/tree.ts';
import { temporaryFolder, TestProject } from '../../support/project.ts';

const hash = (digit: string): string => digit.repeat(40);

test('a history tells which landings elsewhere it ticked, by its newest commit, and which it opened', async () => {
  const project = TestProject.make({ 'a.md': '# A\n' });
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  const repository = await openRepository({ folder, stateFolder, identity: null, env: process.env });
  const before = await treeOf(repository, repository.head);
  project.write({ 'a.md': '# B\n' });
  const after = await treeOf(repository, project.commit('Changed'));
  const add = async (
    tip: string,
    ticked: readonly string[],
    unticked: readonly string[],
    tree = before,
  ): Promise<string> => makeTickCommit(repository, { tree, tip, title: 'Tick: a', ticked, unticked, run: null });
  const first = await add(repository.head, [hash('1'), hash('2')], []);
  const second = await add(first, [hash('1')], [hash('3')], after);
  expect(await readTickings(repository, [second, repository.head])).toEqual({
    ticked: new Map([
      [hash('1'), second],
      [hash('2'), first],
    ]),
    unticked: new Set([hash('3')]),
    files: new Map([
      [second, ['a.md']],
      [first, []],
    ]),
  });
  expect(await readTickings(repository, [repository.head])).toEqual({
    ...{ ticked: new Map(), unticked: new Set(), files: new Map() },
  });
});

test('commits that changed files since a time are found on every side of a merge', async () => {
  const project = TestProject.make({ '[a].md': 'old\n', 'a.md': 'old\n' });
  project.git('switch', '--quiet', '--create', 'side');
  project.write({ '[a].md': 'new\n' });
  const side = project.commit('Side');
  project.git('switch', '--quiet', 'main');
  project.write({ 'a.md': 'new\n' });
  project.commit('Another file');
  project.git('merge', '--quiet', '--no-ff', '--message=Merge', 'side');
  const [folder, stateFolder] = [project.root, temporaryFolder()];
  const repository = await openRepository({ folder, stateFolder, identity: null, env: process.env });
  const first = project.git('rev-list', '--max-parents=0', 'HEAD');
  const found = async (since: string): Promise<readonly string[]> =>
    changedSince(repository, repository.head, since, ['[a].md']);
  expect(await found('2000-01-01T00:00:00Z')).toEqual([project.git('rev-parse', 'HEAD'), side, first]);
  expect(await found('2090-01-01T00:00:00Z')).toEqual([]);
});
