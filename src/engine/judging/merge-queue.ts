import { type Clock, systemClock } from '../../util/time/clock.ts';
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
  /** True if it passed on a tip already. Other work gives its place away if its judgement keeps those behind it waiting. */
  readonly isJudged: boolean;
  readonly readTip: () => Promise<string>;
  /** Makes a candidate on a commit and starts its judgement, whose outcome is needed once nothing is ahead. */
  readonly bet: (on: string, turn: Turn) => Promise<Bet<R>>;
  /** Lands what was judged on the tip; null if the branch has moved meanwhile. */
  readonly land: (outcome: Outcome<R>) => Promise<T | null>;
  /** Ends what failed on the tip. It has left the queue by then. */
  readonly fail: (outcome: Outcome<R>) => Promise<T>;
  /** Hears when it waits to land, although it is not judged for the first time any more, when it lands, and when it left. */
  readonly tell: (step: Step) => void;
}

/** A candidate, for those behind it. */
interface Candidacy {
  /** The commit that it is on; null before the first. */
  on: string | null;
  /** The commit that those behind build on; null if it will not land, undefined while that is unknown. */
  commit: string | null | undefined;
  /** When its judgement ended, and how long that took, in ms; null while it goes on. */
  ended: { readonly at: number; readonly tookMs: number } | null;
}

/** A place in the queue. */
interface Place extends Candidacy {
  /** Aborts once nothing is ahead. */
  readonly first: AbortController;
  /** True once it passed on any commit. */
  isJudged: boolean;
  /** When nothing was ahead any more, in ms since the epoch; null until then. */
  firstAt: number | null;
}

/** A bet that was made, and how its judgement ended so far. */
interface Made<R> {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** Null while it is judged. */
  outcome: Outcome<R> | { readonly error: unknown } | null;
}

/** A number that grows by one with each success, and halves with each failure. */
class Window {
  #size: number;
  readonly #least: number;

  constructor(first: number, least: number) {
    [this.#size, this.#least] = [first, least];
  }

  get size(): number {
    return this.#size;
  }

  learn(isGreen: boolean): void {
    this.#size = isGreen ? Math.min(this.#size + 1, 128) : Math.max(this.#least, this.#size >> 1);
  }
}

/**
 * Lets work land in the order in which it arrives. Each candidate is made on the candidate ahead and judged at once: when
 * the one ahead lands, this one was judged on exactly the tip that it lands on. When the one ahead does not land, those
 * behind are made again without it. A failure on a candidate that has not landed yet is decided once that one has.
 */
export class MergeQueue {
  readonly #places: Place[] = [];
  readonly #clock: Clock;
  /** How many, from the front, may be judged. */
  readonly #depth = new Window(32, 2);
  /** How many there may be while work takes a place that did not pass on a tip before. */
  readonly #untried = new Window(8, 0);
  #changed = Promise.withResolvers<void>();
  #bug: { readonly error: unknown } | null = null;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Ends everything in the queue with an error that nobody else would hear of, since its judgement is not needed. */
  fail(error: unknown): void {
    this.#bug ??= { error };
    this.#tell();
  }

  /**
   * True if work may take a place before it is judged: it is likely to pass, as first judgements went so far. Otherwise it
   * is judged alone first, so that a failure costs nobody else anything.
   */
  get takesUntried(): boolean {
    return this.#places.length < Math.min(this.#untried.size, this.#depth.size);
  }

  /** Hears how a first judgement outside of the queue ended. */
  learn(passes: boolean): void {
    this.#untried.learn(passes);
  }

  /** Waits for a turn to land, and returns how that ended. Throws what the rider throws. */
  async run<R, T>(rider: Rider<R, T>): Promise<T> {
    const ended = await this.#ride(rider);
    this.#throwBug();
    return ended;
  }

  async #ride<R, T>(rider: Rider<R, T>): Promise<T> {
    const made: Made<R>[] = [];
    let [place, told] = [this.#enter(rider.isJudged), null as Step | null];
    const tell = (step: Step): void => {
      if (step !== told) rider.tell(step);
      told = step;
    };
    const leave = (): void => {
      made.at(-1)?.stop.abort();
      try {
        if (told !== null) tell('left');
      } finally {
        this.#leave(place);
      }
    };
    try {
      for (;;) {
        const changed = this.#changed.promise; // taken first, so that no change is missed
        this.#throwBug();
        const isFirst = this.#places[0] === place;
        const outcome = place.on === null ? null : (made.at(-1)?.outcome ?? null);
        if (outcome !== null && 'passes' in outcome && outcome.passes) this.#pass(place);
        if (place.isJudged || (outcome !== null && !isFirst)) tell(isFirst ? 'holds' : 'waits');
        if (isFirst) {
          place.firstAt ??= this.#clock.now();
          place.first.abort();
        }
        const on = isFirst ? await rider.readTip() : this.#commitAhead(place);
        if (on === null) {
          await changed;
        } else if (on !== place.on) {
          made.at(-1)?.stop.abort();
          made.push(await this.#bet(rider, place, on));
        } else if (outcome !== null && 'error' in outcome) {
          throw outcome.error;
        } else if (outcome === null && isFirst && !place.isJudged) {
          if (!(await this.#isOvertaken(place, changed))) continue;
          // What it was judged on stays the tip for a while: it goes on outside, and comes back once it has passed.
          this.#leave(place);
          await made.at(-1)?.ended;
          const late = made.at(-1)?.outcome ?? null;
          if (late === null || 'error' in late)
            throw late?.error ?? new Error('Internal error: a judgement without an end');
          this.#untried.learn(late.passes);
          if (!late.passes) return await rider.fail(late);
          place = this.#enter(true, place);
        } else if (outcome === null || !isFirst) {
          await changed;
        } else if (!outcome.passes) {
          (place.isJudged ? this.#depth : this.#untried).learn(false);
          leave();
          return await rider.fail(outcome);
        } else {
          const ended = await rider.land(outcome);
          if (ended === null) continue;
          this.#depth.learn(true);
          return ended;
        }
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
    const from = this.#clock.now();
    this.#put(place, { on, commit: undefined, ended: null });
    const { commit, judged } = await rider.bet(on, { needed: place.first.signal, stop: stop.signal });
    this.#put(place, { on, commit, ended: null });
    const end = (outcome: Made<R>['outcome'], isLost: boolean): void => {
      if (stop.signal.aborted) return;
      made.outcome = outcome;
      const at = this.#clock.now();
      this.#put(place, { on, commit: isLost ? null : commit, ended: { at, tookMs: at - from } });
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
    if (index >= this.#depth.size) return null;
    const ahead = this.#places.slice(0, index).findLast(({ commit }) => commit !== null);
    if (ahead === undefined) return this.#places[0]?.on ?? null; // nothing ahead lands
    return ahead.commit ?? null;
  }

  #enter(isJudged: boolean, { on, commit, ended }: Candidacy = { on: null, commit: undefined, ended: null }): Place {
    const place: Place = { first: new AbortController(), isJudged, firstAt: null, on, commit, ended };
    this.#places.push(place);
    this.#tell();
    return place;
  }

  #leave(place: Place): void {
    const index = this.#places.indexOf(place);
    if (index >= 0) this.#places.splice(index, 1);
    this.#tell();
  }

  #put(place: Place, candidacy: Candidacy): void {
    Object.assign(place, candidacy);
    this.#tell();
  }

  #pass(place: Place): void {
    if (!place.isJudged) this.#untried.learn(true);
    place.isJudged = true;
  }

  /**
   * Waits for a change. True if there was none until one behind the first place had waited for it alone as long as its own
   * judgement took.
   */
  async #isOvertaken({ firstAt }: Place, changed: Promise<void>): Promise<boolean> {
    const behind = this.#places
      .slice(1)
      .flatMap(({ ended }) => (ended === null ? [] : [Math.max(ended.at, firstAt ?? 0) + ended.tookMs]));
    if (behind.length === 0) {
      await changed;
      return false;
    }
    const leftMs = Math.min(...behind) - this.#clock.now();
    if (leftMs <= 0) return true;
    const stop = new AbortController();
    try {
      await Promise.race([changed, this.#clock.sleep(leftMs, stop.signal).catch(() => undefined)]);
    } finally {
      stop.abort();
    }
    return false;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
