import { execa } from 'execa';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** What to start: a program and its arguments, never a shell string. */
export interface ProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard input; without it the process reads an end of file at once. */
  readonly input?: string | Uint8Array;
  /** Milliseconds after which the process and its group are killed. */
  readonly timeoutMs?: number;
  /** Bytes kept of each of stdout and stderr: the first half and the last half. @default 4 MiB */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

/** How a process ended. */
export interface ProcessResult {
  /** Null when it ended by a signal or never started. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** Why the program could not be started at all, e.g. `ENOENT`. */
  readonly startError: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** True when the process wrote more than was kept. */
  readonly isTruncated: boolean;
  readonly durationMs: number;
}

/** Keeps the head and the tail of a stream of bytes; what lies between is dropped, and said. */
class HeadTail {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  isTruncated = false;

  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  push(chunk: Buffer): void {
    const room = this.#half - this.#headBytes;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    if (chunk.length <= room) return;
    const rest = chunk.subarray(Math.max(0, room));
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    for (let first = this.#tail[0]; first && this.#tailBytes - first.length >= this.#half; first = this.#tail[0]) {
      this.#tail.shift();
      this.#tailBytes -= first.length;
      this.isTruncated = true;
    }
  }

  bytes(): Buffer {
    const tail = Buffer.concat(this.#tail);
    const cut = Math.max(0, tail.length - this.#half);
    if (cut > 0) this.isTruncated = true;
    const marker = this.isTruncated ? [Buffer.from('\n[… output cut …]\n')] : [];
    return Buffer.concat([...this.#head, ...marker, tail.subarray(cut)]);
  }
}

/** Ends a process group at once; a group that is gone already is no error. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until nobody of a killed group is alive; a second at most. */
async function groupEnd(pid: number): Promise<void> {
  for (let look = 0; look < 200 && hasLiving(pid); look++) await delay(5);
}

/** True while a process of the group lives. Zombies do not: they only wait for somebody to ask how they ended. */
function hasLiving(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false; // there is no such group any more: the usual case, and a cheap one
  }
  try {
    return readdirSync('/proc').some((name) => {
      if (!/^\d+$/.test(name)) return false;
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(pgrp) === group && state !== 'Z' && state !== 'X';
      } catch {
        return false; // it ended meanwhile
      }
    });
  } catch {
    return true; // no /proc on this system
  }
}

/**
 * Runs one process in a process group of its own and waits for it. Never throws for what the process does: a missing
 * program, a signal, a time-out and an abort are told in the result. The whole group is dead when it resolves.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const started = performance.now();
  const out = new HeadTail(options.maxOutputBytes ?? 4 * 1024 * 1024);
  const err = new HeadTail(options.maxOutputBytes ?? 4 * 1024 * 1024);
  const child = execa(options.file, options.args, {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    shell: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  });
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));

  let timedOut = false;
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
    // A grandchild that left the group may still hold the pipes: do not wait for it.
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, 200).unref();
  };
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, options.timeoutMs);
  child.nodeChildProcess.on('exit', kill);
  if (options.signal?.aborted) kill();
  else options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const result = await child;
    if (child.pid !== undefined) await groupEnd(child.pid);
    const exitCode = result.exitCode ?? null;
    const signal = result.signal ?? null;
    return {
      exitCode,
      signal,
      timedOut,
      aborted: options.signal?.aborted ?? false,
      startError: exitCode === null && signal === null && !timedOut ? (result.code ?? 'unknown') : null,
      stdout: out.bytes(),
      stderr: err.bytes(),
      isTruncated: out.isTruncated || err.isTruncated,
      durationMs: performance.now() - started,
    };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}
