/**
 * A map that never changes: `set` and `delete` give another one. The newest version costs what a Map costs; an older one
 * still reads as it was, by going back over what changed since, which is kept as long as the older one is.
 */
export class Versions<K, V> {
  /** The version that has it holds the entries as they are in it. */
  #map: Map<K, V> | null;
  /** For every other one: how it differs from a version that is nearer to the entries. */
  #change: { readonly key: K; readonly value: V | undefined; readonly from: Versions<K, V> } | null = null;

  constructor(entries: Iterable<readonly [K, V]> | null = []) {
    this.#map = entries === null ? null : new Map(entries);
  }

  get size(): number {
    return this.#entries().size;
  }

  get(key: K): V | undefined {
    return this.#entries().get(key);
  }

  has(key: K): boolean {
    return this.#entries().has(key);
  }

  /** In the order in which they came; what was deleted in between and is looked back at may stand last. */
  keys(): K[] {
    return [...this.#entries().keys()];
  }

  /** See `keys`. */
  values(): V[] {
    return [...this.#entries().values()];
  }

  set(key: K, value: V & NonNullable<unknown>): Versions<K, V> {
    return this.#entries().get(key) === value ? this : this.#with(key, value);
  }

  delete(key: K): Versions<K, V> {
    return this.#entries().has(key) ? this.#with(key, undefined) : this;
  }

  #with(key: K, value: V | undefined): Versions<K, V> {
    const next = new Versions<K, V>(null);
    next.#change = { key, value, from: this };
    next.#entries();
    return next;
  }

  #entries(): Map<K, V> {
    if (this.#map) return this.#map;
    const way: Versions<K, V>[] = [];
    let at: Versions<K, V> = this; // eslint-disable-line @typescript-eslint/no-this-alias
    while (at.#change) {
      way.push(at);
      at = at.#change.from;
    }
    const map = at.#map;
    if (!map) throw new Error('Internal error: versions without entries');
    for (const to of way.toReversed()) {
      const { key, value, from } = to.#change ?? ({} as never);
      from.#change = { key, value: map.get(key), from: to };
      from.#map = null;
      if (value === undefined) map.delete(key);
      else map.set(key, value);
      to.#map = map;
      to.#change = null;
    }
    return map;
  }
}
