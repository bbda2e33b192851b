// An agent over ACP that says and does something several times a second, for some seconds; then it writes the file that
// its brief asks for. Each time makes two events.
// node bench/support/busy-agent.ts SECONDS TIMES-A-SECOND
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const [seconds = 0, rate = 0] = process.argv.slice(2).map(Number);

interface Request {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly cwd?: string; readonly prompt?: readonly { readonly text?: string }[] };
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function update(one: object): void {
  send({ method: 'session/update', params: { sessionId: 's', update: one } });
}

let folder = process.cwd();

async function work(brief: string): Promise<void> {
  const begun = performance.now();
  for (let step = 0; performance.now() - begun < seconds * 1000; step++) {
    update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `Step ${step}: reading on.` } });
    const call = { toolCallId: `t${step}`, title: `node --test tests/part-${step % 17}.test.mjs`, kind: 'execute' };
    update({ sessionUpdate: 'tool_call', ...call, status: 'completed' });
    await delay(Math.max(0, begun + ((step + 1) * 1000) / rate - performance.now()));
  }
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'Done.' } });
  writeFileSync(path.join(folder, /u\d+\.txt/.exec(brief)?.[0] ?? 'unknown.txt'), 'done\n');
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line) as Request;
  if (method === 'initialize') send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  else if (method === 'session/new') {
    folder = params?.cwd ?? folder;
    send({ id, result: { sessionId: 's' } });
  } else if (method === 'session/prompt') {
    await work((params?.prompt ?? []).map(({ text = '' }) => text).join('\n'));
    send({ id, result: { stopReason: 'end_turn' } });
  }
}
