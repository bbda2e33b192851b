import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { damageMet } from '../../../src/repo/git/damage.ts';
import { wrongFirst, wrongIn } from '../../../src/repo/git/git.ts';
import { findRepository } from '../../../src/repo/git/repository.ts';
import { temporaryFolder, TestProject } from '../../support/project.ts';

let project: TestProject;
let whole: string;
let packed: string;
const ends: (() => void)[] = [];
const nothing = '1234567890123456789012345678901234567890';
const dot = (...names: readonly string[]): string => path.join(project.root, '.git', ...names);
const noise = (seed: number): string => {
  let state = seed;
  return Array.from({ length: 4000 }, () => (state = (state * 48_271) % 2_147_483_647).toString(36)).join('\n');
};

beforeAll(async () => {
  const files = { 'a.txt': noise(1), 'd/b.txt': noise(2), 'e.txt': `${noise(4)}\nmore\n` };
  project = TestProject.makeKept(files, (end) => ends.push(end));
  project.write({ 'a.txt': `${noise(1)}\nmore\n`, 'c.txt': noise(3), 'e.txt': noise(4) });
  project.commit('More');
  whole = path.join(project.outside, 'whole');
  cpSync(dot(), whole, { recursive: true });
  project.git('repack', '-adq');
  packed = path.join(project.outside, 'packed');
  cpSync(dot(), packed, { recursive: true });
  await findRepository(project.root, process.env);
  return () => {
    for (const end of ends) end();
  };
});

/** The only file with an ending among the packs, which is written anew by `write`. */
function ofPack(end: string, write: (bytes: Buffer) => Buffer): () => void {
  return () => {
    lay(packed);
    if (end === 'multi-pack-index') project.git('multi-pack-index', 'write');
    const name = readdirSync(dot('objects/pack')).find((one) => one.endsWith(end)) ?? '';
    const file = dot('objects/pack', name);
    const bytes = write(readFileSync(file));
    rmSync(file);
    writeFileSync(file, bytes);
  };
}

function flipped(at: (bytes: Buffer) => number): (bytes: Buffer) => Buffer {
  return (bytes) => (bytes.writeUInt8(bytes.readUInt8(at(bytes)) ^ 0xff, at(bytes)), bytes);
}

const nameOf = (revision: string): Buffer => Buffer.from(project.git('rev-parse', revision), 'hex');

/** The last byte of an object in the only pack. */
function inPack(revision: string, isDifference: boolean): (bytes: Buffer) => Buffer {
  return flipped(() => {
    const index = readdirSync(dot('objects/pack')).find((one) => one.endsWith('.idx')) ?? '';
    const told = project.git('verify-pack', '-v', dot('objects/pack', index));
    const line = told.split('\n').find((one) => one.startsWith(project.git('rev-parse', revision))) ?? '';
    const [, , , size, at, depth] = line.split(/ +/);
    expect(depth !== undefined).toBe(isDifference);
    return Number(at) + Number(size) - 1;
  });
}

const middle = flipped((bytes) => Math.floor(bytes.length / 2));

function loose(revision: string): string {
  const name = project.git('rev-parse', revision);
  return dot('objects', name.slice(0, 2), name.slice(2));
}

/** The file of an object, written anew. */
function ofLoose(revision: string, write: (bytes: Buffer) => Buffer): () => void {
  return () => {
    const file = loose(revision);
    chmodSync(file, 0o644);
    writeFileSync(file, write(readFileSync(file)));
  };
}

/** All objects in a folder that the repository only names. */
function elsewhere(then: (folder: string) => void): () => void {
  return () => {
    const folder = temporaryFolder();
    lay(packed);
    cpSync(dot('objects'), folder, { recursive: true });
    rmSync(dot('objects/pack'), { recursive: true });
    writeFileSync(dot('objects/info/alternates'), `${folder}\n`);
    then(folder);
  };
}

/** A clone in the place of the repository that has only what a filter lets through; where it came from is away. */
function partial(filter: string): () => void {
  return () => {
    const from = path.join(temporaryFolder(), 'from');
    cpSync(whole, from, { recursive: true });
    execFileSync('git', ['-C', from, 'config', 'uploadpack.allowFilter', 'true']);
    rmSync(dot(), { recursive: true });
    const to = path.join(temporaryFolder(), 'to');
    execFileSync('git', ['clone', '-q', '--no-checkout', `--filter=${filter}`, `file://${from}`, to]);
    renameSync(path.join(to, '.git'), dot());
    project.git('read-tree', '--empty');
    rmSync(from, { recursive: true });
  };
}

/** Lays a copy of the repository in its place. */
function lay(copy: string): void {
  rmSync(dot(), { recursive: true });
  cpSync(copy, dot(), { recursive: true });
}

test.each<[string, () => void, RegExp]>([
  ['a byte in the middle of a pack', ofPack('.pack', middle), /^packed object \w+ \(stored in \S+\) is corrupt$/],
  [
    'the head of a pack',
    ofPack(
      '.pack',
      flipped(() => 0),
    ),
    /./,
  ],
  ['a pack, cut off', ofPack('.pack', (bytes) => bytes.subarray(0, bytes.length / 3)), /./],
  ['a difference in a pack', ofPack('.pack', inPack('HEAD:e.txt', true)), /^hash mismatch /],
  ['what a difference in a pack starts from', ofPack('.pack', inPack('HEAD~1:e.txt', false)), /corrupt$/],
  ['an index of a pack, emptied', ofPack('.idx', () => Buffer.alloc(0)), /./],
  [
    'a name in an index of a pack',
    ofPack(
      '.idx',
      flipped((bytes) => bytes.indexOf(nameOf('HEAD:a.txt')) + 9),
    ),
    /missing/,
  ],
  [
    'an index of many packs',
    ofPack(
      'multi-pack-index',
      flipped(() => 0),
    ),
    /^multi-pack-index signature /,
  ],
  ['a file, emptied', ofLoose('HEAD:a.txt', () => Buffer.alloc(0)), /is corrupt$/],
  ['a byte of a file', ofLoose('HEAD:c.txt', middle), /^hash mismatch /],
  ['a file of an older commit that HEAD has, too', ofLoose('HEAD:d/b.txt', middle), /^hash mismatch /],
  ['the content of another file', ofLoose('HEAD:c.txt', () => readFileSync(loose('HEAD:a.txt'))), /^hash mismatch /],
  ['a folder that is lost', () => rmSync(loose('HEAD:d')), /^Could not read |^bad tree|missing tree/],
  [
    'objects that lie elsewhere, and are away',
    elsewhere((folder) => rmSync(folder, { recursive: true })),
    /^bad object /,
  ],
  ['a commit that only a detached HEAD names', () => writeFileSync(dot('HEAD'), `${nothing}\n`), /^bad object HEAD$/],
  ['the index', () => writeFileSync(dot('index'), 'DIRC, and no index at all'), /index file/],
])('%s is damage', async (_what, damage, says) => {
  lay(whole);
  damage();
  const error = await damageMet(process.env);
  const [, why = ''] = new RegExp(`^the repository ${project.root} is damaged: (.*)$`).exec(error?.message ?? '') ?? [];
  expect([error?.diagnostics.map(({ code }) => code), why]).toEqual([
    ['damaged-repository'],
    expect.stringMatching(says),
  ]);
});

test.each<[string, () => void]>([
  ['a repository as it is', () => undefined],
  ['packed objects', () => lay(packed)],
  ['an index of many packs', ofPack('multi-pack-index', (bytes) => bytes)],
  ['objects that lie elsewhere', elsewhere(() => undefined)],
  [
    'a folder of objects that is away, of which none is needed',
    () => writeFileSync(dot('objects/info/alternates'), '/nowhere\n'),
  ],
  ['a detached HEAD', () => project.git('checkout', '--quiet', '--detach')],
  ['a branch that is not born', () => project.git('symbolic-ref', 'HEAD', 'refs/heads/new')],
  ['a file of an older commit that no branch has any more', () => rmSync(loose('HEAD~1:a.txt'))],
  [
    'a remote branch whose commits are away',
    () => writeFileSync(path.join(dot(), 'packed-refs'), `${nothing} refs/remotes/origin/x\n`),
  ],
  ['grafts', () => writeFileSync(dot('info/grafts'), `${nothing}\n`)],
  ['a clone without the contents of files', partial('blob:none')],
  ['a clone without folders', partial('tree:0')],
  [
    'names of SHA-256',
    () => (
      rmSync(dot(), { recursive: true }),
      project.git('init', '--quiet', '--object-format=sha256'),
      project.commit('All')
    ),
  ],
])('%s is none', async (_what, change) => {
  lay(whole);
  change();
  expect(await damageMet(process.env)).toBeNull();
});

test('who asks may end it, and what was not found out in time is said', async () => {
  ofPack('.pack', middle)();
  const told: string[] = [];
  const notice = (text: string): void => void told.push(text);
  expect([await damageMet(process.env, { signal: AbortSignal.abort(), notice }), told]).toEqual([null, []]);
  expect([await damageMet(process.env, { limitMs: 1, notice }), told]).toEqual([
    null,
    [
      `The check of the repository ${project.root} for damage did not finish in 1 milliseconds; run "git fsck --full" there.`,
    ],
  ]);
});

test.each([
  ['fatal: bad object HEAD\n', 'bad object HEAD'],
  ['hint: Support for grafts is deprecated\nhint: and will go\n\nfatal: bad object HEAD\n', 'bad object HEAD'],
  ['warning: old\nerror: inflate: data stream error\nfatal: packed object is corrupt\n', 'packed object is corrupt'],
  ['error: these files would go:\n\ta.txt\nhint: move them\n', 'these files would go:'],
  ['something else\nhint: do\n', 'something else'],
  ['hint: only this\n', 'hint: only this'],
  ['', ''],
])('of %j, what is wrong comes first', (stderr, line) => {
  expect(wrongIn(stderr)).toBe(line);
  expect(wrongFirst(stderr).split('\n').toSorted()).toEqual(stderr.trim().split('\n').toSorted());
});
