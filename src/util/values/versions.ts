/**
 * An immutable map: `set` and `delete` return a new version. The newest version costs as much as a Map; an older one
 * replays the changes since, which are kept while it is referenced.
 */
export class Versions<K, V> {
  /** The entries; only the newest (or last read) version holds them. */
  #map: Map<K, V> | null;
  /** For every other version: its difference from one nearer to the entries. */
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

  /** In insertion order; in an older version, keys deleted since may come last. */
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
