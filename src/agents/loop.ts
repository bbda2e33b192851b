import type Anthropic from '@anthropic-ai/sdk';
import path from 'node:path';
import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import {
  addUsage,
  type AgentEmit,
  type Followup,
  noUsage,
  type Order,
  type Outcome,
  type Usage,
} from '../model/agent.ts';
import type { AgentFailed, Failure } from '../model/failure.ts';
import type { Clock } from '../util/clock.ts';
import {
  answerTools,
  blockSchema,
  definition,
  followupSchema,
  maxFollowups,
  noteSchema,
  summarySchema,
} from './answer-tools.ts';
import { longWaitMs } from './limiter.ts';
import { contextWindow } from './models.ts';
import { toolsFor } from './tools/index.ts';
import type { Tool, ToolResult } from './tools/tool.ts';
import { Transcript } from './transcript.ts';
import { CallFailed, type OpenVoice, type Reply, type Voice, type VoiceRequest } from './voice.ts';

/** What the loop needs beside its order. */
export interface LoopOptions {
  readonly openVoice: OpenVoice;
  /** Folder of the transcripts. */
  readonly sessions: string;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Failed calls in a row after which a turn is given up. */
const maxTries = 5;
/** How long to stay away when a provider names no time. */
const unknownWaitMs = 300_000;
/** Told once, when most of a cap is spent. */
const wrapUp =
  'Most of the money for this work is spent. Bring what you have to a good end now, and call finish; or call block, with what is missing.';

/**
 * The agent's loop: ask, execute the tool calls, answer them all in one message, until `finish` or `block` is called.
 * It never rejects. Tool calls are executed only when the reply ended because of them and their input has the right
 * shape: a call that was cut off by the token limit arrives looking whole.
 */
export async function runLoop(
  options: LoopOptions,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
): Promise<Outcome> {
  const deadline = AbortSignal.timeout(order.limits.timeMs);
  const ended = AbortSignal.any([signal, deadline]);
  setMaxListeners(0, ended);
  const state: State = { usage: noUsage, isTold: false, followups: [] };
  try {
    return await converse(options, order, emit, ended, state);
  } catch (error) {
    const { usage } = state;
    if (deadline.aborted && !signal.aborted)
      return failed('time', `It took longer than ${Math.round(order.limits.timeMs / 1000)} s.`, usage);
    if (signal.aborted) return failed('crashed', 'It was stopped.', usage);
    if (error instanceof CallFailed) return fromProblem(error, options.clock, usage);
    return failed('crashed', error instanceof Error ? error.message : String(error), usage);
  }
}

interface State {
  usage: Usage;
  /** True once it was told that the money runs out. */
  isTold: boolean;
  readonly followups: Followup[];
}

function failed(kind: AgentFailed['kind'], detail: string, usage: Usage): Outcome {
  return { kind: 'failed', failure: { reason: 'agent-failed', kind, detail }, usage };
}

function fromProblem(error: CallFailed, clock: Clock, usage: Usage): Outcome {
  const { problem } = error;
  switch (problem.kind) {
    case 'fatal':
      return { kind: 'failed', failure: problem.failure, usage };
    case 'limited':
    case 'transient':
      return { kind: 'limited', until: clock.now() + (problem.retryAfterMs ?? unknownWaitMs), why: problem.why, usage };
    case 'aborted':
      return failed('crashed', 'It was stopped.', usage);
  }
}

async function converse(
  options: LoopOptions,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  state: State,
): Promise<Outcome> {
  const voice = await options.openVoice(order);
  const session = order.session ?? `${order.attempt}-${order.role}-${order.sessionNumber}.jsonl`;
  const transcript = await Transcript.open(path.join(options.sessions, session), {
    isContinued: order.session !== null,
  });
  const tools = toolsFor(order.access);
  const answerSchema = order.answerSchema ?? summarySchema;
  const definitions = [...tools.map(definition), ...answerTools(answerSchema)];
  await transcript.append({ role: 'user', content: order.brief.own });
  let silent = 0;
  let cutOff = 0;

  for (let turn = 0; turn < order.limits.turns; turn++) {
    const request: VoiceRequest = {
      system: order.brief.shared,
      messages: transcript.messages,
      tools: definitions,
      effort: order.effort,
      idleMs: order.limits.idleMs,
    };
    const reply = await askWithRetries(options, voice, request, order, emit, signal, state);
    if ('reason' in reply) return { kind: 'failed', failure: reply, usage: state.usage };
    const contextTokens = reply.inputTokens + reply.cacheReadTokens + reply.cacheWriteTokens + reply.outputTokens;
    emit({ type: 'usage', usage: state.usage, contextTokens, contextWindow: contextWindow(voice.model) });
    if (reply.content.length > 0)
      await transcript.append({ role: 'assistant', content: reply.content as Anthropic.ContentBlockParam[] });
    const text = reply.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
    if (text.trim() !== '') emit({ type: 'turn', text });
    const calls = reply.content.filter((block) => block.type === 'tool_use');

    switch (reply.stopReason) {
      case 'tool_use': {
        const { results, ending } = await executeCalls(calls, tools, answerSchema, order, emit, signal, state);
        const isLate = !state.isTold && order.budget.isRunningOut();
        state.isTold ||= isLate;
        const words = [...order.takeWords().map((said) => `A person says: ${said}`), ...(isLate ? [wrapUp] : [])];
        const content = [...results, ...words.map((text) => ({ type: 'text' as const, text }))];
        await transcript.append({ role: 'user', content });
        if (ending?.kind === 'finish') {
          return { kind: 'finished', answer: ending.answer, followups: state.followups, usage: state.usage, session };
        }
        if (ending?.kind === 'block') return { kind: 'blocked', why: ending.why, usage: state.usage };
        silent = 0;
        cutOff = 0;
        continue;
      }
      case 'max_tokens': {
        if (++cutOff > 3)
          return failed('silent', 'Its replies were cut off at the token limit again and again.', state.usage);
        const say =
          'Your reply was cut off at the token limit; no tool call in it was executed. Go on in smaller steps.';
        await transcript.append({
          role: 'user',
          content: calls.length > 0 ? calls.map((call) => result(call.id, say, true)) : say,
        });
        continue;
      }
      case 'pause_turn':
        continue;
      case 'refusal':
        return failed('refused', 'The model refused.', state.usage);
      case 'model_context_window_exceeded':
        return failed('context-exceeded', 'The work does not fit into the context window.', state.usage);
      case 'end_turn':
      case 'stop_sequence':
      case null:
      default: {
        if (++silent > 2) return failed('silent', 'It stopped without calling finish or block.', state.usage);
        const say =
          'You stopped without an answer. When the work is done, call finish; when it cannot be done, call block with the reason.';
        await transcript.append({
          role: 'user',
          content: calls.length > 0 ? calls.map((call) => result(call.id, say, true)) : say,
        });
      }
    }
  }
  return failed('turn-limit', `It took more than ${order.limits.turns} turns.`, state.usage);
}

/** Asks until there is a reply, paying each try from the budget; a refused budget is a failure of the unit. */
async function askWithRetries(
  options: LoopOptions,
  voice: Voice,
  request: VoiceRequest,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  state: State,
): Promise<Reply | Failure> {
  for (let tries = 1; ; tries++) {
    const pass = await voice.enter?.(request, signal);
    const most = voice.worstCase(request);
    if (most === null && order.budget.isCapped) {
      const detail = `the price of ${voice.model} is not known, so no cap can be kept`;
      pass?.leave({ kind: 'other' });
      return { reason: 'budget-spent', scope: 'run', detail };
    }
    const reservation = order.budget.reserve(most ?? 0);
    if ('refused' in reservation) {
      const detail = 'the next call could cost more than what is left';
      pass?.leave({ kind: 'other' });
      return { reason: 'budget-spent', scope: reservation.refused, detail };
    }
    try {
      const reply = await voice.ask(request, signal, pass);
      reservation.settle(reply.costMicroUsd);
      state.usage = addUsage(state.usage, {
        inputTokens: reply.inputTokens,
        outputTokens: reply.outputTokens,
        cacheReadTokens: reply.cacheReadTokens,
        cacheWriteTokens: reply.cacheWriteTokens,
        calls: 1,
        toolCalls: 0,
        costMicroUsd: reply.costMicroUsd,
        notionalMicroUsd: 0,
      });
      return reply;
    } catch (error) {
      // A call that was refused outright cost nothing; after one that broke off nobody knows: it stays reserved.
      const problem = error instanceof CallFailed ? error.problem : null;
      if (problem?.kind === 'limited' || problem?.kind === 'fatal') reservation.settle(0);
      if (problem?.kind !== 'transient' || tries >= maxTries) throw error;
      const backoff = options.random() * Math.min(60_000, 1000 * 2 ** tries);
      const delayMs = Math.round(Math.max(problem.retryAfterMs ?? 0, backoff));
      if (delayMs > longWaitMs) throw error;
      emit({ type: 'retry', why: problem.why, delayMs });
      await options.clock.sleep(delayMs, signal);
    }
  }
}

type Ending = { readonly kind: 'finish'; readonly answer: unknown } | { readonly kind: 'block'; readonly why: string };

/** Executes the calls of one reply in their order; all results go back in one message. */
async function executeCalls(
  calls: readonly Anthropic.ToolUseBlock[],
  tools: readonly Tool[],
  answerSchema: z.ZodType,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  state: State,
): Promise<{ readonly results: Anthropic.ToolResultBlockParam[]; readonly ending: Ending | null }> {
  const results: Anthropic.ToolResultBlockParam[] = [];
  let ending: Ending | null = null;
  for (const call of calls) {
    signal.throwIfAborted();
    state.usage = { ...state.usage, toolCalls: state.usage.toolCalls + 1 };
    const tool = tools.find((candidate) => candidate.name === call.name);
    const schema =
      tool?.schema ??
      (
        { finish: answerSchema, block: blockSchema, followup: followupSchema, note: noteSchema } as Record<
          string,
          z.ZodType
        >
      )[call.name];
    const say = (summary: string, outcome: ToolResult): void => {
      emit({ type: 'tool', name: call.name, summary, isError: outcome.isError });
      results.push(result(call.id, outcome.text, outcome.isError));
    };
    if (!schema) {
      say('', { text: `There is no tool "${call.name}".`, isError: true });
      continue;
    }
    const input = schema.safeParse(call.input);
    if (!input.success) {
      say('', { text: `The input of ${call.name} does not fit:\n${z.prettifyError(input.error)}`, isError: true });
      continue;
    }
    if (tool) {
      say(tool.summary(input.data), await tool.run(input.data, { workspace: order.workspace, signal }));
    } else if (call.name === 'followup') {
      const isFull = state.followups.length >= maxFollowups;
      if (!isFull) state.followups.push(followupSchema.parse(input.data));
      say('', {
        text: isFull ? `Only ${maxFollowups} followups are taken.` : 'Noted for a person to decide.',
        isError: isFull,
      });
    } else if (call.name === 'note') {
      emit({ type: 'note', text: noteSchema.parse(input.data).text });
      say('', { text: 'The others will see it.', isError: false });
    } else {
      ending ??=
        call.name === 'finish'
          ? { kind: 'finish', answer: input.data }
          : { kind: 'block', why: blockSchema.parse(input.data).reason };
      say('', { text: 'Received.', isError: false });
    }
  }
  return { results, ending };
}

function result(id: string, text: string, isError: boolean): Anthropic.ToolResultBlockParam {
  return { type: 'tool_result', tool_use_id: id, content: text, ...(isError ? { is_error: true } : {}) };
}
