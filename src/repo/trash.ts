import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from '../util/folders/remove.ts';

/**
 * Where workspaces and checkouts go when they are no longer needed. They are moved here, and removed in batches: ext4
 * looks for inodes that were not deleted within the last seconds, so that laying out a tree right after removing one
 * is slow (measured on a run of ten units: 12.6 s and 13.8 s of system time, with batches 7.9 s and 6.8 s).
 */
export class Trash {
  readonly #folder: string;
  readonly #maxFiles: number;
  #files = 0;

  /** `maxFiles`: how many files may lie here before they are removed. @default 50000 */
  constructor(folder: string, maxFiles = 50_000) {
    this.#folder = folder;
    this.#maxFiles = maxFiles;
  }

  /** Takes a folder with about `files` files; one that does not exist is no error. */
  async put(folder: string, files: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    try {
      await rename(folder, path.join(this.#folder, randomBytes(8).toString('hex')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    this.#files += files;
    if (this.#files > this.#maxFiles) await this.empty();
  }

  /** What cannot be removed stays: it is in nobody's way here. */
  async empty(): Promise<void> {
    this.#files = 0;
    await removeTree(this.#folder);
  }
}
