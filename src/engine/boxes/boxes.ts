import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Repository } from '../../repo/git/repository.ts';
import type { Trash } from '../../repo/worktrees/trash.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { canWrite, differencesOf, openWorkspace, switchWorkspace } from '../../repo/worktrees/workspace.ts';
import type { Box, Launcher } from '../../sandbox/launcher.ts';
import { removeTree } from '../../util/folders/remove.ts';
import { sweepMarked } from '../../sandbox/sweep.ts';
import type { SetUpFailed } from './installation.ts';
import type { SetUp } from './set-up.ts';

export interface OpenedBox {
  /** The box as commands have to be run in it. */
  readonly box: Box;
  /** Null if its set-up succeeded, or there is none. */
  readonly failed: SetUpFailed | null;
}

/**
 * Makes boxes: a checked-out tree with its set-up, owned by the user that commands run as. No box is used again after a
 * command ran in it.
 */
export interface Boxes {
  /**
   * Puts a tree and its installation into a box; manifests that the unit changed count as far as `touches` allows. The
   * folder that holds the box's workspace must not exist.
   */
  open(box: Box, tree: string, touches?: readonly string[]): Promise<OpenedBox>;
  /** Kills the processes of a box and removes it, also if opening it failed. Pass the arguments of `open`. */
  discard(box: Box, tree: string, touches?: readonly string[]): Promise<void>;
}

export interface BoxOptions {
  readonly repository: Repository;
  readonly launcher: Launcher;
  readonly trash: Trash;
  /** Null without a set-up. */
  readonly setUp: SetUp | null;
}

export interface CopiedOptions extends BoxOptions {
  /** Absolute path of the folder for boxes made ahead. */
  readonly folder: string;
  /** Number of boxes made ahead. @default 2 */
  readonly ahead?: number;
  /** Once it aborts, no more boxes are made ahead. */
  readonly signal: AbortSignal;
}

interface Spare {
  readonly folder: string;
  readonly tree: string;
  readonly setUpKey: string | null;
}

/**
 * Boxes with a whole copy of their tree. Some are made ahead; handing one out is a rename, after changing it to the wanted
 * tree.
 */
export class CopiedBoxes implements Boxes {
  readonly #options: CopiedOptions;
  readonly #spares: Spare[] = [];
  #making: Promise<void> = Promise.resolve();
  #isMaking = false;
  #isClosed = false;
  #stock: string | null = null;

  constructor(options: CopiedOptions) {
    this.#options = options;
  }

  /** Sets the tree on which the next units will start; boxes for it are made ahead. */
  stock(tree: string): void {
    this.#stock = tree;
    this.#refill();
  }

  async open(box: Box, tree: string, touches: readonly string[] = []): Promise<OpenedBox> {
    const { setUp } = this.#options;
    const setUpKey = setUp ? (await setUp.plan(tree, touches)).key : null;
    const spare = this.#take(tree, setUpKey);
    this.#refill();
    const { repository } = this.#options;
    const isUsable = spare && (spare.tree === tree || canWrite(await differencesOf(repository, spare.tree, tree)));
    if (!isUsable) return { box, failed: await this.#make(box, tree, touches) };
    await mkdir(path.dirname(path.dirname(box.workspace)), { recursive: true, mode: 0o711 });
    await rename(spare.folder, path.dirname(box.workspace));
    const was = path.join(spare.folder, 'ws');
    await setUp?.moved(box, tree, touches, this.#options.launcher.inside({ ...box, workspace: was }, was));
    if (spare.tree !== tree) await this.#change(box, spare.tree, tree);
    return { box, failed: null };
  }

  /**
   * Puts another tree into a box that was used, with a new workspace: links of its former one could lead us elsewhere. What
   * commands keep beside their work stays, such as the sessions of an agent.
   */
  async openAnew(box: Box, tree: string): Promise<OpenedBox> {
    sweepMarked(box.mark);
    const folder = path.dirname(box.workspace);
    const former = `${folder}.${randomBytes(6).toString('hex')}`;
    await rename(folder, former);
    try {
      const opened = await this.open(box, tree);
      // What commands wrote is never given to a user: a file of it may be linked to one of ours.
      await this.#options.launcher.prepare(box, { workspace: path.join(former, path.basename(box.workspace)) });
      await removeTree(box.scratch);
      await rename(path.join(former, path.basename(box.scratch)), box.scratch);
      return opened;
    } finally {
      await this.#trash(former, tree);
    }
  }

  async discard(box: Box, tree: string): Promise<void> {
    sweepMarked(box.mark);
    await this.#trash(path.dirname(box.workspace), tree);
  }

  async #trash(folder: string, tree: string): Promise<void> {
    const { repository, trash } = this.#options;
    await trash.put(folder, (await listTree(repository, tree)).length);
  }

  /** Waits for boxes in the making, and makes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#making;
  }

  #take(tree: string, setUpKey: string | null): Spare | undefined {
    const fitting = this.#spares.filter((spare) => spare.setUpKey === setUpKey);
    const best = fitting.find((spare) => spare.tree === tree) ?? fitting[0];
    if (best) this.#spares.splice(this.#spares.indexOf(best), 1);
    return best;
  }

  #refill(): void {
    const ahead = this.#options.ahead ?? 2;
    if (this.#isClosed || this.#options.signal.aborted) return;
    if (this.#isMaking || this.#stock === null || this.#spares.length >= ahead) return;
    const tree = this.#stock;
    this.#isMaking = true;
    this.#making = this.#makeSpare(tree)
      .catch(() => {
        this.#stock = null; // the next caller meets and reports the same error
      })
      .finally(() => {
        this.#isMaking = false;
        this.#refill();
      });
  }

  async #makeSpare(tree: string): Promise<void> {
    const { setUp } = this.#options;
    const folder = path.join(this.#options.folder, randomBytes(6).toString('hex'));
    const box = { workspace: path.join(folder, 'ws'), scratch: path.join(folder, 'scratch'), mark: '' };
    const setUpKey = setUp ? (await setUp.plan(tree, [])).key : null;
    if ((await this.#make(box, tree, [])) !== null) {
      this.#stock = null;
      await this.#options.trash.put(folder, 0);
      return;
    }
    this.#spares.push({ folder, tree, setUpKey });
  }

  async #make(box: Box, tree: string, touches: readonly string[]): Promise<SetUpFailed | null> {
    const { repository, launcher, setUp } = this.#options;
    const folder = path.dirname(box.workspace);
    await mkdir(path.dirname(folder), { recursive: true, mode: 0o711 });
    await mkdir(folder, { mode: 0o700 });
    await openWorkspace(repository, { folder: box.workspace, tree });
    await launcher.prepare(box);
    return setUp ? setUp.into(box, tree, touches) : null;
  }

  async #change(box: Box, from: string, to: string): Promise<void> {
    const { repository, launcher } = this.#options;
    const written = await switchWorkspace(repository, { folder: box.workspace, from, to });
    await launcher.own(
      box,
      written.map((file) => path.join(box.workspace, file)),
    );
  }
}
