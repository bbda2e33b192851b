import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ObjectReader, objectReader } from '../../../src/repo/objects/object-reader.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { TestProject } from '../../support/project.ts';

async function opened(files: Readonly<Record<string, string>>): Promise<[TestProject, Repository]> {
  const project = TestProject.make(files);
  const stateFolder = path.join(project.outside, 'state');
  return [
    project,
    await openRepository({
      folder: project.root,
      stateFolder,
      env: process.env,
      identity: { name: 'A', email: 'a@b' },
    }),
  ];
}

async function read(repository: Repository, ...expressions: readonly string[]): Promise<(string | null)[]> {
  const found = await objectReader(repository).ask(expressions, true);
  return found.map((object) => object && `${object.info.type} ${object.info.size} ${object.bytes.toString('utf8')}`);
}

/** Processes of git that answer for a repository. */
function companions({ plumbing }: Repository): string[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return listed.flatMap((line) => {
    const pid = /^\s*(\d+) git .* cat-file --batch-command -z$/.exec(line)?.[1];
    const cwd = pid && execFileSync('sh', ['-c', `readlink /proc/${pid}/cwd || true`], { encoding: 'utf8' }).trim();
    return pid && cwd === plumbing ? [pid] : [];
  });
}

test('objects are read by name and by expression, whatever is in them and in their paths', async () => {
  const [project, repository] = await opened({
    'a.txt': 'a\n',
    'empty.txt': '',
    'line\nend.txt': 'odd\n',
    'missing\n': `${'0'.repeat(40)} missing\n`,
    'large.txt': 'x'.repeat(300_000),
  });
  const head = project.git('rev-parse', 'HEAD');
  const large = project.git('rev-parse', 'HEAD:large.txt');
  expect(
    await read(
      repository,
      `${head}:a.txt`,
      `${head}:b.txt`,
      `${head}:empty.txt`,
      `${head}:line\nend.txt`,
      `${head}:line\nno.txt`,
      `${head}:missing\n`,
      '0'.repeat(40),
      large,
    ),
  ).toEqual([
    'blob 2 a\n',
    null,
    'blob 0 ',
    'blob 4 odd\n',
    null,
    `blob 49 ${'0'.repeat(40)} missing\n`,
    null,
    `blob 300000 ${'x'.repeat(300_000)}`,
  ]);
  const info = await objectReader(repository).ask([`${head}^{tree}`, `${head}^{commit}`, `${head}:b`], false);
  expect(info.map((found) => found?.info.name ?? null)).toEqual([project.git('rev-parse', 'HEAD^{tree}'), head, null]);
  expect(await objectReader(repository).ask([], true)).toEqual([]);
});

test('many who ask at once each get their own answer, all of one process', async () => {
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}.txt`, `${index}\n`]));
  const [, repository] = await opened(files);
  const asked = Object.keys(files).map(async (file) => read(repository, `${repository.head}:${file}`));
  expect((await Promise.all(asked)).flat().map((text) => text?.split(' ')[2])).toEqual(Object.values(files));
  expect(companions(repository)).toHaveLength(1);
});

test('what was made after the first question is found, loose and packed', async () => {
  const [project, repository] = await opened({ 'a.txt': 'a\n' });
  await read(repository, repository.head);
  project.write({ 'b.txt': 'b\n' });
  const next = project.commit('B');
  expect(await read(repository, `${next}:b.txt`)).toEqual(['blob 2 b\n']);
  project.write({ 'c.txt': 'c\n' });
  const packed = project.commit('C');
  project.git('repack', '-adq');
  expect(await read(repository, `${packed}:c.txt`, `${next}:b.txt`)).toEqual(['blob 2 c\n', 'blob 2 b\n']);
});

test('a process that was killed is told where it was asked, and the next question has another one', async () => {
  const [, repository] = await opened({ 'a.txt': 'a\n' });
  await read(repository, repository.head);
  const [pid] = companions(repository);
  process.kill(Number(pid), 'SIGSTOP');
  const open = read(repository, `${repository.head}:a.txt`);
  process.kill(Number(pid), 'SIGKILL');
  await expect(open).rejects.toThrow('git cat-file --batch-command -z failed: it ended with SIGKILL');
  expect(await read(repository, `${repository.head}:a.txt`)).toEqual(['blob 2 a\n']);
});

test('an object that is too large is refused, and nothing that follows is taken for it', async () => {
  const [, repository] = await opened({ 'a.txt': 'a\n', 'large.txt': 'x'.repeat(3_000_000) });
  const reader = new ObjectReader(repository, 1_000_000);
  const ask = async (file: string, hasContents: boolean): Promise<string> =>
    reader.ask([`${repository.head}:${file}`], hasContents).then(
      ([found]) => `${found?.info.size ?? 'none'} ${found?.bytes.toString('utf8') ?? ''}`,
      (error: unknown) => String(error).replace(/^.*failed: /, ''),
    );
  const together = [ask('a.txt', true), ask('large.txt', true), ask('a.txt', false)];
  expect([await together[0], await together[1]]).toEqual(['2 a\n', 'its output is too large']);
  const next = [ask('a.txt', false), ask('a.txt', true), ask('large.txt', false)];
  // Whoever asked for something else gets it, from another process.
  expect([await together[2], ...(await Promise.all(next))]).toEqual(['2 ', '2 ', '2 a\n', '3000000 ']);
});

test.each([
  ['no folder to start in', (folder: string) => rmSync(folder, { recursive: true }), 'does not exist'],
  [
    'a file in its place',
    (folder: string) => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
    },
    'is not a folder',
  ],
])('%s is told in our words', async (_what, harm, says) => {
  const [, repository] = await opened({ 'a.txt': 'a\n' });
  const plumbing = path.join(path.dirname(repository.plumbing), 'other');
  cpSync(repository.plumbing, plumbing, { recursive: true });
  harm(plumbing);
  await expect(read({ ...repository, plumbing }, 'HEAD')).rejects.toThrow(
    `git cat-file --batch-command -z failed: ${plumbing} ${says}`,
  );
});

test('what newer versions of git say of a nested repository is no file', async () => {
  const [project, repository] = await opened({ 'a.txt': 'a\n' });
  const bin = path.join(project.outside, 'bin');
  mkdirSync(bin);
  const answer = String.raw`#!/bin/sh
head -c 1 > /dev/null
printf '%040d submodule\n%040d blob 2\nb\n\n' 1 2
`;
  writeFileSync(path.join(bin, 'git'), answer, { mode: 0o755 });
  const before = process.env['PATH'];
  onTestFinished(() => void (process.env['PATH'] = before));
  process.env['PATH'] = `${bin}:${before}`;
  expect(await read(repository, `${repository.head}:nested`, `${repository.head}:b`)).toEqual([null, 'blob 2 b\n']);
});
