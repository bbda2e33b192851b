import { Interrupted } from '../engine/context/interrupted.ts';
import { exitCodes } from '../model/exit-code.ts';
import { printAside } from './output.ts';

/** Milliseconds that units at work get after the first signal. */
const graceMs = 10_000;

const stopped = (): Interrupted => new Interrupted({ kind: 'stopped' });

/** What a signal can bring about. */
type Step = 'stop' | 'kill' | 'exit' | 'hold';

/**
 * Ctrl-C, SIGTERM and SIGHUP. For a run the first one starts nothing new and lets what is at work end for ten seconds,
 * the second one ends everything and keeps what was made, and the third one ends the process where it stands. For other
 * commands the first one ends everything. A command that moves the user's own files hears of it before it begins with
 * that, and is left alone from then on. In all cases what was recorded stays, and the next run goes on.
 */
export class Signals {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  readonly #steps: Step[];
  #timer: NodeJS.Timeout | undefined;
  outcome: 'interrupted' | 'terminated' = 'interrupted';

  constructor(of: 'run' | 'command' | 'move') {
    const steps: Record<typeof of, Step[]> = {
      run: ['stop', 'kill', 'exit'],
      command: ['kill', 'exit'],
      move: ['hold'],
    };
    this.#steps = steps[of];
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
    if (!this.#stop.signal.aborted) this.outcome = signal === 'SIGINT' ? 'interrupted' : 'terminated';
    const step = this.#steps[0] === 'hold' ? 'hold' : this.#steps.shift();
    switch (step) {
      case 'hold':
        if (!this.#kill.signal.aborted) printAside('\nStopping as soon as your files are whole.');
        this.#stop.abort(stopped());
        this.#kill.abort(stopped());
        return;
      case 'stop':
        printAside('\nStopping: nothing new starts; what is at work has ten seconds. Again: stop at once.');
        this.#stop.abort(stopped());
        this.#timer = setTimeout(() => {
          if (this.#steps[0] === 'kill') this.#steps.shift();
          if (!this.#kill.signal.aborted) printAside('\nThe ten seconds are over. What was made so far is kept.');
          this.#kill.abort(stopped());
        }, graceMs);
        return;
      case 'kill':
        printAside('\nStopping at once. What was made so far is kept. Again: leave without waiting.');
        this.#stop.abort(stopped());
        this.#kill.abort(stopped());
        return;
      case 'exit':
      case undefined:
        printAside('\nLeft without waiting. The next run puts the rest right.');
        // oxlint-disable-next-line unicorn/no-process-exit -- nothing is waited for any more, whatever it is
        process.exit(exitCodes[this.outcome]);
    }
  }
}

/**
 * Gives a command that moves the user's own files a signal to look at before it begins with that. Signals wait for its
 * end, however many come; the exit code is that of the first one also where it was too late to stop.
 */
export async function whole<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signals = new Signals('move');
  try {
    return await action(signals.kill);
  } finally {
    signals.close();
    if (signals.kill.aborted) process.exitCode = exitCodes[signals.outcome];
  }
}

/**
 * Gives a command that runs checks a signal which aborts at Ctrl-C, SIGTERM or SIGHUP. What it throws then is told in
 * `main`, with the exit code of the signal.
 */
export async function interruptible<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signals = new Signals('command');
  try {
    return await action(signals.kill);
  } catch (error) {
    if (signals.kill.aborted) process.exitCode = exitCodes[signals.outcome];
    throw error;
  } finally {
    signals.close();
  }
}
