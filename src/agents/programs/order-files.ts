import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { AgentEmit, Followup, Order } from '../../model/agent.ts';
import { giveFile, newFolder, readPlain } from '../tools/scratch.ts';
import { answerTools, followupSchema, noteSchema } from '../tools/answer-tools.ts';

const maxBytes = 1024 * 1024;
const maxNotes = 20;

/** A file of the user's home for the agent, such as a login. */
export interface Exposed {
  readonly from: string;
  readonly to: string;
}

/** The files in the box's scratch folder through which a program receives an order and answers it. */
export interface OrderFiles {
  /** The paths inside the box: `BACKLOG_BRIEF`, `BACKLOG_ANSWER`, `BACKLOG_OUTBOX`. */
  readonly env: Readonly<Record<string, string>>;
  /** Lays out the MCP server with the answer tools; returns its command, as seen inside. */
  server(): Promise<{
    readonly command: string;
    readonly args: string[];
    readonly env: Readonly<Record<string, string>>;
  }>;
  /** Adds a file, owned by the user that runs commands; returns its path inside. */
  add(name: string, text: string): Promise<string>;
  /** The answer in the answer file, else in `text`, its last message; or what is wrong with it. */
  answer(text: string): Promise<{ readonly answer: unknown } | { readonly problem: string }>;
  /** True if the answer file exists. */
  hasAnswer(): Promise<boolean>;
  /** Reads the outbox and emits its notes; invalid lines are skipped. */
  outbox(emit: AgentEmit): Promise<{ readonly followups: Followup[]; readonly blocked: string | null }>;
}

// Programs that only propose followups may omit the kind.
const outboxLine = z.union([
  z.object({ kind: z.literal('block'), reason: z.string().min(1) }),
  noteSchema.extend({ kind: z.literal('note') }),
  followupSchema.extend({ kind: z.literal('followup').default('followup') }),
]);

/** Lays out the files of an order and copies exposed files into the home of its box. Rejects if one cannot be read. */
export async function layOut(order: Order, exposed: readonly Exposed[]): Promise<OrderFiles> {
  const { workspace } = order;
  const folder = await newFolder(workspace, `order-${order.role}-${order.sessionNumber}`);
  const file = (name: string): string => path.join(folder, name);
  // By the name in the handle: the resolved folder may have another one.
  const called = (name: string): string => workspace.inside(path.join(workspace.scratch, path.basename(folder), name));
  const env = {
    BACKLOG_BRIEF: called('brief.md'),
    BACKLOG_ANSWER: called('answer'),
    BACKLOG_OUTBOX: called('outbox.jsonl'),
  };
  await writeFile(file('brief.md'), `${order.brief.shared}\n\n${order.brief.own}`);
  await writeFile(file('outbox.jsonl'), '');
  await workspace.own([file('brief.md'), file('outbox.jsonl')]);
  const left = async (name: string): Promise<string | null> => readPlain(folder, name, maxBytes);
  await expose(exposed, order);
  return {
    env,
    async server() {
      const tools = answerTools(order.answerSchema).map(({ name, description, input_schema: inputSchema }) => ({
        name,
        description,
        inputSchema,
      }));
      await writeFile(file('tools.json'), JSON.stringify(tools));
      await copyFile(serverFile(), file('mcp.mjs'));
      await workspace.own([file('tools.json'), file('mcp.mjs')]);
      return {
        command: workspace.node,
        args: [called('mcp.mjs')],
        env: { ...env, BACKLOG_TOOLS: called('tools.json') },
      };
    },
    async add(name, text) {
      await writeFile(file(name), text);
      await workspace.own([file(name)]);
      return called(name);
    },
    hasAnswer: async () => (await left('answer')) !== null,
    answer: async (text) => fit(order.answerSchema, await left('answer'), text),
    async outbox(emit) {
      const lines = ((await left('outbox.jsonl')) ?? '').split('\n').flatMap((line) => {
        try {
          return [outboxLine.parse(JSON.parse(line))];
        } catch {
          return [];
        }
      });
      const notes = lines.flatMap((line) => (line.kind === 'note' ? [line.text] : []));
      for (const text of notes.slice(0, maxNotes)) emit({ type: 'note', text });
      const followups = lines.flatMap((line) =>
        line.kind === 'followup' ? [{ title: line.title, criteria: line.criteria }] : [],
      );
      const block = lines.find((line) => line.kind === 'block');
      return { followups, blocked: block?.reason ?? null };
    },
  };
}

async function expose(exposed: readonly Exposed[], { workspace }: Pick<Order, 'workspace'>): Promise<void> {
  for (const { from, to } of exposed) await giveFile(workspace, path.join('home', to), await readFile(from));
}

function fit(
  schema: Order['answerSchema'],
  written: string | null,
  said: string,
): { readonly answer: unknown } | { readonly problem: string } {
  const data = asJson(written ?? said);
  if (schema === null) {
    const summary = typeof data === 'object' && data !== null && 'summary' in data ? data.summary : null;
    return { answer: { summary: typeof summary === 'string' ? summary : (written ?? said) } };
  }
  if (written === null && data === null) return { problem: 'It ended without an answer.' };
  // Plain text becomes the answer.
  const parsed = schema.safeParse(data ?? { answer: written });
  return parsed.success
    ? { answer: parsed.data }
    : { problem: `Its answer does not match the schema: ${z.prettifyError(parsed.error)}` };
}

/** The JSON object in a text, possibly in a Markdown fence; null for none. */
function asJson(text: string): object | null {
  try {
    const data: unknown = JSON.parse(/^```(?:json)?\n([\s\S]*)\n```$/.exec(text.trim())?.[1] ?? text);
    return typeof data === 'object' ? data : null;
  } catch {
    return null;
  }
}

/** The bundled MCP server: beside the main bundle, or in `dist`. */
function serverFile(): string {
  const candidates = ['mcp.mjs', '../mcp.mjs', '../../../dist/mcp.mjs'];
  const found = candidates.map((name) => path.join(import.meta.dirname, name)).find((name) => existsSync(name));
  if (found === undefined) throw new Error(`Internal error: no MCP server beside ${import.meta.dirname}`);
  return found;
}
