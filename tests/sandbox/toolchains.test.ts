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
  /** Variables of version managers, relative to home. @default none but what is listed */
  readonly env?: Readonly<Record<string, string>>;
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
    env: { DOTNET_ROOT: '.dotnet' },
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
    env: { PYENV_ROOT: '.pyenv' },
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
    what: 'rustup: its proxies, and the toolchains that they choose from',
    path: ['.cargo/bin'],
    files: [
      ...['.cargo/bin/rustup', '.cargo/credentials.toml', '.cargo/config.toml', '.rustup/settings.toml'],
      ...['.rustup/toolchains/stable/bin/cargo', '.rustup/downloads/x'],
    ],
    links: { '.cargo/bin/cargo': 'rustup' },
    bound: ['.cargo/bin', '.rustup/settings.toml', '.rustup/toolchains'],
    env: { RUSTUP_HOME: '.rustup' },
  },
  {
    what: 'shims with the version that was chosen, and what plugins run, but not where those were cloned from',
    path: ['.asdf/shims', '.rbenv/shims'],
    files: [
      ...['.asdf/shims/x', '.asdf/installs/x/1/bin/x', '.asdf/plugins/x/bin/exec-env', '.asdf/plugins/x/.git/config'],
      ...['.rbenv/shims/ruby', '.rbenv/version', '.rbenv/versions/3/bin/ruby', '.rbenv/token'],
    ],
    bound: [
      '.asdf/installs',
      '.asdf/plugins/x/bin',
      '.asdf/shims',
      '.rbenv/shims',
      '.rbenv/version',
      '.rbenv/versions',
    ],
    env: { ASDF_DATA_DIR: '.asdf', RBENV_ROOT: '.rbenv' },
  },
  {
    what: 'links from one to the next: each step is there as it is named',
    path: ['.local/bin'],
    files: [
      ...['apps/java-21/bin/java', 'apps/java-21/lib/modules', 'apps/java-21/conf/x', 'apps/java-21/token'],
      ...['.local/share/pipx/venvs/x/bin/x', '.local/share/uv/python/3.12/bin/python', '.local/share/uv/token'],
      '.local/share/uv/python/3.12/lib/os.py',
    ],
    links: {
      '.local/bin/java': '../../links/java',
      'links/java': '../apps/current/bin/java',
      'apps/current': 'java-21',
      '.local/bin/x': '../share/pipx/venvs/x/bin/x',
      '.local/share/pipx/venvs/x/bin/python': '../../../../uv/python/3.12/bin/python',
    },
    bound: [
      ...['apps/current/bin', 'apps/current/conf', 'apps/current/lib', 'links/java'],
      ...['apps/java-21/bin', 'apps/java-21/conf', 'apps/java-21/lib'],
      ...['.local/bin', '.local/share/pipx/venvs/x/bin'],
      ...['.local/share/uv/python/3.12/bin', '.local/share/uv/python/3.12/lib'],
    ],
  },
  {
    what: 'a package that was installed for all projects, with the packages beside it',
    path: ['.bun/bin'],
    files: ['.bun/bin/bun', '.bun/install/global/node_modules/x/cli.js', '.bun/install/global/bunfig.toml'],
    links: { '.bun/bin/x': '../install/global/node_modules/x/cli.js' },
    bound: ['.bun/bin', '.bun/install/global/node_modules'],
  },
  {
    what: 'logins among the parts of a tool stay out, and what lies beside them does not',
    path: ['apps/maven/bin', '.sdkman/candidates/gradle/8/bin'],
    files: [
      ...['apps/maven/bin/mvn', 'apps/maven/boot/x.jar', 'apps/maven/conf/settings.xml', 'apps/maven/conf/logging/x'],
      ...['apps/maven/lib/x.jar', '.sdkman/candidates/gradle/8/bin/gradle', '.sdkman/candidates/gradle/8/lib/x.jar'],
      ...['.sdkman/candidates/gradle/8/gradle.properties', '.m2/settings.xml', '.gradle/gradle.properties'],
    ],
    bound: [
      ...['apps/maven/bin', 'apps/maven/boot', 'apps/maven/conf/logging', 'apps/maven/lib'],
      ...['.sdkman/candidates/gradle/8/bin', '.sdkman/candidates/gradle/8/lib'],
    ],
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
    const found = findToolchains(row.path.map((entry) => path.join(home, entry)).join(':'), { HOME: home });
    expect({
      bound: found.bound.map((file) => path.relative(home, file)).toSorted(),
      closed: found.closed,
      left: found.left,
      env: Object.fromEntries(Object.entries(found.env).map(([name, root]) => [name, path.relative(home, root)])),
    }).toEqual({ bound: row.bound.toSorted(), closed: [], left: [], env: row.env ?? {} });
  });
}

test('outside of the home folder a toolchain is taken whole; what holds the home folder, never', () => {
  const home = homeWith(['x']);
  const folder = path.dirname(home);
  writeFiles(folder, { 'opt/bin/x': '', 'opt/etc/x': '', 'bin/x': '' });
  const found = findToolchains(
    [`${folder}/opt/bin`, `${folder}/bin`, home, folder, '/usr/bin', 'relative', '/gone'].join(':'),
    process.env,
  );
  expect(found.bound.filter((one) => one.startsWith(folder))).toEqual([`${folder}/opt`, `${folder}/bin`]);
  expect(found.left.map(({ folder: out }) => out)).toEqual([home, folder]);
});
