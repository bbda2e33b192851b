import { randomBytes } from 'node:crypto';
import { lchown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Repository } from '../repo/repository.ts';
import { changedPaths } from '../repo/tree.ts';
import { canWrite, openWorkspace, writeDifference } from '../repo/workspace.ts';
import type { Box, Launcher } from '../sandbox/launcher.ts';
import { removeTree } from '../util/remove.ts';
import type { SetUpFailed } from './installation.ts';
import type { UnitId } from '../model/ids.ts';
import type { SetUp } from './set-up.ts';

/** Changed paths above which a tree is laid out anew instead of as a difference. */
const maxChanges = 500;
/** Differences that are kept while nobody uses them. */
const maxKept = 24;
/** Removed paths above which it is, too: each is marked by a node of its own. */
const maxRemoved = 40;

/** What layers are made with. */
export interface LayersOptions {
  readonly repository: Repository;
  readonly launcher: Launcher;
  /** Absolute path of the folder for all of them. */
  readonly folder: string;
  readonly setUp: SetUp | null;
}

interface Difference {
  readonly layers: Promise<readonly string[] | SetUpFailed>;
  /** Boxes that are mounted on it now. */
  users: number;
}

interface Master {
  readonly folder: string;
  readonly tree: string;
  readonly failed: SetUpFailed | null;
}

/**
 * Trees as layers, for checks: one is laid out and set up, others are folders with only what differs from it. A box is
 * then two layers and an empty folder on top, mounted as one by the sandbox: nothing is copied, and what a command
 * writes stays in its own folder.
 */
export class Layers {
  readonly #options: LayersOptions;
  readonly #masters = new Map<string, Promise<Master>>();
  readonly #differences = new Map<string, Difference>();

  constructor(options: LayersOptions) {
    this.#options = options;
  }

  /**
   * Makes a box of layers with this tree in it, and what is installed for it within the work of a unit. The folder that
   * holds its workspace must not exist.
   */
  async open(
    box: Box,
    tree: string,
    unit: UnitId | null,
  ): Promise<{ readonly box: Box } | { readonly failed: SetUpFailed }> {
    const name = nameOf(tree, unit);
    let difference = this.#differences.get(name);
    if (!difference) {
      difference = { layers: this.#layersOf(tree, unit), users: 0 };
      difference.layers.catch(() => this.#differences.delete(name));
    }
    // The one used last stands last: the first ones go first.
    this.#differences.delete(name);
    this.#differences.set(name, difference);
    difference.users++;
    const lower = await difference.layers;
    if (!Array.isArray(lower)) return { failed: lower as SetUpFailed };
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
    return { box: { ...box, layers: { lower: lower as readonly string[], upper, work } } };
  }

  /** Says that a box with this tree is used no more; removes differences that nobody asked for lately. */
  async release(tree: string, unit: UnitId | null): Promise<void> {
    const difference = this.#differences.get(nameOf(tree, unit));
    if (difference) difference.users--;
    for (const [name, { layers, users }] of this.#differences) {
      if (this.#differences.size <= maxKept) break;
      if (users > 0) continue;
      this.#differences.delete(name);
      const lower = await layers;
      if (Array.isArray(lower) && lower.length > 1) await removeTree(String(lower[0]));
    }
  }

  async #layersOf(tree: string, unit: UnitId | null): Promise<readonly string[] | SetUpFailed> {
    const { repository, launcher, folder, setUp } = this.#options;
    const key = setUp ? (await setUp.plan(tree, unit)).key : '';
    let master = await this.#master(key, tree, unit);
    if (master.failed) return master.failed;
    if (master.tree === tree) return [master.folder];
    const changes = await changedPaths(repository, master.tree, tree);
    const removed = changes.filter((change) => change.after === null).length;
    if (changes.length > maxChanges || removed > maxRemoved || !canWrite(changes)) {
      this.#masters.delete(key);
      master = await this.#master(key, tree, unit);
      return master.failed ?? [master.folder];
    }
    const difference = path.join(folder, `difference-${randomBytes(6).toString('hex')}`);
    await mkdir(difference, { recursive: true });
    const written = await writeDifference(repository, { folder: difference, from: master.tree, to: tree });
    await launcher.own({ workspace: master.folder }, [
      difference,
      ...written.map((file) => path.join(difference, file)),
    ]);
    return [difference, master.folder];
  }

  async #master(key: string, tree: string, unit: UnitId | null): Promise<Master> {
    let master = this.#masters.get(key);
    if (!master) {
      master = this.#layOut(tree, unit);
      this.#masters.set(key, master);
    }
    return master;
  }

  async #layOut(tree: string, unit: UnitId | null): Promise<Master> {
    const { repository, launcher, setUp } = this.#options;
    const folder = path.join(this.#options.folder, `whole-${randomBytes(6).toString('hex')}`);
    const box = { workspace: path.join(folder, 'ws'), scratch: path.join(folder, 'scratch'), mark: '' };
    await mkdir(folder, { recursive: true });
    await openWorkspace(repository, { folder: box.workspace, tree });
    await launcher.prepare(box);
    const failed = setUp ? await setUp.into(box, tree, unit) : null;
    return { folder: box.workspace, tree, failed };
  }
}

/** What is installed may differ by unit. */
function nameOf(tree: string, unit: UnitId | null): string {
  return `${tree} ${unit ?? ''}`;
}
