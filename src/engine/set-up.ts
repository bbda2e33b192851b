import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../model/config.ts';
import type { Repository } from '../repo/repository.ts';
import { listTree } from '../repo/tree.ts';
import { openWorkspace } from '../repo/workspace.ts';
import type { Box, Launcher } from '../sandbox/launcher.ts';
import { sweepMarked } from '../sandbox/sweep.ts';
import type { Network } from '../sandbox/tier.ts';
import { sha256 } from '../util/hash.ts';
import { runProcess } from '../util/process.ts';
import { removeTree } from '../util/remove.ts';
import { printable } from '../util/terminal.ts';
import { Interrupted } from './interrupted.ts';

/** The command of a set-up ended red. */
export interface SetUpFailed {
  readonly command: string;
  readonly exitCode: number | null;
  readonly excerpt: string;
}

/** What set-up works with. */
export interface SetUpOptions {
  readonly repository: Repository;
  readonly launcher: Launcher;
  readonly command: string;
  readonly network: Network;
  /** Absolute path of the folder that keeps what was set up, also for later runs. */
  readonly cache: string;
  /** Absolute path of the folder for the boxes in which the command runs. */
  readonly folder: string;
  readonly mark: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Files that decide what is installed, by name, at any depth. */
const inputs =
  /(?:^|\/)(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|\.yarnrc(?:\.yml)?|pnpm-lock\.yaml|pnpm-workspace\.yaml|bun\.lockb?|deno\.lock|\.npmrc|requirements[^/]*\.txt|constraints[^/]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|uv\.lock|poetry\.lock|Pipfile(?:\.lock)?|Cargo\.(?:toml|lock)|go\.(?:mod|sum|work)|Gemfile(?:\.lock)?|composer\.(?:json|lock))$/;

/**
 * Installs what workspaces and checks need, once for each state of the files that decide it. What the command adds to
 * a checkout is kept, and each box is given a private copy. Where commands run as another user
 * than we do, copies are hard links to files that belong to us and that they cannot change; else they are real copies.
 */
export class SetUp {
  readonly #options: SetUpOptions;
  readonly #made = new Map<string, Promise<SetUpFailed | null>>();
  /** Where scripts of packages may run: states of the lockfiles that were there before any agent. */
  readonly #trusted = new Set<string>();

  constructor(options: SetUpOptions) {
    this.#options = options;
  }

  /** Says that this tree is nobody's but the authors'. */
  async trust(tree: string): Promise<void> {
    this.#trusted.add(await this.key(tree));
  }

  /** What decides the outcome: the command, how it is held, and the lockfiles of the tree. */
  async key(tree: string): Promise<string> {
    const { command, network, launcher } = this.#options;
    const files = (await listTree(this.#options.repository, tree)).filter((entry) => inputs.test(entry.path));
    const of = [
      command,
      network,
      launcher.tier,
      process.version,
      ...files.map((entry) => `${entry.path} ${entry.object}`),
    ];
    return sha256(of.join('\n')).slice(0, 32);
  }

  /** Gives a box, with this tree in it, its copy. Makes it first if it has to. */
  async into(box: Box, tree: string): Promise<SetUpFailed | null> {
    const key = await this.key(tree);
    const failed = await this.#ensure(key, tree);
    if (failed) return failed;
    const kept = path.join(this.#options.cache, key, 'files');
    const owner = await this.#options.launcher.ownerOf(box);
    const isLinked = owner !== null;
    const args = isLinked
      ? ['-rlP', '--preserve=mode,timestamps,links', '--', `${kept}/.`, box.workspace]
      : ['-aP', '--reflink=auto', '--', `${kept}/.`, box.workspace];
    try {
      await tool('cp', args);
    } catch (error) {
      // What is in the tree stands in the way of what has to be installed.
      const excerpt = error instanceof Error ? error.message : String(error);
      return { command: this.#options.command, exitCode: null, excerpt };
    }
    if (owner) {
      const { uid, gid } = owner;
      const added = (await this.added(tree)).map((file) => path.join(box.workspace, file));
      if (added.length > 0)
        await tool('find', [...added, '-type', 'd', '-exec', 'chown', '-h', `${uid}:${gid}`, '--', '{}', '+']);
      await this.#options.launcher.own(box, [box.workspace]);
    }
    return null;
  }

  /** The paths that it adds, the topmost ones. */
  async added(tree: string): Promise<readonly string[]> {
    const file = path.join(this.#options.cache, await this.key(tree), 'added.json');
    try {
      return JSON.parse(await readFile(file, 'utf8')) as string[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // it failed, or was never made
      throw error; // else what was installed would be taken for somebody's work
    }
  }

  async #ensure(key: string, tree: string): Promise<SetUpFailed | null> {
    const folder = path.join(this.#options.cache, key);
    if (existsSync(folder)) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => undefined); // the oldest go first when room is made
      return null;
    }
    let making = this.#made.get(key);
    if (!making) {
      making = this.#run(key, tree);
      this.#made.set(key, making);
    }
    return making;
  }

  async #run(key: string, tree: string): Promise<SetUpFailed | null> {
    const { repository, launcher, command, network, cache, timeoutMs, signal } = this.#options;
    const name = `set-up-${randomBytes(6).toString('hex')}`;
    const folder = path.join(this.#options.folder, name);
    const box: Box = {
      workspace: path.join(folder, 'ws'),
      scratch: path.join(folder, 'scratch'),
      mark: `${this.#options.mark}/${name}`,
      network,
    };
    try {
      await mkdir(folder, { recursive: true });
      await openWorkspace(repository, { folder: box.workspace, tree });
      await launcher.prepare(box);
      // A lockfile that an agent wrote names packages that nobody looked at: their scripts do not run.
      const env: Record<string, string> = this.#trusted.has(key)
        ? {}
        : { npm_config_ignore_scripts: 'true', YARN_ENABLE_SCRIPTS: 'false' };
      const result = await launcher.run(box, command, { timeoutMs, signal, env });
      sweepMarked(box.mark);
      if (signal.aborted) throw new Interrupted({ kind: 'stopped' }); // what we ended ourselves says nothing
      if (result.trouble) throw new Interrupted({ kind: 'broken', why: result.trouble.why });
      if (result.exitCode !== 0) {
        return {
          command,
          exitCode: result.timedOut ? null : result.exitCode,
          excerpt: printable(result.output).slice(-4000),
        };
      }
      const tracked = new Set((await listTree(repository, tree)).map((entry) => entry.path));
      const added = await findAdded(box.workspace, tracked);
      const temporary = path.join(cache, `${key}.${randomBytes(4).toString('hex')}`);
      await mkdir(path.join(temporary, 'files'), { recursive: true });
      for (const file of added) {
        const to = path.join(temporary, 'files', file);
        await mkdir(path.dirname(to), { recursive: true });
        await rename(path.join(box.workspace, file), to);
      }
      if (launcher.isOther) await tool('chown', ['-hR', '0:0', '--', temporary]);
      await writeFile(path.join(temporary, 'added.json'), JSON.stringify(added));
      await rename(temporary, path.join(cache, key));
      return null;
    } finally {
      sweepMarked(box.mark);
      await removeTree(folder);
    }
  }
}

/** What is in a checkout and not in its tree: whole folders where nothing below is tracked. */
async function findAdded(workspace: string, tracked: ReadonlySet<string>): Promise<string[]> {
  const folders = new Set<string>();
  for (const file of tracked)
    for (let at = path.posix.dirname(file); at !== '.'; at = path.posix.dirname(at)) folders.add(at);
  const added: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(path.join(workspace, folder), { withFileTypes: true })) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (file === '.git' || tracked.has(file)) continue;
      if (entry.isDirectory() && folders.has(file)) await look(file);
      else added.push(file);
    }
  };
  await look('');
  return added.toSorted();
}

async function tool(file: string, args: readonly string[]): Promise<void> {
  const done = await runProcess({ file, args, cwd: '/', env: { PATH: '/usr/bin:/bin' } });
  if (done.exitCode !== 0) throw new Error(`${file} failed: ${done.stderr.toString().slice(0, 1000)}`);
}

/** Set-up as the configuration asks for it; null when it does not. */
export function openSetUp(config: Config, options: Omit<SetUpOptions, 'command' | 'network'>): SetUp | null {
  const { setup } = config;
  if (setup === undefined) return null;
  const asked = typeof setup === 'string' ? { command: setup, network: 'host' as const } : setup;
  return new SetUp({ ...options, ...asked });
}
