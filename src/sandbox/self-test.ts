import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLauncher } from './launcher.ts';
import { removeTree } from '../util/folders/remove.ts';
import { callNumbers, perl } from './syscalls.ts';
import { findMarked, sweepMarked } from './sweep.ts';
import type { Box, Network, Tier } from './tier.ts';

/** Time limit of a self-test, in milliseconds. */
const maxTestMs = 10_000;

/**
 * Tests a tier: runs a command that works in its workspace, then attempts each escape. Returns null if the tier holds, else
 * what went wrong. `folder` is where boxes will lie, so that the test covers that place.
 */
export async function selfTest(
  tier: Tier,
  folder: string,
  searchPath: string,
  network: Network,
): Promise<string | null> {
  const name = `self-test-${randomBytes(6).toString('hex')}`;
  const home = path.join(folder, name);
  const canaries = path.join(folder, `${name}-outside`);
  const box: Box = { workspace: path.join(home, 'ws'), scratch: path.join(home, 'scratch'), mark: name };
  const secret = randomBytes(8).toString('hex');
  let wasReached = false;
  const server = createServer((socket) => {
    wasReached = true;
    socket.destroy();
  });
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await mkdir(box.workspace, { recursive: true });
    await chmod(home, 0o700);
    await mkdir(canaries, { recursive: true });
    await writeFile(path.join(canaries, 'secret'), secret, { mode: 0o600 });
    const launcher = createLauncher({ tier, maxCommandMs: maxTestMs, searchPath });
    await launcher.prepare(box);
    const result = await launcher.run(box, script(canaries, port, network === 'host', tier.hasFilter), {
      signal: new AbortController().signal,
    });
    const said = (word: string): boolean => result.output.split('\n').includes(word);
    if (result.trouble) return result.trouble.why;
    if (!said('works')) return `a command in it did not run: ${result.output.trim().slice(-300) || 'it said nothing'}`;
    const written = await readFile(path.join(box.workspace, 'made'), 'utf8').catch(() => '');
    if (written.trim() !== 'made') return 'a write in the workspace was lost';
    if (
      await readFile(path.join(canaries, 'written'), 'utf8').then(
        () => true,
        () => false,
      )
    )
      return 'it could write a file outside';
    if (result.output.includes(secret)) return 'it could read a secret outside';
    for (const escape of ['capable', 'remounted', 'nested', 'keyring'])
      if (said(escape)) return `an escape worked: ${escape}`;
    if (wasReached) return "the machine's own network was reached";
    if (await outlives(name)) return 'a process outlived its command';
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    server.close();
    sweepMarked(name);
    await removeTree(home);
    await rm(canaries, { recursive: true, force: true });
  }
}

/** Tests a box of layers: lower files are visible, writes go to the top. False if that does not work here. */
export async function tryLayers(tier: Tier, folder: string, searchPath: string): Promise<boolean> {
  if (!tier.hasLayers || !/^[\w./-]+$/.test(folder)) return false;
  const home = path.join(folder, `layers-${randomBytes(6).toString('hex')}`);
  const at = (name: string): string => path.join(home, name);
  const box: Box = {
    workspace: at('ws'),
    scratch: at('scratch'),
    mark: path.basename(home),
    layers: { lower: [at('lower')], upper: at('upper'), work: at('work') },
  };
  try {
    for (const name of ['ws', 'upper', 'work', 'lower/sub']) await mkdir(at(name), { recursive: true });
    await writeFile(at('lower/sub/file'), 'below');
    const launcher = createLauncher({ tier, maxCommandMs: maxTestMs, searchPath });
    await launcher.prepare(box);
    await launcher.own(box, [at('upper'), at('lower'), at('lower/sub'), at('lower/sub/file')]);
    const command = 'cat sub/file && echo above > sub/file && mv sub moved && cat moved/file';
    const result = await launcher.run(box, command, { signal: new AbortController().signal });
    return result.output === 'belowabove\n' && (await readFile(at('lower/sub/file'), 'utf8')) === 'below';
  } catch {
    return false; // then whole checkouts are made instead
  } finally {
    sweepMarked(box.mark);
    await removeTree(home);
  }
}

/** True if a process of the box still lives after a moment, which a namespace needs to end. */
async function outlives(mark: string): Promise<boolean> {
  for (let look = 0; look < 100; look++) {
    if (findMarked(mark).length === 0) return false;
    await delay(10);
  }
  return true;
}

/** A script with a captured agent's first attempts, all harmless. Prints a word for each that succeeds. */
function script(outside: string, port: number, hasNetwork: boolean, hasFilter: boolean): string {
  const lines = [
    'echo made > made',
    `cat '${outside}/secret' 2>/dev/null`,
    `touch '${outside}/written' 2>/dev/null && echo x > '${outside}/written'`,
    'grep -q "^CapEff:.*[1-9a-f]" /proc/self/status && echo capable',
    'mount -o remount,rw / 2>/dev/null && echo remounted',
    'mount --bind / /mnt 2>/dev/null && echo remounted',
    'unshare --user --map-root-user mount -t tmpfs none /tmp 2>/dev/null && echo nested',
    'setsid sleep 300 >/dev/null 2>&1 &',
    'echo works',
  ];
  const numbers = callNumbers();
  if (hasFilter && numbers !== null) {
    // KEYCTL_GET_KEYRING_ID of the session keyring, created if missing.
    const probe = `'syscall(${numbers.keyctl}, 0, -3, 1) >= 0 and print "keyring\\n"'`;
    lines.splice(-1, 0, `[ -x ${perl} ] && ${perl} -e ${probe}`);
    lines.splice(-1, 0, 'grep -q . /proc/keys 2>/dev/null && echo keyring');
    lines.splice(-1, 0, "grep -q '^Seccomp:.*2' /proc/self/status || echo keyring");
  }
  if (!hasNetwork)
    lines.splice(-1, 0, `command -v bash >/dev/null && bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null`);
  return lines.join('\n');
}
