import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type End, feed, type Start, type StartOptions, type Started, type Watcher } from './start.ts';
import { makeTemporary, sweepTemporary } from '../files/temporary.ts';

/*
 * Node starts a process by forking itself, which blocks for a time that grows with its memory: 0.8 ms with 50 MB, 7 ms
 * with 250 MB. So a long run starts processes through a small helper. Output goes straight to us over sockets that only
 * this user can reach; only orders and exits pass through the helper.
 */

/** An order to the helper. */
export interface ToHelper extends Omit<StartOptions, 'input' | 'isQuiet' | 'isTelling'> {
  readonly id: number;
  /** Where streams connect, and what they send first, followed by the letter of their kind. */
  readonly socket: string;
  readonly token: string;
  /** The wanted streams: standard input, output, error, and descriptor 3. */
  readonly streams: readonly ('i' | 'o' | 'e' | 't')[];
}

/** A message of the helper. */
export type FromHelper = { readonly id: number; readonly pid: number } | { readonly id: number; readonly end: End };

const tokenLength = 32;

interface Job {
  readonly options: StartOptions;
  readonly watcher: Watcher;
  readonly sockets: Set<net.Socket>;
  /** Streams that have connected. */
  met: number;
  /** Streams that have not ended, including those not connected yet. */
  open: number;
  hasExited: boolean;
  isClosed: boolean;
}

/** Starts processes through the helper process. */
export class Spawner {
  readonly #folder: string;
  readonly #server: net.Server;
  readonly #helper: ChildProcess;
  readonly #jobs = new Map<number, Job>();
  readonly #tokens = new Map<string, Job>();
  readonly #socket: string;
  /** All connections, also those that have not identified themselves. */
  readonly #connections = new Set<net.Socket>();
  #next = 0;
  /** False once the helper has ended; it starts nothing more. */
  isAlive = true;

  private constructor(folder: string, server: net.Server) {
    this.#folder = folder;
    this.#server = server;
    this.#socket = path.join(folder, 's');
    this.#helper = spawn(process.execPath, [helperFile(), folder], {
      cwd: '/', // the current folder may be removed
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true, // out of reach of Ctrl-C
      env: { PATH: process.env['PATH'] ?? '' },
    });
    this.#helper.on('message', (message) => this.#hear(message as FromHelper));
    this.#helper.once('error', () => this.#lose());
    this.#helper.once('exit', () => this.#lose());
    server.on('connection', (socket) => this.#meet(socket));
    this.#helper.unref();
    this.#helper.channel?.unref();
    server.unref();
  }

  /** Starts the helper. */
  static async open(): Promise<Spawner> {
    sweepTemporary();
    const folder = makeTemporary('spawn');
    try {
      const server = net.createServer({ pauseOnConnect: true });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path.join(folder, 's'), resolve);
      });
      return new Spawner(folder, server);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  readonly start: Start = (options, watcher): Started => {
    const id = this.#next++;
    const streams = [
      ...(options.input === null ? [] : (['i'] as const)),
      ...(options.isQuiet ? [] : (['o', 'e'] as const)),
      ...(options.isTelling ? (['t'] as const) : []),
    ];
    const token = streams.length === 0 ? '' : randomBytes(tokenLength / 2).toString('hex');
    const job: Job = {
      options,
      watcher,
      sockets: new Set(),
      met: 0,
      open: streams.length,
      hasExited: false,
      isClosed: false,
    };
    if (this.#jobs.size === 0) this.#helper.channel?.ref(); // keeps this process alive for the answer
    this.#jobs.set(id, job);
    if (streams.length > 0) this.#tokens.set(token, job);
    const { file, args, cwd, env } = options;
    const order: ToHelper = { id, file, args, cwd, env, socket: this.#socket, token, streams };
    this.#helper.send(order, (error) => {
      if (error) this.#end(id, { exitCode: null, signal: null, startError: 'EPIPE' });
    });
    return {
      hasStreams: () => job.met === streams.length || job.isClosed,
      closeStreams: () => {
        this.#tokens.delete(token);
        for (const socket of job.sockets) socket.destroy();
        job.open = 0;
        this.#finish(job);
      },
    };
  };

  /** Ends the helper and its children; resolves when it has ended. */
  async close(): Promise<void> {
    const isGone = this.#helper.exitCode !== null || this.#helper.signalCode !== null;
    const gone = isGone ? Promise.resolve() : new Promise((resolve) => this.#helper.once('exit', resolve));
    this.#helper.ref();
    if (this.#helper.connected) this.#helper.disconnect();
    this.#lose();
    await gone;
  }

  #hear(message: FromHelper): void {
    if ('pid' in message) this.#jobs.get(message.id)?.watcher.started(message.pid);
    else this.#end(message.id, message.end);
  }

  #end(id: number, end: End): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#jobs.delete(id);
    if (this.#jobs.size === 0) this.#helper.channel?.unref();
    job.hasExited = true;
    if (end.startError !== null) job.open = 0;
    job.watcher.exited(end);
    this.#finish(job);
  }

  #finish(job: Job): void {
    if (!job.hasExited || job.open > 0 || job.isClosed) return;
    job.isClosed = true;
    job.watcher.closed();
  }

  /** Assigns a new connection to its job, by its first bytes. */
  #meet(socket: net.Socket): void {
    socket.on('error', () => {}); // 'close' follows
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    const greet = (): void => {
      const greeting = socket.read(tokenLength + 1) as Buffer | null;
      if (greeting === null) return;
      socket.off('readable', greet);
      const token = greeting.toString('latin1', 0, tokenLength);
      const job = this.#tokens.get(token);
      if (!job) {
        socket.destroy();
        return;
      }
      this.#attach(job, socket, greeting.toString('latin1', tokenLength));
    };
    socket.on('readable', greet);
    socket.resume();
  }

  #attach(job: Job, socket: net.Socket, kind: string): void {
    job.sockets.add(socket);
    job.met++;
    socket.once('close', () => {
      job.sockets.delete(socket);
      job.open--;
      this.#finish(job);
    });
    if (kind === 'i') {
      feed(socket, job.options.input);
      socket.resume(); // to notice its end
      return;
    }
    const from = kind === 'o' ? 'out' : kind === 'e' ? 'err' : 'told';
    socket.on('data', (chunk: Buffer) => job.watcher.data(from, chunk));
    socket.end();
  }

  #lose(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
    for (const id of this.#jobs.keys()) this.#end(id, { exitCode: null, signal: null, startError: 'EPIPE' });
  }
}

/** The helper's program file: beside this file, or beside the bundle's main file. */
function helperFile(): string {
  const candidates = ['spawn-helper.ts', 'spawn-helper.js', '../spawn-helper.js'];
  const found = candidates.map((name) => path.join(import.meta.dirname, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`Internal error: no spawn helper beside ${import.meta.dirname}`);
  return found;
}
