// What an agent in a box answers through, as an MCP server over standard input and output. It runs beside the agent,
// inside of the box, so nothing that it writes is trusted more than the agent itself: whoever gave the order reads the
// answer and the outbox from outside, and checks both.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const { BACKLOG_ANSWER: answer = '', BACKLOG_OUTBOX: outbox = '', BACKLOG_TOOLS: toolsFile = '' } = process.env;

/** The tools as whoever gave the order described them. */
const tools = JSON.parse(readFileSync(toolsFile, 'utf8')) as Tool[];

const server = new Server({ name: 'backlog', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
  const tool = tools.find(({ name }) => name === params.name);
  const missing = (tool?.inputSchema.required ?? []).filter((name) => !(name in (params.arguments ?? {})));
  const say = (text: string, isError: boolean): object => ({ content: [{ type: 'text', text }], isError });
  if (!tool) return say(`There is no tool "${params.name}".`, true);
  if (missing.length > 0) return say(`Missing: ${missing.join(', ')}.`, true);
  if (tool.name === 'finish') writeFileSync(answer, JSON.stringify(params.arguments));
  else appendFileSync(outbox, `${JSON.stringify({ ...params.arguments, kind: tool.name })}\n`);
  return say('Received.', false);
});
await server.connect(new StdioServerTransport());
