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

export interface SetUpOptions extends InstallOptions {
  /** Its network for the branch's manifests. For others, a list of hosts counts, else it has none. */
  readonly network: 'none' | 'public' | 'host' | readonly string[];
  /** Path patterns of further files that decide what is installed. */
  readonly inputs: readonly string[];
  /** Absolute path of the folder for installations of the branch, shared by later runs. */
  readonly cache: string;
  /** The branch's current tree. */
  readonly branchTree: () => Promise<string>;
  /** Monotonic time in milliseconds. @default this process's */
  readonly now?: () => number;
}

/** The installation for a tree; equal keys mean equal installations. */
export interface Plan {
  readonly key: string;
  /** The tree on which the set-up runs. */
  readonly tree: string;
  /** True if the manifests are the branch's. */
  readonly isTrusted: boolean;
}

/** Part of each key; changed when older installations cannot be used. */
const format = 'private copies';

/**
 * Installs what workspaces and checks need, once per state of the manifests and lockfiles. The command always runs on the
 * branch's files. With the branch's manifests it has its network, and the installation is kept for later runs. With
 * manifests that a unit changed, within its `touches`, it only reaches configured hosts, runs no scripts of packages, and
 * the installation is for this run. Each box gets a copy of its own.
 */
export class SetUp {
  readonly #options: SetUpOptions;
  readonly #made = new Map<string, Promise<SetUpFailed | null>>();
  /** Monotonic times of failures by folder, in milliseconds. */
  readonly #failedAt = new Map<string, number>();
  /** Trees of the branch by the key of their manifests. */
  readonly #trusted = new Map<string, string>();
  readonly #manifests = new Map<string, Promise<ReadonlyMap<string, string>>>();
  /** The programs that the set-up runs, as first seen on the branch; later landings count from the next run on. */
  #programs: Promise<ReadonlyMap<string, string>> | null = null;

  constructor(options: SetUpOptions) {
    this.#options = options;
  }

  /** The installation for a tree: with its manifests as far as `touches` allows changes, else with the branch's. */
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

  /** Copies the installation into a box with this tree; makes it first if needed. */
  async into(box: Box, tree: string, touches: readonly string[]): Promise<SetUpFailed | null> {
    const plan = await this.plan(tree, touches);
    const failure = await this.#ensure(plan);
    if (failure) return failure;
    const misfit = await copyInto(this.#options.launcher, this.#folder(plan), box);
    // Files of the tree conflict with installed ones.
    return misfit === null ? null : { command: this.#options.command, exitCode: null, excerpt: misfit };
  }

  /** Adapts the copy in a box that was moved; `from`: its previous workspace, as seen inside. */
  async moved(box: Box, tree: string, touches: readonly string[], from: string): Promise<void> {
    await nameFolder(this.#options.launcher, this.#folder(await this.plan(tree, touches)), box, from);
  }

  /** The paths that it adds, topmost only; they never land. */
  async added(tree: string, touches: readonly string[]): Promise<readonly string[]> {
    return addedBy(this.#folder(await this.plan(tree, touches)));
  }

  /** The branch's tree with another tree's manifests, as far as a unit may change them. */
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

  /** Digest of what decides the result: the command, its programs, its sandbox, and the tree's manifests. */
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
      await utimes(folder, now, now).catch(() => undefined); // marks it as recently used
      return null;
    }
    const failedAt = this.#failedAt.get(folder);
    if (failedAt !== undefined && this.#now() - failedAt > againMs) this.#forget(folder);
    let making = this.#made.get(folder);
    if (!making) {
      making = this.#install(plan, folder);
      this.#made.set(folder, making);
      making.then(
        (failure) => failure && this.#failedAt.set(folder, this.#now()),
        () => this.#forget(folder), // it was aborted, or the machine failed
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
    // Boxes get copies, and must not reach this folder.
    await mkdir(path.dirname(keep), { recursive: true });
    await chmod(path.dirname(keep), 0o700);
    const branchReaches = network === 'public' ? publicHosts : network;
    const reaches = isTrusted ? branchReaches : Array.isArray(network) ? network : 'none';
    const order = { tree, network: reaches, hasScripts: isTrusted, keep };
    let failure = await install(this.#options, order);
    // With the branch's manifests, a network error is the machine's fault: try once more, then end the run.
    const isOnNetwork = isTrusted && reaches !== 'none' && launcher.tier !== 'basic';
    if (failure !== null && isOnNetwork && networkTrouble(failure.excerpt) !== null)
      failure = await install(this.#options, order);
    const trouble = failure !== null && isOnNetwork ? networkTrouble(failure.excerpt) : null;
    if (trouble !== null)
      throw new Interrupted({
        kind: 'broken',
        why: `the set-up failed twice with a network error: ${trouble}`,
      });
    if (failure === null) return null;
    const isHeld = Array.isArray(reaches) && !launcher.hasDoors && launcher.tier !== 'none';
    const why = isHeld
      ? `It ran without network: tier ${launcher.tier} cannot restrict it to hosts. Install bubblewrap, or allow all hosts: "setup": { "network": "host" }.`
      : !isTrusted && reaches === 'none'
        ? 'It ran without network, since a unit changed a manifest. Name the hosts that it may reach then: "setup": { "network": ["registry.example.org"] }.'
        : null;
    return why === null ? failure : { ...failure, excerpt: `${failure.excerpt.trimEnd()}\n[${why}]\n`.trimStart() };
  }
}

/** Milliseconds after which a failed set-up is tried again. */
const againMs = 60_000;

/** The output line that reports a network error; null if there is none. */
export function networkTrouble(output: string): string | null {
  const said =
    /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|could not resolve host|temporary failure in name resolution|name or service not known|network is unreachable|no route to host|connection timed out|(?:statusCode=|HTTP[^\n]{0,20}|\b)50[234] (?:bad gateway|service unavailable|gateway time-?out)/i;
  const line = output.split('\n').find((one) => said.test(one));
  return line === undefined ? null : printableLine(line, 200);
}

/** The configured set-up; null if there is none. */
export function openSetUp(config: Config, options: Omit<SetUpOptions, 'command' | 'network' | 'inputs'>): SetUp | null {
  const { setup } = config;
  if (setup === undefined) return null;
  const asked = typeof setup === 'string' ? { command: setup, network: 'public' as const, inputs: [] } : setup;
  return new SetUp({ ...options, ...asked });
}
