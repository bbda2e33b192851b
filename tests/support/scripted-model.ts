import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Answer, type Asked, type Block, fails, reply, searched, sendModel } from './model-server.ts';

/** What the model does in one turn, whatever the tools of the agent that asks are called. */
export type Step =
  | { readonly say: string }
  | { readonly write: string; readonly content: string }
  | { readonly bash: string }
  | { readonly finish: object }
  | { readonly block: string }
  | { readonly followup: string }
  | { readonly note: string }
  /** Searches the web, in whatever way it is offered; left out where it is not. */
  | { readonly search: string }
  /** An answer as it stands, given again and again from here on. */
  | { readonly answer: Answer };

/** A stand-in for the Messages API whose model keeps to a script, for any agent: it takes the tools that it is offered. */
export interface ScriptedModel {
  readonly url: string;
  /** Requests that were steps of the script. */
  readonly asked: Asked[];
  /** Requests by which an agent had the provider search. */
  readonly searches: Asked[];
  /** Goes on with these steps. */
  play(steps: readonly Step[]): void;
}

/** A tool as an agent offers it. */
export interface Offered {
  readonly name: string;
  /** Of a tool of the provider's own. */
  readonly type?: string;
  readonly input_schema?: { readonly properties?: Readonly<Record<string, unknown>> };
}

/** Names of tools that do the same, in the agents that are tried. */
const names: Readonly<Record<string, RegExp>> = {
  read: /^(?:read|read_file|mcp__acp__Read)$/i,
  edit: /^(?:edit|replace|mcp__acp__Edit)$/i,
  glob: /^glob$/i,
  grep: /^(?:grep|search_file_content)$/i,
  write: /^(?:write|write_file|mcp__acp__Write)$/i,
  bash: /^(?:bash|run_shell_command|shell|mcp__acp__Bash)$/i,
  finish: /(?:^|_)finish$/,
  block: /(?:^|_)block$/,
  followup: /(?:^|_)followup$/,
  note: /(?:^|_)note$/,
  search: /^web_?search$/i,
};

let calls = 0;

/** A call of the offered tool that does the same as ours of this name. */
export function call(kind: string, offered: readonly Offered[], input: Readonly<Record<string, unknown>>): Block {
  const tool = offered.find(({ name }) => names[kind]?.test(name));
  const known = Object.keys(tool?.input_schema?.properties ?? {});
  const plain = (text: string): string => text.replace(/_|string$/gi, '').toLowerCase();
  const spell = (key: string): string | undefined =>
    known.find((name) => plain(name) === plain(key)) ??
    (key === 'path' ? known.find((name) => /^file_?path$/i.test(name)) : undefined);
  const spelled = Object.entries(input).flatMap(([key, value]) => {
    const name = tool && known.length > 0 ? spell(key) : key;
    return name === undefined ? [] : [[name, value]];
  });
  const described = known.includes('description') ? [['description', 'as the script says']] : [];
  return {
    type: 'tool_use',
    id: `toolu_${++calls}`,
    name: tool?.name ?? kind,
    input: Object.fromEntries([...spelled, ...described]) as object,
  };
}

/** True for a tool by which the provider itself searches. */
export function isServerSearch({ type }: Offered): boolean {
  return type?.startsWith('web_search_') ?? false;
}

function isOffered(step: Step, tools: readonly Offered[]): boolean {
  return !('search' in step) || tools.some((tool) => isServerSearch(tool) || names['search']?.test(tool.name));
}

function blockOf(step: Exclude<Step, { readonly answer: Answer }>, tools: readonly Offered[]): Block {
  if ('search' in step) return call('search', tools, { query: step.search });
  if ('say' in step) return { type: 'text', text: step.say };
  if ('write' in step) return call('write', tools, { path: step.write, content: step.content });
  if ('bash' in step) return call('bash', tools, { command: step.bash });
  if ('finish' in step) return call('finish', tools, { ...step.finish });
  if ('block' in step) return call('block', tools, { reason: step.block });
  if ('followup' in step) return call('followup', tools, { title: step.followup, criteria: ['It holds.'] });
  return call('note', tools, { text: step.note });
}

/** A stand-in for the Messages API that answers what is a turn of an agent, and side calls by itself. */
export async function openModel(
  answerTo: (body: Asked['body']) => Answer,
): Promise<{ readonly url: string; readonly asked: Asked[]; readonly searches: Asked[] }> {
  const asked: Asked[] = [];
  const searches: Asked[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path.startsWith('/v1/models/')) return sendModel(response, path);
    if (!path.startsWith('/v1/messages')) return void response.writeHead(404).end();
    const body = JSON.parse(text) as Asked['body'];
    if (path.includes('count_tokens'))
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":100}');
    // Side calls (a title for the session) come without tools.
    if (!Array.isArray(body.tools) || body.tools.length === 0)
      return reply([{ type: 'text', text: 'A title' }])(response);
    // So does a search by an agent whose own tool it is: it is a request with nothing but the provider's.
    if (body.tools.every(isServerSearch)) {
      searches.push({ path, headers: request.headers, body });
      return reply([...searched('side call'), { type: 'text', text: 'Found.' }])(response);
    }
    asked.push({ path, headers: request.headers, body });
    answerTo(body)(response);
  };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => answer(request, response, text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, searches };
}

/** A model that plays these steps. */
export async function scriptedModel(steps: readonly Step[]): Promise<ScriptedModel> {
  let script = [...steps];
  const model = await openModel(({ tools }) => {
    script = script.slice(script.findIndex((one) => isOffered(one, tools)));
    const step = script[0];
    if (step === undefined) return fails(400, 'invalid_request_error', 'the script is at its end');
    if ('answer' in step) return step.answer;
    script.shift();
    // A model whose provider searched goes on by itself, or pauses.
    if ('search' in step && tools.some(isServerSearch)) return reply(searched(step.search), 'pause_turn');
    return reply([blockOf(step, tools)]);
  });
  return { ...model, play: (more) => void (script = [...more]) };
}
