import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { copy, write } from '../support/agent-script.ts';
import { spec, TestProject, writeFiles } from '../support/project.ts';

/* Repositories, users and machines that differ from the usual ones. */

const main = path.resolve(import.meta.dirname, '../../dist/main.js');
const isRoot = process.getuid?.() === 0;
const hasBwrap = spawnSync('bwrap', ['--version']).status === 0;
const tiers = [...(hasBwrap ? ['strict'] : []), ...(isRoot ? ['basic'] : [])];

/** A project whose agent is a shell script. */
function scripted(script: string, files: Readonly<Record<string, string>>, config: object = {}): TestProject {
  const all = {
    agent: 'script',
    agents: { script: { type: 'command', command: script, costUsd: 0 } },
    review: 'off',
    limits: { attempts: 1, repairs: 0 },
    ...config,
  };
  return TestProject.make({ 'specs/backlog.config.json': JSON.stringify(all), ...files });
}

describe.skipIf(!isRoot)('a user id without an account', () => {
  /** Gives a project to such a user; returns how a command ends for them. */
  function asStranger(project: TestProject): (env: Record<string, string>, ...args: string[]) => string {
    spawnSync('chown', ['-R', '54321:54321', path.dirname(project.root)]);
    chmodSync(path.dirname(project.root), 0o755);
    const { PATH, GIT_CONFIG_GLOBAL } = project.env;
    return (env, ...args) => {
      const as = ['--reuid', '54321', '--regid', '54321', '--clear-groups', process.execPath, main, ...args];
      const given = { PATH, GIT_CONFIG_GLOBAL, ...env };
      const { status, stdout, stderr } = spawnSync('setpriv', as, { cwd: project.root, env: given, encoding: 'utf8' });
      return `exit ${status ?? '?'}\n${stdout}${stderr}`;
    };
  }

  test('works without HOME, and is told what to set where a folder is needed', () => {
    const project = scripted(write('$BACKLOG_UNIT.txt', 'hello'), {
      'specs/one.md': spec('One', ['touches: [one.txt]'], ['There — check: `grep -q hello one.txt`']),
      'specs/two.md': spec('Two', ['touches: [two.txt]'], ['There — check: `false`']),
    });
    const run = asStranger(project);
    const cache = { BACKLOG_CACHE_DIR: path.join(project.outside, 'cache') };
    expect(run({}, 'run', 'specs')).toBe(
      'exit 2\n' +
        'error: there is no place for workspaces: HOME is not set, and the user id 54321 has no account with a home folder [no-home]\n' +
        '  Set HOME to a folder that this user can write, or name a folder in BACKLOG_CACHE_DIR.\n',
    );
    expect(run(cache, 'run', 'specs')).toMatch(/^exit 1\n(?=[^]*one: done ✓)(?=[^]*two: failed)/);
    expect(run(cache, 'doctor', 'specs')).toMatch(/^exit 0\n/);
    expect(run(cache, 'retry', 'two', '--specs', 'specs')).toBe('exit 0\ntwo will be retried\n');
    expect(run(cache, 'undo', 'one', '--specs', 'specs')).toMatch(/^exit 0\none is undone by/);
    expect(run(cache, 'trust', 'specs')).toMatch(/^exit 0\n/);
    const show = project.git('-c', `safe.directory=${project.root}`, 'log', '--format=%an %B', 'refs/backlog/landings');
    expect(show).toContain('"by":"user 54321"');
    mkdirSync(path.join(project.outside, 'bare'));
    const noRepository = run(cache, 'init', path.join(project.outside, 'bare/specs'));
    expect(noRepository).toMatch(/^exit [012]\n(?!.*Internal error)/s);
  }, 120_000);
});

test.runIf(isRoot).each(tiers)(
  'what root may not, and keeps to itself, is no hindrance to a box in tier %s',
  (tier) => {
    const config = { sandbox: { tier } };
    const files = { 'specs/one.md': spec('One', ['touches: [one.txt]'], ['There — check: `test -f one.txt`']) };
    const project = scripted(write('one.txt', 'hello'), files, config);
    for (const folder of [path.dirname(project.root), project.outside]) chmodSync(folder, 0o711);
    const narrow = 'umask 077; ulimit -f 500000; prlimit --pid $$ --nproc=4000:4000; rm -rf "$BACKLOG_CACHE_DIR"';
    const dropped = 'setpriv --bounding-set -sys_resource --inh-caps -sys_resource';
    const run = [`${narrow}; exec ${dropped} "$0" "$@"`, process.execPath, main, 'run', 'specs'];
    const { status, stderr } = spawnSync('sh', ['-c', ...run], {
      cwd: project.root,
      env: project.env,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, expect.stringContaining('one: done ✓')]);
  },
);

/** Programs as version managers and installers leave them in a home folder; each says a word when it works. */
const programs: Readonly<Record<string, string>> = {
  // A proxy that finds its toolchain by a variable, or below HOME.
  '.cargo/bin/rustup':
    'root=${RUSTUP_HOME:-$HOME/.rustup}; exec "$root/toolchains/$(cat "$root/settings.toml")/bin/$(basename "$0")"',
  '.rustup/toolchains/stable/bin/cargo': 'echo "cargo works"',
  '.rustup/toolchains/stable/bin/rustc': 'echo "rustc works"',
  '.pyenv/shims/python3.99': 'exec "$PYENV_ROOT/versions/$(cat "$PYENV_ROOT/version")/bin/python3.99"',
  '.pyenv/versions/3.99/bin/python3.99': 'echo "python3.99 works"',
  'apps/jdk-21/bin/javac': 'cat "$(dirname "$(readlink -f "$0")")/../conf/words"',
  // One that keeps what it needs where nobody can know.
  'odd/bin/terraform': 'cat "$HOME/.odd-terraform"',
};

describe.skipIf(tiers.length === 0)('toolchains of the user', () => {
  const project = (tier: string): { project: TestProject; env: Record<string, string> } => {
    const check = 'cargo --version && rustc --version && python3.99 && javac';
    const it = scripted(
      write('a.txt', 'hello'),
      { 'specs/a.md': spec('A', ['touches: [a.txt]'], [`There — check: \`grep hello a.txt && ${check}\``]) },
      { sandbox: { tier } },
    );
    const home = path.join(it.outside, 'home');
    writeFiles(home, {
      '.rustup/settings.toml': 'stable',
      '.pyenv/version': '3.99',
      'apps/jdk-21/conf/words': 'javac works\n',
      '.odd-terraform': 'terraform works',
      '.cargo/credentials.toml': 'secret',
    });
    writeFiles(
      home,
      Object.fromEntries(Object.entries(programs).map(([file, text]) => [file, `#!/bin/sh\n${text}\n`])),
    );
    for (const file of Object.keys(programs)) chmodSync(path.join(home, file), 0o755);
    symlinkSync('rustup', path.join(home, '.cargo/bin/cargo'));
    symlinkSync('rustup', path.join(home, '.cargo/bin/rustc'));
    mkdirSync(path.join(home, '.local/bin'), { recursive: true });
    symlinkSync('jdk-21', path.join(home, 'apps/current'));
    symlinkSync('../../apps/current/bin/javac', path.join(home, '.local/bin/javac'));
    chmodSync(path.dirname(it.root), 0o755);
    chmodSync(home, 0o700); // closed to the users of boxes, as the home of root is
    const folders = ['.cargo/bin', '.pyenv/shims', '.local/bin', 'odd/bin'].map((folder) => path.join(home, folder));
    return {
      project: it,
      env: { PATH: [...folders, it.env['PATH']].join(':'), PYENV_ROOT: path.join(home, '.pyenv') },
    };
  };

  test.each(tiers)(
    'work in checks, in tier %s',
    async (tier) => {
      const { project: it, env } = project(tier);
      const ended = await it.start(['run', 'specs'], { env }).ended;
      expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('a: done ✓')]);
    },
    120_000,
  );

  test.runIf(hasBwrap)(
    'doctor names a program that works for the user and not in the sandbox',
    async () => {
      const { project: it, env } = project('strict');
      const { code, stdout } = await it.start(['doctor', 'specs'], { env }).ended;
      const told = stdout
        .split('\n')
        .filter((line) => line.includes(`${it.outside}/home`) && line.startsWith('warning'));
      expect([code, told]).toEqual([
        0,
        [
          `warning programs: ${it.outside}/home/odd/bin/terraform works for you, and not in the sandbox, where checks run: cat: /box/home/.odd-terraform: No such file or directory`,
        ],
      ]);
    },
    120_000,
  );
});

describe('where a repository lies, and whose it is', () => {
  test('a colon in the path of the repository, of the cache and of files changes nothing', async () => {
    const there = scripted(
      copy('src/a:b.txt', 'out.txt'),
      {
        'src/a:b.txt': 'hello\n',
        'specs/a.md': spec(
          'A',
          ['touches: [out.txt]'],
          ['There — check: `grep hello out.txt "src/a:b.txt" && git log -1`'],
        ),
      },
      { history: true },
    );
    const root = path.join(path.dirname(there.root), 'a:b "c"');
    renameSync(there.root, root);
    chmodSync(path.dirname(root), 0o755);
    const cache = path.join(there.outside, 'c:d');
    const ended = await there.start(['run', 'specs'], { cwd: root, env: { BACKLOG_CACHE_DIR: cache } }).ended;
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('a: done ✓')]);
    const seen = spawnSync('git', ['fsck', '--strict', '--connectivity-only'], {
      cwd: root,
      env: there.env,
      encoding: 'utf8',
    });
    expect([seen.status, seen.stderr]).toEqual([0, '']);
  }, 120_000);

  test.runIf(isRoot)(
    'a repository of another user is refused in git’s own words, with what to do',
    async () => {
      const it = scripted('true', { 'specs/a.md': spec('A', [], ['x — check: `true`']) });
      spawnSync('chown', ['-R', '54321:54321', it.root]);
      const refusals = ['run', 'check', 'list', 'doctor'].map(async (command) => {
        const { code, stdout, stderr } = await it.start([command, 'specs']).ended;
        const told = `${stdout}${stderr}`;
        return [
          command,
          code,
          told.includes(`detected dubious ownership in repository at '${it.root}'`),
          told.includes(`git config --global --add safe.directory ${it.root}`),
        ];
      });
      expect(await Promise.all(refusals)).toEqual([
        ['run', 2, true, true],
        ['check', 2, true, true],
        ['list', 2, true, true],
        ['doctor', 1, true, true],
      ]);
    },
    60_000,
  );
});
