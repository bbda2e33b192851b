import { hasWildcard, segmentsMeet } from '../model/path-pattern.ts';
import { conflictOf, type Reach } from './conflict.ts';

/** A resource, such as a folder, that active units hold and that blocks others while held; it always blocks the same ones. */
export class Latch {
  readonly number: number;
  /** Number of units that hold it. */
  held = 0;
  /** Number of times that it became held. */
  closings = 0;
  /** Groups that it is known to block. */
  watchers = 0;

  constructor(number: number) {
    this.number = number;
  }
}

/**
 * The paths that active units may reach. Gives the same answers as `conflictOf` for each pair, in time by the depth of paths
 * instead of the number of units.
 */
export class Occupied {
  readonly #onFree: (latch: Latch) => void;
  readonly #writes: Places;
  readonly #bets: Places;
  readonly #contracts: Places;
  /** Held by each active unit, and by each that has to run alone. */
  readonly #anybody: Latch;
  readonly #alone: Latch;
  readonly #exclusive = new Map<string, Latch>();
  /** All active units with a latch each, and those that must be compared one by one. */
  readonly #all = new Map<Reach, Latch>();
  readonly #large = new Map<Reach, Latch>();
  #made = 0;

  /** `onFree` is called with each latch that becomes free. */
  constructor(onFree: (latch: Latch) => void) {
    this.#onFree = onFree;
    const make = (): Latch => this.#make();
    const count = (latch: Latch, by: 1 | -1): void => this.#count(latch, by);
    this.#writes = new Places(make, count);
    this.#bets = new Places(make, count);
    this.#contracts = new Places(make, count);
    this.#anybody = make();
    this.#alone = make();
  }

  enter(reach: Reach): void {
    this.#all.set(reach, this.#make());
    this.#change(reach, 1);
  }

  leave(reach: Reach): void {
    this.#change(reach, -1);
    this.#all.delete(reach);
  }

  #change(reach: Reach, by: 1 | -1): void {
    const { unit, writes, bets, contracts } = reach;
    this.#count(this.#anybody, by);
    if (unit.runsAlone) this.#count(this.#alone, by);
    for (const name of unit.exclusive) this.#count(this.#exclusiveOf(name), by);
    const own = this.#all.get(reach);
    if (own) this.#count(own, by);
    if (reach.isLarge) {
      if (own && by === 1) this.#large.set(reach, own);
      else this.#large.delete(reach);
      return;
    }
    for (const [places, patterns] of [
      [this.#writes, writes],
      [this.#bets, bets],
      [this.#contracts, contracts],
    ] as const)
      for (const { beginnings } of patterns) for (const beginning of beginnings) places.change(beginning, by);
  }

  /** A held latch that blocks a unit; null if nothing does. */
  blockerOf(reach: Reach): Latch | null {
    const { unit, writes, bets, contracts } = reach;
    if (this.#anybody.held === 0) return null;
    if (unit.runsAlone) return this.#anybody;
    if (this.#alone.held > 0) return this.#alone;
    for (const name of unit.exclusive) {
      const latch = this.#exclusive.get(name);
      if (latch && latch.held > 0) return latch;
    }
    for (const [other, latch] of reach.isLarge ? this.#all : this.#large) if (conflictOf(reach, other)) return latch;
    if (reach.isLarge) return null;
    return (
      heldBy(writes, [this.#writes, this.#contracts]) ??
      heldBy(bets, [this.#contracts]) ??
      heldBy(contracts, [this.#writes, this.#bets])
    );
  }

  #make(): Latch {
    return new Latch(this.#made++);
  }

  #exclusiveOf(name: string): Latch {
    let latch = this.#exclusive.get(name);
    if (!latch) {
      latch = this.#make();
      this.#exclusive.set(name, latch);
    }
    return latch;
  }

  #count(latch: Latch, by: 1 | -1): void {
    latch.held += by;
    if (by === 1 && latch.held === 1) latch.closings++;
    if (latch.held === 0 && latch.watchers > 0) this.#onFree(latch);
  }
}

/** A folder or name at which literal beginnings of patterns end, or through which they go. */
interface Place {
  /** Held by patterns that end here: it blocks patterns that end here or go through here. */
  readonly ends: Latch;
  /** Held by patterns that end here or below: it blocks patterns that end here. */
  readonly within: Latch;
  readonly plain: Map<string, Place>;
  readonly wild: Map<string, Place>;
}

/** The key for all names with a wildcard (literal names are never empty): two wildcards always meet. */
const anyWildcard = '';

/**
 * The beginnings of patterns as a tree. After its first `**` a pattern matches anything, so two patterns meet exactly where
 * the shorter beginning meets the start of the longer one.
 */
class Places {
  readonly #make: () => Latch;
  readonly #count: (latch: Latch, by: 1 | -1) => void;
  readonly #root: Place;

  constructor(make: () => Latch, count: (latch: Latch, by: 1 | -1) => void) {
    this.#make = make;
    this.#count = count;
    this.#root = this.#newPlace();
  }

  /** Adds or removes a pattern with this beginning. */
  change(beginning: readonly string[], by: 1 | -1): void {
    this.#changeOn(beginning, by, (place, name) => (hasWildcard(name) ? place.wild : place.plain));
    if (beginning.some(hasWildcard)) this.#changeOn(asOne(beginning), by, (place) => place.plain);
  }

  #changeOn(names: readonly string[], by: 1 | -1, below: (place: Place, name: string) => Map<string, Place>): void {
    const way = [this.#root];
    let place = this.#root;
    for (const name of names) {
      let next = below(place, name).get(name);
      if (!next) {
        next = this.#newPlace();
        below(place, name).set(name, next);
      }
      way.push(next);
      place = next;
    }
    this.#count(place.ends, by);
    for (const one of way) this.#count(one.within, by);
    // Remove unused places, from the bottom.
    for (let at = names.length; at > 0; at--) {
      const [above, here, name] = [way[at - 1], way[at], names[at - 1]];
      if (!above || !here || name === undefined || !isUnused(here)) return;
      below(above, name).delete(name);
    }
  }

  /** A held latch that blocks a pattern with this beginning; null for none. */
  heldAt(beginning: readonly string[]): Latch | null {
    if (this.#root.within.held === 0) return null;
    // If there is a latch for wildcards, it is the same for all of them.
    if (beginning.some(hasWildcard)) {
      const latch = heldOn([this.#root], asOne(beginning), (place, name) => one(place.plain.get(name)));
      if (latch) return latch;
    }
    return heldOn([this.#root], beginning, (place, name) => {
      if (hasWildcard(name)) return [...matching(place.plain, name), ...place.wild.values()];
      return place.wild.size === 0
        ? one(place.plain.get(name))
        : [...one(place.plain.get(name)), ...matching(place.wild, name)];
    });
  }

  #newPlace(): Place {
    return { ends: this.#make(), within: this.#make(), plain: new Map(), wild: new Map() };
  }
}

/** A held latch that blocks one of these patterns; null for none. */
function heldBy(patterns: Reach['writes'], places: readonly Places[]): Latch | null {
  for (const { beginnings } of patterns)
    for (const beginning of beginnings)
      for (const some of places) {
        const latch = some.heldAt(beginning);
        if (latch) return latch;
      }
  return null;
}

function asOne(names: readonly string[]): string[] {
  return names.map((name) => (hasWildcard(name) ? anyWildcard : name));
}

function one(place: Place | undefined): readonly Place[] {
  return place ? [place] : [];
}

function matching(places: ReadonlyMap<string, Place>, name: string): Place[] {
  return [...places].flatMap(([other, place]) => (other !== anyWildcard && segmentsMeet(other, name) ? [place] : []));
}

function heldOn(
  from: readonly Place[],
  names: readonly string[],
  next: (place: Place, name: string) => readonly Place[],
): Latch | null {
  let places = from;
  for (const name of names) {
    for (const { ends } of places) if (ends.held > 0) return ends;
    places = places.length === 1 ? next(places[0] as Place, name) : places.flatMap((place) => next(place, name));
    if (places.length === 0) return null;
  }
  for (const { within } of places) if (within.held > 0) return within;
  return null;
}

function isUnused({ ends, within, plain, wild }: Place): boolean {
  return within.held === 0 && ends.watchers + within.watchers + plain.size + wild.size === 0;
}
