import path from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { diffTexts } from '../../../src/repo/objects/diff.ts';
import { TestProject } from '../../support/project.ts';

test('the patches of commits and of pairs of trees are told apart, also where a patch looks like a heading', async () => {
  const project = TestProject.make({ 'a.txt': 'one\n', 'b.txt': 'one\n' });
  const name = (of: string): string => project.git('rev-parse', of);
  const commits = [name('HEAD')];
  const commit = (files: Readonly<Record<string, string>>): void => {
    project.write(files);
    project.git('add', '-A');
    project.git('commit', '-qm', 'more');
    commits.push(name('HEAD'));
  };
  commit({ 'a.txt': `${'a'.repeat(40)}\n${'b'.repeat(40)} ${'c'.repeat(40)}\n` });
  commit({ 'b.txt': `${Array.from({ length: 500 }, (_, n) => n).join('\n')}\nä without an end` });
  const stateFolder = path.join(project.outside, 'state');
  const identity = { name: 'A', email: 'a@b' };
  const repository = await openRepository({ folder: project.root, stateFolder, env: process.env, identity });
  const [first = '', second = '', third = ''] = commits;
  const trees = { before: name(`${first}^{tree}`), after: name(`${second}^{tree}`) };
  const same = { before: trees.after, after: trees.after };
  const found = await diffTexts(repository, [{ commit: third }, trees, { commit: second }, same, trees], 400);
  const a = project.git('diff', '--no-color', first, second);
  const short = (text: string | undefined): string => (text ?? '').replaceAll(/^index .*\n/gm, '');
  expect(found.slice(1).map(short)).toEqual([short(`${a}\n`), short(`${a}\n`), '', short(`${a}\n`)]);
  const long = found[0] ?? '';
  expect([
    long.startsWith('diff --git a/b.txt b/b.txt\n'),
    long.length < 450,
    /\[… \d+ more lines …\]\n$/.test(long),
  ]).toEqual([...[true, true, true]]);
  expect(await diffTexts(repository, [], 400)).toEqual([]);
});
