import { printAside } from './output.ts';

/** Milliseconds that units at work get after the first signal. */
const graceMs = 10_000;

/**
 * Ctrl-C and SIGTERM: the first one starts nothing new and lets what is at work end for ten seconds, the second one
 * ends everything at once. In both cases what was recorded stays, and the next run goes on.
 */
export class Signals {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  #timer: NodeJS.Timeout | undefined;
  outcome: 'interrupted' | 'terminated' = 'interrupted';

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const listener = (): void => this.#receive(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get kill(): AbortSignal {
    return this.#kill.signal;
  }

  /** Gives the signals back to their defaults. */
  close(): void {
    clearTimeout(this.#timer);
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #receive(signal: NodeJS.Signals): void {
    if (this.#stop.signal.aborted) {
      this.#kill.abort();
      return;
    }
    this.outcome = signal === 'SIGTERM' ? 'terminated' : 'interrupted';
    printAside('\nStopping: nothing new starts; what is at work has ten seconds. Again: stop at once.');
    this.#stop.abort();
    this.#timer = setTimeout(() => this.#kill.abort(), graceMs);
  }
}
