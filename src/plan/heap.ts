/** A binary heap with the smallest by `compare` at the top. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  /** The smallest; undefined if empty. */
  get top(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    let at = this.#items.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = this.#items[above] as T;
      if (this.#compare(parent, item) <= 0) break;
      this.#items[at] = parent;
      at = above;
    }
    this.#items[at] = item;
  }

  /** Removes the smallest; undefined if empty. */
  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#items.length) break;
      const right = this.#items[below + 1];
      if (right !== undefined && this.#compare(right, this.#items[below] as T) < 0) below++;
      const child = this.#items[below] as T;
      if (this.#compare(last, child) <= 0) break;
      this.#items[at] = child;
      at = below;
    }
    this.#items[at] = last;
    return first;
  }
}
