import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  appendConfined,
  NotWritten,
  PathRefused,
  readConfined,
  writeConfined,
} from '../../../src/util/files/confined-file.ts';
import { canMount, fillDisk, smallDisk, temporaryFolder, writeFiles } from '../../support/project.ts';

/** A folder with a secret beside it, and `inside` in it. */
function folders(): { readonly folder: string; readonly secret: string } {
  const above = temporaryFolder();
  const folder = path.join(above, 'folder');
  writeFiles(above, { 'secret/login': 'secret', 'folder/sub/inside': 'inside' });
  return { folder, secret: path.join(above, 'secret') };
}

async function reasonOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof PathRefused) return error.reason;
    throw error;
  }
  return 'none';
}

/** Every way in which a path can lead elsewhere, or be no file. */
const spellings: Readonly<
  Record<
    string,
    { readonly make: (at: ReturnType<typeof folders>) => void; readonly file: string; readonly reason: string }
  >
> = {
  'a link to a file': {
    make: ({ folder, secret }) => symlinkSync(path.join(secret, 'login'), path.join(folder, 'x')),
    file: 'x',
    reason: 'link',
  },
  'a link to a file inside': {
    make: ({ folder }) => symlinkSync('sub/inside', path.join(folder, 'x')),
    file: 'x',
    reason: 'link',
  },
  'a link to nowhere': {
    make: ({ folder, secret }) => symlinkSync(path.join(secret, 'new'), path.join(folder, 'x')),
    file: 'x',
    reason: 'link',
  },
  'a link in the middle': {
    make: ({ folder, secret }) => symlinkSync(secret, path.join(folder, 'x')),
    file: 'x/login',
    reason: 'link',
  },
  'a link to the environment of this process': {
    make: ({ folder }) => symlinkSync('/proc/self/environ', path.join(folder, 'x')),
    file: 'x',
    reason: 'link',
  },
  'a link to /proc in the middle': {
    make: ({ folder }) => symlinkSync('/proc/self', path.join(folder, 'x')),
    file: 'x/environ',
    reason: 'link',
  },
  'a pipe': {
    make: ({ folder }) => execFileSync('mkfifo', [path.join(folder, 'x')]),
    file: 'x',
    reason: 'not-a-file',
  },
  'a folder': { make: ({ folder }) => mkdirSync(path.join(folder, 'x')), file: 'x', reason: 'not-a-file' },
  'a way out by dots': { make: () => undefined, file: '../secret/login', reason: 'outside' },
  'a way out from below': { make: () => undefined, file: 'sub/../../secret/login', reason: 'outside' },
  'an absolute path': { make: () => undefined, file: '/etc/hostname', reason: 'outside' },
  'a NUL': { make: () => undefined, file: 'sub/inside\0.md', reason: 'outside' },
  'the folder itself': { make: () => undefined, file: '.', reason: 'outside' },
};

test.each(Object.entries(spellings))('%s is neither read nor written', async (_name, { make, file, reason }) => {
  const at = folders();
  make(at);
  expect(await reasonOf(() => readConfined(at.folder, file, 100))).toBe(reason);
  expect(await reasonOf(() => writeConfined(at.folder, file, 'evil'))).toBe(reason);
  expect(await reasonOf(() => appendConfined(at.folder, file, 'evil'))).toBe(reason);
  expect(readFileSync(path.join(at.secret, 'login'), 'utf8')).toBe('secret');
});

test('a socket is no file', async () => {
  const { folder } = folders();
  const server = createServer().listen(path.join(folder, 'x'));
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await reasonOf(() => readConfined(folder, 'x', 100))).toBe('not-a-file');
});

test('a second name of a file elsewhere is not read, and never written through', async () => {
  const { folder, secret } = folders();
  linkSync(path.join(secret, 'login'), path.join(folder, 'x'));
  expect(await reasonOf(() => readConfined(folder, 'x', 100))).toBe('hard-link');
  expect(await reasonOf(() => appendConfined(folder, 'x', 'evil'))).toBe('hard-link');
  writeConfined(folder, 'x', 'mine');
  expect(readFileSync(path.join(secret, 'login'), 'utf8')).toBe('secret');
  expect(readConfined(folder, 'x', 100)?.toString()).toBe('mine');
});

test('what is larger than allowed is not read', async () => {
  const { folder } = folders();
  writeFileSync(path.join(folder, 'x'), '');
  truncateSync(path.join(folder, 'x'), 8 * 1024 ** 3);
  expect(await reasonOf(() => readConfined(folder, 'x', 1024 * 1024))).toBe('too-large');
  expect(await reasonOf(() => readConfined(folder, 'sub/inside', 5))).toBe('too-large');
  expect(readConfined(folder, 'sub/inside', 6)?.toString()).toBe('inside');
});

test('a file where a folder is wanted says so', async () => {
  const { folder } = folders();
  expect(await reasonOf(() => writeConfined(folder, 'sub/inside/x', 'text'))).toBe('not-a-folder');
});

test('what is not there is null, below a file too', () => {
  const { folder } = folders();
  expect([readConfined(folder, 'none', 10), readConfined(folder, 'a/b', 10)]).toEqual([null, null]);
  expect(readConfined(folder, 'sub/inside/deeper', 10)).toBeNull();
});

test('plain files are read and written whole, below new folders, and keep their mode', async () => {
  const { folder } = folders();
  writeConfined(folder, 'a/b/c.md', 'one');
  chmodSync(path.join(folder, 'a/b/c.md'), 0o750);
  writeConfined(folder, './a//b/../b/c.md', Buffer.from('two'), { isSynced: false });
  await appendConfined(folder, 'a/b/c.md', ' three');
  await appendConfined(folder, 'a/new', 'first');
  expect(readConfined(folder, 'a/b/c.md', 100)?.toString()).toBe('two three');
  expect(statSync(path.join(folder, 'a/b/c.md')).mode & 0o777).toBe(0o750);
  expect(readConfined(folder, 'a/new', 100)?.toString()).toBe('first');
});

test('a folder that is itself reached through a link is confined to where it leads', async () => {
  const { folder } = folders();
  const link = path.join(path.dirname(folder), 'link');
  symlinkSync(folder, link);
  writeConfined(link, 'x', 'text');
  expect(readConfined(link, 'x', 10)?.toString()).toBe('text');
});

test('a message names the path and says why', () => {
  const { folder } = folders();
  symlinkSync('/etc', path.join(folder, 'x'));
  expect(() => readConfined(folder, 'x/hostname', 10)).toThrow(
    `${path.join(folder, 'x')} is a symbolic link, which is not followed here`,
  );
});

test('a new file takes the place of nothing, whatever is there', () => {
  const { folder } = folders();
  const write = (file: string): string => {
    try {
      writeConfined(folder, file, 'new', { isNew: true });
      return 'written';
    } catch (error) {
      return error instanceof NotWritten ? error.code : 'refused';
    }
  };
  symlinkSync('nowhere', path.join(folder, 'link'));
  expect(['sub/inside', 'sub', 'link', 'new', 'new'].map(write)).toEqual([
    ...['EEXIST', 'EEXIST', 'EEXIST'],
    'written',
    'EEXIST',
  ]);
  expect(readdirSync(folder).toSorted()).toEqual(['link', 'new', 'sub']);
});

test.runIf(canMount)('on a full disk a file stays as it was, and a new one is not there', () => {
  const { folder } = folders();
  smallDisk(folder, '1m');
  writeConfined(folder, 'old', 'old');
  const free = fillDisk(folder);
  for (const [file, how] of [
    ['old', {}],
    ['new', {}],
    ['new', { isNew: true }],
    ['sub/new', { isSynced: false }],
  ] as const)
    expect(() => writeConfined(folder, file, 'x'.repeat(100_000), how)).toThrow(
      `${path.join(folder, file)} could not be written: ENOSPC`,
    );
  free();
  expect(readdirSync(folder).toSorted()).toEqual(['old', 'sub']);
  expect(readdirSync(path.join(folder, 'sub'))).toEqual([]);
  expect(readConfined(folder, 'old', 100)?.toString()).toBe('old');
});
