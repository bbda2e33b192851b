/** A port inside of a box that leads to a unix socket outside of it. */
export interface Door {
  readonly port: number;
  /** Absolute path of the socket. */
  readonly socket: string;
}

/** Port of the proxy to allowed hosts, inside a box. */
export const egressPort = 8118;

/** Environment variables that make programs use the proxy. */
export function proxyEnv(): Readonly<Record<string, string>> {
  const url = `http://127.0.0.1:${egressPort}`;
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    NO_PROXY: 'localhost,127.0.0.1',
    no_proxy: 'localhost,127.0.0.1',
    NODE_USE_ENV_PROXY: '1',
  };
}

/**
 * The program behind the doors, inside a box: listens on each port, then starts the command, passes descriptor 3 on to it,
 * and exits with its code. Run by Node; arguments: `port=socket,…`, then the command.
 */
export const doorkeeper = `'use strict';
const { closeSync } = require('node:fs');
const net = require('node:net');
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const [doors, file, ...args] = process.argv.slice(2);
const opened = doors.split(',').map((door) => {
  const [port, socket] = door.split('=');
  return new Promise((resolve) => {
    const server = net.createServer({ allowHalfOpen: true }, (inner) => {
      const outer = net.connect({ path: socket, allowHalfOpen: true });
      inner.on('error', () => outer.destroy());
      outer.on('error', () => inner.destroy());
      inner.pipe(outer);
      outer.pipe(inner);
    });
    server.listen(Number(port), '127.0.0.1', resolve);
  });
});
Promise.all(opened).then(() => {
  const child = spawn(file, args, { stdio: ['inherit', 'inherit', 'inherit', 3] });
  closeSync(3);
  child.on('error', () => process.exit(127));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
});
`;
