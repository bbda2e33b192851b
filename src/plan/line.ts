import { Heap } from './heap.ts';
import type { Latch } from './occupied.ts';

/** A member of a line; only the line writes it. */
export interface InLine<T> {
  group: Group<T> | null;
}

/** Members blocked by the same latches: while one of these is held, none of them is examined. */
export interface Group<T> {
  readonly latches: readonly Latch[];
  readonly members: Heap<T>;
  /** The group's current ticket; any other ticket of it is stale. */
  ticket: Ticket<T> | null;
}

/** Groups that wait for one latch. */
interface Queue<T> {
  readonly latch: Latch;
  readonly waiting: Heap<Ticket<T>>;
  ticket: Ticket<T> | null;
}

/** A group's or queue's position among others: that of its first member. */
interface Ticket<T> {
  readonly of: Group<T> | Queue<T>;
  readonly first: T;
  /** The queue in which it waits; null for the front. */
  readonly at: Queue<T> | null;
}

/**
 * A queue of startable units that finds the first unblocked one. A blocked member joins those blocked by the same latches,
 * and the group waits for one that is held. An opened latch releases the first group that waits for it, which releases its
 * first member, and so on, so that an end costs by the units that may start now, not by all that wait. Results are kept, so
 * that each member is examined only a few times.
 */
export class Line<T extends InLine<T>> {
  readonly #compare: (a: T, b: T) => number;
  /** Groups that may be unblocked, as far as known. */
  readonly #front: Heap<Ticket<T>>;
  readonly #groups = new Map<string, Group<T>>();
  readonly #queues = new Map<Latch, Queue<T>>();
  /** Members that were not examined yet. */
  readonly #new: Group<T>;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
    this.#front = this.#newHeap();
    this.#new = this.#newGroup([]);
  }

  add(member: T): void {
    const group = this.#new;
    member.group = group;
    group.members.push(member);
    if (group.ticket === null || this.#compare(member, group.ticket.first) < 0) this.#bringForward(group);
  }

  remove(member: T): void {
    member.group = null;
  }

  /** True if a member is known to be blocked. */
  isKeptBack({ group }: T): boolean {
    return group !== null && group.latches.some(({ held }) => held > 0);
  }

  /** Call it when a latch is free. */
  open(latch: Latch): void {
    const queue = this.#queues.get(latch);
    if (queue) this.#bringForward(queue);
  }

  /** The first member that `blockerOf` says is unblocked; null for none. It stays until removed. */
  first(blockerOf: (member: T) => Latch | null): T | null {
    for (let ticket = this.#front.pop(); ticket !== undefined; ticket = this.#front.pop()) {
      const { of } = ticket;
      if (of.ticket !== ticket) continue;
      of.ticket = null;
      const member = 'members' in of ? this.#try(of, ticket, blockerOf) : this.#letOut(of);
      if (member !== null) return member;
    }
    return null;
  }

  #try(group: Group<T>, ticket: Ticket<T>, blockerOf: (member: T) => Latch | null): T | null {
    const member = firstOf(group);
    if (member !== ticket.first) {
      this.#bringForward(group); // its first member is another one now
      return null;
    }
    const held = group.latches.find((latch) => latch.held > 0);
    if (held) {
      this.#wait(group, held);
      return null;
    }
    const blocker = blockerOf(member);
    if (blocker === null) {
      this.#bringForward(group);
      return member;
    }
    group.members.pop();
    // A latch that closed only once is unlikely to be shared.
    const known = this.#groupOf([...group.latches.filter(({ closings }) => closings > 1), blocker]);
    member.group = known;
    known.members.push(member);
    this.#wait(known, blocker);
    this.#bringForward(group);
    return null;
  }

  #letOut(queue: Queue<T>): null {
    if (queue.latch.held > 0) return null;
    const ticket = nextIn(queue);
    if (ticket !== undefined && 'members' in ticket.of) {
      queue.waiting.pop();
      this.#bringForward(ticket.of);
    }
    this.#bringForward(queue);
    return null;
  }

  #bringForward(of: Group<T> | Queue<T>): void {
    const first = 'members' in of ? firstOf(of) : nextIn(of)?.first;
    of.ticket = first === undefined ? null : { of, first, at: null };
    if (of.ticket !== null) this.#front.push(of.ticket);
    else if ('members' in of) this.#forget(of);
    else this.#queues.delete(of.latch);
  }

  #wait(group: Group<T>, latch: Latch): void {
    const first = firstOf(group);
    let queue = this.#queues.get(latch);
    if (!queue) {
      queue = { latch, waiting: this.#newHeap(), ticket: null };
      this.#queues.set(latch, queue);
    }
    if (first === undefined || (group.ticket?.first === first && group.ticket.at === queue)) return;
    group.ticket = { of: group, first, at: queue };
    queue.waiting.push(group.ticket);
  }

  #groupOf(latches: readonly Latch[]): Group<T> {
    const sorted = latches.toSorted((a, b) => a.number - b.number);
    const key = keyOf(sorted);
    const known = this.#groups.get(key);
    if (known) return known;
    const group = this.#newGroup(sorted);
    this.#groups.set(key, group);
    for (const latch of sorted) latch.watchers++;
    return group;
  }

  #forget(group: Group<T>): void {
    if (!this.#groups.delete(keyOf(group.latches))) return;
    for (const latch of group.latches) latch.watchers--;
  }

  #newGroup(latches: readonly Latch[]): Group<T> {
    return { latches, members: new Heap(this.#compare), ticket: null };
  }

  #newHeap(): Heap<Ticket<T>> {
    return new Heap((a, b) => this.#compare(a.first, b.first));
  }
}

function keyOf(latches: readonly Latch[]): string {
  return latches.map(({ number }) => number).join();
}

/** The first member that was not removed. */
function firstOf<T extends InLine<T>>(group: Group<T>): T | undefined {
  while (group.members.top !== undefined && group.members.top.group !== group) group.members.pop();
  return group.members.top;
}

/** The first ticket that is not stale. */
function nextIn<T>(queue: Queue<T>): Ticket<T> | undefined {
  while (queue.waiting.top !== undefined && queue.waiting.top.of.ticket !== queue.waiting.top) queue.waiting.pop();
  return queue.waiting.top;
}
