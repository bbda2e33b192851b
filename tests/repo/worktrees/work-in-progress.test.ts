import { spawnSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { changedPaths, readTreeFile, treeOf } from '../../../src/repo/objects/tree.ts';
import { openWorkspace } from '../../../src/repo/worktrees/workspace.ts';
import { WorkInProgress } from '../../../src/repo/worktrees/work-in-progress.ts';
import { TestProject } from '../../support/project.ts';

interface Opened {
  readonly repository: Repository;
  readonly project: TestProject;
  readonly folder: string;
  readonly tree: string;
  readonly work: WorkInProgress;
  readonly changed: () => Promise<readonly string[] | null>;
  /** Paths that a snapshot of some files has otherwise than the beginning, and null for each that is gone. */
  readonly snapshot: (...files: string[]) => Promise<Record<string, string | null>>;
}

const never = new AbortController().signal;

async function begun(files: Readonly<Record<string, string>>, exclude: readonly string[] = []): Promise<Opened> {
  const project = TestProject.make(files);
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'Ada', email: 'ada@example.org' },
  });
  const folder = path.join(project.outside, 'ws');
  const tree = await treeOf(repository, repository.head);
  await openWorkspace(repository, { folder, tree });
  const work = await WorkInProgress.begin(repository, {
    ...{ workspace: folder, tree },
    exclude: () => Promise.resolve(exclude),
  });
  if (work === null) throw new Error('its index cannot be kept');
  onTestFinished(async () => work.close());
  return {
    ...{ repository, project, folder, tree, work },
    changed: async () => (await work.changed(never))?.toSorted() ?? null,
    snapshot: async (...wanted) => {
      const now = await work.snapshot(wanted);
      const found = (await changedPaths(repository, tree, now)).map(async ({ path: file }) => {
        return [file, (await readTreeFile(repository, now, file))?.toString() ?? null] as const;
      });
      return Object.fromEntries(await Promise.all(found));
    },
  };
}

test('what an agent changed, added and removed is seen, also if it has the same size, and nothing else', async () => {
  const files = { '.gitignore': 'out\n', 'a.txt': 'one\n', 'b.txt': 'one\n', 'c.txt': 'one\n', 'd/e.txt': 'one\n' };
  const it = await begun(files, ['node_modules']);
  expect(await it.changed()).toEqual([]);
  const put = (file: string, text: string): void => writeFileSync(path.join(it.folder, file), text);
  put('a.txt', 'two\n');
  utimesSync(path.join(it.folder, 'a.txt'), 1, 1);
  utimesSync(path.join(it.folder, 'c.txt'), 1, 1); // touched only
  rmSync(path.join(it.folder, 'd'), { recursive: true });
  put('new ü\n.txt', 'x');
  put('out', 'x');
  mkdirSync(path.join(it.folder, 'node_modules'));
  put('node_modules/x.js', 'x');
  expect(await it.changed()).toEqual(['a.txt', 'd/e.txt', 'new ü\n.txt']);
  expect(await it.snapshot('a.txt')).toEqual({ 'a.txt': 'two\n' });
  expect(await it.snapshot('b.txt', 'new ü\n.txt')).toEqual({ 'new ü\n.txt': 'x' });
  // What is gone may be elsewhere.
  expect(await it.snapshot('d/e.txt')).toEqual({ 'a.txt': 'two\n', 'd/e.txt': null, 'new ü\n.txt': 'x' });
});

/** All names below a folder, with sizes and times. */
function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const { size, mtimeMs, ctimeMs } = lstatSync(path.join(folder, name));
      return [name, size, mtimeMs, ctimeMs].join(' ');
    })
    .toSorted();
}

test('a look changes nothing in the workspace or in the repository, and leaves nothing behind', async () => {
  const it = await begun({ 'a.txt': 'one\n' });
  writeFileSync(path.join(it.folder, 'a.txt'), 'changed\n');
  const before = [listing(it.folder), listing(it.project.root)];
  expect(await it.snapshot(...((await it.changed()) ?? []))).toEqual({ 'a.txt': 'changed\n' });
  expect([listing(it.folder), listing(it.project.root)]).toEqual(before);
  await it.work.close();
  expect([readdirSync(path.join(it.repository.plumbing, 'indexes')), await it.changed()]).toEqual([[], null]);
});

test('files are compared as a checkout shows them', async () => {
  const it = await begun({ '.gitattributes': '*.txt eol=crlf\n', 'a.txt': 'one\n', 'b.txt': 'one\n' });
  writeFileSync(path.join(it.folder, 'b.txt'), 'one\r\ntwo\r\n');
  expect(await it.changed()).toEqual(['b.txt']);
  expect(await it.snapshot('b.txt')).toEqual({ 'b.txt': 'one\ntwo\n' });
});

const secret = 'of somebody else';
const odd: readonly (readonly [what: string, make: (file: string, outside: string) => void])[] = [
  ['a link to a file outside', (file, outside) => symlinkSync(path.join(outside, 'secret'), file)],
  ['a hard link to a file outside', (file, outside) => linkSync(path.join(outside, 'secret'), file)],
  ['a pipe', (file) => void spawnSync('mkfifo', [file])],
  ['a folder', (file) => mkdirSync(file)],
  ['a file that is too large', (file) => writeFileSync(file, Buffer.alloc(5 * 1024 * 1024))],
];
test.each(odd)('%s in the place of a file is not read', async (_what, make) => {
  const it = await begun({ 'a.txt': 'one\n', 'b.txt': 'one\n' });
  writeFileSync(path.join(it.project.outside, 'secret'), secret);
  rmSync(path.join(it.folder, 'a.txt'));
  make(path.join(it.folder, 'a.txt'), it.project.outside);
  writeFileSync(path.join(it.folder, 'b.txt'), 'changed\n');
  expect(await it.changed()).toContain('b.txt');
  expect(await it.snapshot('a.txt', 'b.txt')).toEqual({ 'b.txt': 'changed\n' });
});

test('a folder that became a link is not followed, and a nested repository not read', async () => {
  const it = await begun({ 'd/a.txt': 'one\n' });
  const { outside } = it.project;
  mkdirSync(path.join(outside, 'd'));
  writeFileSync(path.join(outside, 'd/a.txt'), secret);
  rmSync(path.join(it.folder, 'd'), { recursive: true });
  symlinkSync(path.join(outside, 'd'), path.join(it.folder, 'd'));
  spawnSync('git', ['init', '--quiet', 'nested'], { cwd: it.folder, env: it.project.env });
  writeFileSync(path.join(it.folder, 'nested/x.txt'), 'x');
  expect((await it.changed())?.filter((file) => file.startsWith('nested'))).toEqual([]);
  expect(await it.snapshot('d/a.txt')).toEqual({});
});

test('what an agent does to its own .git has no effect', async () => {
  const it = await begun({ 'a.txt': 'one\n' });
  const git = path.join(it.folder, '.git');
  writeFileSync(path.join(git, 'config'), `[core]\n\tfsmonitor = touch ${it.project.outside}/ran\n\tbare = true\n`);
  writeFileSync(path.join(git, 'index'), 'nonsense');
  writeFileSync(path.join(it.folder, 'a.txt'), 'changed\n');
  expect(await it.changed()).toEqual(['a.txt']);
  expect(readdirSync(it.project.outside)).not.toContain('ran');
});

test('a look that an agent keeps waiting ends when it is told to, and sees nothing', async () => {
  const it = await begun({ 'a.txt': 'one\n' });
  spawnSync('mkfifo', [path.join(it.folder, '.gitignore')]);
  expect(await it.work.changed(AbortSignal.timeout(1000))).toBe(null);
});
