import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export interface StartOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard input, whole or as a stream; null for none. */
  readonly input: string | Uint8Array | Readable | null;
  /** True if its output is not read. */
  readonly isQuiet: boolean;
  /** True if it gets descriptor 3, for messages beside its output. */
  readonly isTelling: boolean;
}

/** How a process ended, or why it never started. */
export interface End {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** E.g. `ENOENT`. */
  readonly startError: string | null;
}

/** Receives what happens to a process. */
export interface Watcher {
  started(pid: number): void;
  data(from: 'out' | 'err' | 'told', chunk: Buffer): void;
  exited(end: End): void;
  /** It has exited, and its output has ended. */
  closed(): void;
}

export interface Started {
  /** True once all its streams are connected; no output can have arrived before. */
  hasStreams(): boolean;
  /** Stops reading its output, which a process that it left behind may hold open. */
  closeStreams(): void;
}

/** Starts a process in a group of its own. */
export type Start = (options: StartOptions, watcher: Watcher) => Started;

/** Writes a process's standard input. */
export function feed(stdin: Writable, input: StartOptions['input']): void {
  if (input !== null && typeof input === 'object' && 'pipe' in input) input.pipe(stdin);
  else stdin.end(input ?? '');
}

/** Starts it as a child of this process. */
export const startHere: Start = (options, watcher) => {
  const output = options.isQuiet ? 'ignore' : 'pipe';
  let child: ChildProcess;
  try {
    child = spawn(options.file, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      shell: false,
      stdio: [
        options.input === null ? 'ignore' : 'pipe',
        output,
        output,
        ...(options.isTelling ? ['pipe' as const] : []),
      ],
    });
  } catch (error) {
    // Node reports some start errors as an event, and throws others (ENOTDIR, E2BIG).
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    queueMicrotask(() => {
      watcher.exited({ exitCode: null, signal: null, startError: code });
      watcher.closed();
    });
    return { hasStreams: () => true, closeStreams() {} };
  }
  if (child.pid !== undefined) watcher.started(child.pid);
  child.stdin?.on('error', () => {}); // the child need not read its input
  if (child.stdin) feed(child.stdin, options.input);
  child.stdout?.on('data', (chunk: Buffer) => watcher.data('out', chunk));
  child.stderr?.on('data', (chunk: Buffer) => watcher.data('err', chunk));
  const told = child.stdio[3] as Readable | null | undefined;
  told?.on('data', (chunk: Buffer) => watcher.data('told', chunk));
  child.once('error', (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return;
    watcher.exited({ exitCode: null, signal: null, startError: error.code ?? 'unknown' });
    watcher.closed();
  });
  child.once('exit', (exitCode, signal) => watcher.exited({ exitCode, signal, startError: null }));
  child.once('close', () => {
    if (child.pid !== undefined) watcher.closed();
  });
  return {
    hasStreams: () => true,
    closeStreams() {
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.stderr?.destroy();
      told?.destroy();
    },
  };
};
