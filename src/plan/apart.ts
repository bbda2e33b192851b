import type { UnitId } from '../model/ids.ts';
import type { Parallelism } from '../model/parallelism.ts';
import { plainBeginnings } from '../model/path-pattern.ts';
import { type Conflict, conflictOf, type Reach, reachOf } from './conflict.ts';
import type { PlanUnit } from './plan-unit.ts';

/** Two units without an order by dependencies that must not run in parallel. */
export interface Pair {
  readonly pair: readonly [UnitId, UnitId];
  readonly why: Conflict;
}

/** Pairs in the order of their units. */
export interface Apart {
  readonly pairs: readonly Pair[];
  /** True if there may be more. */
  readonly isCut: boolean;
}

/** Maximum pairs listed. */
const maxPairs = 1000;
/** Maximum pairs and links examined; if everything conflicts with everything, a full list is useless. */
const maxSteps = 1_000_000;

/**
 * Lists pairs of open units that must not run in parallel and have no order by dependencies. Compares only units whose
 * patterns begin alike, so that units in separate folders cost nothing.
 */
export function keptApart(units: readonly PlanUnit[], parallelism: Parallelism): Apart {
  const open = units.filter((unit) => unit.state === 'ready' || unit.state === 'waiting');
  const reaches = open.map((unit) => reachOf(unit, parallelism));
  const neighbours = new Neighbours(reaches);
  const links = new Links(open);
  const pairs: Pair[] = [];
  let steps = 0;
  for (const [index, mine] of reaches.entries()) {
    const near = neighbours.of(index, maxSteps - steps);
    steps += near.looked;
    let ordered: ReadonlySet<UnitId> | null = null;
    for (const other of near.found) {
      const theirs = reaches[other];
      if (pairs.length >= maxPairs || steps >= maxSteps) return { pairs, isCut: true };
      if (!theirs) continue;
      const [a, b] = [mine.unit, theirs.unit];
      if (a.phase !== b.phase && a.phase !== null && b.phase !== null) continue;
      const why = conflictOf(mine, theirs);
      if (!why) continue;
      if (ordered === null) {
        ordered = links.around(a);
        steps += ordered.size;
      }
      if (!ordered.has(b.id)) pairs.push({ pair: [a.id, b.id], why });
    }
  }
  return { pairs, isCut: steps >= maxSteps };
}

/** The transitive dependencies and dependents of units. */
class Links {
  readonly #byId: ReadonlyMap<UnitId, PlanUnit>;
  readonly #dependents = new Map<UnitId, UnitId[]>();

  constructor(units: readonly PlanUnit[]) {
    this.#byId = new Map(units.map((unit) => [unit.id, unit]));
    for (const { id, depends } of units)
      for (const other of depends) {
        const known = this.#dependents.get(other);
        if (known) known.push(id);
        else this.#dependents.set(other, [id]);
      }
  }

  /** All units before and after one. */
  around(unit: PlanUnit): ReadonlySet<UnitId> {
    const before = reachable(unit.id, (id) => this.#byId.get(id)?.depends ?? []);
    const after = reachable(unit.id, (id) => this.#dependents.get(id) ?? []);
    for (const id of after) before.add(id);
    return before;
  }
}

function reachable(from: UnitId, next: (id: UnitId) => readonly UnitId[]): Set<UnitId> {
  const found = new Set<UnitId>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const other of next(id)) {
      if (found.has(other)) continue;
      found.add(other);
      open.push(other);
    }
  return found;
}

interface Place {
  /** Units with a pattern whose literal beginning ends here. */
  readonly units: number[];
  readonly below: Map<string, Place>;
}

/** Finds the units that may conflict with one, in a tree of the folders with which their patterns begin. */
class Neighbours {
  readonly #reaches: readonly Reach[];
  readonly #writes: Place = newPlace();
  readonly #bets: Place = newPlace();
  readonly #contracts: Place = newPlace();
  readonly #exclusive = new Map<string, number[]>();
  readonly #alone: number[] = [];

  constructor(reaches: readonly Reach[]) {
    this.#reaches = reaches;
    for (const [index, { unit, writes, bets, contracts }] of reaches.entries()) {
      for (const path of beginningsIn(writes)) put(this.#writes, path, index);
      for (const path of beginningsIn(bets)) put(this.#bets, path, index);
      for (const path of beginningsIn(contracts)) put(this.#contracts, path, index);
      for (const name of unit.exclusive) {
        const known = this.#exclusive.get(name);
        if (known) known.push(index);
        else this.#exclusive.set(name, [index]);
      }
      if (unit.runsAlone) this.#alone.push(index);
    }
  }

  /** Later units that may conflict with one, in order; examines at most `most` places. */
  of(index: number, most: number): { readonly found: readonly number[]; readonly looked: number } {
    const mine = this.#reaches[index];
    if (!mine) return { found: [], looked: 0 };
    const { unit, writes, bets, contracts } = mine;
    const found = new Set<number>();
    let looked = 0;
    const add = (all: Iterable<number>): void => {
      for (const other of all) {
        if (looked >= most) return;
        looked++;
        if (other > index) found.add(other);
      }
    };
    add(this.#alone);
    for (const name of unit.exclusive) add(this.#exclusive.get(name) ?? []);
    if (unit.runsAlone) add(this.#reaches.keys());
    for (const path of beginningsIn(writes)) {
      add(alike(this.#writes, path));
      add(alike(this.#contracts, path));
    }
    for (const path of beginningsIn(bets)) add(alike(this.#contracts, path));
    for (const path of beginningsIn(contracts)) {
      add(alike(this.#writes, path));
      add(alike(this.#bets, path));
    }
    return { found: [...found].toSorted((a, b) => a - b), looked };
  }
}

function beginningsIn(patterns: Reach['writes']): (readonly string[])[] {
  return patterns.flatMap(({ compiled }) => plainBeginnings(compiled));
}

function newPlace(): Place {
  return { units: [], below: new Map() };
}

function put(root: Place, path: readonly string[], unit: number): void {
  let place = root;
  for (const name of path) {
    let next = place.below.get(name);
    if (!next) {
      next = newPlace();
      place.below.set(name, next);
    }
    place = next;
  }
  place.units.push(unit);
}

/** Units above, at and below a path. */
function* alike(root: Place, path: readonly string[]): Generator<number> {
  let place = root;
  for (const name of path) {
    yield* place.units;
    const next = place.below.get(name);
    if (!next) return;
    place = next;
  }
  const open = [place];
  for (let here = open.pop(); here; here = open.pop()) {
    yield* here.units;
    for (const next of here.below.values()) open.push(next);
  }
}
