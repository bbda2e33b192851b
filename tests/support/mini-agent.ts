// A small coding agent, to try back ends with: it talks to a model with tools `bash` and `write`, and answers as a
// program that backlog starts (`command`), or over ACP (`acp`).
import * as acp from '@agentclientprotocol/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';

interface Tool {
  readonly name: string;
  readonly input_schema: object;
}

interface Block {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  input: Record<string, unknown>;
  text: string;
  json?: string;
}

interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: unknown;
}

const strings = (...names: string[]): object => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});
const own: readonly Tool[] = [
  { name: 'bash', input_schema: strings('command') },
  { name: 'write', input_schema: strings('path', 'content') },
];

/** Runs a command; ends with its output. */
async function bash(command: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(0, 30_000)));
    child.on('error', (error) => resolve(String(error)));
    child.on('close', () => resolve(text || 'no output'));
  });
}

interface Hooks {
  readonly signal: AbortSignal;
  /** Does what the tools do that answer. */
  readonly answer: (call: Block) => Promise<string> | string;
  readonly tell?: (call: Block, status: 'pending' | 'completed') => Promise<void>;
}

async function use(call: Block, { signal, answer }: Hooks): Promise<string> {
  try {
    if (call.name === 'bash') return await bash(String(call.input['command']), signal);
    if (call.name !== 'write') return await answer(call);
    writeFileSync(String(call.input['path']), String(call.input['content']));
    return 'written';
  } catch (error) {
    return String(error);
  }
}

type StreamEvent =
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: Block }
  | {
      readonly type: 'content_block_delta';
      readonly index: number;
      readonly delta: { readonly text?: string; readonly partial_json?: string };
    }
  | { readonly type: 'message_stop' };

async function ask(messages: readonly Message[], tools: readonly Tool[], signal: AbortSignal): Promise<Block[]> {
  const response = await fetch(`${process.env['ANTHROPIC_BASE_URL']}/v1/messages`, {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': process.env['ANTHROPIC_API_KEY'] ?? '',
    },
    body: JSON.stringify({ model: 'claude-opus-5-5', max_tokens: 1000, stream: true, messages, tools }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  const content: Block[] = [];
  let isWhole = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('data:')) continue;
    const event = JSON.parse(line.slice(5)) as StreamEvent;
    if (event.type === 'message_stop') isWhole = true;
    else if (event.type === 'content_block_start') content[event.index] = { ...event.content_block, json: '' };
    else if (event.type === 'content_block_delta') {
      const block = content[event.index];
      if (!block) throw new Error('a delta of nothing');
      if (event.delta.text !== undefined) block.text += event.delta.text;
      block.json += event.delta.partial_json ?? '';
    }
  }
  if (!isWhole) throw new Error('the stream broke off');
  return content.map(({ json, ...block }) =>
    block.type === 'tool_use' ? { ...block, input: JSON.parse(json || '{}') as Block['input'] } : block,
  );
}

/** Asks and does until the model says something without a tool: its last words. */
async function converse(messages: Message[], tools: readonly Tool[], hooks: Hooks): Promise<string> {
  for (;;) {
    const content = await ask(messages, tools, hooks.signal);
    messages.push({ role: 'assistant', content });
    const calls = content.filter((block) => block.type === 'tool_use');
    if (calls.length === 0) return content.map((block) => block.text).join('\n');
    const results: object[] = [];
    for (const call of calls) {
      await hooks.tell?.(call, 'pending');
      const text = await use(call, hooks);
      hooks.signal.throwIfAborted();
      await hooks.tell?.(call, 'completed');
      results.push({ type: 'tool_result', tool_use_id: call.id, content: text });
    }
    messages.push({ role: 'user', content: results });
  }
}

async function asCommand(): Promise<void> {
  const { BACKLOG_ANSWER = '', BACKLOG_OUTBOX = '' } = process.env;
  const named = ['finish', 'block', 'followup', 'note'].map((name) => ({ name, input_schema: { type: 'object' } }));
  const answer = ({ name, input }: Block): string => {
    if (name === 'finish') writeFileSync(BACKLOG_ANSWER, JSON.stringify(input));
    else appendFileSync(BACKLOG_OUTBOX, `${JSON.stringify({ ...input, kind: name })}\n`);
    return 'Received.';
  };
  const messages: Message[] = [{ role: 'user', content: readFileSync(0, 'utf8') }];
  const hooks = { signal: new AbortController().signal, answer };
  process.stdout.write(`${await converse(messages, [...own, ...named], hooks)}\n`);
}

interface Session {
  readonly messages: Message[];
  readonly tools: readonly Tool[];
  readonly clients: ReadonlyMap<string, Client>;
  readonly stop: AbortController;
}

async function openSession(servers: readonly acp.McpServer[]): Promise<Session> {
  const clients = new Map<string, Client>();
  const tools = [...own];
  for (const server of servers) {
    if (!('command' in server)) continue;
    const client = new Client({ name: 'mini', version: '1' });
    const env = Object.fromEntries(server.env.map(({ name, value }) => [name, value]));
    await client.connect(new StdioClientTransport({ command: server.command, args: server.args, env }));
    for (const { name, inputSchema } of (await client.listTools()).tools) {
      tools.push({ name, input_schema: inputSchema });
      clients.set(name, client);
    }
  }
  return { messages: [], tools, clients, stop: new AbortController() };
}

function asAcp(): void {
  const sessions = new Map<string, Session>();
  acp
    .agent({ name: 'mini' })
    .onRequest('initialize', () => ({ protocolVersion: 1, agentInfo: { name: 'mini', version: '1' } }))
    .onRequest('session/new', async ({ params }) => {
      const sessionId = String(sessions.size);
      sessions.set(sessionId, await openSession(params.mcpServers));
      return { sessionId };
    })
    .onRequest('session/prompt', async ({ params, client }) => {
      const { sessionId } = params;
      const session = sessions.get(sessionId);
      if (!session) throw new Error('no such session');
      const update = async (one: acp.SessionUpdate): Promise<void> =>
        client.notify('session/update', { sessionId, update: one });
      const text = params.prompt.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
      session.messages.push({ role: 'user', content: text });
      try {
        const said = await converse(session.messages, session.tools, {
          signal: session.stop.signal,
          async answer({ name, input }) {
            const done = await session.clients.get(name)?.callTool({ name, arguments: input });
            return done ? JSON.stringify(done.content) : `There is no tool ${name}.`;
          },
          tell: async ({ id, name }, status) =>
            status === 'pending'
              ? update({ sessionUpdate: 'tool_call', toolCallId: id, title: name, kind: 'execute', status })
              : update({ sessionUpdate: 'tool_call_update', toolCallId: id, status }),
        });
        await update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: said } });
        return { stopReason: 'end_turn' };
      } catch (error) {
        if (session.stop.signal.aborted) return { stopReason: 'cancelled' };
        throw error;
      }
    })
    .onNotification('session/cancel', ({ params }) => {
      sessions.get(params.sessionId)?.stop.abort();
    })
    .connect(
      acp.ndJsonStream(
        Writable.toWeb(process.stdout),
        Readable.toWeb(process.stdin) as unknown as ReadableStream<Uint8Array>,
      ),
    );
}

if (process.argv[2] === 'acp') asAcp();
else {
  await asCommand().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
}
