import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Asked, Block } from './model-server.ts';
import { reply } from './model-server.ts';
import { call, type Offered, openModel } from './scripted-model.ts';

interface Recorded {
  readonly content: readonly (
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'tool_use'; readonly name: string; readonly input: Record<string, unknown> }
  )[];
}

/** True when what was answered last is nothing but `finish`: an agent by itself then lets the model say good-bye. */
function isOver(messages: Asked['body']['messages'], offered: readonly Offered[]): boolean {
  const said = messages.findLast(({ role }) => role === 'assistant');
  const last = messages.at(-1);
  const calls = (Array.isArray(said?.content) ? said.content : []) as { readonly name?: string }[];
  const results = (Array.isArray(last?.content) ? last.content : []) as { readonly type: string }[];
  const isAnswered = last?.role === 'user' && results.every(({ type }) => type === 'tool_result');
  return (
    isAnswered && calls.some(({ name }) => name !== undefined && /(?:^|_)finish$/.test(name)) && offered.length > 0
  );
}

/**
 * A stand-in for the Messages API whose model says what was recorded for a unit, in the tools of whoever asks. The unit
 * is the one whose brief is in the conversation.
 */
export async function recordedModel(recordings: string): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  return openModel((body) => {
    const { messages, tools } = body;
    if (isOver(messages, tools)) return reply([{ type: 'text', text: 'That is all.' }]);
    const text = JSON.stringify([body['system'], messages]);
    const unit = /# [^#\n]*? \(([a-z0-9.-]+)\)\\n/.exec(text)?.[1] ?? 'unknown';
    const role = /You are the (builder|debugger|researcher|reviewer)/.exec(text)?.[1] ?? 'unknown';
    const session = text.includes('Look first for ways to be green') ? 2 : 1;
    const replies = role === 'debugger' ? second(recordings, unit) : read(recordings, unit, `${role}-1.${session}`);
    const turn = messages.filter(
      (message) => message.role === 'assistant' && JSON.stringify(message.content).includes('"tool_use"'),
    ).length;
    const next = replies[turn];
    if (!next) return reply([{ type: 'text', text: 'There is nothing more.' }]);
    return reply(
      next.content.map((block): Block => (block.type === 'text' ? block : call(block.name, tools, block.input))),
    );
  });
}

function read(recordings: string, unit: string, name: string): Recorded[] {
  const text = readFileSync(path.join(recordings, unit, `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
}

/** What a builder does once its first answer was not accepted, by somebody who was not there: who reads first. */
function second(recordings: string, unit: string): Recorded[] {
  const replies = read(recordings, unit, 'builder-1.1');
  const calls = ({ content }: Recorded): readonly Extract<Recorded['content'][number], { type: 'tool_use' }>[] =>
    content.filter((block) => block.type === 'tool_use');
  const first = replies.findIndex((one) => calls(one).some(({ name }) => name === 'finish'));
  const rest = replies.slice(first + 1);
  const files = new Set(rest.flatMap(calls).flatMap(({ name, input }) => (name === 'edit' ? [input['path']] : [])));
  return [{ content: [...files].map((file) => ({ type: 'tool_use', name: 'read', input: { path: file } })) }, ...rest];
}
