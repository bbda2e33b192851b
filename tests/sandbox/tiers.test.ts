import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { basicTier } from '../../src/sandbox/basic.ts';
import { chooseTier, type ChooseOptions } from '../../src/sandbox/choose.ts';
import { createLauncher, type Launched } from '../../src/sandbox/launcher.ts';
import { noTier } from '../../src/sandbox/none.ts';
import { selfTest } from '../../src/sandbox/self-test.ts';
import { findToolchains } from '../../src/sandbox/toolchains.ts';
import type { Tier } from '../../src/sandbox/tier.ts';

const signal = new AbortController().signal;
const searchPath = `${path.dirname(process.execPath)}:/usr/bin:/bin`;

/** A folder that the user of a sandbox can reach. */
function openFolder(): string {
  const folder = path.join(os.tmpdir(), `backlog-sandbox-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder, { mode: 0o711 });
  chmodSync(folder, 0o711);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function asking(wanted: ChooseOptions['wanted'], more: Partial<ChooseOptions> = {}): ChooseOptions {
  return {
    wanted,
    allowUnsandboxed: false,
    network: 'none',
    memoryBytes: 2 ** 33,
    folder: openFolder(),
    searchPath,
    toolchains: findToolchains(searchPath, process.env),
    ...more,
  };
}

const hasBwrap = spawnSync('bwrap', ['--version']).status === 0;
const tiers: readonly ('strict' | 'basic')[] = [
  ...(hasBwrap ? (['strict'] as const) : []),
  ...(process.getuid?.() === 0 && process.platform === 'linux' ? (['basic'] as const) : []),
];

/** A box in a tier, and a way to run commands in it. */
async function boxIn(
  wanted: 'strict' | 'basic',
  more: Partial<ChooseOptions> = {},
): Promise<{
  readonly folder: string;
  readonly workspace: string;
  readonly run: (command: string, timeoutMs?: number, cwd?: string) => Promise<Launched>;
}> {
  const options = asking(wanted, more);
  const { tier } = await chooseTier(options);
  const launcher = createLauncher({ tier, maxCommandMs: 20_000, searchPath });
  const home = path.join(options.folder, 'box');
  const box = {
    workspace: path.join(home, 'ws'),
    scratch: path.join(home, 'scratch'),
    mark: `test-${path.basename(options.folder)}`,
  };
  mkdirSync(box.workspace, { recursive: true });
  await launcher.prepare(box);
  return {
    folder: options.folder,
    workspace: box.workspace,
    run: (command, timeoutMs, cwd = '') =>
      launcher.run({ ...box, cwd }, command, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
  };
}

describe.skipIf(tiers.length === 0).each(tiers)('tier %s', (name) => {
  test.skipIf(process.arch !== 'x64' || !existsSync('/usr/bin/perl'))(
    'the kernel’s keyrings are not there, whoever started it; other calls are',
    async () => {
      const { run } = await boxIn(name);
      const x32 = 0x4000_0000;
      const refused = [
        '248, $t, $n, $v, 5, -3', // add_key to the session keyring
        '249, $t, $n, 0, -3', // request_key
        '250, 0, -3, 1', // keyctl: which is the session keyring
        '250, 1, 0', // keyctl: make one
        '250, 10, -4, $t, $n, 0', // keyctl: search that of the user
        `${x32 + 250}, 0, -3, 1`,
      ];
      const script = (call: string): string =>
        `/usr/bin/perl -e 'my ($t, $n, $v) = qw(user name value); my $r = syscall(${call}); print $r < 0 ? $!{ENOSYS} ? "none" : "$!" : "there"'`;
      for (const call of refused) expect([call, (await run(script(call))).output]).toEqual([call, 'none']);
      for (const call of ['39', '102', '24']) expect([call, (await run(script(call))).output]).toEqual([call, 'there']);
      expect((await run('cat /proc/keys /proc/key-users 2>/dev/null; echo end')).output).toBe('end\n');
      // A child cannot take it off, and neither can whoever it becomes.
      await run(`cat > probe.sh <<'END'\n${script('250, 0, -3, 1')}\nEND`);
      expect((await run('setsid sh -c "exec sh probe.sh"')).output).toBe('none');
    },
  );

  test('work can be done in it: files, programs, git, a home, ports of its own', async () => {
    const { run, workspace } = await boxIn(name);
    const commands = [
      'echo hello > a.txt && cat a.txt',
      'mkdir -p "$HOME/x" && test -w "$TMPDIR" && echo home',
      'git init -q . && git add a.txt && echo git',
      "node -e \"require('net').createServer().listen(3000, 'localhost', function () { console.log(this.address().port); this.close(); })\"",
      'awk "BEGIN { print 1 + 1 }"',
    ];
    for (const [index, said] of ['hello', 'home', 'git', '3000', '2'].entries()) {
      const { output, exitCode } = await run(commands[index] ?? '');
      expect([index, exitCode, output.trim()]).toEqual([index, 0, said]);
    }
    expect(readFileSync(path.join(workspace, 'a.txt'), 'utf8')).toBe('hello\n');
  });

  test('exit codes, signals and the time limit come through', async () => {
    const { run } = await boxIn(name);
    expect((await run('exit 7')).exitCode).toBe(7);
    expect((await run('sleep 30', 300)).timedOut).toBe(true);
    const killed = await run('kill -9 $$');
    expect(killed.signal ?? killed.exitCode).not.toBe(0);
  });

  test('a command that began is told apart from a box that did not come up', async () => {
    const { run, workspace, folder } = await boxIn(name);
    const began = { isUp: true, trouble: null };
    // What the command itself does, and what the tree has to offer, is its own affair.
    for (const [command, cwd, exitCode] of [
      ['exit 125', '', 125],
      ['no-such-program', '', 127],
      ['kill -9 $$', '', 137],
      ['true', 'not/there', 125],
      ['echo u >&3 || exit 9', '', 9],
    ] as const)
      expect([command, await run(command, undefined, cwd)]).toMatchObject([command, { ...began, exitCode }]);
    expect(await run('sleep 30', 300)).toMatchObject({ ...began, timedOut: true });
    rmSync(name === 'strict' ? path.join(folder, 'etc/hosts') : workspace, { recursive: true });
    const { isUp, trouble } = await run('true');
    expect([isUp, trouble?.step]).toEqual([false, name === 'strict' ? 'box' : 'start']);
  });

  test('nothing outside is written, and what only we may read is not read', async () => {
    const { run, folder } = await boxIn(name);
    writeFileSync(path.join(folder, 'secret'), 'sk-canary', { mode: 0o600 });
    mkdirSync(path.join(folder, 'mine'));
    const { output } = await run(
      `cat '${folder}/secret'; touch '${folder}/mine/x'; rm -rf '${folder}/mine'; cat /etc/shadow; ls /root; touch /usr/bin/evil`,
    );
    expect([
      existsSync(path.join(folder, 'mine')),
      existsSync(path.join(folder, 'mine/x')),
      existsSync('/usr/bin/evil'),
      /canary|root:[$*!]/.test(output),
    ]).toEqual([true, false, false, false]);
  });

  test('our environment is nowhere to be seen', async () => {
    process.env['BACKLOG_TEST_CANARY'] = 'sk-canary-env';
    onTestFinished(() => void delete process.env['BACKLOG_TEST_CANARY']);
    const { run } = await boxIn(name);
    const { output } = await run('cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; env');
    expect(output).not.toContain('sk-canary-env');
    expect(output).toContain('HOME=');
  });

  test("the machine's network is out of reach, but for those who ask for it", async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const ask = `node -e "require('net').connect(${(server.address() as AddressInfo).port}, '127.0.0.1').on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code))"`;
    expect((await (await boxIn(name)).run(ask)).output.trim()).toMatch(/^E(?:CONNREFUSED|NETUNREACH)$/);
    expect((await (await boxIn(name, { network: 'host' })).run(ask)).output.trim()).toBe('reached');
  });

  test('children that leave the session are gone with their command', async () => {
    const { run } = await boxIn(name);
    await run('setsid sleep 301 & (setsid sh -c "trap : TERM; sleep 302" &) ; sleep 0.1');
    await expect.poll(() => spawnSync('pgrep', ['-f', 'sleep 30[12]'], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('a box keeps out of the others', async () => {
    const [one, other] = [await boxIn(name), await boxIn(name)];
    await one.run('echo mine > file && mkdir folder');
    const { output } = await other.run(
      `cat '${one.folder}/box/ws/file'; echo yours > '${one.folder}/box/ws/file'; touch '${one.folder}/box/ws/folder/x'; ls /proc/*/cwd/file`,
    );
    expect([output.includes('mine'), (await one.run('cat file; ls folder')).output]).toEqual([false, 'mine\n']);
  });

  test('a process that takes more memory than allowed ends, and others go on', async () => {
    const { run } = await boxIn(name, { memoryBytes: 2 ** 30 });
    const eat = (mb: number): string =>
      `node -e "const kept = []; for (let i = 0; i < ${mb}; i++) kept.push(Buffer.alloc(2 ** 20, 1)); console.log('ate', kept.length)"`;
    expect((await run(eat(200))).output.trim()).toBe('ate 200');
    expect((await run(eat(2000))).exitCode).not.toBe(0);
  });

  test('no privilege is left to take', async () => {
    const { run } = await boxIn(name);
    const { output } = await run(
      'grep CapEff /proc/self/status; mount -o remount,rw / 2>&1; unshare --user --map-root-user id 2>&1; mknod x c 1 3 2>&1; id -u',
    );
    expect(output).toMatch(/^CapEff:\t0+$/m);
    if (name === 'strict') expect(output).not.toMatch(/uid=0/); // basic cannot forbid namespaces of one's own
  });
});

describe('the choice', () => {
  test.skipIf(tiers.length === 0)('auto takes the strongest that works', async () => {
    expect((await chooseTier(asking('auto'))).tier.name).toBe(tiers[0]);
  });

  test('where nothing works, consent decides, and what was refused is told', async () => {
    const closed = path.join(openFolder(), 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const nowhere = { searchPath: '/nonexistent', folder: path.join(closed, 'sub') };
    const asked = { ...asking('auto', nowhere), folder: '/proc/nonexistent' };
    await expect(chooseTier(asked)).rejects.toThrow(/no sandbox works here \(strict: .*; basic: .*\)/);
    const { tier, refused } = await chooseTier({ ...asked, allowUnsandboxed: true });
    expect([tier.name, refused.map((one) => one.tier)]).toEqual(['none', ['strict', 'basic']]);
  });

  test('a tier that was asked for by name is never replaced by another', async () => {
    await expect(
      chooseTier({ ...asking('strict'), folder: '/proc/nonexistent', allowUnsandboxed: true }),
    ).rejects.toThrow(/no sandbox works here/);
    await expect(chooseTier(asking('none'))).rejects.toThrow(/needs your consent/);
    expect((await chooseTier(asking('none', { allowUnsandboxed: true }))).tier.name).toBe('none');
  });

  test('a tier that does not hold is found out by trying', async () => {
    const leaky: Tier = { ...noTier, name: 'strict' };
    const found = await selfTest(leaky, openFolder(), searchPath, 'none');
    expect(found).toMatch(
      /^(?:it could write a file outside|it could read a secret outside|an escape worked|the machine's own network)/,
    );
    if (tiers.includes('basic') && existsSync('/usr/bin/perl')) {
      const open: Tier = {
        ...basicTier({ network: 'none', memoryBytes: 2 ** 33, filter: null, closed: null }),
        hasFilter: true,
      };
      expect(await selfTest(open, openFolder(), searchPath, 'none')).toBe('an escape worked: keyring');
    }
    const broken: Tier = {
      ...noTier,
      wrap: () => ({ file: 'false', args: [], env: { PATH: '/usr/bin:/bin' }, cwd: '/' }),
    };
    expect(await selfTest(broken, openFolder(), searchPath, 'none')).toBe('its sandbox did not start (exit 1)');
    const missing: Tier = { ...noTier, wrap: () => ({ file: '/nonexistent', args: [], env: {}, cwd: '/' }) };
    expect(await selfTest(missing, openFolder(), searchPath, 'none')).toBe(
      'its sandbox could not be started: /nonexistent is not installed, or not on PATH',
    );
  });
});

describe('toolchains on PATH', () => {
  test('are bound with what they need beside them; the home folder never', () => {
    const folder = openFolder();
    for (const name of ['nvm/v24/bin', 'project/node_modules/.bin', 'tools'])
      mkdirSync(path.join(folder, name), { recursive: true });
    const found = findToolchains(
      [
        `${folder}/nvm/v24/bin`,
        `${folder}/project/node_modules/.bin`,
        `${folder}/tools`,
        '/usr/bin',
        '/bin',
        'relative',
        '/nonexistent/bin',
        os.homedir(),
        '/',
      ].join(':'),
      process.env,
    );
    // What the machine's own programs keep in /etc is bound as well.
    expect(found.bound.filter((bound) => !bound.startsWith('/etc/'))).toEqual([
      `${folder}/nvm/v24`,
      `${folder}/project/node_modules`,
      `${folder}/tools`,
    ]);
    expect(found.left.map((left) => left.why)).toEqual([
      'it is or contains the home folder',
      'it is or contains the home folder',
    ]);
  });
});

describe.skipIf(process.getuid?.() !== 0)('toolchains that others cannot come to', () => {
  /** A program below a folder that only root may enter, beside something that is nobody's business. */
  function locked(): { readonly folder: string; readonly bin: string } {
    const folder = path.join(openFolder(), 'locked \\up');
    const bin = path.join(folder, 'tool/bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, 'hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    writeFileSync(path.join(folder, 'letter'), 'a secret\n', { mode: 0o644 });
    chmodSync(folder, 0o700);
    return { folder, bin };
  }

  test('are told apart from those that nobody else may read', () => {
    const { folder, bin } = locked();
    expect(findToolchains(`${bin}:${folder}`, process.env)).toEqual({
      bound: [],
      env: {},
      closed: [`${folder}/tool`],
      left: [{ folder, why: 'it is closed to other users, and commands run as one' }],
    });
  });

  test.skipIf(!hasBwrap)('are found in a strict box all the same, with nothing beside them', async () => {
    const { folder, bin } = locked();
    const search = `${bin}:${searchPath}`;
    const { tier, left, canLayer } = await chooseTier(
      asking('strict', { searchPath: search, toolchains: findToolchains(search, process.env) }),
    );
    // Where root may not mount, they stay out, and that is said.
    if (!canLayer) return expect(left.map((out) => out.folder)).toContain(`${folder}/tool`);
    expect(left).toEqual([]);
    const home = openFolder();
    const box = { workspace: path.join(home, 'box/ws'), scratch: path.join(home, 'box/scratch'), mark: home };
    mkdirSync(box.workspace, { recursive: true });
    const launcher = createLauncher({ tier, maxCommandMs: 20_000, searchPath: search });
    await launcher.prepare(box);
    const command = `hello; ls '${folder}'; cat '${folder}/letter'; echo x > '${bin}/more'; echo end`;
    const { output } = await launcher.run(box, command, { signal: new AbortController().signal });
    expect(output.split('\n').filter((line) => /^(?:hello|tool|letter|end|a secret)$/.test(line))).toEqual([
      'hello',
      'tool',
      'end',
    ]);
    expect([output.includes('Read-only file system'), existsSync(path.join(bin, 'more'))]).toEqual([true, false]);
    // The mount was for that command alone.
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('tools-0');
  });
});
