/** A cache of recently used values with a limit on their total weight; always keeps the latest. */
export class Recent<T> {
  readonly #max: number;
  readonly #known = new Map<string, { readonly value: T; readonly weight: number }>();
  #weight = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): T | undefined {
    const found = this.#known.get(key);
    if (!found) return undefined;
    this.#known.delete(key);
    this.#known.set(key, found); // moves it to the end, as the latest
    return found.value;
  }

  put(key: string, value: T, weight: number): void {
    this.delete(key);
    this.#known.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#known.keys()) {
      if (this.#weight <= this.#max || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#weight -= this.#known.get(key)?.weight ?? 0;
    this.#known.delete(key);
  }
}
