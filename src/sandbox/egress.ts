import { lookup } from 'node:dns/promises';
import { chmod, mkdir, rm } from 'node:fs/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { BlockList, connect, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sha256 } from '../util/values/hash.ts';
import { isNetworkError } from '../util/network-error.ts';

/*
 * An HTTP proxy on a unix socket outside of the box, for boxes that may reach some hosts. It tunnels (`CONNECT`) and
 * forwards plain HTTP, to listed hosts only, and never to the machine itself or its own networks, whatever a name resolves
 * to, unless the list names that address.
 */

/** Maximum refused hosts that are reported. */
const maxRefused = 100;

/** Allows every host outside of the machine's own networks. */
export const publicHosts: readonly string[] = ['*'];

/**
 * True if a list allows a host and port: `example.org`, `*.example.org` (not `example.org` itself), each with `:port`, or
 * for ports 80 and 443.
 */
export function allowsHost(hosts: readonly string[], host: string, port: number): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return hosts.some((pattern) => {
    const [asked = '', at] = pattern.split(':');
    if (at === undefined ? port !== 80 && port !== 443 : port !== Number(at)) return false;
    if (asked === '*') return true;
    return asked.startsWith('*.') ? name.endsWith(asked.slice(1)) && name !== asked.slice(2) : name === asked;
  });
}

const own = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['168.63.129.16', 32], // a cloud's own service, at an address that looks public
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  own.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  // Addresses that embed an IPv4 address.
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
] as const)
  own.addSubnet(net, prefix, 'ipv6');

/** Proxies for boxes, one per list of hosts. */
export class Egress {
  readonly #folder: string;
  readonly #servers = new Map<string, Promise<Server>>();
  /** Hosts that commands asked for in vain. */
  readonly refused = new Set<string>();
  readonly #bugs: unknown[] = [];

  /** `folder`: the folder for the sockets, which other users must be able to enter. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The socket of the proxy for a list of hosts. */
  async socketFor(hosts: readonly string[]): Promise<string> {
    const file = path.join(this.#folder, `${sha256(hosts.toSorted().join(' ')).slice(0, 12)}.sock`);
    let server = this.#servers.get(file);
    if (!server) {
      server = this.#open(file, hosts);
      this.#servers.set(file, server);
    }
    await server;
    return file;
  }

  /** Closes all proxies; throws an error in them that neither a box nor a host can have caused. */
  async close(): Promise<void> {
    for (const opened of this.#servers.values()) {
      const server = await opened.catch(() => null); // who asked for it was told
      if (server === null) continue;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await rm(this.#folder, { recursive: true, force: true });
    if (this.#bugs.length > 0) throw this.#bugs[0];
  }

  async #open(file: string, hosts: readonly string[]): Promise<Server> {
    await mkdir(this.#folder, { recursive: true, mode: 0o711 });
    // Errors of a box or a host end only their own connection.
    const server = createServer((asked, answer) => {
      this.#forward(hosts, asked, answer).catch((error: unknown) => {
        this.#note(error);
        if (answer.headersSent) answer.destroy();
        else answer.writeHead(502).end();
      });
    });
    server.on('connect', (asked, socket, head) => {
      this.#tunnel(hosts, asked, socket, head).catch((error: unknown) => {
        this.#note(error);
        socket.destroy();
      });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(file, resolve));
    await chmod(file, 0o666);
    server.unref();
    return server;
  }

  #note(error: unknown): void {
    if (!isNetworkError(error)) this.#bugs.push(error);
  }

  async #tunnel(hosts: readonly string[], asked: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(asked.url ?? '');
    const [host = '', port] = [match?.[1], Number(match?.[2])];
    const address = await this.#resolve(hosts, host, port);
    if (address === null) return void socket.end(`HTTP/1.1 403 Forbidden\r\n\r\n${refusal(host)}`);
    let isThrough = false;
    const upstream = connect(port, address, () => {
      isThrough = true;
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => {
      if (isThrough) socket.destroy();
      else socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    socket.on('close', () => upstream.destroy());
  }

  async #forward(hosts: readonly string[], asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = URL.canParse(asked.url ?? '') ? new URL(asked.url ?? '') : null;
    const port = Number(url?.port === '' ? 80 : url?.port);
    const address = url?.protocol === 'http:' ? await this.#resolve(hosts, url.hostname, port) : null;
    if (!url || address === null) {
      answer.writeHead(403).end(refusal(url?.hostname ?? 'this'));
      return;
    }
    const upstream = request({
      ...{ host: address, port, path: `${url.pathname}${url.search}` },
      ...{ method: asked.method, headers: passedOn(asked.headers) },
    });
    answer.once('close', () => upstream.destroy());
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve).on('error', reject);
      upstream.once('close', () => reject(Object.assign(new Error('no answer'), { code: 'ECONNRESET' })));
      upstream.flushHeaders(); // here, so that errors in them are caught
      asked.pipe(upstream);
    });
    answer.writeHead(response.statusCode ?? 502, passedOn(response.headers));
    await pipeline(response, answer);
  }

  /** The address of an allowed host; null if it is not allowed or does not exist. */
  async #resolve(hosts: readonly string[], host: string, port: number): Promise<string | null> {
    if (!allowsHost(hosts, host, port)) {
      if (this.refused.size < maxRefused) this.refused.add(host.slice(0, 200));
      return null;
    }
    const isNamed = allowsHost(
      hosts.filter((one) => !one.startsWith('*')),
      host,
      port,
    );
    if (isNamed && (isIP(host) !== 0 || host === 'localhost')) return host;
    try {
      const found = await lookup(host, { all: true });
      const usable = found.find(({ address }) => !isOwn(address));
      return usable?.address ?? null;
    } catch {
      return null; // no such host
    }
  }
}

/** Hop-by-hop headers. */
const hop = /^(?:connection|keep-alive|te|trailer|upgrade|expect|proxy-.*)$/;

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.test(name)));
}

/** True for addresses of the machine and of its own networks. */
function isOwn(address: string): boolean {
  const isOfMachine = Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
  return isOfMachine || own.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function refusal(host: string): string {
  return `backlog: ${host} is not among the hosts that this box may reach (sandbox.network), or is one of this machine's own networks\n`;
}
