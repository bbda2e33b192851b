import { diffText } from '../../../src/repo/objects/diff.ts';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { mergeTrees } from '../../../src/repo/objects/merge.ts';
import { makeCandidate } from '../../../src/repo/worktrees/candidate.ts';
import { harvest, type Harvest } from '../../../src/repo/worktrees/harvest.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { changedPaths, commitTree, listTree, readTreeFile, treeOf } from '../../../src/repo/objects/tree.ts';
import { canWrite, openWorkspace, switchWorkspace, writeDifference } from '../../../src/repo/worktrees/workspace.ts';
import { TestProject } from '../../support/project.ts';

async function open(project: TestProject): Promise<Repository> {
  return openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'Ada', email: 'ada@example.org' },
  });
}

async function workspaceOf(project: TestProject): Promise<{
  readonly repository: Repository;
  readonly folder: string;
  readonly tree: string;
  readonly take: () => Promise<Harvest>;
}> {
  const repository = await open(project);
  const folder = path.join(project.outside, 'ws');
  const tree = await treeOf(repository, repository.head);
  await openWorkspace(repository, { folder, tree });
  const take = (): Promise<Harvest> =>
    harvest(repository, {
      workspace: folder,
      baseCommit: repository.head,
      baseTree: tree,
      hasSecret: (bytes) => Buffer.from(bytes).includes('sk-canary'),
      message: 'Work',
    });
  return { repository, folder, tree, take };
}

test('a workspace is a repository of one commit: no history, no remotes, no hooks, and git finds nothing changed', async () => {
  const project = TestProject.make({ 'a.txt': 'one\n', 'run.sh': '#!/bin/sh\n', 'ümläut/ß.txt': 'x' });
  chmodSync(path.join(project.root, 'run.sh'), 0o755);
  project.commit('Secret history');
  project.git('remote', 'add', 'origin', 'https://example.org/x.git');
  const { folder } = await workspaceOf(project);
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, env: project.env, encoding: 'utf8' });
  expect(git('status', '--porcelain')).toBe('');
  expect(git('log', '--all', '--format=%s')).toBe('The state of the branch\n');
  expect(git('remote')).toBe('');
  expect(existsSync(path.join(folder, '.git/hooks'))).toBe(false);
  expect(git('ls-files', '-s', 'run.sh')).toMatch(/^100755 /);
  expect(() => git('cat-file', '-e', project.git('rev-parse', 'HEAD~1'))).toThrow();
  expect(git('fsck', '--full')).toBe('');
});

test('what an agent does to its own .git has no say: hooks, filters, monitors and the index of the workspace are never used', async () => {
  const project = TestProject.make({ 'a.txt': 'one\n' });
  const { folder, take } = await workspaceOf(project);
  const marker = path.join(project.outside, 'ran');
  const evil = `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch ${marker}\n\thooksPath = .\n[filter "evil"]\n\tclean = touch ${marker}\n`;
  writeFileSync(path.join(folder, '.git/config'), evil);
  mkdirSync(path.join(folder, '.git/info'), { recursive: true });
  writeFileSync(path.join(folder, '.git/info/attributes'), '* filter=evil\n');
  writeFileSync(path.join(folder, '.gitattributes'), '* filter=evil\n');
  writeFileSync(path.join(folder, '.git/index'), 'broken');
  writeFileSync(path.join(folder, 'a.txt'), 'two\n');
  expect(await take()).toMatchObject({ kind: 'tree', files: ['.gitattributes', 'a.txt'] });
  expect(existsSync(marker)).toBe(false);
});

describe('pipes and sockets do not enter, and nothing waits for them', () => {
  const pipe = (file: string): void => void execFileSync('mkfifo', [file]);
  test.each<[string, (folder: string) => void, files: string[]]>([
    ['a pipe named .gitignore', (folder) => pipe(`${folder}/.gitignore`), ['b.txt']],
    ['a pipe named .gitattributes', (folder) => pipe(`${folder}/.gitattributes`), ['b.txt']],
    ['a pipe named .gitmodules', (folder) => pipe(`${folder}/.gitmodules`), ['b.txt']],
    [
      'such pipes in folders',
      (folder) => {
        mkdirSync(`${folder}/deep/er`, { recursive: true });
        writeFileSync(`${folder}/deep/er/x`, 'x');
        pipe(`${folder}/deep/.gitignore`);
        pipe(`${folder}/deep/er/.gitattributes`);
        chmodSync(`${folder}/deep`, 0o500);
      },
      ['b.txt', 'deep/er/x'],
    ],
    [
      'a pipe in the place of a file',
      (folder) => {
        execFileSync('rm', [`${folder}/a.txt`]);
        pipe(`${folder}/a.txt`);
      },
      ['a.txt', 'b.txt'],
    ],
    ['a pipe with a plain name', (folder) => pipe(`${folder}/pipe`), ['b.txt']],
  ])('%s', { timeout: 30_000 }, async (_what, make, files) => {
    const project = TestProject.make({ 'a.txt': 'one\n' });
    const { folder, take } = await workspaceOf(project);
    writeFileSync(path.join(folder, 'b.txt'), 'two\n');
    make(folder);
    expect(await take()).toMatchObject({ kind: 'tree', files });
  });
});

test('ignored files do not enter; deleted ones leave', async () => {
  const project = TestProject.make({ '.gitignore': 'node_modules\n', 'a.txt': 'one\n', 'b.txt': 'two\n' });
  const { folder, take } = await workspaceOf(project);
  mkdirSync(path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'node_modules/x.js'), '');
  execFileSync('rm', [path.join(folder, 'a.txt')]);
  const taken = await take();
  if (taken.kind !== 'tree') throw new Error('refused');
  expect([taken.files, project.git('status', '--porcelain')]).toEqual([['a.txt'], '']);
});

describe('what must not land is refused by name', () => {
  test.each<[string, (folder: string) => void, string, RegExp]>([
    [
      'a nested repository',
      (f) =>
        execFileSync(
          'sh',
          ['-c', 'git init -q sub; cd sub; touch a; git add a; git -c user.name=a -c user.email=a@b commit -qm a'],
          { cwd: f },
        ),
      'sub',
      /nested git repository/,
    ],
    [
      'a nested repository without a commit',
      (f) => execFileSync('sh', ['-c', 'git init -q "it\'s"; touch "it\'s/a"'], { cwd: f }),
      "it's",
      /nested git repository/,
    ],
    [
      'more than may land at once',
      (f) =>
        execFileSync('sh', ['-c', 'for n in 01 02 03 04 05 06 07 08 09 10 11; do truncate -s 19M $n; done'], {
          cwd: f,
        }),
      '11',
      /with it the change exceeds 200 MB/,
    ],
    [
      'a link to an absolute path',
      (f) => symlinkSync('/etc/passwd', path.join(f, 'link')),
      'link',
      /out of the repository/,
    ],
    [
      'a link that climbs out',
      (f) => (mkdirSync(path.join(f, 'd')), symlinkSync('../../x', path.join(f, 'd/link'))),
      'd/link',
      /out of the repository/,
    ],
    ['a link into .git', (f) => symlinkSync('.git/config', path.join(f, 'link')), 'link', /out of the repository/],
    [
      'a name that differs in case only',
      (f) => writeFileSync(path.join(f, 'A.TXT'), ''),
      'a.txt',
      /the same as that of/,
    ],
    [
      'a file with a key in it',
      (f) => writeFileSync(path.join(f, 'key.txt'), 'x sk-canary y'),
      'key.txt',
      /a secret that the agents use/,
    ],
    [
      'a very large file',
      (f) => execFileSync('truncate', ['-s', '21M', path.join(f, 'big.bin')]),
      'big.bin',
      /more than 20 MB/,
    ],
  ])('%s', async (_name, spoil, where, why) => {
    const { folder, take } = await workspaceOf(TestProject.make({ 'a.txt': 'one\n' }));
    spoil(folder);
    expect(await take()).toEqual({
      kind: 'forbidden',
      paths: [{ path: where, why: expect.stringMatching(why) as string }],
    });
  });

  test('all that is wrong is told, whatever it is', async () => {
    const { folder, take } = await workspaceOf(TestProject.make({ 'a.txt': 'one\n' }));
    symlinkSync('/etc/passwd', path.join(folder, 'link'));
    writeFileSync(path.join(folder, 'A.TXT'), '');
    writeFileSync(path.join(folder, 'aux.c'), '');
    writeFileSync(path.join(folder, 'key.txt'), 'x sk-canary y');
    execFileSync('truncate', ['-s', '21M', path.join(folder, 'big.bin')]);
    const told = async (): Promise<readonly string[]> => {
      const taken = await take();
      return taken.kind === 'forbidden' ? taken.paths.map(({ path: where }) => where).toSorted() : [];
    };
    expect(await told()).toEqual(['a.txt', 'aux.c', 'big.bin', 'key.txt', 'link']);
    for (const name of ['n1', 'n2']) execFileSync('git', ['init', '--quiet', path.join(folder, name)]);
    expect(await told()).toEqual(['n1', 'n2']); // git takes nothing of these, so they are told first
  });

  test('a link that stays inside is fine', async () => {
    const { folder, take } = await workspaceOf(TestProject.make({ 'a.txt': 'one\n' }));
    mkdirSync(path.join(folder, 'd'));
    symlinkSync('../a.txt', path.join(folder, 'd/link'));
    expect(await take()).toMatchObject({ kind: 'tree', files: ['d/link'] });
  });
});

describe('a candidate', () => {
  const prepare = async (
    theirs: string,
    ours: string,
  ): Promise<{
    readonly repository: Repository;
    readonly result: Awaited<ReturnType<typeof makeCandidate>>;
    readonly tip: string;
  }> => {
    const project = TestProject.make({ 'a.txt': '1\n2\n3\n4\n5\n6\n7\n', 'test.js': 'strict\n' });
    const repository = await open(project);
    const base = repository.head;
    project.write({ 'a.txt': theirs });
    const tip = project.commit('Theirs');
    project.git('reset', '--hard', '--quiet', base);
    project.write({ 'a.txt': ours, 'test.js': 'lax\n', 'evil.test.js': '' });
    const commit = project.commit('Ours');
    const result = await makeCandidate(repository, {
      tip,
      work: { commit, tree: await treeOf(repository, commit), baseCommit: base },
      protection: async () => Promise.resolve((file) => (file.endsWith('test.js') ? 'closed' : 'open')),
      mend: () => null,
      hold: async () => () => null,
      merge: async (ours, theirs) => mergeTrees(repository, ours, theirs),
      tick: () => Promise.resolve([]),
    });
    return { repository, result, tip };
  };

  test('merges onto the tip and puts protected paths back, additions included', async () => {
    const { repository, result } = await prepare('one\n2\n3\n4\n5\n6\n7\n', '1\n2\n3\n4\n5\n6\nseven\n');
    if (result.kind !== 'tree') throw new Error('conflict');
    expect([result.files, result.restored]).toEqual([['a.txt'], ['evil.test.js', 'test.js']]);
    expect(await diffText(repository, result.tipTree, result.tree)).toContain('-7\n+seven\n');
    expect((await readTreeFile(repository, result.tree, 'a.txt'))?.toString()).toBe('one\n2\n3\n4\n5\n6\nseven\n');
    expect((await readTreeFile(repository, result.tree, 'test.js'))?.toString()).toBe('strict\n');
    expect(await readTreeFile(repository, result.tree, 'evil.test.js')).toBeNull();
  });

  test('names the files of a conflict', async () => {
    const { result, tip } = await prepare('x\n2\n3\n4\n5\n6\n7\n', 'y\n2\n3\n4\n5\n6\n7\n');
    expect(result).toEqual({ kind: 'conflict', tip, files: ['a.txt'] });
  });
});

test('repositories that cannot be worked on are refused by name', async () => {
  const sub = TestProject.make({ 'a.txt': '' });
  sub.git('update-index', '--add', '--cacheinfo', `160000,${sub.git('rev-parse', 'HEAD')},sub`);
  sub.git('commit', '--quiet', '-m', 'sub');
  await expect(open(sub)).rejects.toThrow(/submodules/);
});

test('a shallow clone is fine', async () => {
  const origin = TestProject.make({ 'a.txt': 'one\n' });
  origin.write({ 'a.txt': 'two\n' });
  origin.commit('Second');
  const shallow = TestProject.make({});
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${origin.root}`, path.join(shallow.outside, 'clone')], {
    env: shallow.env,
  });
  const repository = await openRepository({
    folder: path.join(shallow.outside, 'clone'),
    stateFolder: path.join(shallow.outside, 'state'),
    env: process.env,
    identity: { name: 'Ada', email: 'a@b' },
  });
  const tree = await treeOf(repository, repository.head);
  const commit = await commitTree(repository, { tree, parents: [repository.head], message: 'x' });
  const made = await makeCandidate(repository, {
    tip: repository.head,
    work: { commit, tree, baseCommit: repository.head },
    protection: async () => Promise.resolve(() => 'open'),
    mend: () => null,
    hold: async () => () => null,
    merge: async (ours, theirs) => mergeTrees(repository, ours, theirs),
    tick: () => Promise.resolve([]),
  });
  expect(made).toMatchObject({ kind: 'tree', tree });
});

test('an untouched workspace is switched to another tree: only what differs is written, and git finds nothing changed', async () => {
  const project = TestProject.make({ 'a.txt': 'one\n', 'same.txt': 's\n', 'gone/x.txt': 'x\n', 'dir/b.txt': 'b\n' });
  const from = project.git('rev-parse', 'HEAD^{tree}');
  project.git('rm', '--quiet', '-r', 'gone', 'dir');
  project.write({ 'a.txt': 'two\n', 'new/deep/y.txt': 'y\n', dir: 'a file now\n' });
  project.commit('Later');
  const to = project.git('rev-parse', 'HEAD^{tree}');
  const repository = await open(project);
  const folder = path.join(project.outside, 'ws');
  await openWorkspace(repository, { folder, tree: from });
  const before = statSync(path.join(folder, 'same.txt')).ino;
  const written = await switchWorkspace(repository, { folder, from, to });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: folder, env: project.env, encoding: 'utf8' }).trim();
  expect(written.filter((file) => !file.startsWith('.git/objects')).toSorted()).toEqual([
    '.git',
    '.git/index',
    '.git/refs',
    '.git/refs/heads',
    '.git/refs/heads/work',
    'a.txt',
    'dir',
    'new',
    'new/deep',
    'new/deep/y.txt',
  ]);
  expect([git('status', '--porcelain'), git('rev-parse', 'HEAD^{tree}'), git('rev-list', '--count', 'HEAD')]).toEqual([
    '',
    to,
    '1',
  ]);
  expect(git('fsck', '--strict', '--no-dangling')).toBe('');
  expect([readFileSync(path.join(folder, 'a.txt'), 'utf8'), existsSync(path.join(folder, 'gone'))]).toEqual([
    'two\n',
    false,
  ]);
  expect(statSync(path.join(folder, 'same.txt')).ino).toBe(before);
});

test('what was set up is no work of anybody, whether the repository ignores it or not', async () => {
  for (const ignored of ['node_modules\n', '!node_modules\n!x*\n', '']) {
    const project = TestProject.make({ '.gitignore': ignored, 'a.txt': 'a' });
    const repository = await open(project);
    const folder = path.join(project.outside, 'ws');
    const tree = await treeOf(repository, repository.head);
    await openWorkspace(repository, { folder, tree });
    for (const name of ['node_modules/x', 'x*[y]']) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), 'x');
    }
    writeFileSync(path.join(folder, 'xay'), 'work');
    const taken = await harvest(repository, {
      workspace: folder,
      baseCommit: repository.head,
      baseTree: tree,
      exclude: ['node_modules', 'x*[y]'],
      hasSecret: () => false,
      message: 'Work',
    });
    expect(taken).toMatchObject({ kind: 'tree', files: ['xay'] });
    const listed = await listTree(repository, taken.kind === 'tree' ? taken.tree : '');
    expect(listed.map((entry) => entry.path)).toEqual(['.gitignore', 'a.txt', 'xay']);
  }
});

test.skipIf(process.getuid?.() !== 0)('a difference, laid over one tree, is the other', async () => {
  const project = TestProject.make({
    'a.txt': 'one\n',
    'gone/x.txt': 'x\n',
    'gone/deep/y.txt': 'y\n',
    'half/a': 'a',
    'half/b': 'b',
    'dir/b.txt': 'b\n',
    file: 'f',
  });
  const from = project.git('rev-parse', 'HEAD^{tree}');
  project.git('rm', '--quiet', '-r', 'gone', 'dir', 'half/b', 'file');
  project.write({ 'a.txt': 'two\n', 'new/deep/y.txt': 'y\n', dir: 'a file now\n', 'file/inside': 'a folder now\n' });
  chmodSync(path.join(project.root, 'new/deep/y.txt'), 0o755);
  symlinkSync('a.txt', path.join(project.root, 'link'));
  project.commit('Later');
  const to = project.git('rev-parse', 'HEAD^{tree}');
  const repository = await open(project);
  const at = (name: string): string => path.join(project.outside, name);
  await openWorkspace(repository, { folder: at('lower'), tree: from });
  for (const name of ['over', 'upper', 'work', 'merged']) mkdirSync(at(name));
  await writeDifference(repository, { folder: at('over'), from, to });
  const script =
    'mount -t overlay overlay -o "lowerdir=$1/over:$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged" || exit 77; cd "$1/merged" && git status --porcelain && git rev-parse "HEAD^{tree}" && git fsck --strict --no-dangling && find . -path ./.git -prune -o -print | sort && cat link && test -x new/deep/y.txt';
  const seen = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', project.outside],
    {
      env: { ...project.env, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' },
      encoding: 'utf8',
    },
  );
  if (seen.status === 77) return; // no overlays here: nothing is laid over anything either
  expect([seen.status, seen.stdout.split('\n')]).toEqual([
    0,
    [
      to,
      '.',
      './a.txt',
      './dir',
      './file',
      './file/inside',
      './half',
      './half/a',
      './link',
      './new',
      './new/deep',
      './new/deep/y.txt',
      'two',
      '',
    ],
  ]);
});

test('a difference with a name that is no UTF-8 is left to git', async () => {
  const project = TestProject.make({ 'a.txt': 'a' });
  const from = project.git('rev-parse', 'HEAD^{tree}');
  const repository = await open(project);
  writeFileSync(Buffer.concat([Buffer.from(`${project.root}/`), Buffer.from([0xff])]), 'x');
  project.commit('A strange name');
  const to = project.git('rev-parse', 'HEAD^{tree}');
  expect(canWrite(await changedPaths(repository, from, to))).toBe(false);
  expect(canWrite(await changedPaths(repository, from, from))).toBe(true);
  const folder = path.join(project.outside, 'ws');
  await openWorkspace(repository, { folder, tree: to });
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: folder, env: project.env, encoding: 'utf8' })).toBe('');
});
