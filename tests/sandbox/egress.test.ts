import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chooseTier } from '../../src/sandbox/choose.ts';
import { allowsHost, Egress } from '../../src/sandbox/egress.ts';
import { createLauncher } from '../../src/sandbox/launcher.ts';
import { findToolchains } from '../../src/sandbox/toolchains.ts';

test.each<[string, readonly string[], string, number, boolean]>([
  ['the host, on the ports of the web', ['a.org'], 'a.org', 443, true],
  ['in any case, with the dot of the root', ['a.org'], 'A.ORG.', 80, true],
  ['not on another port', ['a.org'], 'a.org', 22, false],
  ['on the port that is named', ['a.org:8443'], 'a.org', 8443, true],
  ['and on that alone', ['a.org:8443'], 'a.org', 443, false],
  ['not below it', ['a.org'], 'x.a.org', 443, false],
  ['below a wildcard', ['*.a.org'], 'x.y.a.org', 443, true],
  ['a wildcard is not the host itself', ['*.a.org'], 'a.org', 443, false],
  ['nor one that ends like it', ['*.a.org'], 'xa.org', 443, false],
  ['nothing on an empty list', [], 'a.org', 443, false],
])('%s', (_name, hosts, host, port, expected) => expect(allowsHost(hosts, host, port)).toBe(expected));

const hasBwrap = process.platform === 'linux' && spawnSync('bwrap', ['--version']).status === 0;

describe.skipIf(!hasBwrap)('a box that may reach some hosts', () => {
  /** What the box's commands get for a request through the proxy, and directly. */
  async function ask(
    allow: (port: number) => readonly string[],
    host = '127.0.0.1',
  ): Promise<{ said: string[]; refused: string[]; heard: string[]; left: boolean }> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-egress-'));
    chmodSync(folder, 0o711);
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const heard: string[] = [];
    const server = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.end('reached');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const searchPath = `${path.dirname(process.execPath)}:/usr/bin:/bin`;
    const { tier } = await chooseTier({
      wanted: 'strict',
      allowUnsandboxed: false,
      network: allow(port),
      memoryBytes: 2 ** 33,
      folder,
      searchPath,
      toolchains: findToolchains(searchPath, process.env),
    });
    const egress = new Egress(path.join(folder, 'net'));
    const launcher = createLauncher({ tier, maxCommandMs: 20_000, searchPath, network: allow(port), egress });
    const box = { workspace: path.join(folder, 'box/ws'), scratch: path.join(folder, 'box/scratch'), mark: 'egress' };
    mkdirSync(box.workspace, { recursive: true });
    await launcher.prepare(box);
    const script = `
      const http = require('http'), net = require('net');
      const proxy = new URL(process.env.HTTPS_PROXY);
      const get = (to) => new Promise((done) => http.get({ host: proxy.hostname, port: proxy.port, path: to }, (r) => { let text = ''; r.on('data', (d) => (text += d)).on('end', () => done(r.statusCode + ' ' + text.trim())); }).on('error', (e) => done(e.code)));
      const tunnel = (to) => new Promise((done) => http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: to }).on('connect', (r, socket) => { socket.destroy(); done('tunnel ' + r.statusCode); }).on('error', (e) => done(e.code)).end());
      const direct = new Promise((done) => net.connect(${port}, '127.0.0.1').on('connect', () => done('direct')).on('error', (e) => done(e.code)));
      (async () => { for (const said of [await get('http://${host}:${port}/x?y=1'), await tunnel('${host}:${port}'), await get('http://169.254.169.254/'), await tunnel('example.org:443'), await direct]) console.log(said); })();`;
    const result = await launcher.run(box, `node -e "${script.replaceAll('"', '\\"')}"; exit 3`, {
      signal: new AbortController().signal,
    });
    const refused = [...egress.refused];
    await egress.close();
    expect(result.exitCode).toBe(3);
    return { said: result.output.trim().split('\n'), refused, heard, left: existsSync(path.join(folder, 'net')) };
  }

  test('reaches them through the proxy, and nothing else, and the command ends as it would', async () => {
    expect(await ask((port) => [`127.0.0.1:${port}`])).toEqual({
      said: [
        '200 reached',
        'tunnel 200',
        "403 backlog: 169.254.169.254 is not among the hosts that this box may reach (sandbox.network), or is one of this machine's own networks",
        'tunnel 403',
        'ECONNREFUSED',
      ],
      refused: ['169.254.169.254', 'example.org'],
      heard: ['GET /x?y=1'],
      left: false,
    });
  });

  test('a name that resolves to the machine itself is not followed there', async () => {
    const name = os.hostname().toLowerCase();
    const { said, heard } = await ask((port) => [`${name}:${port}`], name);
    expect([said.slice(0, 2), heard]).toEqual([
      [
        `403 backlog: ${name} is not among the hosts that this box may reach (sandbox.network), or is one of this machine's own networks`,
        'tunnel 403',
      ],
      [],
    ]);
  });
});

/** What a client on the proxy's socket gets, in raw words, where the host answers so. */
async function exchange(asked: string, answered = fine): Promise<string> {
  const host = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      if (answered === reset) socket.resetAndDestroy();
      else socket.end(Buffer.from(answered, 'latin1'));
    });
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(host.address() as AddressInfo).port}`;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-egress-'));
  const egress = new Egress(path.join(folder, 'net'));
  try {
    const socket = connect(await egress.socketFor([at]));
    socket.write(Buffer.from(asked.replaceAll('HOST', at), 'latin1'));
    socket.setTimeout(10_000, () => socket.destroy());
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => socket.once('close', resolve).once('error', resolve));
    return Buffer.concat(chunks).toString('latin1').split('\r\n')[0] ?? '';
  } finally {
    await egress.close();
    await new Promise((resolve) => host.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

const fine = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const reset = 'reset';
const get = (...headers: string[]): string =>
  ['GET http://HOST/ HTTP/1.1', 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n');

// An error that nobody catches would end the run: whatever a box asks, and a host answers, ends one connection.
test.each<[string, string, string]>([
  ['an honest request', get(), 'HTTP/1.1 200 OK'],
  ['trailers that cannot be', get('Trailer: x'), 'HTTP/1.1 200 OK'],
  ['a body that a GET has not', `${get('Transfer-Encoding: chunked')}0\r\n\r\n`, 'HTTP/1.1 200 OK'],
  ['another protocol', get('Upgrade: h2c'), 'HTTP/1.1 200 OK'],
  ['bytes that are no address', get().replace('HOST/', 'HOST/\x80'), 'HTTP/1.1 400 Bad Request'],
  ['no address at all', get().replace('http://HOST/', '*').replace('GET', 'OPTIONS'), 'HTTP/1.1 403 Forbidden'],
  ['a tunnel to no port', 'CONNECT HOST9 HTTP/1.1\r\nHost: x\r\n\r\n', 'HTTP/1.1 403 Forbidden'],
  ['nothing of HTTP', 'hello\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
])('a box that asks with %s ends nothing but that', async (_name, asked, said) =>
  expect(await exchange(asked)).toBe(said),
);

const answer = (first: string, ...headers: string[]): string => [first, ...headers, '', 'ok'].join('\r\n');

test.each<[string, string, string]>([
  ['nothing', '', 'HTTP/1.1 502 Bad Gateway'],
  ['a reset', reset, 'HTTP/1.1 502 Bad Gateway'],
  ['nothing of HTTP', 'hello', 'HTTP/1.1 502 Bad Gateway'],
  ['a status that is none', answer('HTTP/1.1 099 X', 'content-length: 2'), 'HTTP/1.1 502 Bad Gateway'],
  ['another protocol', answer('HTTP/1.1 101 X', 'Connection: upgrade', 'Upgrade: x'), 'HTTP/1.1 502 Bad Gateway'],
  [
    'two lengths',
    answer('HTTP/1.1 200 OK', 'content-length: 2', 'transfer-encoding: chunked'),
    'HTTP/1.1 502 Bad Gateway',
  ],
  ['trailers that cannot be', answer('HTTP/1.1 200 OK', 'Trailer: x', 'content-length: 2'), 'HTTP/1.1 200 OK'],
  ['more than it said', answer('HTTP/1.1 200 OK', 'content-length: 1'), 'HTTP/1.1 200 OK'],
  ['less than it said', answer('HTTP/1.1 200 OK', 'content-length: 9'), 'HTTP/1.1 200 OK'],
  ['other words first', answer('HTTP/1.1 103 X', 'link: a', '', fine), 'HTTP/1.1 200 OK'],
])('a host that answers with %s ends nothing but that', async (_name, answered, said) =>
  expect(await exchange(get(), answered)).toBe(said),
);
