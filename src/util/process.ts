import { readdirSync, readFileSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { Spawner } from './spawner.ts';
import type { Spill } from './spill.ts';
import { type End, startHere } from './start.ts';

/** What to start: a program and its arguments, never a shell string. */
export interface ProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard input, whole or as it comes; without it the process reads an end of file at once. */
  readonly input?: string | Uint8Array | Readable;
  /** Is given what comes on standard output; nothing of it is kept then. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Milliseconds after which the process and its group are killed. */
  readonly timeoutMs?: number;
  /** Bytes kept of each of stdout and stderr: the first half and the last half. With 0 nothing is read. @default 4 MiB */
  readonly maxOutputBytes?: number;
  /** Lines of what is cut from standard output that `gist` has all the same; to be told from a line alone. */
  readonly keepLine?: RegExp;
  /** Is given the whole of an output that is cut: of standard output, or of standard error where `onOutput` has that. */
  readonly spill?: Spill;
  readonly signal?: AbortSignal;
  /**
   * It gets descriptor 3, and is ready once it wrote `word` there: `timeoutMs` counts from then on. Until then it may
   * take `maxMs`.
   */
  readonly ready?: { readonly word: string; readonly maxMs: number };
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
  /** The same in words: the folder that it should start in is not there, or the program. */
  readonly startFault: StartFault | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Standard output with the lines of what was cut that `keepLine` wants; null where nothing was cut. */
  readonly gist: Buffer | null;
  /** What it wrote to descriptor 3; '' when it has none. */
  readonly told: string;
  /** True when the process wrote more than was kept. */
  readonly isTruncated: boolean;
  readonly durationMs: number;
}

/** Why a process was not started. */
export interface StartFault {
  readonly isFolder: boolean;
  readonly says: string;
}

/**
 * Why a process was not started. The system gives the same code for a program and for a folder that are not there, so the
 * folder is looked at.
 */
function startFault({ file, cwd }: ProcessOptions, startError: string): StartFault {
  let folder: string | null = null;
  try {
    const found = statSync(cwd, { throwIfNoEntry: false });
    folder = found === undefined ? 'does not exist' : found.isDirectory() ? null : 'is no folder';
  } catch (error) {
    folder = `cannot be entered (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
  if (folder !== null) return { isFolder: true, says: `${cwd} ${folder}` };
  const isMissing = startError === 'ENOENT';
  return {
    isFolder: false,
    says: isMissing ? `${file} is not installed, or not on PATH` : `${file} cannot be started (${startError})`,
  };
}

/** Keeps the head and the tail of a stream of bytes; what lies between is dropped, and said. */
class HeadTail {
  readonly #half: number;
  readonly #lines: CutLines | null;
  readonly #spill: Spill | null;
  #isSpilling = false;
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #cutBytes = 0;

  constructor(limit: number, keepLine: RegExp | null = null, spill: Spill | null = null) {
    this.#half = Math.max(1, Math.floor(limit / 2));
    this.#spill = spill;
    this.#lines = keepLine === null ? null : new CutLines(keepLine);
  }

  get isTruncated(): boolean {
    return this.#cutBytes > 0;
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
    if (this.#isSpilling) this.#spill?.push(chunk);
    else if (this.#headBytes + this.#tailBytes > 2 * this.#half) {
      this.#isSpilling = true; // from here on, all of it goes there
      for (const part of [...this.#head, ...this.#tail]) this.#spill?.push(part);
    }
    for (let first = this.#tail[0]; first && this.#tailBytes - first.length >= this.#half; first = this.#tail[0]) {
      this.#tail.shift();
      this.#tailBytes -= first.length;
      this.#cut(first);
    }
  }

  #cut(chunk: Buffer): void {
    if (this.#cutBytes === 0) this.#lines?.push(lastPart(Buffer.concat(this.#head)));
    this.#cutBytes += chunk.length;
    this.#lines?.push(chunk);
  }

  /** What was kept; `gist` has the lines that are wanted of what was cut, and null where nothing was. Call it once. */
  end(): { readonly bytes: Buffer; readonly gist: Buffer | null } {
    this.#spill?.end();
    const all = Buffer.concat(this.#tail);
    const extra = all.length - this.#half;
    if (extra > 0) this.#cut(all.subarray(0, extra));
    const tail = all.subarray(Math.max(0, extra));
    const head = Buffer.concat(this.#head);
    if (this.#cutBytes === 0) return { bytes: Buffer.concat([head, tail]), gist: null };
    const marker = Buffer.from(`\n[… ${this.#cutBytes} bytes cut …]\n`);
    const bytes = Buffer.concat([head, marker, tail]);
    if (this.#lines === null) return { bytes, gist: null };
    const begin = tail.indexOf(newline) + 1;
    this.#lines.push(tail.subarray(0, begin));
    const kept = Buffer.from(this.#lines.lines.map((line) => `${line}\n`).join(''));
    const whole = head.subarray(0, head.length - lastPart(head).length);
    return { bytes, gist: Buffer.concat([whole, kept, tail.subarray(begin)]) };
  }
}

const newline = 10;

/** What comes after the last line end. */
function lastPart(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.lastIndexOf(newline) + 1);
}

/** Takes the lines that are wanted out of a stream of bytes. */
class CutLines {
  readonly #wanted: RegExp;
  readonly #decoder = new StringDecoder('utf8');
  readonly lines: string[] = [];
  #rest = '';
  #size = 0;

  constructor(wanted: RegExp) {
    this.#wanted = wanted;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-maxCutLine);
    for (const line of lines) {
      if (line.length > maxCutLine || this.#size > maxCutLines || !this.#wanted.test(line)) continue;
      this.lines.push(line);
      this.#size += line.length;
    }
  }
}

/** Characters of one line, and of all lines, that are kept of what is cut. */
const maxCutLine = 4000;
const maxCutLines = 4 * 1024 * 1024;

/** Characters that are kept of what a process tells on descriptor 3. */
const maxTold = 1000;

/** The longest time that a timer can be set to, in milliseconds: about 24 days. */
const longestTimer = 2 ** 31 - 1;

/** Milliseconds between two looks at whether anything more comes of a process that has ended. */
const lookMs = 50;
/** Looks in a row that must find nothing, and looks at all. */
const quietLooks = 4;
const maxLooks = 200;

/** Ends a process group at once; false when it was gone already. */
export function killGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
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

let spawner: Spawner | null = null;

/** Groups that are alive: none outlives this process when it ends by itself. */
const groups = new Set<number>();
process.once('exit', () => {
  for (const group of groups) {
    try {
      killGroup(group);
    } catch {
      // It is somebody else's by now.
    }
  }
});

/**
 * From here on processes are started by a small helper process, where one can be had, until the returned function is
 * called.
 */
export async function startThroughHelper(): Promise<() => Promise<void>> {
  const mine = await Spawner.open().catch(() => null); // a temporary folder with too long a name, say: then without
  if (mine === null) return async () => {};
  spawner = mine;
  return async () => {
    if (spawner === mine) spawner = null;
    await mine.close();
  };
}

/** What is told of a process that was called off before it started. */
const neverStarted: ProcessResult = {
  ...{ exitCode: null, signal: null, timedOut: false, aborted: true, startError: null, startFault: null },
  ...{ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), told: '', isTruncated: false, gist: null, durationMs: 0 },
};

/**
 * Runs one process in a process group of its own and waits for it. Never throws for what the process does: a missing
 * program, a signal, a time-out and an abort are told in the result. The whole group is dead when it resolves. Nothing
 * is started once the signal has aborted.
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
      Math.min(ms, longestTimer), // a longer one would ring at once
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
          kill(); // whoever it left behind goes with it
        },
        closed: resolve,
      },
    );
    kill = (): void => {
      isKilled = true;
      if (group !== null) isGone = !killGroup(group);
      // A grandchild that left the group may still hold the pipes: it is not waited for. What was written before the end
      // is, however busy this process is: looks are counted, not time, and none that was late says that all is quiet.
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
