// The helper process of `spawner.ts`, which starts processes for a larger one. A program of its own.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import net from 'node:net';
import type { FromHelper, ToHelper } from './spawner.ts';

const children = new Set<number>();

function say(message: FromHelper): void {
  if (process.connected) process.send?.(message);
}

/** Connects a socket that becomes one of the child's streams. The helper itself never reads from it. */
async function open(order: ToHelper, kind: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = new net.Socket();
    socket.pause();
    socket.once('error', reject);
    socket.connect(order.socket, () => socket.write(`${order.token}${kind}`, () => resolve(socket)));
  });
}

async function start(order: ToHelper): Promise<void> {
  const { id } = order;
  const sockets = await Promise.all(order.streams.map(async (kind) => open(order, kind)));
  const streamOf = (kind: 'i' | 'o' | 'e' | 't'): net.Socket | 'ignore' =>
    sockets[order.streams.indexOf(kind)] ?? 'ignore';
  const child = spawn(order.file, order.args, {
    cwd: order.cwd,
    env: order.env,
    detached: true,
    stdio: [streamOf('i'), streamOf('o'), streamOf('e'), ...(order.streams.includes('t') ? [streamOf('t')] : [])],
  });
  for (const socket of sockets) socket.destroy(); // the child has its own descriptors
  const { pid } = child;
  child.once('error', (error: NodeJS.ErrnoException) => {
    if (pid === undefined) say({ id, end: { exitCode: null, signal: null, startError: error.code ?? 'unknown' } });
  });
  if (pid === undefined) return;
  children.add(pid);
  say({ id, pid });
  child.once('exit', (exitCode, signal) => {
    children.delete(pid);
    say({ id, end: { exitCode, signal, startError: null } });
  });
}

process.on('message', (order: ToHelper) => {
  start(order).catch((error: unknown) => {
    const startError = (error as NodeJS.ErrnoException).code ?? String(error);
    say({ id: order.id, end: { exitCode: null, signal: null, startError } });
  });
});

// The terminal sends signals to the whole group; the main process decides what they mean.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

// The main process has ended: kill all children, remove the socket folder, and exit at once, so that a start in progress
// does not complete.
process.on('disconnect', () => {
  for (const pid of children) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
  const folder = process.argv[2];
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
if (!process.connected) process.emit('disconnect'); // the main process ended while this one started
