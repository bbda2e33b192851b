import { existsSync } from 'node:fs';
import { chmod, mkdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Config } from '../../model/config.ts';
import { patternMatches } from '../../model/path-pattern.ts';
import { editTree, entryAt } from '../../repo/objects/tree.ts';
import { publicHosts } from '../../sandbox/egress.ts';
import type { Box } from '../../sandbox/launcher.ts';
import { sha256 } from '../../util/values/hash.ts';
import { printableLine } from '../../util/text/printable.ts';
import { addedBy, copyInto, install, nameFolder, type InstallOptions, type SetUpFailed } from './installation.ts';
import { Interrupted } from '../context/interrupted.ts';
import { manifestsIn, programsIn } from './manifests.ts';

/** What set-up works with. */
export interface SetUpOptions extends InstallOptions {
  /** What it reaches on what the branch has. On anything else it reaches a list of hosts, or nothing. */
  readonly network: 'none' | 'public' | 'host' | readonly string[];
  /** Patterns of more files that decide what is installed. */
  readonly inputs: readonly string[];
  /** Absolute path of the folder that keeps what was set up for the branch, also for later runs. */
  readonly cache: string;
  /** The tree that the branch has now. */
  readonly branchTree: () => Promise<string>;
  /** Milliseconds of a clock that nobody sets. @default this process's */
  readonly now?: () => number;
}

/** What is installed for a tree: the same key, the same installation. */
export interface Plan {
  readonly key: string;
  /** The tree that the set-up runs on. */
  readonly tree: string;
  /** True when nobody but those who made the branch wrote any of it. */
  readonly isTrusted: boolean;
}

/** Part of each key: what an earlier version kept is not used. */
const format = 'private copies';

/**
 * Installs what workspaces and checks need, once for each state of the manifests and lockfiles. The command always runs
 * on the files of the branch. With what the branch itself has, it has its network, and what it adds is kept for later
 * runs. With manifests that a unit changed, within its `touches`, it has no network but the hosts that are named, runs
 * no scripts of packages, and what it adds is for this very state, within this run. Each box gets a copy of its own.
 */
export class SetUp {
  readonly #options: SetUpOptions;
  readonly #made = new Map<string, Promise<SetUpFailed | null>>();
  /** When what failed did, by its folder; in ms of a clock that nobody sets. */
  readonly #failedAt = new Map<string, number>();
  /** Trees that the branch had, by the key of their manifests. */
  readonly #trusted = new Map<string, string>();
  readonly #manifests = new Map<string, Promise<ReadonlyMap<string, string>>>();
  /** What the set-up runs, as the branch had it first: what lands meanwhile counts from the next run on. */
  #programs: Promise<ReadonlyMap<string, string>> | null = null;

  constructor(options: SetUpOptions) {
    this.#options = options;
  }

  /** Says what is installed for a tree: of its manifests, those that `touches` allows to change; else what the branch has. */
  async plan(tree: string, touches: readonly string[]): Promise<Plan> {
    const key = await this.#key(tree);
    const known = this.#trusted.get(key);
    if (known !== undefined) return { key, tree: known, isTrusted: true };
    const branch = await this.#options.branchTree();
    const branchKey = await this.#key(branch);
    this.#trusted.set(branchKey, branch);
    if (branchKey === key) return { key, tree: branch, isTrusted: true };
    const changed = await this.#withManifests(branch, tree, touches);
    const trusted = this.#trusted.get(await this.#key(changed));
    if (trusted !== undefined) return { key: await this.#key(changed), tree: trusted, isTrusted: true };
    return { key: sha256(`a unit's\n${this.#how()}\n${changed}`).slice(0, 32), tree: changed, isTrusted: false };
  }

  /** Gives a box, with this tree in it, its copy. Makes it first if it has to. */
  async into(box: Box, tree: string, touches: readonly string[]): Promise<SetUpFailed | null> {
    const plan = await this.plan(tree, touches);
    const failed = await this.#ensure(plan);
    if (failed) return failed;
    const misfit = await copyInto(this.#options.launcher, this.#folder(plan), box);
    // What is in the tree stands in the way of what has to be installed.
    return misfit === null ? null : { command: this.#options.command, exitCode: null, excerpt: misfit };
  }

  /** Says that a box with this tree, and its copy, lies elsewhere now; `from`: where its workspace was, as called inside. */
  async moved(box: Box, tree: string, touches: readonly string[], from: string): Promise<void> {
    await nameFolder(this.#options.launcher, this.#folder(await this.plan(tree, touches)), box, from);
  }

  /** The paths that it adds, the topmost ones: nobody's work, and never landed. */
  async added(tree: string, touches: readonly string[]): Promise<readonly string[]> {
    return addedBy(this.#folder(await this.plan(tree, touches)));
  }

  /** The branch's tree with the manifests of another one, as far as a unit may change them. */
  async #withManifests(branch: string, tree: string, touches: readonly string[]): Promise<string> {
    const { repository } = this.#options;
    const [before, after] = [await this.#manifestsOf(branch), await this.#manifestsOf(tree)];
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (file) => before.get(file) !== after.get(file) && touches.some((pattern) => patternMatches(pattern, file)),
    );
    if (changed.length === 0) return branch;
    const edits = changed.map(async (file) => ({ path: file, entry: await entryAt(repository, tree, file) }));
    return editTree(repository, branch, await Promise.all(edits));
  }

  /** What decides the outcome: the command, what it runs, how it is held, and the manifests of the tree. */
  async #key(tree: string): Promise<string> {
    const { repository, command, branchTree } = this.#options;
    this.#programs ??= branchTree().then(async (branch) => programsIn(repository, branch, command));
    const inputs = [...(await this.#programs), ...(await this.#manifestsOf(tree))];
    return sha256([this.#how(), ...inputs.map(([file, counts]) => `${file} ${counts}`)].join('\n')).slice(0, 32);
  }

  #how(): string {
    const { command, network, launcher } = this.#options;
    return [format, command, network, launcher.tier, process.version].join('\n');
  }

  async #manifestsOf(tree: string): Promise<ReadonlyMap<string, string>> {
    const { repository, inputs } = this.#options;
    let found = this.#manifests.get(tree);
    if (!found) {
      found = manifestsIn(repository, tree, inputs);
      this.#manifests.set(tree, found);
      if (this.#manifests.size > 200) this.#manifests.delete([...this.#manifests.keys()][0] ?? '');
    }
    return found;
  }

  #folder(plan: Plan): string {
    const { cache, folder } = this.#options;
    return path.join(plan.isTrusted ? cache : path.join(folder, 'installed'), plan.key);
  }

  async #ensure(plan: Plan): Promise<SetUpFailed | null> {
    const folder = this.#folder(plan);
    if (existsSync(folder)) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => undefined); // the oldest go first when room is made
      return null;
    }
    const failedAt = this.#failedAt.get(folder);
    if (failedAt !== undefined && this.#now() - failedAt > againMs) this.#forget(folder);
    let making = this.#made.get(folder);
    if (!making) {
      making = this.#install(plan, folder);
      this.#made.set(folder, making);
      making.then(
        (failed) => failed && this.#failedAt.set(folder, this.#now()),
        () => this.#forget(folder), // it was called off, or the machine was in the way
      );
    }
    return making;
  }

  #now(): number {
    return this.#options.now?.() ?? performance.now();
  }

  #forget(folder: string): void {
    this.#made.delete(folder);
    this.#failedAt.delete(folder);
  }

  async #install(plan: Plan, keep: string): Promise<SetUpFailed | null> {
    const { network, launcher } = this.#options;
    const { tree, isTrusted } = plan;
    // Where other users could come to it, boxes must not: each gets a copy.
    await mkdir(path.dirname(keep), { recursive: true });
    await chmod(path.dirname(keep), 0o700);
    const branchReaches = network === 'public' ? publicHosts : network;
    const reaches = isTrusted ? branchReaches : Array.isArray(network) ? network : 'none';
    const order = { tree, network: reaches, hasScripts: isTrusted, keep };
    let failed = await install(this.#options, order);
    // On what the branch has, a network that is down is the machine's fault: once more, then it ends the run.
    const isOnNetwork = isTrusted && reaches !== 'none' && launcher.tier !== 'basic';
    if (failed !== null && isOnNetwork && networkTrouble(failed.excerpt) !== null)
      failed = await install(this.#options, order);
    const trouble = failed !== null && isOnNetwork ? networkTrouble(failed.excerpt) : null;
    if (trouble !== null)
      throw new Interrupted({
        kind: 'broken',
        why: `the set-up did not get through to the network, twice: ${trouble}`,
      });
    if (failed === null) return null;
    const isHeld = Array.isArray(reaches) && !launcher.hasDoors && launcher.tier !== 'none';
    const why = isHeld
      ? `It ran without network: tier ${launcher.tier} cannot hold it to hosts. Install bubblewrap, or let it reach everything: "setup": { "network": "host" }.`
      : !isTrusted && reaches === 'none'
        ? 'It ran without network, since a unit changed what it installs. Name the hosts that it may reach then: "setup": { "network": ["registry.example.org"] }.'
        : null;
    return why === null ? failed : { ...failed, excerpt: `${failed.excerpt.trimEnd()}\n[${why}]\n`.trimStart() };
  }
}

/** Milliseconds after which a set-up that failed is tried again. */
const againMs = 60_000;

/** The line by which a program says that the network is down; null where it says no such thing. */
export function networkTrouble(output: string): string | null {
  const said =
    /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|could not resolve host|temporary failure in name resolution|name or service not known|network is unreachable|no route to host|connection timed out|(?:statusCode=|HTTP[^\n]{0,20}|\b)50[234] (?:bad gateway|service unavailable|gateway time-?out)/i;
  const line = output.split('\n').find((one) => said.test(one));
  return line === undefined ? null : printableLine(line, 200);
}

/** Set-up as the configuration asks for it; null when it does not. */
export function openSetUp(config: Config, options: Omit<SetUpOptions, 'command' | 'network' | 'inputs'>): SetUp | null {
  const { setup } = config;
  if (setup === undefined) return null;
  const asked = typeof setup === 'string' ? { command: setup, network: 'public' as const, inputs: [] } : setup;
  return new SetUp({ ...options, ...asked });
}
