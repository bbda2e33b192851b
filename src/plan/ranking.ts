/** A sorted list. Removed members are purged in batches, since each purge takes time by the list's length. */
export class Ranking<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #isHere: (member: T) => boolean;
  #places: T[] = [];
  #gone = 0;

  /** `isHere` is false for removed members. */
  constructor(compare: (a: T, b: T) => number, isHere: (member: T) => boolean) {
    this.#compare = compare;
    this.#isHere = isHere;
  }

  get size(): number {
    return this.#places.length - this.#gone;
  }

  /** Adds a new member. */
  add(member: T): void {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#places[middle] as T, member) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.#places.length) this.#places.push(member);
    else this.#places.splice(low, 0, member);
  }

  /** Call it when a member was removed. */
  remove(): void {
    this.#gone++;
    if (this.#gone <= 64 + this.size / 8) return;
    this.#places = this.#places.filter(this.#isHere);
    this.#gone = 0;
  }

  /** Members in order, without removed ones. */
  *[Symbol.iterator](): Generator<T> {
    for (const member of this.#places) if (this.#isHere(member)) yield member;
  }
}
