import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { formatTree, type RawEntry, writeObject } from '../../../src/repo/objects/objects.ts';
import { editTree, writeBlob } from '../../../src/repo/objects/tree.ts';
import { differencesOf, filesBelow } from '../../../src/repo/objects/walk.ts';
import { numbers } from '../../support/numbers.ts';
import { TestProject } from '../../support/project.ts';

async function opened(): Promise<{ readonly repository: Repository; readonly ask: (...args: string[]) => string[] }> {
  const project = TestProject.make({ 'a.txt': randomUUID() });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  const ask = (...args: string[]): string[] => {
    const { stdout, stderr } = spawnSync('git', args, {
      cwd: project.root,
      env: { ...project.env, GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(repository.plumbing, 'objects') },
    });
    expect(stderr.toString()).toBe('');
    return stdout.toString('utf8').split('\0').slice(0, -1);
  };
  return { repository, ask };
}

/** Names that sort in the ways of git: by bytes, folders as if they ended in a slash; one is no UTF-8. */
const names = ['a', 'a-b', 'a.b', 'a0', 'b', 'ü', '\xff\xfe', 'tab\t', 'Z'].map((name) =>
  name.startsWith('\xff') ? name : Buffer.from(name).toString('latin1'),
);
const modes = ['100644', '100755', '100664', '100777', '120000', '160000', '120777', '644'];

/** A tree with what the numbers say in it. */
async function someTree(repository: Repository, next: () => number, depth = 0): Promise<string> {
  const entries: RawEntry[] = [];
  for (const name of names) {
    const kind = next();
    if (kind < 0.35) continue;
    if (kind < 0.6 && depth < 3) {
      const object = await someTree(repository, next, depth + 1);
      entries.push({ mode: '40000', name, object });
      continue;
    }
    const mode = modes[Math.floor(next() ** 3 * modes.length)] ?? '100644';
    const object = await writeBlob(repository, Buffer.from(`${Math.floor(next() * 4)}`));
    entries.push({ mode, name, object: mode === '160000' ? '1'.repeat(40) : object });
  }
  return writeObject(repository, 'tree', formatTree(entries));
}

test('files and differences are the ones that git tells, in its order', async () => {
  const { repository, ask } = await opened();
  for (let seed = 1; seed <= 12; seed++) {
    const next = numbers(seed);
    const [one, other] = [await someTree(repository, next), await someTree(repository, next)];
    const listed = (await filesBelow(repository, one)).map(
      ({ mode, object, path: file }) => `${mode} ${mode === '160000' ? 'commit' : 'blob'} ${object}\t${file}`,
    );
    expect([seed, listed]).toEqual([seed, ask('ls-tree', '-r', '-z', '--full-tree', one)]);
    const side = (it: { readonly mode: string; readonly object: string } | null) =>
      it ?? { mode: '000000', object: '0'.repeat(40) };
    const differences = (await differencesOf(repository, one, other)).flatMap((change) => {
      const [before, after] = [side(change.before), side(change.after)];
      return [`${before.mode} ${after.mode} ${before.object} ${after.object}`, change.path];
    });
    const told = ask('diff-tree', '-r', '-z', '--no-renames', one, other).map((field) =>
      field.replace(/^:(.*) [AMDT]$/, '$1'),
    );
    expect([seed, differences]).toEqual([seed, told]);
  }
});

/** A tree object with entries as they are written here, in this order. */
async function written(repository: Repository, ...entries: readonly (readonly [about: string, object: string])[]) {
  const parts = entries.flatMap(([about, object]) => [Buffer.from(`${about}\0`), Buffer.from(object, 'hex')]);
  return writeObject(repository, 'tree', Buffer.concat(parts));
}

test.each([
  ['a folder with a zero before its mode', '040000', 'a folder'],
  ['a folder with permissions', '40755', 'a folder'],
  ['a file with a zero before its mode', '0100644', 'a file'],
  ['a file that only its owner may execute', '100700', 'a file'],
  ['a link with permissions', '120777', 'a file'],
])('%s is what git takes it for, and an edit beside it keeps it', async (_what, mode, kind) => {
  const { repository, ask } = await opened();
  const blob = await writeBlob(repository, Buffer.from(randomUUID()));
  const below = await written(repository, ['100644 f.txt', blob], ['100644 g.txt', blob]);
  const object = kind === 'a folder' ? below : blob;
  const [odd, usual] = [mode, kind === 'a folder' ? '40000' : modeAsShown(mode)];
  const [one, same] = [
    await written(repository, [`${odd} src`, object], ['100644 z', blob]),
    await written(repository, [`${usual} src`, object], ['100644 z', blob]),
  ];
  const listed = (await filesBelow(repository, one)).map((it) => `${it.mode} blob ${it.object}\t${it.path}`);
  expect(listed).toEqual(ask('ls-tree', '-r', '-z', '--full-tree', one));
  expect(await differencesOf(repository, one, same)).toEqual([]);
  if (kind !== 'a folder') return;
  const entry = { mode: '100644', object: await writeBlob(repository, Buffer.from('new')) };
  const edited = await editTree(repository, one, [{ path: 'src/f.txt', entry }]);
  expect((await differencesOf(repository, one, edited)).map((change) => change.path)).toEqual(['src/f.txt']);
});

function modeAsShown(mode: string): string {
  return mode === '100700' ? '100755' : mode === '120777' ? '120000' : '100644';
}

test.each<[string, (blob: string) => readonly (readonly [string, string])[]]>([
  [
    'one name twice',
    (blob) => [
      ['100644 a', blob],
      ['100644 a', blob],
    ],
  ],
  [
    'names out of order',
    (blob) => [
      ['100644 b', blob],
      ['100644 a', blob],
    ],
  ],
  ['an empty name', (blob) => [['100644 ', blob]]],
])('a tree with %s, in which git and we could see other files, is refused', async (_what, entries) => {
  const { repository } = await opened();
  const tree = await written(repository, ...entries(await writeBlob(repository, Buffer.from('x'))));
  const empty = await writeObject(repository, 'tree', Buffer.alloc(0));
  const message = `the top folder (tree ${tree}) has a name twice, or names out of order`;
  await expect(filesBelow(repository, tree)).rejects.toThrow(message);
  await expect(differencesOf(repository, empty, tree)).rejects.toThrow(message);
});

test('an empty tree has no files, and all of another one differ from it', async () => {
  const { repository } = await opened();
  const empty = await writeObject(repository, 'tree', Buffer.alloc(0));
  const object = await writeBlob(repository, Buffer.from('x'));
  const tree = await writeObject(repository, 'tree', formatTree([{ mode: '100644', name: 'x', object }]));
  const file = { mode: '100644', object };
  expect([
    await filesBelow(repository, empty),
    await differencesOf(repository, empty, tree),
    await differencesOf(repository, tree, empty),
    await differencesOf(repository, tree, tree),
  ]).toEqual([[], [{ path: 'x', before: null, after: file }], [{ path: 'x', before: file, after: null }], []]);
});

test('a lost folder is told by its path, unless both trees have it', async () => {
  const project = TestProject.make({ 'a/b/one.txt': randomUUID(), 'top.txt': 't' });
  const before = project.git('rev-parse', 'HEAD^{tree}');
  project.write({ 'top.txt': 'u' });
  project.commit('Another top');
  const after = project.git('rev-parse', 'HEAD^{tree}');
  const lost = project.git('rev-parse', 'HEAD:a/b');
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  rmSync(path.join(project.root, '.git/objects', lost.slice(0, 2), lost.slice(2)));
  const empty = await writeObject(repository, 'tree', Buffer.alloc(0));
  const message = `git cat-file failed: the tree ${lost} (a/b/) is lost`;
  await expect(filesBelow(repository, after)).rejects.toThrow(message);
  await expect(differencesOf(repository, empty, after)).rejects.toThrow(message);
  expect((await differencesOf(repository, before, after)).map((change) => change.path)).toEqual(['top.txt']);
});
