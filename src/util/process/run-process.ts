import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { HeadTail } from './head-tail.ts';
import { groupEnd, killGroup } from './group.ts';
import { Spawner } from './spawner.ts';
import type { Spill } from '../files/spill.ts';
import { type End, startHere } from './start.ts';
import { type StartFault, startFault } from './start-fault.ts';

/** A program and its arguments, never a shell string. */
export interface ProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard input, whole or as a stream; empty by default. */
  readonly input?: string | Uint8Array | Readable;
  /** Receives standard output, which is then not kept. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Milliseconds after which the process and its group are killed. */
  readonly timeoutMs?: number;
  /** Bytes kept of each of stdout and stderr: the first half and the last half. With 0 nothing is read. @default 4 MiB */
  readonly maxOutputBytes?: number;
  /** Lines of standard output that `gist` keeps even if they are cut; tested on one line at a time. */
  readonly keepLine?: RegExp;
  /** Receives the whole of an output that is cut: standard output, or standard error if `onOutput` is set. */
  readonly spill?: Spill;
  readonly signal?: AbortSignal;
  /** Called with the process's id, which is also that of its group, once it has started. */
  readonly onStart?: (pid: number) => void;
  /**
   * The process gets descriptor 3 and is ready once it wrote `word` there, within `maxMs`. `timeoutMs` counts from then on.
   */
  readonly ready?: { readonly word: string; readonly maxMs: number };
}

/** How a process ended. */
export interface ProcessResult {
  /** Null if it ended by a signal or never started. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** Why the program could not be started at all, e.g. `ENOENT`. */
  readonly startError: string | null;
  /** The same in words, if the folder or the program is missing. */
  readonly startFault: StartFault | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Standard output with the cut lines that `keepLine` matches; null if nothing was cut. */
  readonly gist: Buffer | null;
  /** What it wrote to descriptor 3, if it has one. */
  readonly told: string;
  /** True if the process wrote more than was kept. */
  readonly isTruncated: boolean;
  readonly durationMs: number;
}

/** Characters kept of descriptor 3. */
const maxTold = 1000;

/** The longest delay of a timer in milliseconds, about 24 days; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

/** Milliseconds between two checks whether an ended process still delivers output. */
const lookMs = 50;
/** Quiet checks in a row that end the wait, and checks in total. */
const quietLooks = 4;
const maxLooks = 200;

let spawner: Spawner | null = null;

/** Process groups that are alive; they are killed when this process exits. */
const groups = new Set<number>();
process.once('exit', () => {
  for (const group of groups) {
    try {
      killGroup(group);
    } catch {
      // The number belongs to another user's process by now.
    }
  }
});

/** Starts processes through a small helper process, if it can be started, until the returned function is called. */
export async function startThroughHelper(): Promise<() => Promise<void>> {
  const mine = await Spawner.open().catch(() => null); // fails, for example, if the temporary folder's path is too long
  if (mine === null) return async () => {};
  spawner = mine;
  return async () => {
    if (spawner === mine) spawner = null;
    await mine.close();
  };
}

/** The result for a process whose signal had aborted before it started. */
const neverStarted: ProcessResult = {
  ...{ exitCode: null, signal: null, timedOut: false, aborted: true, startError: null, startFault: null },
  ...{ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), told: '', isTruncated: false, gist: null, durationMs: 0 },
};

/**
 * Runs one process in its own process group and waits for it. Never throws for what the process does: a missing program, a
 * signal, a time-out and an abort are part of the result. The whole group is dead when it resolves. Starts nothing once
 * the signal has aborted.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const began = performance.now();
  if (options.signal?.aborted === true) return neverStarted;
  const limit = options.maxOutputBytes ?? 4 * 1024 * 1024;
  const { spill = null, keepLine } = options;
  const output = {
    out: new HeadTail(limit, keepLine, options.onOutput ? null : spill),
    err: new HeadTail(limit, null, options.onOutput ? spill : null),
  };
  const { ready, timeoutMs } = options;
  let told = '';
  const { file, args, cwd, env, signal } = options;
  let group: number | null = null;
  let isKilled = false;
  let isGone = false;
  let timedOut = false;
  let streams: NodeJS.Timeout | undefined;
  let quiet = 0;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let end: End = { exitCode: null, signal: null, startError: 'unknown' };
  const start = spawner?.isAlive === true ? spawner.start : startHere;

  let kill = (): void => {};
  const limitTo = (ms: number | undefined): void => {
    clearTimeout(timer);
    if (ms === undefined) return;
    timer = setTimeout(
      () => {
        timedOut = true;
        kill();
      },
      Math.min(ms, longestTimer),
    );
  };
  const hear = (chunk: Buffer): void => {
    const wasReady = ready === undefined || told.includes(ready.word);
    told = (told + chunk.toString('latin1')).slice(0, maxTold);
    if (ready !== undefined && !wasReady && told.includes(ready.word) && !isKilled) limitTo(timeoutMs);
  };
  await new Promise<void>((resolve) => {
    const started = start(
      { file, args, cwd, env, input: options.input ?? null, isQuiet: limit === 0, isTelling: ready !== undefined },
      {
        started(pid) {
          group = pid;
          groups.add(pid);
          options.onStart?.(pid);
          if (isKilled) killGroup(pid);
        },
        data(from, chunk) {
          quiet = 0;
          if (from === 'told') hear(chunk);
          else if (from === 'out' && options.onOutput) options.onOutput(chunk);
          else output[from].push(chunk);
        },
        exited(how) {
          end = how;
          kill(); // and any process that it left behind
        },
        closed: resolve,
      },
    );
    kill = (): void => {
      isKilled = true;
      if (group !== null) isGone = !killGroup(group);
      // A grandchild outside of the group may hold the pipes open: it is not waited for, but all output written before the
      // end is. Checks are counted instead of time, since this process may be busy: a late check must not count as quiet.
      let looks = 0;
      const look = (): void => {
        if (isOver) return;
        quiet = started.hasStreams() ? quiet + 1 : 0;
        if (quiet > quietLooks || ++looks > maxLooks) started.closeStreams();
        else streams = setTimeout(() => setImmediate(look), lookMs);
      };
      streams ??= setTimeout(() => setImmediate(look), lookMs);
    };
    limitTo(ready ? ready.maxMs : timeoutMs);
    if (signal?.aborted === true) kill();
    else signal?.addEventListener('abort', kill, { once: true });
  });
  isOver = true;
  clearTimeout(timer);
  clearTimeout(streams);
  signal?.removeEventListener('abort', kill);
  if (group !== null && !isGone) await groupEnd(group);
  if (group !== null) groups.delete(group);
  const out = output.out.end();
  const err = output.err.end();
  return {
    ...end,
    startFault: end.startError === null ? null : startFault(options, end.startError),
    timedOut,
    aborted: signal?.aborted ?? false,
    stdout: out.bytes,
    stderr: err.bytes,
    gist: out.gist,
    told,
    isTruncated: output.out.isTruncated || output.err.isTruncated,
    durationMs: performance.now() - began,
  };
}
