import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { plumb, type Repository } from '../git/repository.ts';

/**
 * An object store with the history of some commits and nothing else: no stash, no other branch, no unreachable object. It
 * grows pack by pack.
 */
export class History {
  readonly #repository: Repository;
  /** Absolute path of the object store. */
  readonly store: string;
  readonly #held: string[] = [];
  #last: Promise<void> = Promise.resolve();

  /** `folder`: absolute path of one of our folders; it need not exist. */
  constructor(repository: Repository, folder: string) {
    this.#repository = repository;
    this.store = path.join(folder, 'objects');
  }

  /** Adds a commit and its history. */
  async add(commit: string): Promise<void> {
    const added = this.#last.then(() => this.#pack(commit));
    this.#last = added.catch(() => {});
    return added;
  }

  async #pack(commit: string): Promise<void> {
    if (this.#held.includes(commit)) return;
    await mkdir(path.join(this.store, 'pack'), { recursive: true });
    const input = [commit, ...this.#held.map((held) => `^${held}`)].map((line) => `${line}\n`).join('');
    const pack = ['pack-objects', '--revs', '--quiet', path.join(this.store, 'pack', 'pack')];
    await plumb(this.#repository, { input }, '-c', 'core.fsync=none', ...pack);
    this.#held.push(commit);
  }
}
