import { randomBytes } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { makeTemporary } from '../../util/files/temporary.ts';

/** A server for one box. */
export interface Door {
  /** Absolute path of its socket, or its address. */
  readonly at: string;
  /** Waits for open requests; throws the first error of `handle`. */
  close(): Promise<void>;
}

/**
 * Opens a server: `socket` for a box with doors, `port` if commands share the machine's network. Errors of `handle` are
 * of the machine or bugs; `fail` then answers instead.
 */
export async function openDoor(
  listen: 'socket' | 'port',
  handle: (asked: IncomingMessage, answer: ServerResponse) => Promise<void>,
  fail: (answer: ServerResponse) => void,
): Promise<Door> {
  const handling = new Set<Promise<void>>();
  const problems: unknown[] = [];
  const server = createServer((asked, answer) => {
    const handled = handle(asked, answer)
      .catch((error: unknown) => {
        problems.push(error);
        if (answer.headersSent) answer.destroy();
        else fail(answer);
      })
      .finally(() => handling.delete(handled));
    handling.add(handled);
  });
  // Others can traverse the folder, but not list it: only the box with the socket knows its name.
  const folder = makeTemporary('model');
  await chmod(folder, 0o711);
  const socket = path.join(folder, `${randomBytes(12).toString('hex')}.sock`);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (listen === 'socket') server.listen(socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  if (listen === 'socket') await chmod(socket, 0o666);
  return {
    at: listen === 'socket' ? socket : `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await Promise.all(handling);
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
      if (problems.length > 0) throw problems[0];
    },
  };
}
