/** Members in their order. Who leaves is taken out later, with others: one by one costs by how many there are. */
export class Ranking<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #isHere: (member: T) => boolean;
  #places: T[] = [];
  #gone = 0;

  /** `isHere` is false for a member that was removed. */
  constructor(compare: (a: T, b: T) => number, isHere: (member: T) => boolean) {
    this.#compare = compare;
    this.#isHere = isHere;
  }

  get size(): number {
    return this.#places.length - this.#gone;
  }

  /** Adds one that was never here before. */
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

  /** One left: `isHere` is false for it. */
  remove(): void {
    this.#gone++;
    if (this.#gone <= 64 + this.size / 8) return;
    this.#places = this.#places.filter(this.#isHere);
    this.#gone = 0;
  }

  /** All in their order; who leaves meanwhile is left out. */
  *[Symbol.iterator](): Generator<T> {
    for (const member of this.#places) if (this.#isHere(member)) yield member;
  }
}
