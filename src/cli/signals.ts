import { Interrupted } from '../engine/context/interrupted.ts';
import { exitCodes } from '../model/exit-code.ts';
import { printAside } from './output.ts';

/** Milliseconds between the first signal and the abort of active units. */
const graceMs = 10_000;

const stopped = (): Interrupted => new Interrupted({ kind: 'stopped' });

/** The effect of a signal. */
type Step = 'stop' | 'kill' | 'exit' | 'hold';

/**
 * Handles Ctrl-C, SIGTERM and SIGHUP. In a run, the first signal prevents new work and gives active units ten seconds, the
 * second one ends everything and keeps finished work, and the third one ends the process at once. In other commands, the
 * first one ends everything. A command that moves the user's files is stopped only before it writes them. Recorded work is
 * always kept, and the next run continues it.
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

  /** Starts nothing new, and lets active units come to their end. The next signal is the first. */
  drain(): void {
    if (this.#stop.signal.aborted) return;
    printAside('Draining: nothing new starts, and active units come to their end.');
    this.#stop.abort(stopped());
  }

  /** Does what a first Ctrl-C does. */
  interrupt(): void {
    this.#receive('SIGINT');
  }

  /** Restores the default handling of signals. */
  close(): void {
    clearTimeout(this.#timer);
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #receive(signal: NodeJS.Signals): void {
    if (this.#timer === undefined && !this.#kill.signal.aborted)
      this.outcome = signal === 'SIGINT' ? 'interrupted' : 'terminated';
    const step = this.#steps[0] === 'hold' ? 'hold' : this.#steps.shift();
    switch (step) {
      case 'hold':
        if (!this.#kill.signal.aborted) printAside('\nStopping as soon as all files are written.');
        this.#stop.abort(stopped());
        this.#kill.abort(stopped());
        return;
      case 'stop':
        printAside('\nStopping: nothing new starts, and active units have ten seconds. Again: stop at once.');
        this.#stop.abort(stopped());
        this.#timer = setTimeout(() => {
          if (this.#steps[0] === 'kill') this.#steps.shift();
          if (!this.#kill.signal.aborted) printAside('\nThe ten seconds are over. Finished work is kept.');
          this.#kill.abort(stopped());
        }, graceMs);
        return;
      case 'kill':
        printAside('\nStopping at once. Finished work is kept. Again: exit without waiting.');
        this.#stop.abort(stopped());
        this.#kill.abort(stopped());
        return;
      case 'exit':
      case undefined:
        printAside('\nExited without waiting. The next run cleans up.');
        // oxlint-disable-next-line unicorn/no-process-exit -- must not wait for anything
        process.exit(exitCodes[this.outcome]);
    }
  }
}

/**
 * Runs a command that moves the user's files. It must check the signal before it writes them. Process signals wait for its
 * end. The exit code is that of the first one, even if it was too late to stop.
 */
export async function whole<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signals = new Signals('move');
  try {
    return await action(signals.kill);
  } finally {
    // A second signal while the process ends would otherwise decide how it ends.
    if (signals.kill.aborted) process.exitCode = exitCodes[signals.outcome];
    else signals.close();
  }
}

/** Runs a command with a signal that aborts at Ctrl-C, SIGTERM or SIGHUP. The exit code is then that of the signal. */
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
