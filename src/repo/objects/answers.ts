import type { Repository } from '../git/repository.ts';

/** Caches the last few answers about objects, which never change. */
export class Answers<T> {
  readonly #limit: number;
  readonly #isKept: (answer: T) => boolean;
  readonly #known = new Map<string, Promise<T>>();

  /** Keeps `limit` answers; an answer that fails `isKept` (for example, a large one) is asked for again. */
  constructor(limit: number, isKept: (answer: T) => boolean = () => true) {
    this.#limit = limit;
    this.#isKept = isKept;
  }

  /** The answer to a question about objects, and maybe a path in them. Refs and expressions are mutable: not cached. */
  async get(
    repository: Pick<Repository, 'gitDir'>,
    objects: readonly string[],
    ask: () => Promise<T>,
    path = '',
  ): Promise<T> {
    if (!objects.every((object) => /^[0-9a-f]{40}$/.test(object))) return ask();
    const key = [repository.gitDir, ...objects, path].join('\0');
    const known = this.#known.get(key);
    if (known) return known;
    const answer = ask();
    this.#known.set(key, answer);
    answer.then(
      (value) => this.#isKept(value) || this.#known.delete(key),
      () => this.#known.delete(key),
    );
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > this.#limit && oldest !== undefined) this.#known.delete(oldest);
    return answer;
  }
}
