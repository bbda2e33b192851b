import type Anthropic from '@anthropic-ai/sdk';
import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Order } from '../../model/agent.ts';
import { appendConfined, PathRefused, readConfined, writeConfined } from '../../util/files/confined-file.ts';
import { tookNothing } from '../money/bill.ts';
import { agentFailed } from '../provider/agent-failed.ts';
import { CallFailed, type OpenVoice, type Voice } from '../provider/voice.ts';

/*
 * A recording is a folder with files `<unit>/<role>-<attempt>.<session>.jsonl`; each line is one reply of the model,
 * verbatim. Tool results are not recorded: on replay, the calls are executed.
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

/** Maximum bytes of a recording. */
const maxBytes = 100 * 1024 * 1024;

/** The folder of a unit's recordings; no unit is called like that of the run's own agents. */
function folderOf({ unit }: Pick<Order, 'unit'>): string {
  return unit ?? '_run';
}

function fileName(order: Pick<Order, 'unit' | 'role'>, attempt: number, session: number): string {
  return path.join(folderOf(order), `${order.role}-${attempt}.${session}.jsonl`);
}

/** A voice with recorded replies, without network or cost. Files outside of `root` are not read. */
export function replayVoice(folder: string, root = folder): OpenVoice {
  return async (order) => {
    const lines = findRecording(folder, root, order);
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
          return Promise.reject(
            silent(`the recording of ${folderOf(order)} has no reply ${turn + 1} for ${order.role}`),
          );
        return Promise.resolve({
          content: line.content as unknown as Anthropic.ContentBlock[],
          stopReason: line.stop_reason,
          ...tookNothing,
        });
      },
    };
  };
}

function silent(detail: string): CallFailed {
  return new CallFailed({ kind: 'fatal', failure: agentFailed('silent', detail) });
}

/** The recording of this session; else of the nearest earlier session, else of the nearest earlier attempt. */
function findRecording(folder: string, root: string, order: Order): readonly z.infer<typeof replySchema>[] {
  for (let attempt = order.attemptNumber; attempt >= 1; attempt--) {
    for (let session = order.sessionNumber; session >= 1; session--) {
      const file = path.join(folder, fileName(order, attempt, session));
      const bytes = readRecording(root, file);
      if (bytes === null) continue;
      return bytes
        .toString('utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line, index) => parseReply(line, `${file}:${index + 1}`));
    }
  }
  const detail = `there is no recording of ${folderOf(order)} as ${order.role} in ${folder}`;
  if (isRecordedLater(folder, order)) throw silent(detail);
  throw new CallFailed({ kind: 'fatal', failure: agentFailed('no-recording', detail) });
}

/** True if there is a recording of a later attempt. */
function isRecordedLater(folder: string, order: Order): boolean {
  const { role, attemptNumber } = order;
  const names = namesIn(path.join(folder, folderOf(order)));
  return names.some((name) => {
    const [, whose, attempt] = /^(\w+)-(\d+)\.\d+\.jsonl$/.exec(name) ?? [];
    return whose === role && Number(attempt) > attemptNumber;
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // missing, or no folder
  }
}

function readRecording(root: string, file: string): Buffer | null {
  try {
    return readConfined(root, path.relative(root, file), maxBytes);
  } catch (error) {
    if (error instanceof PathRefused) throw silent(error.message);
    throw error;
  }
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

/** Records every reply of a voice, in the format of `replayVoice`. */
export function recorded(voice: Voice, folder: string, order: Order): Voice {
  return {
    ...voice,
    async ask(request, signal, call) {
      const reply = await voice.ask(request, signal, call);
      const isFirst = !request.messages.some((message) => message.role === 'assistant');
      await record(folder, order, [{ content: reply.content, stop_reason: reply.stopReason }], isFirst);
      return reply;
    },
  };
}

/** Appends replies to the recording of a session; `isFirst` replaces the file. */
export async function record(
  folder: string,
  order: Order,
  replies: readonly { readonly content: readonly object[]; readonly stop_reason: string | null }[],
  isFirst: boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = fileName(order, order.attemptNumber, order.sessionNumber);
  const text = replies.map((reply) => `${JSON.stringify(reply)}\n`).join('');
  if (isFirst) writeConfined(folder, file, text, { isSynced: false });
  else await appendConfined(folder, file, text);
}
