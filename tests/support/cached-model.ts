import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Tokens of all calls, by how they were billed. */
export interface Billed {
  input: number;
  write: number;
  read: number;
  output: number;
  /** Milliseconds from each request to the end of its answer. */
  busyMs: number;
  /** Calls that wrote the shared beginning: tools and system. */
  sharedWrites: number;
}

interface Body {
  readonly system: readonly { readonly text: string; readonly cache_control?: object }[];
  readonly tools: readonly unknown[];
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly cache_control?: object;
}

const tokensOf = (value: unknown): number => Math.ceil(JSON.stringify(value).length / 4);
/** Positions that the provider looks back from a breakpoint for an entry. */
const lookback = 20;

/**
 * A stand-in for the Messages API with a prompt cache as documented: a prefix up to a breakpoint is written by the call
 * that brings it, can be read once the answer of that call has begun, and is found from a later breakpoint by looking
 * back twenty positions. The model calls `bash` for `turns` turns, then `finish`.
 */
export async function cachedModel(options: {
  readonly turns: number;
  /** Milliseconds until an answer begins, and until it is over. */
  readonly firstMs: number;
  readonly wholeMs: number;
  /** Of the command that each turn runs. */
  readonly command: string;
  /** Characters that each turn says. */
  readonly saysChars: number;
}): Promise<{ readonly url: string; readonly billed: Billed; readonly close: () => Promise<void> }> {
  const cache = new Set<string>();
  const billed: Billed = { input: 0, write: 0, read: 0, output: 0, busyMs: 0, sharedWrites: 0 };

  async function answer(body: Body, response: ServerResponse): Promise<void> {
    // Positions of the prompt, each with the digest of everything up to it.
    const hash = createHash('sha256');
    const positions = [[body.tools, body.system.map(({ text }) => text)], ...body.messages].map((part) => {
      hash.update(JSON.stringify(part));
      return { tokens: tokensOf(part), digest: hash.copy().digest('hex') };
    });
    const last = positions.length - 1;
    const breakpoints = [
      ...(body.system.some((block) => block.cache_control) ? [0] : []),
      ...(body.cache_control ? [last] : []),
    ];
    const found = breakpoints.flatMap((at) =>
      positions.flatMap(({ digest }, index) =>
        index <= at && index > at - lookback && cache.has(digest) ? [index] : [],
      ),
    );
    const readTo = Math.max(-1, ...found);
    const writeTo = Math.max(-1, ...breakpoints);
    const sum = (from: number, to: number): number =>
      positions.slice(from, to).reduce((total, { tokens }) => total + tokens, 0);
    const usage = {
      input_tokens: sum(Math.max(readTo, writeTo) + 1, positions.length),
      cache_read_input_tokens: sum(0, readTo + 1),
      cache_creation_input_tokens: writeTo > readTo ? sum(readTo + 1, writeTo + 1) : 0,
      output_tokens: Math.ceil(options.saysChars / 4),
    };
    billed.input += usage.input_tokens;
    billed.read += usage.cache_read_input_tokens;
    billed.write += usage.cache_creation_input_tokens;
    billed.output += usage.output_tokens;
    if (readTo < 0) billed.sharedWrites++;
    await delay(options.firstMs);
    const send = (event: { readonly type: string; readonly [key: string]: unknown }): void =>
      void response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    for (const at of breakpoints) cache.add(positions[at]?.digest ?? ''); // from here on it can be read
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const head = {
      id: `msg_${billed.output}`,
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-5-5',
      content: [],
    };
    send({ type: 'message_start', message: { ...head, stop_reason: null, stop_sequence: null, usage } });
    const said = body.messages.filter(({ role }) => role === 'assistant').length;
    const isLast = said >= options.turns - 1;
    const text = 'x'.repeat(Math.max(1, options.saysChars - 100));
    const [name, input] = isLast ? ['finish', { summary: 'Done.' }] : ['bash', { command: options.command }];
    send({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    send({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
    send({ type: 'content_block_stop', index: 0 });
    send({
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: `toolu_${said}`, name, input: {} },
    });
    const json = JSON.stringify(input);
    send({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: json } });
    send({ type: 'content_block_stop', index: 1 });
    await delay(options.wholeMs - options.firstMs);
    send({ type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage });
    send({ type: 'message_stop' });
    response.end();
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const began = performance.now();
      response.on('finish', () => (billed.busyMs += performance.now() - began));
      answer(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body, response).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    billed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
