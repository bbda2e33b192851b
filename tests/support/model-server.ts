import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as the stand-in got it. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly tools: readonly { readonly name: string }[];
    readonly [key: string]: unknown;
  };
}

export type Block =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_use';
      readonly id?: string;
      readonly name: string;
      readonly input: object;
      readonly rawInput?: string;
    }
  /** A block that comes as a whole: what the provider's own tools did. */
  | {
      readonly type: 'server_tool_use' | 'web_search_tool_result' | 'web_fetch_tool_result';
      readonly [key: string]: unknown;
    };

export type Answer = (response: ServerResponse) => void;

/**
 * A stand-in for the Messages API on loopback that speaks its true protocol: server-sent events in their order. Each
 * request takes the next answer; what was asked is kept.
 */
/** Says what the Models API says of a model: that its provider searches the web for it, and nothing else. */
export function sendModel(response: ServerResponse, path: string): void {
  const id = /[^/?]+(?=\?|$)/.exec(path)?.[0];
  const never = { deprecated_at: null, retires_at: null, lifecycle: 'active', line: null };
  const yes = { supported: true };
  const capabilities = { server_tools: { ...yes, web_search: yes, code_execution: yes } };
  const sizes = { max_input_tokens: null, max_tokens: null };
  const model = {
    id,
    type: 'model',
    display_name: id,
    created_at: '2026-01-01T00:00:00Z',
    ...never,
    ...sizes,
    capabilities,
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(model));
}

export async function modelServer(
  answers: readonly Answer[],
): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      if (request.method === 'GET') return sendModel(response, request.url ?? '');
      asked.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(body) as Asked['body'] });
      const answer = answers[asked.length - 1];
      models.set(response, asked.at(-1)?.body.model ?? '');
      if (answer) answer(response);
      else
        response
          .writeHead(400)
          .end(
            JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'no answer is left' } }),
          );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export const usage = {
  input_tokens: 100,
  output_tokens: 10,
  cache_creation_input_tokens: 1000,
  cache_read_input_tokens: 2000,
};

function send(response: ServerResponse, event: { readonly type: string; readonly [key: string]: unknown }): void {
  response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

let messages = 0;
/** The model that each answer is asked of. */
const models = new WeakMap<ServerResponse, string>();

function begin(response: ServerResponse, used: typeof usage = usage): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_1' });
  const message = {
    id: `msg_${++messages}`, // agents keep replies apart by it
    type: 'message',
    role: 'assistant',
    model: models.get(response) || 'claude-opus-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...used, output_tokens: 1 },
  };
  send(response, { type: 'message_start', message });
}

function blocks(response: ServerResponse, content: readonly Block[]): void {
  for (const [index, block] of content.entries()) {
    if (block.type === 'text') {
      send(response, { type: 'content_block_start', index, content_block: { type: 'text', text: '' } });
      send(response, { type: 'content_block_delta', index, delta: { type: 'text_delta', text: block.text } });
    } else if (block.type !== 'tool_use') {
      send(response, { type: 'content_block_start', index, content_block: block });
    } else {
      send(response, {
        type: 'content_block_start',
        index,
        content_block: {
          type: 'tool_use',
          id: block.id ?? `toolu_${index}_${block.name}`,
          name: block.name,
          input: {},
        },
      });
      const json = block.rawInput ?? JSON.stringify(block.input);
      for (let at = 0; at < json.length; at += 20) {
        send(response, {
          type: 'content_block_delta',
          index,
          delta: { type: 'input_json_delta', partial_json: json.slice(at, at + 20) },
        });
      }
    }
    send(response, { type: 'content_block_stop', index });
  }
}

/** A whole reply; `used` are the tokens of it. */
export function reply(content: readonly Block[], stopReason?: string, used: typeof usage = usage): Answer {
  const reason = stopReason ?? (content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn');
  const searches = content.filter(({ type }) => type === 'web_search_tool_result').length;
  return (response) => {
    begin(response, used);
    blocks(response, content);
    send(response, {
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: {
        output_tokens: usage.output_tokens,
        ...(searches > 0 ? { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } } : {}),
      },
    });
    send(response, { type: 'message_stop' });
    response.end();
  };
}

let searches = 0;

/** What a provider's search brings, for whoever asks for it. */
export const found = { url: 'https://found.example/a', title: 'A page' } as const;

/** A search that the provider made while it answered, and what it brought. */
export function searched(query: string): Block[] {
  const id = `srvtoolu_${++searches}`;
  const page = { type: 'web_search_result', ...found, encrypted_content: 'x', page_age: null };
  const direct = { caller: { type: 'direct' } };
  return [
    { type: 'server_tool_use', id, name: 'web_search', input: { query }, ...direct },
    { type: 'web_search_tool_result', tool_use_id: id, content: [page], ...direct },
  ];
}

/** An error instead of a stream. */
export function fails(
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_2' }));
  };
}

/** An answer of whoever is no provider. */
export function sends(status: number, type: string, text: string): Answer {
  return (response) => void response.writeHead(status, { 'content-type': type }).end(text);
}

/** A stream that brings nothing but an error. */
export function errorAtOnce(type: string): Answer {
  const data = JSON.stringify({ type: 'error', error: { type, message: 'no' } });
  return sends(200, 'text/event-stream', `event: error\ndata: ${data}\n\n`);
}

/** A page to log in. */
export const loginPage = '<!doctype html>\n<title>Sign in</title>\n';

/** A stream that breaks off in the middle of a block. */
export const cutStream: Answer = (response) => {
  begin(response);
  send(response, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  response.end();
};

/** A stream that brings an error event. */
export function errorInStream(type: string): Answer {
  return (response) => {
    begin(response);
    send(response, { type: 'error', error: { type, message: 'Overloaded' } });
    response.end();
  };
}

/** A stream that begins and then says nothing more. */
export const stalledStream: Answer = (response) => {
  begin(response);
};

/** A reply that brings nothing but signs of life for a while: so many, so many milliseconds apart. */
export function pinging(times: number, everyMs: number): Answer {
  return (response) => {
    begin(response);
    let left = times;
    const timer = setInterval(() => {
      send(response, { type: 'ping' });
      if (--left > 0) return;
      clearInterval(timer);
      blocks(response, [{ type: 'text', text: 'I thought for long.' }]);
      send(response, { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage });
      send(response, { type: 'message_stop' });
      response.end();
    }, everyMs);
    response.once('close', () => clearInterval(timer));
  };
}
