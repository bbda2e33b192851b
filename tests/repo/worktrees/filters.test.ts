import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { filtersOf, refuseFilters } from '../../../src/repo/worktrees/filters.ts';
import { harvest } from '../../../src/repo/worktrees/harvest.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { treeOf } from '../../../src/repo/objects/tree.ts';
import { openWorkspace } from '../../../src/repo/worktrees/workspace.ts';
import { TestProject, writeFiles } from '../../support/project.ts';

const rot = 'tr a-zA-Z n-za-mN-ZA-M';

async function open(project: TestProject): Promise<Repository> {
  const stateFolder = path.join(project.outside, 'state');
  return openRepository({ folder: project.root, stateFolder, env: process.env, identity: { name: 'A', email: 'a@b' } });
}

interface Row {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  /** Lines of `.git/info/attributes`. */
  readonly info?: string;
  /** What is set up, by `filter.<name>.…`. */
  readonly config?: Readonly<Record<string, string>>;
  /** What is said; null: nothing stands in the way. */
  readonly refused: string | null;
}

const crypt = { 'filter.git-crypt.clean': rot, 'filter.git-crypt.smudge': rot };

const rows: readonly Row[] = [
  {
    what: 'git-crypt',
    files: { '.gitattributes': 'secrets/** filter=git-crypt diff=git-crypt\n', 'secrets/a': 'a', 'secrets/b': 'b' },
    config: crypt,
    refused: 'secrets/a and 1 more pass the filter "git-crypt"',
  },
  {
    what: 'git-crypt that was never unlocked here',
    files: { '.gitattributes': 'x filter=git-crypt-team\n', x: 'a' },
    refused: 'x passes the filter "git-crypt-team"',
  },
  {
    what: 'a filter of the project, in a folder of its own',
    files: { 'deep/.gitattributes': '*.env filter=vault\n', 'deep/er/a.env': 'a' },
    config: { 'filter.vault.process': 'vault-filter' },
    refused: 'deep/er/a.env passes the filter "vault"',
  },
  {
    what: 'a filter by a macro',
    files: { '.gitattributes': '[attr]secret filter=crypt -diff\n*.key secret\n', 'a.key': 'a' },
    config: { 'filter.crypt.smudge': rot },
    refused: 'a.key passes the filter "crypt"',
  },
  {
    what: 'a filter that only this clone names',
    files: { 'a.key': 'a' },
    info: '*.key filter=crypt\n',
    config: { 'filter.crypt.smudge': rot },
    refused: 'a.key passes the filter "crypt"',
  },
  {
    what: 'LFS',
    files: { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'a.bin': 'version https://…' },
    refused: 'this repository keeps files in Git LFS (a.bin), which is not supported yet',
  },
  {
    what: 'a filter that shows files as git keeps them',
    files: { '.gitattributes': '*.ipynb filter=nbstripout\n', 'a.ipynb': '{}' },
    config: { 'filter.nbstripout.clean': 'nbstripout', 'filter.nbstripout.smudge': 'cat' },
    refused: null,
  },
  {
    what: 'rules that meet no file, are taken back, or only look like one',
    files: {
      '.gitattributes': '# * filter=git-crypt\n*.psd filter=lfs\n* diff=git-crypt\nx filter=git-crypt\nx -filter\n',
      'docs/example.gitattributes': '* filter=git-crypt\n',
      x: 'filter=git-crypt',
    },
    config: crypt,
    refused: null,
  },
];

describe('a repository is refused in which a checkout shows files otherwise than git keeps them', () => {
  test.each(rows)('$what', async ({ files, info, config, refused }) => {
    const project = TestProject.make(files);
    for (const [key, value] of Object.entries(config ?? {})) project.git('config', key, value);
    if (info !== undefined) writeFileSync(path.join(project.root, '.git/info/attributes'), info);
    const said = await refuseFilters(await open(project)).then(
      () => null,
      (error: unknown) => (error instanceof InputError ? error.message : error),
    );
    expect(said).toEqual(refused === null ? null : expect.stringContaining(refused));
  });
});

test('what an agent writes under a filter of the base does not land, whatever it does to the rules', async () => {
  const files = { '.gitattributes': '*.ipynb filter=nbstripout\nold.bin filter=lfs\n', 'a.ipynb': '{}', b: 'b\n' };
  const project = TestProject.make(files);
  const repository = await open(project);
  const tree = await treeOf(repository, repository.head);
  const folder = path.join(project.outside, 'ws');
  const take = async (changes: Readonly<Record<string, string>>): Promise<unknown> => {
    await openWorkspace(repository, { folder, tree });
    writeFiles(folder, changes);
    const base = { baseCommit: repository.head, baseTree: tree };
    const taken = await harvest(repository, { workspace: folder, ...base, hasSecret: () => false, message: 'm' });
    return taken.kind === 'tree' ? taken.files : taken;
  };
  const why = (filter: string): string =>
    `it passes the filter "${filter}", which is not run here: it would land unencrypted`;
  expect(await take({ 'x/new.ipynb': '{}' })).toEqual({
    kind: 'forbidden',
    paths: [{ path: 'x/new.ipynb', why: why('nbstripout') }],
  });
  expect(await take({ '.gitattributes': '', 'a.ipynb': '{ }' })).toMatchObject({ paths: [{ path: 'a.ipynb' }] });
  expect(await take({ 'old.bin': 'x' })).toEqual({ kind: 'forbidden', paths: [{ path: 'old.bin', why: why('lfs') }] });
  expect(await take({ b: 'B\n', 'new.txt': 'x' })).toEqual(['b', 'new.txt']);
  expect([...(await filtersOf(repository, tree, ['a.ipynb', 'b']))]).toEqual([['a.ipynb', 'nbstripout']]);
});

test('what git would ignore for the user does not land, whatever rules the agent writes', async () => {
  const project = TestProject.make({ '.gitignore': 'dist\n', a: 'a\n' });
  writeFileSync(path.join(project.outside, 'ignore'), '*.swp\n.idea\n');
  project.git('config', 'core.excludesFile', path.join(project.outside, 'ignore'));
  writeFileSync(path.join(project.root, '.git/info/exclude'), 'notes/\n!keep.swp\n');
  const repository = await open(project);
  const tree = await treeOf(repository, repository.head);
  const folder = path.join(project.outside, 'ws');
  const made = { 'x.swp': '', 'keep.swp': '', '.idea/x': '', 'notes/x': '', 'dist/x': '', 'src/x': '' };
  const changed: readonly Readonly<Record<string, string>>[] = [{}, { '.gitignore': '!*\n!*/\n' }];
  for (const rules of changed) {
    await openWorkspace(repository, { folder, tree });
    writeFiles(folder, { ...made, ...rules });
    const base = { baseCommit: repository.head, baseTree: tree };
    const taken = await harvest(repository, { workspace: folder, ...base, hasSecret: () => false, message: 'm' });
    expect(taken).toMatchObject({ kind: 'tree', files: [...Object.keys(rules), 'keep.swp', 'src/x'] });
  }
});

test('files of the base whose names differ only in case, or are odd, may be changed; new twins may not come', async () => {
  const project = TestProject.make({
    'README.md': 'a\n',
    'readme.md': 'b\n',
    'Docs/x': '',
    'docs/x': '',
    'odd\\name': '',
  });
  const repository = await open(project);
  const tree = await treeOf(repository, repository.head);
  const folder = path.join(project.outside, 'ws');
  const take = async (changes: Readonly<Record<string, string>>): Promise<unknown> => {
    await openWorkspace(repository, { folder, tree });
    writeFiles(folder, changes);
    const base = { baseCommit: repository.head, baseTree: tree };
    const taken = await harvest(repository, { workspace: folder, ...base, hasSecret: () => false, message: 'm' });
    return taken.kind === 'tree' ? taken.files : taken.paths[0].path;
  };
  expect(await take({ 'README.md': 'A\n', 'docs/x': 'x', 'odd\\name': 'x' })).toEqual([
    'README.md',
    'docs/x',
    'odd\\name',
  ]);
  expect(await take({ 'Readme.md': 'c\n' })).toBe('Readme.md');
  expect(await take({ 'docs/y': '', new: '' })).toEqual(['docs/y', 'new']); // both folders are there
});
