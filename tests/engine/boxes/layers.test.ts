import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LayeredBoxes } from '../../../src/engine/boxes/layers.ts';
import { Trash } from '../../../src/repo/worktrees/trash.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { editTree, writeBlob } from '../../../src/repo/objects/tree.ts';
import { type Box, createLauncher } from '../../../src/sandbox/launcher.ts';
import { noTier } from '../../../src/sandbox/none.ts';
import { TestProject } from '../../support/project.ts';

test('a tree is laid out once; others are what differs from it, and what nobody used lately is removed', async () => {
  const project = TestProject.make({ 'a.txt': 'a', 'b.txt': 'b' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: null,
  });
  const launcher = createLauncher({ tier: noTier, maxCommandMs: 1000, searchPath: '/usr/bin:/bin' });
  const folder = path.join(project.outside, 'layers');
  const trash = new Trash(path.join(project.outside, 'trash'));
  const layers = new LayeredBoxes({ repository, launcher, folder, trash, setUp: null });
  const base = project.git('rev-parse', 'HEAD^{tree}');
  const box = (name: string): Box => {
    const at = path.join(project.outside, 'boxes', name);
    return { workspace: path.join(at, 'ws'), scratch: path.join(at, 'scratch'), mark: name };
  };
  const open = async (tree: string, name: string): Promise<readonly string[]> =>
    (await layers.open(box(name), tree)).box.layers?.lower ?? [];
  const [whole = ''] = await open(base, 'base');
  expect(readdirSync(whole).toSorted()).toEqual(['.git', 'a.txt', 'b.txt']);
  const kept: string[] = [];
  for (let index = 0; index < 40; index++) {
    const object = await writeBlob(repository, Buffer.from(`new ${index}`));
    const tree = await editTree(repository, base, [{ path: 'a.txt', entry: { mode: '100644', object } }]);
    const [over = '', under] = await open(tree, `b${index}`);
    expect([readFileSync(path.join(over, 'a.txt'), 'utf8'), readdirSync(over).toSorted(), under]).toEqual([
      `new ${index}`,
      ['.git', 'a.txt'],
      whole,
    ]);
    kept.push(over);
    if (index > 0) await layers.discard(box(`b${index}`), tree); // the first one stays in use
  }
  const there = readdirSync(folder).filter((name) => name.startsWith('difference-'));
  expect(there.length).toBeLessThanOrEqual(24);
  expect([there.includes(path.basename(kept[0] ?? '')), there.includes(path.basename(kept[39] ?? ''))]).toEqual([
    true,
    true,
  ]);
  // A tree with more changes than a difference may have is laid out whole, and takes the place of the first one, which
  // goes once nothing is mounted on it.
  const many = Array.from({ length: 501 }, (_unused, index) => ({ path: `many/${index}`, entry: null }));
  const object = await writeBlob(repository, Buffer.from('x'));
  const large = await editTree(
    repository,
    base,
    many.map(({ path: file }) => ({ path: file, entry: { mode: '100644', object } })),
  );
  const wholes = (): string[] => readdirSync(folder).filter((name) => name.startsWith('whole-'));
  await open(large, 'large');
  expect(wholes().length).toBe(2);
  await layers.discard(box('base'), base);
  expect(wholes().length).toBe(2); // the first difference is still in use
  const first = await editTree(repository, base, [
    { path: 'a.txt', entry: { mode: '100644', object: await writeBlob(repository, Buffer.from('new 0')) } },
  ]);
  writeFileSync(path.join(project.outside, 'file'), '');
  rmSync(path.join(project.outside, 'trash'), { recursive: true });
  symlinkSync('file', path.join(project.outside, 'trash'));
  // A box that cannot be removed holds nothing back.
  await expect(layers.discard(box('b0'), first)).rejects.toThrow('EEXIST');
  expect(existsSync(box('b0').workspace)).toBe(true);
  expect([wholes().length, readdirSync(folder).filter((name) => name.startsWith('difference-'))]).toEqual([1, []]);
});
