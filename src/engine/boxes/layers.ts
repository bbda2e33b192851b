import { randomBytes } from 'node:crypto';
import { lchown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { canWrite, differencesOf, openWorkspace, writeDifference } from '../../repo/worktrees/workspace.ts';
import type { Box } from '../../sandbox/launcher.ts';
import { sweepMarked } from '../../sandbox/sweep.ts';
import { removeTree } from '../../util/folders/remove.ts';
import type { BoxOptions, Boxes, OpenedBox } from './boxes.ts';
import type { SetUpFailed } from './installation.ts';

/** Changed paths above which a tree is checked out whole instead of as a difference. */
const maxChanges = 500;
/** Unused differences that are kept. */
const maxKept = 24;
/** Whole trees that are kept, per state of the installation; the least recently used are dropped. */
const maxMasters = 4;
/** The same limit for deleted paths, since each needs a whiteout. */
const maxRemoved = 40;

/** Estimated files that a box leaves behind: those that its command wrote. */
const writtenFiles = 500;

export interface LayersOptions extends BoxOptions {
  /** Absolute path of the folder for all layers. */
  readonly folder: string;
}

interface Difference {
  readonly layers: Promise<Layered>;
  /** Boxes that use it now. */
  users: number;
}

interface Master {
  readonly folder: string;
  readonly tree: string;
  readonly failed: SetUpFailed | null;
}

/** A tree as layers, or why its set-up failed; `lower` ends with the master's folder. */
type Layered = { readonly master: Master } & (
  { readonly lower: readonly string[]; readonly failed: null } | { readonly lower: null; readonly failed: SetUpFailed }
);

/**
 * Boxes of overlay layers, for single commands: one master is checked out and set up, other trees are folders with their difference
 * from it. A box mounts two layers and an empty folder on top: nothing is copied, and a command's writes stay in its folder.
 */
export class LayeredBoxes implements Boxes {
  readonly #options: LayersOptions;
  readonly #masters = new Map<string, Promise<Master>>();
  readonly #differences = new Map<string, Difference>();
  /** Masters that are no longer used for new boxes; each is removed when its last box is gone. */
  readonly #retired = new Set<Promise<Master>>();

  constructor(options: LayersOptions) {
    this.#options = options;
  }

  async open(box: Box, tree: string, touches: readonly string[] = []): Promise<OpenedBox> {
    const name = nameOf(tree, touches);
    let difference = this.#differences.get(name);
    if (!difference) {
      difference = { layers: this.#layersOf(tree, touches), users: 0 };
      difference.layers.catch(() => this.#differences.delete(name));
    }
    // Move it to the end, as the most recently used.
    this.#differences.delete(name);
    this.#differences.set(name, difference);
    difference.users++;
    const { lower, failed } = await difference.layers;
    if (failed) {
      if (this.#differences.get(name) === difference) this.#differences.delete(name); // set-up decides when to retry
      return { box, failed };
    }
    const folder = path.dirname(box.workspace);
    const [upper, work] = [path.join(folder, 'upper'), path.join(folder, 'work')];
    const ours = [
      folder,
      box.workspace,
      box.scratch,
      upper,
      path.join(box.scratch, 'home'),
      path.join(box.scratch, 'tmp'),
    ];
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const each of [...ours, work]) await mkdir(each, { recursive: true });
    const owner = await this.#options.launcher.ownerOf(box);
    if (owner) for (const each of ours) await lchown(each, owner.uid, owner.gid);
    return { box: { ...box, layers: { lower, upper, work } }, failed: null };
  }

  async discard(box: Box, tree: string, touches: readonly string[] = []): Promise<void> {
    try {
      sweepMarked(box.mark);
      await this.#options.trash.put(path.dirname(box.workspace), writtenFiles);
    } finally {
      await this.#release(tree, touches);
    }
  }

  /** Removes old differences and retired masters. */
  async #release(tree: string, touches: readonly string[]): Promise<void> {
    const difference = this.#differences.get(nameOf(tree, touches));
    if (difference) difference.users--;
    const retired = new Set<Master>();
    for (const promise of this.#retired) {
      const master = await promise.catch(() => null);
      if (master) retired.add(master);
      else this.#retired.delete(promise);
    }
    const used = new Set<Master>();
    for (const [name, one] of this.#differences) {
      if (this.#differences.size <= maxKept && retired.size === 0) break;
      const layered = await one.layers.catch(() => null);
      if (!layered) continue; // it removes itself
      const { master, lower } = layered;
      const isOver = this.#differences.size > maxKept || retired.has(master);
      if (one.users > 0 || !isOver) used.add(master);
      else if (this.#differences.delete(name) && lower && lower.length > 1) await removeTree(String(lower[0]));
    }
    for (const promise of this.#retired) {
      const master = await promise.catch(() => null);
      if (!master || !retired.has(master) || used.has(master) || !this.#retired.delete(promise)) continue;
      await removeTree(path.dirname(master.folder));
    }
  }

  async #layersOf(tree: string, touches: readonly string[]): Promise<Layered> {
    const { repository, launcher, folder, setUp } = this.#options;
    const key = setUp ? (await setUp.plan(tree, touches)).key : '';
    let master = await this.#master(key, tree, touches);
    if (master.failed) {
      this.#retire(key);
      return { master, lower: null, failed: master.failed };
    }
    if (master.tree === tree) return { master, lower: [master.folder], failed: null };
    const changes = await differencesOf(repository, master.tree, tree);
    const removed = changes.filter((change) => change.after === null).length;
    if (changes.length > maxChanges || removed > maxRemoved || !canWrite(changes)) {
      this.#retire(key);
      master = await this.#master(key, tree, touches);
      if (master.failed) return { master, lower: null, failed: master.failed };
      return { master, lower: [master.folder], failed: null };
    }
    const difference = path.join(folder, `difference-${randomBytes(6).toString('hex')}`);
    await mkdir(difference, { recursive: true });
    const written = await writeDifference(repository, { folder: difference, from: master.tree, to: tree });
    await launcher.own({ workspace: master.folder }, [
      difference,
      ...written.map((file) => path.join(difference, file)),
    ]);
    return { master, lower: [difference, master.folder], failed: null };
  }

  async #master(key: string, tree: string, touches: readonly string[]): Promise<Master> {
    const known = this.#masters.get(key);
    const master = known ?? this.#layOut(tree, touches);
    // Move it to the end, as the most recently used.
    this.#masters.delete(key);
    this.#masters.set(key, master);
    if (!known) master.catch(() => this.#masters.get(key) === master && this.#masters.delete(key));
    const [oldest] = this.#masters.keys();
    if (this.#masters.size > maxMasters && oldest !== undefined) this.#retire(oldest);
    return master;
  }

  #retire(key: string): void {
    const master = this.#masters.get(key);
    this.#masters.delete(key);
    if (master) this.#retired.add(master);
  }

  async #layOut(tree: string, touches: readonly string[]): Promise<Master> {
    const { repository, launcher, setUp } = this.#options;
    const folder = path.join(this.#options.folder, `whole-${randomBytes(6).toString('hex')}`);
    const box = { workspace: path.join(folder, 'ws'), scratch: path.join(folder, 'scratch'), mark: '' };
    await mkdir(folder, { recursive: true });
    await openWorkspace(repository, { folder: box.workspace, tree });
    await launcher.prepare(box);
    const setUpFailure = setUp ? await setUp.into(box, tree, touches) : null;
    return { folder: box.workspace, tree, failed: setUpFailure };
  }
}

/** The key of a tree: its installation may depend on what the unit may change. */
function nameOf(tree: string, touches: readonly string[]): string {
  return [tree, ...touches].join('\n');
}
