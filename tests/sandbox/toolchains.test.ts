import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findToolchains } from '../../src/sandbox/toolchains.ts';
import { temporaryFolder, writeFiles } from '../support/project.ts';

/** A home folder with files and links, while a test runs. */
function homeWith(files: readonly string[], links: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  for (let at = folder; at !== '/tmp' && at !== '/'; at = path.dirname(at)) chmodSync(at, 0o755);
  const home = path.join(folder, 'home');
  mkdirSync(home);
  writeFiles(home, Object.fromEntries(files.map((file) => [file, ''])));
  for (const file of files.filter((name) => /(?:^|\/)bin\/|\.dotnet\/dotnet$/.test(name)))
    chmodSync(path.join(home, file), 0o755);
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    symlinkSync(target, path.join(home, name));
  }
  const before = process.env['HOME'];
  process.env['HOME'] = home;
  onTestFinished(() => {
    process.env['HOME'] = before;
  });
  return home;
}

interface Row {
  readonly what: string;
  readonly path: readonly string[];
  readonly files: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  /** What is bound, relative to home. */
  readonly bound: readonly string[];
}

const rows: readonly Row[] = [
  {
    what: 'logins of cargo, docker, fly and pulumi stay out',
    path: ['.cargo/bin', '.docker/bin', '.fly/bin', '.pulumi/bin'],
    files: [
      ...['.cargo/bin/cargo', '.cargo/credentials.toml', '.cargo/config.toml', '.cargo/registry/private/lib.rs'],
      ...['.docker/bin/docker', '.docker/config.json', '.fly/bin/flyctl', '.fly/config.yml'],
      ...['.pulumi/bin/pulumi', '.pulumi/credentials.json'],
    ],
    bound: ['.cargo/bin', '.docker/bin', '.fly/bin', '.pulumi/bin'],
  },
  {
    what: 'a tool’s own folder gives its programs and libraries, and not what it keeps for the user',
    path: ['.dotnet'],
    files: [
      '.dotnet/dotnet',
      '.dotnet/sdk/9/x.dll',
      '.dotnet/shared/x',
      '.dotnet/corefx/cryptography/my.pfx',
      '.dotnet/key',
    ],
    bound: ['.dotnet/dotnet', '.dotnet/sdk', '.dotnet/shared'],
  },
  {
    what: 'a folder of the user’s own scripts is taken as it is',
    path: ['scripts', 'bin'],
    files: ['scripts/helpers/x.sh', 'bin/x', 'private/key'],
    bound: ['bin', 'scripts'],
  },
  {
    what: 'nvm: Node with its libraries',
    path: ['.nvm/versions/node/v24/bin'],
    files: ['lib/node_modules/npm/x.js', 'include/x.h', 'bin/node', 'etc/npmrc'].map(
      (f) => `.nvm/versions/node/v24/${f}`,
    ),
    links: { '.nvm/versions/node/v24/bin/npm': '../lib/node_modules/npm/x.js' },
    bound: ['bin', 'include', 'lib'].map((f) => `.nvm/versions/node/v24/${f}`),
  },
  {
    what: 'pyenv: shims, and the versions behind them',
    path: ['.pyenv/shims', '.pyenv/bin'],
    files: [
      '.pyenv/shims/python',
      '.pyenv/bin/pyenv',
      '.pyenv/versions/3.12/bin/python',
      '.pyenv/libexec/pyenv',
      '.pyenv/x',
    ],
    bound: ['.pyenv/bin', '.pyenv/libexec', '.pyenv/shims', '.pyenv/versions'],
  },
  {
    what: 'a virtual environment, with the file that makes it one',
    path: ['work/.venv/bin'],
    files: ['work/.venv/bin/python', 'work/.venv/lib/x.py', 'work/.venv/pyvenv.cfg', 'work/.venv/.env', 'work/.env'],
    bound: ['work/.venv/bin', 'work/.venv/lib', 'work/.venv/pyvenv.cfg'],
  },
  {
    what: 'programs of a package: all of node_modules',
    path: ['work/node_modules/.bin'],
    files: ['work/node_modules/vitest/cli.mjs', 'work/node_modules/.bin/x', 'work/.env'],
    bound: ['work/node_modules'],
  },
  {
    what: 'where links lead: the program, and what belongs to it',
    path: ['.local/bin'],
    files: [
      ...['.local/bin/own', '.local/share/keyrings/login', '.local/share/tool/1.0', '.local/share/tool/token'],
      ...['.local/share/pipx/venvs/x/bin/x', '.local/share/pipx/venvs/x/lib/x.py', '.local/share/pipx/venvs/x/secret'],
    ],
    links: {
      '.local/bin/tool': '../share/tool/1.0',
      '.local/bin/x': '../share/pipx/venvs/x/bin/x',
      '.local/bin/dangling': '../share/gone',
      '.local/bin/folder': '../share',
    },
    bound: ['.local/bin', '.local/share/pipx/venvs/x/bin', '.local/share/pipx/venvs/x/lib', '.local/share/tool/1.0'],
  },
  {
    what: 'a part that is a link to elsewhere brings nothing along',
    path: ['.tool/bin'],
    files: ['.tool/bin/x', '.ssh/id'],
    links: { '.tool/lib': '../.ssh', '.tool/share': '..' },
    bound: ['.tool/bin'],
  },
];

for (const row of rows) {
  test(row.what, () => {
    const home = homeWith(row.files, row.links);
    const found = findToolchains(row.path.map((entry) => path.join(home, entry)).join(':'));
    expect({
      bound: found.bound.map((file) => path.relative(home, file)).toSorted(),
      closed: found.closed,
      left: found.left,
    }).toEqual({ bound: row.bound.toSorted(), closed: [], left: [] });
  });
}

test('outside of the home folder a toolchain is taken whole; what holds the home folder, never', () => {
  const home = homeWith(['x']);
  const folder = path.dirname(home);
  writeFiles(folder, { 'opt/bin/x': '', 'opt/etc/x': '', 'bin/x': '' });
  const found = findToolchains(
    [`${folder}/opt/bin`, `${folder}/bin`, home, folder, '/usr/bin', 'relative', '/gone'].join(':'),
  );
  expect(found.bound).toEqual([`${folder}/opt`, `${folder}/bin`]);
  expect(found.left.map(({ folder: out }) => out)).toEqual([home, folder]);
});
