import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { moveBranch } from '../../../src/repo/refs/branch.ts';
import { makeCandidate } from '../../../src/repo/worktrees/candidate.ts';
import { mergeTrees } from '../../../src/repo/objects/merge.ts';
import { harvest } from '../../../src/repo/worktrees/harvest.ts';
import { makeLandingCommit, recordOf } from '../../../src/repo/landings/land.ts';
import { moveRecorded } from '../../../src/repo/landings/landings.ts';
import { deliverAgain, pruneOwn } from '../../../src/repo/objects/own-objects.ts';
import { keepRef } from '../../../src/repo/refs/refs.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { changedPaths, commitTree, editTree, readTreeFile, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { openWorkspace } from '../../../src/repo/worktrees/workspace.ts';
import { TestProject, writeFiles } from '../../support/project.ts';

async function open(project: TestProject): Promise<Repository> {
  const stateFolder = path.join(project.root, '.git/backlog/x');
  return openRepository({ folder: project.root, stateFolder, env: process.env, identity: { name: 'A', email: 'a@b' } });
}

/** What users, their cron jobs and git itself do to objects that no ref names. */
const collections: Readonly<Record<string, (project: TestProject) => void>> = {
  'git gc --prune=now': (project) => project.git('gc', '--quiet', '--prune=now'),
  'git prune': (project) => project.git('prune', '--expire=now'),
  'git gc with gc.pruneExpire=now': (project) => project.git('-c', 'gc.pruneExpire=now', 'gc', '--quiet'),
  'git repack -ad and prune-packed': (project) => {
    project.git('repack', '-adq');
    project.git('prune', '--expire=now');
    project.git('prune-packed', '--quiet');
  },
  'git reflog expire and git gc': (project) => {
    project.git('reflog', 'expire', '--expire=now', '--all');
    project.git('gc', '--quiet', '--prune=now');
  },
};

test.each(Object.entries(collections))('a unit lands though %s runs after every step', async (_name, collect) => {
  const project = TestProject.make({ 'a.txt': 'a\n', 'b/c.txt': 'c\n' });
  // What the agent will write is there already, and nothing names it: git would not write it again.
  project.write({ 'b/new.txt': 'new\n' });
  project.git('hash-object', '-w', 'b/new.txt');
  rmSync(path.join(project.root, 'b/new.txt'));
  const repository = await open(project);
  const base = { baseCommit: repository.head, baseTree: await treeOf(repository, repository.head) };
  await moveBranch(repository, 'next', repository.head, null);
  const folder = path.join(project.outside, 'ws');
  await openWorkspace(repository, { folder, tree: base.baseTree });
  writeFiles(folder, { 'b/new.txt': 'new\n', 'a.txt': 'A\n' });
  const done = { workspace: folder, ...base, hasSecret: () => false, message: 'm' };
  const work = await harvest(repository, done);
  if (work.kind !== 'tree') throw new Error(work.paths[0].why);
  await keepRef(repository, 'refs/backlog/work/x.1', work.commit);
  collect(project);
  // The tip moved meanwhile: the candidate is a merge.
  const tick = [{ path: 'd.txt', entry: { mode: '100644', object: await writeBlob(repository, Buffer.from('d\n')) } }];
  const moved = await editTree(repository, base.baseTree, tick);
  const tip = await commitTree(repository, { tree: moved, parents: [repository.head], message: 'other\n' });
  await moveBranch(repository, 'next', tip, repository.head);
  const candidate = await makeCandidate(repository, {
    tip,
    work: { ...base, commit: work.commit, tree: work.tree },
    protection: async () => Promise.resolve(() => 'open'),
    mend: () => null,
    hold: async () => Promise.resolve(() => null),
    merge: async (ours, theirs) => mergeTrees(repository, ours, theirs),
    tick: async () => [
      { path: 'tick.md', entry: { mode: '100644', object: await writeBlob(repository, Buffer.from('- [x]\n')) } },
    ],
  });
  if (candidate.kind !== 'tree') throw new Error('conflict');
  collect(project);
  expect((await changedPaths(repository, candidate.tipTree, candidate.tree)).map((change) => change.path)).toEqual([
    'a.txt',
    'b/new.txt',
    'tick.md',
  ]);
  const trailers = { unit: 'x', run: 'r', attempt: 'x.1', criteria: 'c' };
  const { tree } = candidate;
  const commit = await makeLandingCommit(repository, { tree, tip, title: 't', body: '', trailers });
  collect(project);
  const record = recordOf({ ...trailers, commit, tree, undone: '' }, { what: 'landed', at: 0 });
  expect(await moveRecorded(repository, 'next', commit, tip, record)).toBe(true);
  collect(project);
  project.git('fsck', '--strict', '--connectivity-only');
  expect(project.git('show', 'next:b/new.txt', 'next:tick.md', 'next:d.txt')).toBe('new\n- [x]\nd');
});

test('what a collection took just before a ref named it is brought again', async () => {
  const project = TestProject.make({ a: 'a\n' });
  const repository = await open(project);
  const object = await writeBlob(repository, Buffer.from('b\n'));
  const tree = await editTree(repository, await treeOf(repository, repository.head), [
    { path: 'deep/b', entry: { mode: '100644', object } },
  ]);
  const first = await commitTree(repository, { tree, parents: [repository.head], message: 'one\n' });
  const second = await commitTree(repository, { tree, parents: [first, repository.head], message: 'two\n' });
  await moveBranch(repository, 'next', second, null);
  expect(project.git('fsck', '--strict')).toBe('');
  for (const name of [object, first, second]) {
    const loose = path.join(project.root, '.git/objects', name.slice(0, 2), name.slice(2));
    expect(statSync(loose).nlink).toBe(2); // the same file: nothing is written twice
    rmSync(loose);
  }
  await deliverAgain(repository, [second, repository.head]);
  expect(project.git('fsck', '--strict')).toBe('');
  project.git('gc', '--quiet');
  await deliverAgain(repository, [second]);
  expect(project.git('count-objects')).toBe('0 objects, 0 kilobytes'); // what is packed is there
});

test('what we made and nothing needed is kept for a day', async () => {
  const project = TestProject.make({ a: 'a\n' });
  const repository = await open(project);
  const [old, young] = [await writeBlob(repository, Buffer.from('1')), await writeBlob(repository, Buffer.from('2'))];
  const own = (name: string): string => path.join(repository.plumbing, 'objects', name.slice(0, 2), name.slice(2));
  const now = Date.now();
  utimesSync(own(old), new Date(now - 25 * 3_600_000), new Date(now - 25 * 3_600_000));
  await pruneOwn(repository, now);
  expect([existsSync(own(old)), existsSync(own(young))]).toEqual([false, true]);
  expect(await readTreeFile(repository, repository.head, 'a')).toEqual(Buffer.from('a\n'));
  expect(readdirSync(path.join(repository.plumbing, 'objects'))).toContain(young.slice(0, 2));
});
