import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { onAborted } from '../time/aborted.ts';
import { lookAtCpu } from './cpu-time.ts';
import { atOnce, type Turn } from './turn.ts';

interface Waiting {
  readonly by: string;
  readonly turn: Turn;
  readonly go: () => void;
}

/** Something that runs. */
interface Running {
  readonly by: string;
  /** Cores that it counts for. */
  load: number;
  /** Null until its process has started. */
  pid: number | null;
  startedAt: number;
  /** CPU time at the last look, and when that was; milliseconds. */
  usedMs: number;
  lookedAt: number;
}

/** A command, and what decides when it runs. */
export interface Sharing {
  readonly turn?: Turn;
  /** What it runs: the CPU that it used decides how much it counts the next time. */
  readonly command?: string;
}

export interface CoresOptions {
  /** @default the cores of the machine */
  readonly slots?: number;
  /** Looks at processes; null: everything counts for one core. @default as the system tells */
  readonly look?: typeof lookAtCpu | null;
  /** Milliseconds between two looks while something waits. */
  readonly lookMs?: number;
  /** Milliseconds after which a command that cannot be measured no longer counts. */
  readonly longMs?: number;
}

/** Commands for each core that may run at the same time, whatever little they use: they need memory, too. */
const maxPerCore = 16;
/** A command that used less of a core than this waits for something else most of the time. */
const lightShare = 0.25;
/** Milliseconds after which the use of a command tells something. */
const tellingMs = 500;
/** Commands that are remembered as light. */
const maxRemembered = 1000;
/** How much more than the cores may count, since use is never measured exactly. */
const tolerance = 0.3;

/**
 * Shares the cores fairly: commands run as long as they keep the cores busy, by the CPU time that they use. One that waits
 * for a network or a timer occupies no core. The user with the fewest running commands goes next, so that one with many
 * commands cannot starve the others. What may prove pointless waits for everything needed.
 */
export class Cores {
  readonly #slots: number;
  readonly #longMs: number;
  readonly #lookMs: number;
  #cpu: CoresOptions['look'];
  readonly #running = new Set<Running>();
  readonly #waiting: Waiting[] = [];
  /** Commands that used little CPU the last time, and how much of a core. */
  readonly #light = new Map<string, number>();
  #looking: NodeJS.Timeout | null = null;

  constructor({ slots = availableParallelism(), look = lookAtCpu, lookMs = 200, longMs = 30_000 }: CoresOptions = {}) {
    this.#slots = slots;
    this.#cpu = look;
    this.#lookMs = lookMs;
    this.#longMs = longMs;
  }

  /**
   * Runs `action` when it is the turn of the user `by`; it tells the process that it starts. Rejects with the reason of
   * `turn.stop` if that aborts before.
   */
  async share<T>(
    by: string,
    action: (onStart: (pid: number) => void) => Promise<T>,
    { turn = atOnce, command }: Sharing = {},
  ): Promise<T> {
    turn.stop.throwIfAborted();
    const running: Running = { by, load: 1, pid: null, startedAt: 0, usedMs: 0, lookedAt: 0 };
    if (this.#isFull() || this.#waiting.length > 0) await this.#place(running, turn);
    else this.#running.add(running);
    const onStart = (pid: number): void => {
      const now = performance.now();
      Object.assign(running, { pid, startedAt: now, lookedAt: now });
      // While its box was made it counted for a core.
      running.load = (command === undefined ? undefined : this.#light.get(command)) ?? 1;
      this.#next();
    };
    const forget = (): void => {
      if (running.lookedAt > running.startedAt) return; // it is measured
      this.#running.delete(running);
      this.#next();
    };
    const timer = this.#longMs === Infinity ? undefined : setTimeout(forget, this.#longMs);
    if (this.#looking === null) this.#watch();
    try {
      return await action(onStart);
    } finally {
      clearTimeout(timer);
      if (command !== undefined) this.#remember(command, running);
      this.#running.delete(running);
      this.#next();
    }
  }

  /** Waits for a place among the running. */
  #place(running: Running, turn: Turn): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stay = onAborted(turn.stop, () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(turn.stop.reason as Error);
    });
    const go = (): void => {
      stay();
      this.#running.add(running);
      resolve();
    };
    const waiting: Waiting = { by: running.by, turn, go };
    this.#waiting.push(waiting);
    this.#next();
    if (this.#waiting.length === 1) this.#watch();
    return promise;
  }

  #isFull(): boolean {
    const load = [...this.#running].reduce((sum, one) => sum + one.load, 0);
    return load + 1 > this.#slots + tolerance || this.#running.size >= this.#slots * maxPerCore;
  }

  #next(): void {
    while (this.#waiting.length > 0 && !this.#isFull()) {
      const needed = this.#waiting.filter(({ turn }) => turn.needed.aborted);
      const able = needed.length > 0 ? needed : this.#waiting;
      const counts = new Map<string, number>();
      for (const { by } of this.#running) counts.set(by, (counts.get(by) ?? 0) + 1);
      const count = ({ by }: Waiting): number => counts.get(by) ?? 0;
      const least = Math.min(...able.map(count));
      const first = able.find((one) => count(one) === least);
      if (!first) return;
      this.#waiting.splice(this.#waiting.indexOf(first), 1);
      first.go();
    }
  }

  /** Looks from time to time how much CPU the running commands use; more often while something waits. */
  #watch(): void {
    if (this.#looking !== null) clearTimeout(this.#looking);
    this.#looking = null;
    if (!this.#cpu || this.#running.size === 0) return;
    const ms = this.#waiting.length > 0 ? this.#lookMs : this.#lookMs * 5;
    this.#looking = setTimeout(() => {
      this.#weigh();
      this.#next();
      this.#watch();
    }, ms).unref();
  }

  #weigh(): void {
    const started = [...this.#running].flatMap((one) => (one.pid === null ? [] : [{ one, pid: one.pid }]));
    const seen = this.#cpu?.(started.map(({ pid }) => pid)) ?? null;
    if (seen === null) {
      this.#cpu = null;
      return;
    }
    const now = performance.now();
    for (const { one, pid } of started) {
      const { ms, wantsCore } = seen.get(pid) ?? { ms: 0, wantsCore: false };
      const passedMs = now - one.lookedAt;
      if (passedMs < this.#lookMs / 2) continue;
      const used = Math.max(0, ms - one.usedMs) / passedMs;
      // What wants a core and gets none is busy, too.
      one.load = Math.min(this.#slots, wantsCore ? Math.max(1, used) : used);
      [one.usedMs, one.lookedAt] = [ms, now];
    }
  }

  #remember(command: string, { startedAt, lookedAt, usedMs }: Running): void {
    const passedMs = lookedAt - startedAt;
    if (passedMs < tellingMs) return;
    this.#light.delete(command);
    if (usedMs / passedMs < lightShare) this.#light.set(command, usedMs / passedMs);
    const [oldest] = this.#light.keys();
    if (this.#light.size > maxRemembered && oldest !== undefined) this.#light.delete(oldest);
  }
}
