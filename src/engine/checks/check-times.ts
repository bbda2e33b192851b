import type { Event } from '../../model/event.ts';
import type { RunId } from '../../model/ids.ts';
import { spentWithin } from '../../model/spent.ts';
import type { Database } from '../../queue/database.ts';
import { appendEvent } from '../../queue/events.ts';
import type { Clock } from '../../util/time/clock.ts';

type Ran = Omit<Extract<Event, { type: 'check-ran' }>, 'type'>;

interface TimesRun {
  readonly database: Database;
  readonly clock: Clock;
  /** Null outside of a run, when nothing is recorded. */
  readonly id: RunId | null;
}

/** Records where the time of runs of checks went, and which of the runs were needed. */
export class CheckTimes {
  readonly #run: TimesRun;
  #last = 0;
  /** Runs with a recorded result, by its key. */
  readonly #known = new Map<string, number>();
  /** Needed ones, and those of them that are not recorded as such yet. */
  readonly #needed = new Set<number>();
  #untold: number[] = [];

  constructor(run: TimesRun) {
    this.#run = run;
  }

  /** The number of the next run of a check. */
  next(): number {
    return ++this.#last;
  }

  /** Remembers which run a result is of. */
  know(key: string, number: number): void {
    this.#known.set(key, number);
  }

  /** The run that a result is of; null if it was in no run of ours. */
  numberOf(key: string): number | null {
    return this.#known.get(key) ?? null;
  }

  /** A result was needed. It is recorded with the next event, since each commit waits for the disk. */
  need(number: number): void {
    if (this.#needed.has(number)) return;
    this.#needed.add(number);
    this.#untold.push(number);
  }

  /** Records the end of a run. */
  ended(ran: Ran): void {
    const { id, database, clock } = this.#run;
    if (id === null) return;
    const spent = spentWithin(ran.spent, ran.tookMs);
    database.write(() => {
      appendEvent(database, clock.now(), id, { type: 'check-ran', ...ran, spent });
      this.tell();
    });
  }

  /** Records what was needed so far. */
  tell(): void {
    const { id, database, clock } = this.#run;
    if (id === null || this.#untold.length === 0) return;
    const numbers = this.#untold;
    database.write(() => appendEvent(database, clock.now(), id, { type: 'checks-needed', numbers }));
    this.#untold = [];
  }
}
