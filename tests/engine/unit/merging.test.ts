import path from 'node:path';
import { expect, test } from 'vitest';
import { leftMarkers, type Merging } from '../../../src/engine/unit/merging.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { commitTree, editTree, readTreeFile, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { mergeTrees } from '../../../src/repo/objects/merge.ts';
import { TestProject } from '../../support/project.ts';

type Files = Readonly<Record<string, string | null>>;

/** Work that met another change of one line; what its files hold after git has merged them. */
async function conflict() {
  const guide = 'A conflict looks like this:\n<<<<<<< yours\n';
  const project = TestProject.make({ 'f.txt': 'a\nb\nc\n', 'guide.md': guide });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'A', email: 'a@b' },
  });
  const treeWith = async (tree: string, files: Files): Promise<string> => {
    const edits = Object.entries(files).map(async ([file, text]) => {
      const object = text === null ? null : await writeBlob(repository, Buffer.from(text));
      return { path: file, entry: object === null ? null : { mode: '100644', object } };
    });
    return editTree(repository, tree, await Promise.all(edits));
  };
  const base = await treeOf(repository, repository.head);
  const commit = async (files: Files): Promise<{ readonly tree: string; readonly commit: string }> => {
    const tree = await treeWith(base, files);
    return { tree, commit: await commitTree(repository, { tree, parents: [repository.head], message: 'm\n' }) };
  };
  const [tip, kept] = [await commit({ 'f.txt': 'a\nX\nc\n' }), await commit({ 'f.txt': 'a\nY\nc\n' })];
  const merged = await mergeTrees(repository, tip.commit, kept.commit);
  const merging = { tree: merged.tree, tip: tip.tree, files: ['f.txt'], kept: { tree: kept.tree, baseTree: base } };
  const text = String(await readTreeFile(repository, merged.tree, 'f.txt'));
  const left = async (files: (text: string) => Files): Promise<string[]> => {
    const run = { repository } as Parameters<typeof leftMarkers>[0];
    return leftMarkers(run, merging as unknown as Merging, await treeWith(merged.tree, files(text)));
  };
  return { left };
}

test.each<[string, (text: string) => Files, readonly string[]]>([
  ['as git wrote them', () => ({}), ['f.txt']],
  ['with other names', (text) => ({ 'f.txt': text.replace(/^(<{7}|>{7}).*/gm, '$1 ours') }), ['f.txt']],
  ['without names', (text) => ({ 'f.txt': text.replace(/^(<{7}|>{7}).*/gm, '$1') }), ['f.txt']],
  ['with one more space', (text) => ({ 'f.txt': text.replace(/^(<{7}|>{7}) /gm, '$1  ') }), ['f.txt']],
  ['with other line ends', (text) => ({ 'f.txt': text.replaceAll('\n', '\r\n') }), ['f.txt']],
  ['only the first', (text) => ({ 'f.txt': text.replace(/^(={7}|>{7}).*\n/gm, '') }), ['f.txt']],
  ['only the last', (text) => ({ 'f.txt': text.replace(/^(={7}|<{7}).*\n/gm, '') }), ['f.txt']],
  ['in a file that was renamed', (text) => ({ 'f.txt': null, 'g.txt': text }), ['g.txt']],
  ['also copied', (text) => ({ 'f.txt': 'a\nX\nY\nc\n', 'copy.txt': text }), ['copy.txt']],
  ['none', () => ({ 'f.txt': 'a\nX\nY\nc\n' }), []],
  ['none, beside a title that is underlined', () => ({ 'f.txt': 'a\n=======\nX\nY\nc\n' }), []],
  ['none, beside code like them', () => ({ 'f.txt': 'a <<<<<<< b\n<<<<<<\nX\nY\n<<<<<<<EOF\n' }), []],
  [
    'longer, as where renames meet',
    () => ({ 'f.txt': 'a\n<<<<<<<< 07b9:f.txt\nX\n========\nY\n>>>>>>>> c:g.txt\n' }),
    ['f.txt'],
  ],
  [
    'none, beside a text about them that was there before',
    () => ({ 'f.txt': 'a\nX\nY\nc\n', 'guide.md': 'A conflict looks like this:\n<<<<<<< yours\nand more\n' }),
    [],
  ],
])('markers that an agent left are found: %s', async (_what, files, expected) => {
  expect(await (await conflict()).left(files)).toEqual(expected);
});
