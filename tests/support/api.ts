import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Asker } from '../../src/engine/context/asker.ts';
import type { Verb } from '../../src/engine/verbs/verb.ts';
import { verbs } from '../../src/engine/verbs/verbs.ts';

/** What an API answers: the result of a verb, or why it was not asked. */
export interface Answered {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/**
 * The smallest API that there could be, on loopback: JSON `{verb, input}` comes in, the result of the verb goes out. It
 * asks for one person, in one folder and environment, none of which is of this process. Returns how it is called.
 */
export async function serveVerbs(asker: Asker): Promise<(verb: string, input?: object) => Promise<Answered>> {
  const open = new AbortController();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { verb, input } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { verb: string; input: unknown };
      const answer = (body: object): void => void response.end(JSON.stringify(body));
      perform(asker, verb, input, open.signal).then(answer, (error: unknown) =>
        answer({ kind: 'thrown', error: String(error) }),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    open.abort();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async (verb, input = {}) => {
    const body = JSON.stringify({ verb, input });
    return (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body })).json() as Promise<Answered>;
  };
}

async function perform(asker: Asker, name: string, input: unknown, signal: AbortSignal): Promise<object> {
  if (!Object.hasOwn(verbs, name)) return { kind: 'unknown-verb', name };
  const verb = (await verbs[name as keyof typeof verbs]()) as Verb<unknown, object>;
  const checked = verb.input(z).safeParse(input);
  if (!checked.success) return { kind: 'bad-input', issues: checked.error.issues.map(({ path }) => path.join('.')) };
  return verb.run(asker, checked.data, { signal });
}
