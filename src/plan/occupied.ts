import { hasWildcard, segmentsMeet } from '../model/path-pattern.ts';
import { conflictOf, type Reach } from './conflict.ts';

/**
 * Something of which units at work hold a part, and that keeps back who would hold it, too, as long as one does: a
 * folder, say. Whoever it kept back once, it keeps back each time.
 */
export class Latch {
  readonly number: number;
  /** Units that hold it. */
  held = 0;
  /** How often it was held by a first one. */
  closings = 0;
  /** Groups of units that it is known to keep back. */
  watchers = 0;

  constructor(number: number) {
    this.number = number;
  }
}

/**
 * What units at work may reach, for asking what of it keeps another unit back. It answers as `conflictOf` does for each
 * pair; but what it takes depends on how deep paths are, not on how many units there are.
 */
export class Occupied {
  readonly #onFree: (latch: Latch) => void;
  readonly #writes: Places;
  readonly #contracts: Places;
  /** Held by each unit, and by each that has to run alone. */
  readonly #anybody: Latch;
  readonly #alone: Latch;
  readonly #exclusive = new Map<string, Latch>();
  /** All units, each with a latch of its own, and those that can only be compared one by one. */
  readonly #all = new Map<Reach, Latch>();
  readonly #large = new Map<Reach, Latch>();
  #made = 0;

  /** `onFree` is told each latch that nobody holds any more. */
  constructor(onFree: (latch: Latch) => void) {
    this.#onFree = onFree;
    const make = (): Latch => this.#make();
    const count = (latch: Latch, by: 1 | -1): void => this.#count(latch, by);
    this.#writes = new Places(make, count);
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
    const { unit, writes, contracts } = reach;
    this.#count(this.#anybody, by);
    if (unit.runsAlone) this.#count(this.#alone, by);
    if (unit.exclusive !== null) this.#count(this.#exclusiveOf(unit.exclusive), by);
    const own = this.#all.get(reach);
    if (own) this.#count(own, by);
    if (reach.isLarge) {
      if (own && by === 1) this.#large.set(reach, own);
      else this.#large.delete(reach);
      return;
    }
    for (const { beginnings } of writes) for (const beginning of beginnings) this.#writes.change(beginning, by);
    for (const { beginnings } of contracts) for (const beginning of beginnings) this.#contracts.change(beginning, by);
  }

  /** What keeps a unit back, as long as it is held; null when nothing does. */
  blockerOf(reach: Reach): Latch | null {
    const { unit, writes, contracts } = reach;
    if (this.#anybody.held === 0) return null;
    if (unit.runsAlone) return this.#anybody;
    if (this.#alone.held > 0) return this.#alone;
    const exclusive = unit.exclusive === null ? undefined : this.#exclusive.get(unit.exclusive);
    if (exclusive && exclusive.held > 0) return exclusive;
    for (const [other, latch] of reach.isLarge ? this.#all : this.#large) if (conflictOf(reach, other)) return latch;
    if (reach.isLarge) return null;
    for (const { beginnings } of writes)
      for (const beginning of beginnings) {
        const latch = this.#writes.heldAt(beginning) ?? this.#contracts.heldAt(beginning);
        if (latch) return latch;
      }
    for (const { beginnings } of contracts)
      for (const beginning of beginnings) {
        const latch = this.#writes.heldAt(beginning);
        if (latch) return latch;
      }
    return null;
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

/** A folder or name at which the beginnings of patterns end, or through which they go. */
interface Place {
  /** Held by patterns whose beginning ends here: they keep back whatever comes here, or through here. */
  readonly ends: Latch;
  /** Held by those that end here or go on from here: they keep back whatever ends here. */
  readonly within: Latch;
  readonly plain: Map<string, Place>;
  readonly wild: Map<string, Place>;
}

/** Stands for each name with a wildcard among the plain ones, of which none is empty: two wildcards always meet. */
const anyWildcard = '';

/**
 * The beginnings of patterns as a tree. From its first `**` on a pattern can be anything, so two patterns meet just where
 * the shorter beginning meets the first names of the longer one.
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

  /** A pattern that begins so comes, or goes. */
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
    // What nobody needs any more is forgotten, from below.
    for (let at = names.length; at > 0; at--) {
      const [above, here, name] = [way[at - 1], way[at], names[at - 1]];
      if (!above || !here || name === undefined || !isUnused(here)) return;
      below(above, name).delete(name);
    }
  }

  /** A latch that is held and keeps back a pattern that begins so; null for none. */
  heldAt(beginning: readonly string[]): Latch | null {
    if (this.#root.within.held === 0) return null;
    // All with wildcards are kept back by the same latch where there is one.
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
