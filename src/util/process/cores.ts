import { availableParallelism } from 'node:os';
import { onAborted } from '../time/aborted.ts';
import { atOnce, type Turn } from './turn.ts';

interface Waiting {
  readonly by: string;
  readonly turn: Turn;
  readonly go: () => void;
}

/** Milliseconds after which a command no longer counts: it is waiting for something, or runs for long. */
const longMs = 30_000;

/**
 * Shares the cores fairly: as many commands run as there are cores, and the user with the fewest running commands goes
 * next, so that one with many commands cannot starve the others. What may prove pointless waits for everything needed.
 */
export class Cores {
  readonly #slots: number;
  readonly #longMs: number;
  readonly #running = new Map<string, number>();
  #taken = 0;
  readonly #waiting: Waiting[] = [];

  constructor(slots = availableParallelism(), countedMs = longMs) {
    this.#slots = slots;
    this.#longMs = countedMs;
  }

  /** Runs `action` when it is the turn of the user `by`. Rejects with the reason of `turn.stop` if that aborts before. */
  async share<T>(by: string, action: () => Promise<T>, turn: Turn = atOnce): Promise<T> {
    turn.stop.throwIfAborted();
    if (this.#taken >= this.#slots || this.#waiting.length > 0) await this.#place(by, turn);
    else this.#take(by);
    let isCounted = true;
    const giveBack = (): void => {
      if (!isCounted) return;
      isCounted = false;
      this.#give(by);
    };
    const timer = setTimeout(giveBack, this.#longMs);
    try {
      return await action();
    } finally {
      clearTimeout(timer);
      giveBack();
    }
  }

  /** Waits for a place among the running. */
  #place(by: string, turn: Turn): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stay = onAborted(turn.stop, () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(turn.stop.reason as Error);
    });
    const go = (): void => {
      stay();
      resolve();
    };
    const waiting: Waiting = { by, turn, go };
    this.#waiting.push(waiting);
    this.#next();
    return promise;
  }

  #take(by: string): void {
    this.#taken++;
    this.#running.set(by, (this.#running.get(by) ?? 0) + 1);
  }

  #give(by: string): void {
    this.#taken--;
    const left = (this.#running.get(by) ?? 1) - 1;
    if (left === 0) this.#running.delete(by);
    else this.#running.set(by, left);
    this.#next();
  }

  #next(): void {
    while (this.#taken < this.#slots && this.#waiting.length > 0) {
      const needed = this.#waiting.filter(({ turn }) => turn.needed.aborted);
      const able = needed.length > 0 ? needed : this.#waiting;
      const load = ({ by }: Waiting): number => this.#running.get(by) ?? 0;
      const least = Math.min(...able.map(load));
      const first = able.find((one) => load(one) === least);
      if (!first) return;
      this.#waiting.splice(this.#waiting.indexOf(first), 1);
      this.#take(first.by);
      first.go();
    }
  }
}
