import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deliver } from '../../../src/repo/objects/own-objects.ts';
import { listRefs, removeRefs } from '../../../src/repo/refs/kept-refs.ts';
import { keepRef, mergeRef, readRef, RefsBlocked, writeRefs } from '../../../src/repo/refs/refs.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { commitTree } from '../../../src/repo/objects/tree.ts';
import { temporaryFolder, TestProject } from '../../support/project.ts';

const ref = 'refs/backlog/x';

async function opened(): Promise<{ project: TestProject; repository: Repository; base: string; next: string }> {
  const project = TestProject.make({ 'a.txt': 'a\n' });
  const identity = { name: 'Ada', email: 'a@b' };
  const repository = await openRepository({
    folder: project.root,
    stateFolder: temporaryFolder(),
    env: process.env,
    identity,
  });
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  const next = await commitTree(repository, { tree, parents: [repository.head], message: 'Next\n' });
  await deliver(repository, [next]);
  return { project, repository, base: repository.head, next };
}

/** Lays a file, and lets another process take it away after a while. */
function lockFor(file: string, seconds: number): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  const remover = spawn('sh', ['-c', `sleep ${seconds}; rm "$0"`, file]);
  onTestFinished(() => void remover.kill());
}

/** What an error tells, without the folder of the test. */
async function told(action: Promise<unknown>, root: string): Promise<unknown> {
  return action.then(
    (value) => value,
    (error: unknown) => {
      if (!(error instanceof RefsBlocked)) throw error;
      return error.message.replaceAll(root, '<root>');
    },
  );
}

test.each([
  ['an empty file', '', true],
  ['a file of zeros', '\0'.repeat(41), true],
  ['half a name', 'abc\n', true],
  ['no file', null, false],
  ['a folder', undefined, false],
])('a damaged ref is not taken for one that is not there: %s', async (_what, content, isDamaged) => {
  const { project, repository } = await opened();
  for (const name of ['refs/backlog/x', 'refs/heads/x']) {
    const file = path.join(project.root, '.git', name);
    mkdirSync(content === undefined ? file : path.dirname(file), { recursive: true });
    if (typeof content === 'string') writeFileSync(file, content);
    const said = await readRef(repository, name).catch((error: unknown) => String(error));
    expect(said).toEqual(
      isDamaged ? expect.stringContaining(`${name} is damaged: git finds no commit in ${file}`) : null,
    );
  }
});

test('refs are written by compare-and-swap, all or none', async () => {
  const { repository, base, next } = await opened();
  expect(await writeRefs(repository, [{ ref, from: null, to: base }])).toBe(true);
  const rows: [string | null, string | null, string | null][] = [
    [ref, null, next], // it is there
    [ref, next, base], // it names another commit
    [ref, next, null],
    ['refs/backlog/none', base, next], // it is not there
    ['refs/backlog/none', base, null],
  ];
  for (const [name, from, to] of rows) {
    const other = { ref: 'refs/backlog/other', from: null, to: next };
    expect(await writeRefs(repository, [other, { ref: name ?? '', from, to }])).toBe(false);
  }
  expect((await listRefs(repository, 'refs/backlog/')).map(({ name }) => name)).toEqual([ref]);
  // What was written already, by a git that was killed after it, is no reason to fail.
  expect(await writeRefs(repository, [{ ref, from: next, to: base }])).toBe(true);
  await keepRef(repository, ref, next);
  expect(await readRef(repository, ref)).toBe(next);
  await removeRefs(repository, [
    { name: ref, commit: next },
    { name: 'refs/backlog/gone', commit: next },
  ]);
  expect(await listRefs(repository, 'refs/backlog/')).toEqual([]);
});

test('a name that git would have to quote is written as it is', async () => {
  const { repository, base, next } = await opened();
  const odd = 'refs/heads/"ü$(x)\'';
  expect(await writeRefs(repository, [{ ref: odd, from: null, to: base }])).toBe(true);
  expect(await writeRefs(repository, [{ ref: odd, from: base, to: next }])).toBe(true);
  expect(await readRef(repository, odd)).toBe(next);
});

describe('what lies in the way', () => {
  test.each([
    ['the ref itself', 'refs/backlog/x.lock', 'to'],
    ['a branch', 'refs/heads/work/next.lock', 'to'],
    ['the packed refs, when one is removed', 'packed-refs.lock', 'delete'],
  ])('a lock on %s that goes away is waited for', async (_, lock, what) => {
    const { project, repository, base } = await opened();
    const at = path.join(project.root, '.git', lock);
    const name = lock.startsWith('refs/heads') ? 'refs/heads/work/next' : ref;
    if (what === 'delete') await keepRef(repository, name, base);
    lockFor(at, 0.7);
    const change = what === 'delete' ? { ref: name, from: base, to: null } : { ref: name, from: null, to: base };
    expect(await writeRefs(repository, [change])).toBe(true);
    expect([await readRef(repository, name), existsSync(at)]).toEqual([change.to, false]);
  });

  const hint = 'has existed for more than 1 seconds';
  test.each<[string, (git: string, project: TestProject) => void, string, string]>([
    [
      'a lock that stays',
      (git) => writeFileSync(path.join(git, 'refs/backlog/x.lock'), ''),
      ref,
      `git cannot write refs/backlog/x: <root>/.git/refs/backlog/x.lock ${hint}`,
    ],
    [
      'a lock on the branch that stays',
      (git) => writeFileSync(path.join(git, 'refs/heads/next.lock'), ''),
      'refs/heads/next',
      `git cannot write next: <root>/.git/refs/heads/next.lock ${hint}`,
    ],
    [
      'a ref where a folder of refs has to be',
      (_, project) => project.git('update-ref', 'refs/backlog/x', 'HEAD'),
      'refs/backlog/x/y',
      'git cannot make refs/backlog/x/y while refs/backlog/x exists: one is a folder of the other',
    ],
    [
      'refs where a ref has to be',
      (_, project) => project.git('update-ref', 'refs/backlog/x/y', 'HEAD'),
      ref,
      'git cannot make refs/backlog/x while refs/backlog/x/y exists: one is a folder of the other',
    ],
    [
      'a folder that is no ref, with something in it',
      (git) => {
        mkdirSync(path.join(git, 'refs/backlog/x'));
        writeFileSync(path.join(git, 'refs/backlog/x/y.lock'), '');
      },
      ref,
      "git cannot write refs/backlog/x: cannot lock ref 'refs/backlog/x': there is a non-empty directory '<root>/.git/refs/backlog/x' blocking reference 'refs/backlog/x'",
    ],
    [
      'a file where a folder has to be',
      (git) => {
        rmSync(path.join(git, 'refs/backlog'), { recursive: true });
        writeFileSync(path.join(git, 'refs/backlog'), '');
      },
      ref,
      "git cannot write refs/backlog/x: cannot lock ref 'refs/backlog/x': unable to create lock file <root>/.git/refs/backlog/x.lock; non-directory in the way",
    ],
  ])('%s is told', async (_, lay, name, message) => {
    const { project, repository, base } = await opened();
    const git = path.join(project.root, '.git');
    mkdirSync(path.join(git, 'refs/backlog'));
    lay(git, project);
    expect(await told(writeRefs(repository, [{ ref: name, from: null, to: base }], 1000), project.root)).toBe(message);
  });
});

const appender = (repository: Repository, name: string): string => `
  const { mergeRef } = await import('./src/repo/refs/refs.ts');
  const { commitTree, treeOf } = await import('./src/repo/objects/tree.ts');
  const repository = ${JSON.stringify(repository)};
  for (let i = 0; i < 6; i++)
    await mergeRef(repository, '${ref}', async (now) => commitTree(repository, {
      tree: await treeOf(repository, repository.head), parents: now === null ? [] : [now], message: '${name}' + i + '\\n',
    }));
`;

test('two processes that write one ref lose nothing, whichever is killed on the way', async () => {
  const { project, repository } = await opened();
  const start = (name: string): { ended: Promise<number | null>; kill: () => void } => {
    const script = appender(repository, name);
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return {
      ended: new Promise((resolve) => child.on('close', resolve)),
      kill: () => void child.kill('SIGKILL'),
    };
  };
  const [one, other] = [start('one'), start('other')];
  expect(await Promise.all([one.ended, other.ended])).toEqual([0, 0]);
  const words = (): string[] => project.git('log', '--format=%s', ref).split('\n');
  expect(words().length).toBe(12);
  expect(new Set(words()).size).toBe(12);
  const [killed, last] = [start('killed'), start('last')];
  await expect.poll(() => words().some((word) => word.startsWith('killed')), { timeout: 20_000 }).toBe(true);
  killed.kill();
  await killed.ended;
  expect(await last.ended).toBe(0);
  expect(words().filter((word) => word.startsWith('last')).length).toBe(6);
  expect(project.git('fsck', '--connectivity-only')).not.toContain('missing');
});

test('a ref that others move all the time is given up with what is in the way', async () => {
  const { project, repository, base, next } = await opened();
  const tree = project.git('rev-parse', 'HEAD^{tree}');
  const third = await commitTree(repository, { tree, parents: [], message: 'Third\n' });
  const merge = async (now: string | null): Promise<string> => {
    project.git('update-ref', ref, now === next ? base : next);
    return third;
  };
  await expect(mergeRef(repository, ref, merge, { waitMs: 100 })).rejects.toThrow('by other processes for');
});

test('refs are written by one file alone', () => {
  const src = path.resolve(import.meta.dirname, '../../../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const writers = files.filter((file) =>
    /'(?:update-ref|symbolic-ref', '-m|branch', '-[fdDm])/.test(readFileSync(path.join(src, file), 'utf8')),
  );
  expect(writers).toEqual(['repo/refs/refs.ts']);
});
