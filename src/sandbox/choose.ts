import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import { writeConfined } from '../util/files/confined-file.ts';
import { runProcess } from '../util/process/run-process.ts';
import { basicTier } from './basic.ts';
import { placesFor } from './closed-parts.ts';
import { noTier } from './none.ts';
import { selfTest, tryLayers } from './self-test.ts';
import { etcFiles, programs, strictTier } from './strict.ts';
import { doorkeeper } from './doors.ts';
import { callNumbers, keyringFilter, perl } from './syscalls.ts';
import { isOpen } from './paths.ts';
import { type LeftOut, outOfReach, type Toolchains } from './toolchains.ts';
import { isRoot, type Network, type Tier, type TierName } from './tier.ts';

export interface ChooseOptions {
  /** `auto`: the strongest tier that works. */
  readonly wanted: TierName | 'auto';
  /** True with the user's consent to run without isolation. */
  readonly allowUnsandboxed: boolean;
  readonly network: Network;
  /** Memory limit per process, in bytes. */
  readonly memoryBytes: number;
  /** Absolute path of the folder for boxes. */
  readonly folder: string;
  readonly searchPath: string;
  readonly toolchains: Toolchains;
}

/** The chosen tier, and why each stronger one was refused. */
export interface Choice {
  readonly tier: Tier;
  /** True if boxes of layers were tested and work. */
  readonly canLayer: boolean;
  readonly refused: readonly { readonly tier: TierName; readonly why: string }[];
  /** Program folders that are not available in it. */
  readonly left: readonly LeftOut[];
}

/**
 * Runs an escape test against each tier, strongest first, and picks the first that holds. Never falls back silently:
 * refusals are part of the choice, and `none` needs consent. Throws an `InputError` if no allowed tier works.
 */
export async function chooseTier(options: ChooseOptions): Promise<Choice> {
  // As root, commands run as another user, who must be able to read files that we make.
  if (isRoot()) process.umask(process.umask() & 0o722);
  const refused: { tier: TierName; why: string }[] = [];
  const candidates: TierName[] =
    options.wanted === 'auto' ? ['strict', 'basic'] : options.wanted === 'none' ? [] : [options.wanted];
  for (const name of candidates) {
    const { folder, searchPath, network, toolchains } = options;
    // Root cannot mount closed folders everywhere.
    const all = name !== 'none' && toolchains.closed.length > 0 ? [toolchains.closed, []] : [[]];
    let why = '';
    for (const closed of all) {
      const tier = await make(name, options, closed);
      const problem = typeof tier === 'string' ? tier : await selfTest(tier, folder, searchPath, network);
      if (typeof tier !== 'string' && problem === null) {
        const out = toolchains.closed.filter((one) => !closed.includes(one));
        const left = [...toolchains.left, ...out.map((one) => ({ folder: one, why: outOfReach }))];
        return { tier, refused, left, canLayer: await tryLayers(tier, folder, searchPath) };
      }
      why = problem ?? '';
      if (typeof tier === 'string') break;
    }
    refused.push({ tier: name, why });
  }
  if (options.allowUnsandboxed && (options.wanted === 'auto' || options.wanted === 'none'))
    return { tier: noTier, refused, left: [], canLayer: false };
  const tried = refused.map(({ tier, why }) => `${tier}: ${why}`).join('; ');
  throw inputError(
    'no-sandbox',
    options.wanted === 'none'
      ? 'agents and checks would run as your user: the configuration turns the sandbox off, which needs your consent'
      : `no sandbox works here (${tried})`,
    options.wanted === 'none'
      ? 'Pass --allow-unsandboxed, or set "sandbox": { "allowUnsandboxed": true }.'
      : 'Install bubblewrap ("apt install bubblewrap"). To run agents and checks as your user instead (for example in a container), pass --allow-unsandboxed.',
  );
}

/** Written anew by each run, and readable in boxes. */
const asShown = { mode: 0o644, isSynced: false };

async function make(name: TierName, options: ChooseOptions, closed: readonly string[]): Promise<Tier | string> {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (isRoot() && !isOpen(options.folder)) return `commands run as another user, who cannot reach ${options.folder}`;
  switch (name) {
    case 'strict': {
      const bwrap = await runProcess({ file: 'bwrap', args: ['--version'], cwd: '/', env: { PATH: programs } });
      if (bwrap.startError !== null) return 'bubblewrap is not installed';
      const etc = path.join(options.folder, 'etc');
      await mkdir(etc, { recursive: true, mode: 0o755 });
      for (const [file, text] of Object.entries(etcFiles)) writeConfined(etc, file, text, asShown);
      writeConfined(etc, 'doorkeeper.cjs', doorkeeper, asShown);
      writeConfined(etc, 'syscalls.bpf', keyringFilter(), asShown);
      const node = await reachableNode(etc);
      const mounts = await placesFor(closed, etc);
      return strictTier({ ...options, toolchains: options.toolchains.bound, closed: mounts, etc, node });
    }
    case 'basic': {
      if (Array.isArray(options.network)) return 'it cannot restrict commands to a list of hosts';
      if (!isRoot()) return 'it needs root';
      const mounts = await placesFor(closed, path.join(options.folder, 'etc'));
      return basicTier({ ...options, closed: mounts, filter: await filterFile(options.folder) });
    }
    case 'none':
      return noTier;
  }
}

/** The system call filter for `basic`; null without a program to install it. */
async function filterFile(folder: string): Promise<{ readonly file: string; readonly prctl: number } | null> {
  const numbers = callNumbers();
  if (numbers === null || !existsSync(perl)) return null;
  const etc = path.join(folder, 'etc');
  await mkdir(etc, { recursive: true, mode: 0o755 });
  writeConfined(etc, 'syscalls.bpf', keyringFilter(), asShown);
  return { file: path.join(etc, 'syscalls.bpf'), prctl: numbers.prctl };
}

/** A Node that commands can run: as root they run as another user, who may not reach ours. */
async function reachableNode(folder: string): Promise<string> {
  if (!isRoot() || isOpen(path.dirname(process.execPath))) return process.execPath;
  const node = path.join(folder, 'node');
  const temporary = `${node}.${randomBytes(6).toString('hex')}`;
  try {
    try {
      await link(process.execPath, temporary);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      await copyFile(process.execPath, temporary); // on another disk
    }
    await rename(temporary, node);
  } finally {
    await rm(temporary, { force: true }); // rename does nothing if both are hard links to one file
  }
  return node;
}
