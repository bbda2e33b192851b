import { availableParallelism } from 'node:os';

interface Waiting {
  readonly by: string;
  readonly go: () => void;
}

/** Milliseconds after which a command no longer counts: it is waiting for something, or runs for long. */
const longMs = 30_000;

/**
 * Shares the cores fairly: as many commands run as there are cores, and the user with the fewest running commands goes
 * next, so that one with many commands cannot starve the others.
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

  /** Runs `action` when it is the turn of the user `by`. */
  async share<T>(by: string, action: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#slots || this.#waiting.length > 0)
      await new Promise<void>((go) => {
        this.#waiting.push({ by, go });
        this.#next();
      });
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
      const load = ({ by }: Waiting): number => this.#running.get(by) ?? 0;
      const least = Math.min(...this.#waiting.map(load));
      const [first] = this.#waiting.splice(
        this.#waiting.findIndex((one) => load(one) === least),
        1,
      );
      if (!first) return;
      this.#take(first.by);
      first.go();
    }
  }
}
