import type Anthropic from '@anthropic-ai/sdk';
import { setMaxListeners } from 'node:events';
import {
  addUsage,
  type AgentEmit,
  type Budget,
  noUsage,
  type Order,
  type Outcome,
  type Reservation,
  type Usage,
} from '../../model/agent.ts';
import type { Failure } from '../../model/failure.ts';
import type { MicroUsd } from '../../model/money.ts';
import type { Clock } from '../../util/time/clock.ts';
import { chargeOf, type Took, tookNothing } from '../money/bill.ts';
import { wrapUp } from '../words/brief.ts';
import { longWaitMs } from '../provider/limiter.ts';
import { ToolCalls, toolResult } from './tool-calls.ts';
import { Conversation } from './conversation.ts';
import { webEvents } from '../words/web.ts';
import { CallFailed, type OpenVoice, type Pass, type Reply, type Voice, type VoiceRequest } from '../provider/voice.ts';
import { failedOutcome, timeOver } from '../provider/agent-failed.ts';
import { theirError } from '../provider/their-error.ts';
import { unknownWaitMs } from '../provider/waits.ts';

export interface LoopOptions {
  readonly openVoice: OpenVoice;
  /** Folder of the transcripts. */
  readonly sessions: string;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Maximum of consecutive failed calls per turn. */
const maxTries = 5;
/** Share of the context window above which the work continues in a fresh context. */
const fullShare = 0.8;
/** Sent when the context is nearly full. */
const askForNotes =
  'Your context is nearly full, and you will go on in a fresh one. Call no tool now; write notes for yourself: what is done, what you learned, what is left, and which files matter.';

/**
 * The agent's loop: asks the model, executes its tool calls and returns their results in one message, until it calls
 * `finish` or `block`. Rejects only for errors of the machine and for bugs. Tool calls run only if the reply ended with
 * `tool_use` and their input matches the schema: a call that was cut off at the token limit arrives looking whole.
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
  const state: State = { usage: noUsage, isTold: false };
  try {
    return await converse(options, order, emit, ended, state);
  } catch (error) {
    const { usage } = state;
    if (deadline.aborted && !signal.aborted) return failedOutcome('time', timeOver(order), usage);
    if (signal.aborted) return failedOutcome('crashed', 'It was stopped.', usage);
    if (error instanceof CallFailed) return fromProblem(error, options.clock, usage);
    return failedOutcome('crashed', theirError(error), usage);
  }
}

interface State {
  usage: Usage;
  /** True once the agent was asked to wrap up. */
  isTold: boolean;
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
      return failedOutcome('crashed', 'It was stopped.', usage);
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
  const conversation = await Conversation.open(options.sessions, order);
  const tools = new ToolCalls(order, voice.canSearch, emit);
  let silent = 0;
  let cutOff = 0;
  let isAskedForNotes = false;

  for (let turn = 0; turn < order.limits.turns; turn++) {
    const request: VoiceRequest = {
      system: order.brief.shared,
      messages: conversation.messages,
      tools: tools.definitions,
      effort: order.effort,
      idleMs: order.limits.idleMs,
    };
    const reply = await askWithRetries(options, voice, request, order, emit, signal, state).catch((error: unknown) => {
      const isTooLong = error instanceof CallFailed && isContextExceeded(error);
      if (!isTooLong || !conversation.mayStartAfresh) throw error;
      return null;
    });
    if (reply === null) {
      await conversation.startAfresh(null);
      continue;
    }
    if ('reason' in reply) return { kind: 'failed', failure: reply, usage: state.usage };
    const contextTokens = reply.inputTokens + reply.cacheReadTokens + reply.cacheWriteTokens + reply.outputTokens;
    const { contextWindow: window } = voice;
    emit({ type: 'usage', usage: state.usage, contextTokens, contextWindow: window });
    if (reply.content.length > 0)
      await conversation.append({ role: 'assistant', content: reply.content as Anthropic.ContentBlockParam[] });
    const text = reply.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
    if (text.trim() !== '') emit({ type: 'turn', text });
    const seen = webEvents(reply.content);
    for (const event of seen) emit(event);
    const searches = seen.filter((event) => event.type === 'tool').length;
    const calls = reply.content.filter((block) => block.type === 'tool_use');
    const isCalling = reply.stopReason === 'tool_use';
    const toolCalls = state.usage.toolCalls + searches + (isCalling ? calls.length : 0);
    state.usage = { ...state.usage, toolCalls };
    if (isAskedForNotes) {
      isAskedForNotes = false;
      await conversation.startAfresh(text);
      continue;
    }

    switch (reply.stopReason) {
      case 'tool_use': {
        const { results, ending } = await tools.execute(calls, signal);
        const told = order.takeWords();
        // No message after the end: a repair may continue here, and a system message must not precede it.
        const goesOn = ending === null || (ending.kind === 'finish' && told.length > 0);
        const isLate = goesOn && !state.isTold && order.budget.isRunningOut();
        state.isTold ||= isLate;
        const isFull = window !== null && contextTokens > window * fullShare;
        isAskedForNotes = isFull && ending === null && conversation.mayStartAfresh;
        const words = [...told, ...(isLate ? [wrapUp] : []), ...(isAskedForNotes ? [askForNotes] : [])];
        const texts = words.map((text) => ({ type: 'text' as const, text }));
        // Text beside tool results could pass for a tool's output.
        await conversation.append({ role: 'user', content: voice.hearsSystem ? results : [...results, ...texts] });
        if (voice.hearsSystem && texts.length > 0) await conversation.append({ role: 'system', content: texts });
        if (ending?.kind === 'finish' && !goesOn) {
          return {
            kind: 'finished',
            answer: ending.answer,
            followups: tools.followups,
            usage: state.usage,
            session: conversation.session,
          };
        }
        if (ending?.kind === 'block') return { kind: 'blocked', why: ending.why, usage: state.usage };
        silent = 0;
        cutOff = 0;
        continue;
      }
      case 'max_tokens': {
        if (++cutOff > 3)
          return failedOutcome('silent', 'Its replies were repeatedly cut off at the token limit.', state.usage);
        const say =
          'Your reply was cut off at the token limit; no tool call in it was executed. Go on in smaller steps.';
        await conversation.append({
          role: 'user',
          content: calls.length > 0 ? calls.map((call) => toolResult(call.id, say, true)) : say,
        });
        continue;
      }
      case 'pause_turn':
        continue;
      case 'refusal':
        return failedOutcome('refused', 'The model refused.', state.usage);
      case 'model_context_window_exceeded':
        if (conversation.mayStartAfresh) {
          await conversation.startAfresh(null);
          continue;
        }
        return failedOutcome('context-exceeded', 'The work exceeds the context window.', state.usage);
      case 'end_turn':
      case 'stop_sequence':
      case null:
      default: {
        if (++silent > 2) return failedOutcome('silent', 'It stopped without calling finish or block.', state.usage);
        const say =
          'You stopped without an answer. When the work is done, call finish; when it cannot be done, call block with the reason.';
        await conversation.append({
          role: 'user',
          content: calls.length > 0 ? calls.map((call) => toolResult(call.id, say, true)) : say,
        });
      }
    }
  }
  return failedOutcome('turn-limit', `It took more than ${order.limits.turns} turns.`, state.usage);
}

/**
 * Asks until there is a reply, reserving the cost of each try; a refused reservation is returned as a failure. Rejects
 * with `CallFailed`.
 */
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
    const askedAt = options.clock.now();
    const pass = await voice.enter?.(request, signal);
    order.onHeld(options.clock.now() - askedAt);
    let paid: Paid | Failure | null = null;
    const account = (took: Took, calls: number): void => {
      if (paid !== null && 'reservation' in paid) paid.reservation.settle(chargeOf(took));
      state.usage = addUsage(state.usage, { ...noUsage, ...usedOf(took), calls });
    };
    let delayMs: number;
    try {
      paid = await payFor(voice, request, order.budget, { signal, pass });
      if ('reason' in paid) return paid;
      const { reservation, most } = paid;
      const onTook = (took: Took): void => reservation.settle(chargeOf(took));
      const reply = await voice.ask(request, signal, { pass, most, onTook });
      account(reply, 1);
      return reply;
    } catch (error) {
      const problem = error instanceof CallFailed ? error.problem : null;
      if (error instanceof CallFailed) account(error.took, error.took === tookNothing ? 0 : 1);
      if (problem?.kind !== 'transient' || tries >= maxTries) throw error;
      const backoff = options.random() * Math.min(60_000, 1000 * 2 ** tries);
      delayMs = Math.round(Math.max(problem.retryAfterMs ?? 0, backoff));
      if (delayMs > longWaitMs) throw error;
      emit({ type: 'retry', why: problem.why, delayMs });
    } finally {
      pass?.leave({ kind: 'other' }); // no effect if it has left
    }
    await options.clock.sleep(delayMs, signal);
    order.onHeld(delayMs);
  }
}

function usedOf(took: Took): Took {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd, possibleMicroUsd } = took;
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd, possibleMicroUsd };
}

interface Paid {
  readonly reservation: Reservation;
  readonly most: MicroUsd | null;
}

/** Reserves the worst case of a call. If a cap refuses it, the provider counts the prompt for a closer estimate. */
async function payFor(
  voice: Voice,
  request: VoiceRequest,
  budget: Budget,
  { signal, pass }: { readonly signal: AbortSignal; readonly pass: Pass | undefined },
): Promise<Paid | Failure> {
  const most = voice.worstCase(request);
  if (most === null && budget.isCapped) {
    const detail = `the price of ${voice.model} is unknown, so a cap cannot be enforced`;
    return { reason: 'budget-spent', scope: 'run', detail };
  }
  const reservation = await budget.reserve(most ?? 0);
  if (!('refused' in reservation)) return { reservation, most };
  const counted = (await voice.counted?.(request, reservation.leftMicroUsd, signal, pass)) ?? null;
  const second = counted === null ? reservation : await budget.reserve(counted);
  if (!('refused' in second)) return { reservation: second, most: counted };
  return {
    reason: 'budget-spent',
    scope: second.refused,
    detail: 'the next call could exceed the cap',
  };
}

function isContextExceeded({ problem }: CallFailed): boolean {
  return problem.kind === 'fatal' && problem.failure.kind === 'context-exceeded';
}
