import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request that a service got. */
export interface Got {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a service does with a request: answers with a status, and headers; cuts the line; or never answers. */
export type Reaction = number | readonly [status: number, headers: Record<string, string>] | 'cut' | 'silence';

/** A service on loopback that takes messages. It does these first, and then takes all. */
export async function messageService(...reactions: readonly Reaction[]): Promise<{
  readonly url: string;
  readonly got: Got[];
}> {
  const got: Got[] = [];
  const left = [...reactions];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers } = request;
      got.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString('utf8'), headers });
      const how = left.shift() ?? 200;
      if (how === 'silence') return;
      if (how === 'cut') {
        request.socket.destroy();
        return;
      }
      const [status, more] = typeof how === 'number' ? [how, {}] : how;
      response.writeHead(status, more).end('{"approve": true, "command": "backlog approve b"}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}
