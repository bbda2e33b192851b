import type { UnitId } from '../model/ids.ts';
import type { Parallelism } from '../model/parallelism.ts';
import { isSettled, type UnitState } from '../model/unit.ts';
import { type Conflict, conflictOf, type Reach, reachOf } from './conflict.ts';
import { remainingPaths } from './graph.ts';
import { type Group, type InLine, Line } from './line.ts';
import { type Latch, Occupied } from './occupied.ts';
import type { PlanLimits, PlanUnit } from './plan-unit.ts';
import { Ranking } from './ranking.ts';

/** Why a unit does not start now. */
export type Wait =
  | { readonly kind: 'dependency'; readonly on: readonly UnitId[] }
  | { readonly kind: 'phase'; readonly phase: string }
  | { readonly kind: 'paused' }
  | Conflict
  | { readonly kind: 'slots' }
  | { readonly kind: 'barrier' };

interface Node {
  unit: PlanUnit;
  /** Computed on first use. */
  reach: Reach | null;
  state: UnitState;
  /** Dependencies that are not done. */
  missing: number;
  /** Milliseconds of the longest chain of work from here. */
  path: number;
  /** Lower-ranked units that started while only a conflict blocked this one. */
  passed: number;
  /** Insertion order, to break ties. */
  readonly order: number;
  /** Its place among startable units; null if it is not startable. */
  place: Startable | null;
  /** The paths that it occupies while active. */
  occupies: Reach | null;
}

/** A unit that only a conflict, a slot or the barrier can block, with its rank as of becoming one. */
interface Startable extends InLine<Startable> {
  readonly node: Node;
  readonly path: number;
  readonly priority: number;
  readonly position: number;
  readonly order: number;
  group: Group<Startable> | null;
}

/** The reasons for waiting at one moment, kept for explanations once units start. */
export interface Moment {
  readonly running: readonly Reach[];
  /** Index of the open phase. */
  readonly phase: number;
}

/**
 * Decides which units start, as units change. Pure: no clock, disk or waiting; shared by the engine, `backlog plan` and the
 * tests. Each call costs by what changed, not by the number of units.
 *
 * Order: longest remaining path, then priority, then order of the specs. A unit that was skipped as often as there are
 * agents blocks conflicting units, so that it does not starve.
 */
export class Schedule {
  readonly #limits: PlanLimits;
  readonly #nodes = new Map<UnitId, Node>();
  readonly #dependents = new Map<UnitId, UnitId[]>();
  readonly #running = new Set<Node>();
  /** Paths occupied by active units. */
  #occupied = this.#newOccupied();
  /** Startable units in order; and the same to find the first without a conflict. */
  readonly #startable = new Ranking<Startable>(byRank, (place) => place.node.place === place);
  #line = new Line<Startable>(byRank);
  /** Number of unsettled units by phase index. */
  readonly #openInPhase: number[];
  /** Units that wait for their phase, by its index. */
  readonly #early: Set<Node>[];
  #phase: number;
  #added = 0;
  /** True if paths must be recomputed: units were added, or dependencies changed. */
  #isGraphNew = true;
  #parallelism: Parallelism;

  constructor(units: Iterable<PlanUnit>, limits: PlanLimits) {
    this.#limits = limits;
    this.#parallelism = limits.parallelism;
    this.#openInPhase = limits.phases.map(() => 0);
    this.#early = limits.phases.map(() => new Set());
    this.#phase = limits.phases.length;
    for (const unit of units) this.update(unit);
  }

  /** Updates a unit, or adds it. */
  update(unit: PlanUnit): void {
    const known = this.#nodes.get(unit.id);
    if (!known) {
      this.#add(unit);
      return;
    }
    const before = known.unit;
    const isLinkedNew = before.depends.join() !== unit.depends.join() || before.estimateMs !== unit.estimateMs;
    const isMoved = isLinkedNew || before.phase !== unit.phase;
    if (isMoved) {
      this.#remove(known);
      this.#add(unit);
      return;
    }
    this.#unlist(known);
    known.unit = unit;
    known.reach = null;
    this.#setState(known, unit.state);
  }

  /** Updates only a unit's state. */
  setState(id: UnitId, state: UnitState): void {
    const node = this.#nodes.get(id);
    if (!node || node.state === state) return;
    this.#unlist(node);
    node.unit = { ...node.unit, state };
    if (isSettled(state)) node.reach = null;
    this.#setState(node, state);
  }

  /** Changes what keeps units apart from here on, also from those that are active. Costs by the number of units. */
  setParallelism(parallelism: Parallelism): void {
    if (parallelism === this.#parallelism) return;
    this.#parallelism = parallelism;
    // A latch always blocks the same units, so all latches are new.
    this.#line = new Line(byRank);
    this.#occupied = this.#newOccupied();
    for (const node of this.#nodes.values()) {
      node.reach = null;
      if (node.occupies !== null) this.#occupy(node);
      if (node.place !== null) this.#line.add(node.place);
    }
  }

  /** Number of active units. */
  get running(): number {
    return this.#running.size;
  }

  /** True if a unit may be able to start; `next` decides. */
  get mayStart(): boolean {
    return this.#startable.size > 0 && this.#running.size < this.#limits.maxAgents && !this.#isBarred();
  }

  /** The next wave: at most `most` units to start now. They count as active from here on. */
  next(most = Number.POSITIVE_INFINITY): UnitId[] {
    if (!this.mayStart) return [];
    this.#findPaths();
    const { maxAgents } = this.#limits;
    const started: UnitId[] = [];
    const kept: Node[] = [];
    const heldBack: Reach[] = [];
    const isFull = (): boolean => started.length >= most || this.#running.size >= maxAgents;
    const start = (node: Node): void => {
      node.passed = 0;
      this.setState(node.unit.id, 'working');
      started.push(node.unit.id);
      for (const other of kept) if (++other.passed === maxAgents) holdBack(other);
    };
    /** Blocks units that conflict with this one. */
    const holdBack = (node: Node): void => {
      const reach = this.#reachIn(node);
      this.#occupied.enter(reach);
      heldBack.push(reach);
    };
    for (const next of this.#startable) {
      if (kept.length >= maxAgents || isFull()) break;
      if (!this.#line.isKeptBack(next) && this.#blockerOf(next) === null) start(next.node);
      else {
        kept.push(next.node);
        if (next.node.passed >= maxAgents) holdBack(next.node);
      }
    }
    // For the others, skips are not counted.
    while (kept.length >= maxAgents && !isFull()) {
      const next = this.#line.first((one) => this.#blockerOf(one));
      if (next === null) break;
      start(next.node);
    }
    for (const reach of heldBack) this.#occupied.leave(reach);
    return started;
  }

  /** Why each open unit does not start, in scheduling order. */
  waits(): { readonly unit: UnitId; readonly wait: Wait }[] {
    this.#findPaths();
    const open = [...this.#nodes.values()].filter(({ state }) => state === 'ready' || state === 'waiting');
    const now = this.moment();
    const inOrder = open.map(placeOf).toSorted(byRank);
    return inOrder.map(({ node: { unit } }) => ({ unit: unit.id, wait: this.#waitIn(unit, now, new Set()) }));
  }

  /** The current reasons for waiting. */
  moment(): Moment {
    return { running: [...this.#running].map((node) => this.#reachIn(node)), phase: this.#phase };
  }

  /** Why an open unit did not start at a moment, since when only `ended` became done. */
  waitAt(id: UnitId, moment: Moment, ended: ReadonlySet<UnitId>): Wait | null {
    const node = this.#nodes.get(id);
    return node ? this.#waitIn(node.unit, moment, ended) : null;
  }

  #waitIn(unit: PlanUnit, moment: Moment, ended: ReadonlySet<UnitId>): Wait {
    const on = unit.depends.filter((id) => ended.has(id) || this.#nodes.get(id)?.state !== 'done');
    if (on.length > 0) return { kind: 'dependency', on };
    const phase = this.#limits.phases[moment.phase];
    if (phase !== undefined && phaseIndex(unit, this.#limits) > moment.phase) return { kind: 'phase', phase };
    if (unit.isPaused) return { kind: 'paused' };
    if (this.#limits.barrier && moment.running.length > 0) return { kind: 'barrier' };
    const mine = reachOf(unit, this.#parallelism);
    for (const other of moment.running) {
      const conflict = conflictOf(mine, other);
      if (conflict) return conflict;
    }
    return { kind: 'slots' };
  }

  #isBarred(): boolean {
    return this.#limits.barrier && this.#running.size > 0;
  }

  #blockerOf({ node }: Startable): Latch | null {
    return this.#occupied.blockerOf(this.#reachIn(node));
  }

  #add(unit: PlanUnit): void {
    let missing = 0;
    for (const id of new Set(unit.depends)) {
      const others = this.#dependents.get(id);
      if (others) others.push(unit.id);
      else this.#dependents.set(id, [unit.id]);
      if (this.#nodes.get(id)?.state !== 'done') missing++;
    }
    const order = this.#added++;
    const node: Node = {
      unit,
      reach: null,
      state: 'retired',
      missing,
      path: 0,
      passed: 0,
      order,
      place: null,
      occupies: null,
    };
    this.#nodes.set(unit.id, node);
    this.#isGraphNew = true;
    this.#setState(node, unit.state);
  }

  #remove(node: Node): void {
    this.#unlist(node);
    this.#setState(node, 'retired');
    const { id, depends } = node.unit;
    for (const other of new Set(depends)) {
      const list = this.#dependents.get(other);
      if (list) list.splice(list.indexOf(id), 1);
    }
    this.#nodes.delete(id);
  }

  /** Moves a unit without a list into the right one, and then its dependents. */
  #setState(node: Node, state: UnitState): void {
    const before = node.state;
    node.state = state;
    const phase = phaseIndex(node.unit, this.#limits);
    if (phase >= 0 && isSettled(before) !== isSettled(state)) {
      this.#openInPhase[phase] = (this.#openInPhase[phase] ?? 0) + (isSettled(state) ? -1 : 1);
      this.#movePhase();
    }
    if ((before === 'done') !== (state === 'done')) {
      for (const id of this.#dependents.get(node.unit.id) ?? []) {
        const dependent = this.#nodes.get(id);
        if (!dependent) continue;
        dependent.missing += state === 'done' ? -1 : 1;
        this.#unlist(dependent);
        this.#list(dependent);
      }
    }
    this.#list(node);
  }

  #movePhase(): void {
    const open = this.#openInPhase.findIndex((count) => count > 0);
    const before = this.#phase;
    this.#phase = open < 0 ? this.#limits.phases.length : open;
    if (this.#phase > before) {
      for (let index = before + 1; index <= this.#phase; index++) {
        const early = [...(this.#early[index] ?? [])];
        this.#early[index]?.clear();
        for (const node of early) this.#list(node);
      }
    } else if (this.#phase < before) {
      const isEarly = ({ node }: Startable): boolean => phaseIndex(node.unit, this.#limits) > this.#phase;
      for (const { node } of [...this.#startable].filter(isEarly)) {
        this.#unlist(node);
        this.#list(node);
      }
    }
  }

  #list(node: Node): void {
    const { state } = node;
    if (state === 'working' || state === 'judging') {
      this.#running.add(node);
      this.#occupy(node);
      return;
    }
    if ((state !== 'ready' && state !== 'waiting') || node.missing > 0) return;
    const phase = phaseIndex(node.unit, this.#limits);
    if (phase > this.#phase) {
      this.#early[phase]?.add(node);
      return;
    }
    if (node.unit.isPaused) return;
    node.place = placeOf(node);
    this.#startable.add(node.place);
    this.#line.add(node.place);
  }

  #occupy(node: Node): void {
    node.occupies = this.#reachIn(node);
    this.#occupied.enter(node.occupies);
  }

  #reachIn(node: Node): Reach {
    node.reach ??= reachOf(node.unit, this.#parallelism);
    return node.reach;
  }

  #newOccupied(): Occupied {
    return new Occupied((latch) => this.#line.open(latch));
  }

  #unlist(node: Node): void {
    this.#running.delete(node);
    if (node.occupies !== null) this.#occupied.leave(node.occupies);
    node.occupies = null;
    this.#early[phaseIndex(node.unit, this.#limits)]?.delete(node);
    if (node.place === null) return;
    this.#line.remove(node.place);
    node.place = null;
    this.#startable.remove();
  }

  #findPaths(): void {
    if (!this.#isGraphNew) return;
    this.#isGraphNew = false;
    const paths = remainingPaths([...this.#nodes.values()].map((node) => node.unit));
    const moved: Node[] = [];
    for (const node of this.#nodes.values()) {
      const path = paths.get(node.unit.id) ?? 0;
      if (path === node.path) continue;
      node.path = path;
      if (node.place !== null) moved.push(node);
    }
    for (const node of moved) this.#unlist(node);
    for (const node of moved) this.#list(node);
  }
}

function placeOf(node: Node): Startable {
  const { path, order } = node;
  const { priority, position } = node.unit;
  return { node, path, priority, position, order, group: null };
}

function phaseIndex(unit: PlanUnit, limits: PlanLimits): number {
  return unit.phase === null ? -1 : limits.phases.indexOf(unit.phase);
}

function byRank(a: Startable, b: Startable): number {
  return b.path - a.path || b.priority - a.priority || a.position - b.position || a.order - b.order;
}
