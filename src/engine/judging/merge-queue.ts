import type { Turn } from '../../util/process/turn.ts';

type Step = 'waits' | 'holds' | 'left';

/** The outcome of a judgement: whether its candidate may land, and what its owner needs to know of it. */
export interface Outcome<R> {
  readonly passes: boolean;
  readonly result: R;
}

/** A candidate on a commit, and its judgement in progress. */
export interface Bet<R> {
  /** The commit that lands if all goes well; null if there is none, for example after a conflict. */
  readonly commit: string | null;
  readonly judged: Promise<Outcome<R>>;
}

/** Work that wants to land. */
export interface Rider<R, T> {
  readonly readTip: () => Promise<string>;
  /** Makes a candidate on a commit and starts its judgement, whose outcome is needed once nothing is ahead. */
  readonly bet: (on: string, turn: Turn) => Promise<Bet<R>>;
  /** Lands what was judged on the tip; null if the branch has moved meanwhile. */
  readonly land: (outcome: Outcome<R>) => Promise<T | null>;
  /** Ends what failed on the tip. It has left the queue by then, so nobody waits for what its end takes. */
  readonly fail: (outcome: Outcome<R>) => Promise<T>;
  readonly tell: (step: Step) => void;
}

/** Its place in the queue, for those behind it. */
interface Place {
  /** Aborts once nothing is ahead. */
  readonly first: AbortController;
  /** The commit that its candidate is on; null before the first. */
  on: string | null;
  /** The commit that those behind build on; null if it will not land, undefined while that is unknown. */
  commit: string | null | undefined;
}

/** A bet that was made, and how its judgement ended so far. */
interface Made<R> {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** Null while it is judged. */
  outcome: Outcome<R> | { readonly error: unknown } | null;
}

/** Depths of speculation: the first one, and the limits. */
const depths = { first: 32, least: 2, most: 128 };

/**
 * Lets work land in the order in which it arrives. Each candidate is made on the candidate ahead and judged at once: when
 * the one ahead lands, this one was judged on exactly the tip that it lands on. When the one ahead does not land, those
 * behind are made again without it. A failure on a candidate that has not landed yet is decided once that one has.
 */
export class MergeQueue {
  readonly #places: Place[] = [];
  /** How many, from the front, may be judged. */
  #depth = depths.first;
  #changed = Promise.withResolvers<void>();
  #bug: { readonly error: unknown } | null = null;

  /** Ends everything in the queue with an error that nobody else would hear of, since its judgement is not needed. */
  fail(error: unknown): void {
    this.#bug ??= { error };
    this.#tell();
  }

  /** Waits for a turn to land, and returns how that ended. Throws what the rider throws. */
  async run<R, T>(rider: Rider<R, T>): Promise<T> {
    const ended = await this.#ride(rider);
    this.#throwBug();
    return ended;
  }

  async #ride<R, T>(rider: Rider<R, T>): Promise<T> {
    const place: Place = { first: new AbortController(), on: null, commit: undefined };
    const made: Made<R>[] = [];
    const leave = (): void => {
      if (!this.#places.includes(place)) return;
      made.at(-1)?.stop.abort();
      try {
        rider.tell('left');
      } finally {
        this.#places.splice(this.#places.indexOf(place), 1);
        this.#tell();
      }
    };
    this.#places.push(place);
    try {
      if (this.#places[0] !== place) rider.tell('waits');
      for (let isHolder = false; ;) {
        const changed = this.#changed.promise; // taken first, so that no change is missed
        this.#throwBug();
        const isFirst = this.#places[0] === place;
        if (isFirst && !isHolder) {
          rider.tell('holds');
          place.first.abort();
        }
        isHolder = isFirst;
        const on = isFirst ? await rider.readTip() : this.#commitAhead(place);
        if (on === null) {
          await changed;
          continue;
        }
        if (on !== place.on) {
          made.at(-1)?.stop.abort();
          made.push(await this.#bet(rider, place, on));
          continue;
        }
        const outcome = made.at(-1)?.outcome ?? null;
        if (outcome !== null && 'error' in outcome) throw outcome.error;
        if (outcome === null || !isFirst) {
          await changed;
          continue;
        }
        if (!outcome.passes) {
          this.#learn(false);
          leave();
          return await rider.fail(outcome);
        }
        const ended = await rider.land(outcome);
        if (ended === null) continue;
        this.#learn(true);
        return ended;
      }
    } finally {
      leave();
      await Promise.all(made.map(({ ended }) => ended));
    }
  }

  #throwBug(): void {
    if (this.#bug !== null) throw this.#bug.error;
  }

  async #bet<R, T>(rider: Rider<R, T>, place: Place, on: string): Promise<Made<R>> {
    const stop = new AbortController();
    this.#put(place, on, undefined);
    const { commit, judged } = await rider.bet(on, { needed: place.first.signal, stop: stop.signal });
    this.#put(place, on, commit);
    const end = (outcome: Made<R>['outcome'], isLost: boolean): void => {
      if (stop.signal.aborted) return;
      made.outcome = outcome;
      this.#put(place, on, isLost ? null : commit);
    };
    const made: Made<R> = {
      stop,
      outcome: null,
      ended: judged.then(
        (outcome) => end(outcome, !outcome.passes),
        (error: unknown) => end({ error }, true),
      ),
    };
    return made;
  }

  /** The commit to build on; null while that is unknown, or too far from the front. */
  #commitAhead(place: Place): string | null {
    const index = this.#places.indexOf(place);
    if (index >= this.#depth) return null;
    const ahead = this.#places.slice(0, index).findLast(({ commit }) => commit !== null);
    if (ahead === undefined) return this.#places[0]?.on ?? null; // nothing ahead lands
    return ahead.commit ?? null;
  }

  #put(place: Place, on: string, commit: Place['commit']): void {
    place.on = on;
    place.commit = commit;
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** One more after a green landing, half after a red one. */
  #learn(isGreen: boolean): void {
    this.#depth = isGreen ? Math.min(this.#depth + 1, depths.most) : Math.max(depths.least, this.#depth >> 1);
  }
}
