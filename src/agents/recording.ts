import type Anthropic from '@anthropic-ai/sdk';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Order } from '../model/agent.ts';
import { CallFailed, type OpenVoice, type Voice } from './voice.ts';

/*
 * A recording is a folder `<unit>/<role>-<attempt>.<session>.jsonl`; each line is one reply of the model, its words
 * and tool calls as they came. Tool results are not recorded: on replay every call is really executed.
 */

const replySchema = z.object({
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.enum([
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'pause_turn',
    'refusal',
    'model_context_window_exceeded',
  ]),
});

function fileName(order: Pick<Order, 'unit' | 'role'>, attempt: number, session: number): string {
  return path.join(order.unit, `${order.role}-${attempt}.${session}.jsonl`);
}

/** A voice that speaks recorded replies, each session from its beginning; no network, and no cost. */
export function replayVoice(folder: string): OpenVoice {
  return async (order) => {
    const lines = await findRecording(folder, order);
    return {
      model: 'replay',
      contextWindow: null,
      canSearch: false,
      hearsSystem: false,
      worstCase: () => 0,
      ask(request, signal) {
        if (signal.aborted) throw new CallFailed({ kind: 'aborted' });
        const turn = request.messages.filter((message) => message.role === 'assistant').length;
        const line = lines[turn];
        if (line === undefined)
          return Promise.reject(silent(`the recording of ${order.unit} has no reply ${turn + 1} for ${order.role}`));
        return Promise.resolve({
          content: line.content as unknown as Anthropic.ContentBlock[],
          stopReason: line.stop_reason,
          inputTokens: 0,
          outputTokens: 0,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          costMicroUsd: 0,
        });
      },
    };
  };
}

function silent(detail: string): CallFailed {
  return new CallFailed({ kind: 'fatal', failure: { reason: 'agent-failed', kind: 'silent', detail } });
}

/** The recording of this session; else of the nearest earlier session, else of the nearest earlier attempt. */
async function findRecording(folder: string, order: Order): Promise<readonly z.infer<typeof replySchema>[]> {
  for (let attempt = order.attemptNumber; attempt >= 1; attempt--) {
    for (let session = order.sessionNumber; session >= 1; session--) {
      const file = path.join(folder, fileName(order, attempt, session));
      let text: string;
      try {
        text = await readFile(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        throw error;
      }
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line, index) => parseReply(line, `${file}:${index + 1}`));
    }
  }
  throw silent(`there is no recording of ${order.unit} as ${order.role} in ${folder}`);
}

function parseReply(line: string, where: string): z.infer<typeof replySchema> {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    throw silent(`${where} is not JSON`);
  }
  const parsed = replySchema.safeParse(data);
  if (!parsed.success) throw silent(`${where} is not a recorded reply: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Writes every reply of a voice into a recording, in the very form that `replayVoice` reads. */
export function recorded(voice: Voice, folder: string, order: Order): Voice {
  return {
    ...voice,
    async ask(request, signal, pass) {
      const reply = await voice.ask(request, signal, pass);
      const isFirst = !request.messages.some((message) => message.role === 'assistant');
      await record(folder, order, [{ content: reply.content, stop_reason: reply.stopReason }], isFirst);
      return reply;
    },
  };
}

/** Adds replies to the recording of a session; the first ones begin it anew. */
export async function record(
  folder: string,
  order: Order,
  replies: readonly { readonly content: readonly object[]; readonly stop_reason: string | null }[],
  isFirst: boolean,
): Promise<void> {
  const file = path.join(folder, fileName(order, order.attemptNumber, order.sessionNumber));
  await mkdir(path.dirname(file), { recursive: true });
  if (isFirst) await rm(file, { force: true });
  await appendFile(file, replies.map((reply) => `${JSON.stringify(reply)}\n`).join(''));
}
