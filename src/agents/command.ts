import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  type Agent,
  type AgentEmit,
  type ExecOptions,
  type Followup,
  noUsage,
  type Order,
  type Outcome,
  type Usage,
} from '../model/agent.ts';
import type { AgentFailed } from '../model/failure.ts';
import { fromUsd } from '../model/money.ts';
import type { Clock } from '../util/clock.ts';
import { printableLine } from '../util/terminal.ts';
import { type ModelProxyOptions, openModelProxy } from './model-proxy.ts';

/** Exit codes that mean something else than success or failure. */
const blockedExit = 77;
const laterExit = 75;
/** How long "try later" is taken to mean. */
const laterMs = 60_000;
const maxAnswerBytes = 1024 * 1024;

const followupLine = z.object({
  title: z.string().min(1).max(200),
  criteria: z.array(z.string().min(1)).max(20).default([]),
});

/**
 * Any program as an agent. It runs in the workspace with the brief on standard input, and answers by its exit code:
 * 0 finished, 77 blocked (the reason is its last line of output), 75 try later, anything else failed.
 */
export function commandAgent(options: {
  readonly name: string;
  readonly command: string;
  readonly costUsd: number | null;
  /** True: its price is part of a subscription, told as notional and counted nowhere. */
  readonly isSubscription: boolean;
  readonly clock: Clock;
  /** The model that it may use through a proxy; null for none. */
  readonly api: CommandApi | null;
  /** Files that are copied into its home: where from, absolute, and where to, relative to it. */
  readonly exposed: readonly Exposed[];
}): Agent {
  return {
    name: options.name,
    abilities: {
      resume: false,
      structuredAnswers: true,
      reportsCost: options.costUsd !== null || options.api !== null,
    },
    work: (order, emit, signal) => work(options, order, emit, signal),
    pausedUntil: () => {
      const { api } = options;
      const times = (api?.models ?? []).map((model) => api?.limiterOf(model).pausedUntil ?? 0);
      const until = times.length === 0 ? 0 : Math.min(...times); // one that may be used is enough
      return until === 0 ? null : until;
    },
  };
}

/** A file of the user's home that an agent is given, e.g. a login. */
export interface Exposed {
  readonly from: string;
  readonly to: string;
}

/** A model that a command may use: without its key, and with nothing but these requests. */
export type CommandApi = Pick<ModelProxyOptions, 'upstream' | 'apiKey' | 'models' | 'maxTokens' | 'limiterOf'>;

/** Where the model is inside of a box. */
const modelPort = 8080;

/** Lets a command that uses a model work beside a proxy for it; its usage is what the proxy counted. */
async function work(options: CommandOptions, order: Order, emit: AgentEmit, signal: AbortSignal): Promise<Outcome> {
  if (options.api === null) return workWith(options, order, emit, signal, {});
  const { hasDoors, tier } = order.workspace;
  if (!hasDoors && tier !== 'none') {
    const detail = `a model can be reached from tier strict only, and this is tier ${tier}`;
    return { kind: 'failed', failure: { reason: 'agent-failed', kind: 'provider', detail }, usage: noUsage };
  }
  const { budget } = order;
  const proxy = await openModelProxy({ ...options.api, budget, listen: hasDoors ? 'socket' : 'port' });
  try {
    const env = {
      ANTHROPIC_BASE_URL: hasDoors ? `http://127.0.0.1:${modelPort}` : proxy.at,
      ANTHROPIC_API_KEY: proxy.key, // stands in for the real one, which is added outside
    };
    const doors = hasDoors ? [{ port: modelPort, socket: proxy.at }] : [];
    const outcome = await workWith({ ...options, costUsd: 0 }, order, emit, signal, { env, doors });
    for (const why of proxy.refused) emit({ type: 'turn', text: `refused by the model's proxy: ${why}` });
    const usage: Usage = { ...proxy.usage(), toolCalls: 0, notionalMicroUsd: 0 };
    const spent = proxy.spent();
    if (spent !== null) return { kind: 'failed', failure: { reason: 'budget-spent', ...spent }, usage };
    return { ...outcome, usage };
  } finally {
    await proxy.close();
  }
}

interface CommandOptions {
  readonly command: string;
  readonly costUsd: number | null;
  /** True: its price is part of a subscription, told as notional and counted nowhere. */
  readonly isSubscription: boolean;
  readonly clock: Clock;
  readonly api: CommandApi | null;
  readonly exposed: readonly Exposed[];
}

async function workWith(
  options: CommandOptions,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  more: Pick<ExecOptions, 'env' | 'doors'>,
): Promise<Outcome> {
  const price = options.costUsd === null ? null : fromUsd(options.costUsd);
  const cost = options.isSubscription ? 0 : price;
  const notionalMicroUsd = options.isSubscription ? (price ?? 0) : 0;
  const usage: Usage = { ...noUsage, calls: 1, costMicroUsd: cost, notionalMicroUsd };
  const failed = (kind: AgentFailed['kind'], detail: string): Outcome => ({
    kind: 'failed',
    failure: { reason: 'agent-failed', kind, detail },
    usage,
  });
  if (cost === null && order.budget.isCapped) {
    return {
      kind: 'failed',
      failure: {
        reason: 'budget-spent',
        scope: 'run',
        detail: 'the cost of this command is not known; give "costUsd" for its agent',
      },
      usage: noUsage,
    };
  }
  const reservation = order.budget.reserve(cost ?? 0);
  if ('refused' in reservation)
    return {
      kind: 'failed',
      failure: {
        reason: 'budget-spent',
        scope: reservation.refused,
        detail: 'another attempt could cost more than what is left',
      },
      usage: noUsage,
    };
  try {
    const files = path.join(order.workspace.scratch, `order-${order.role}-${order.sessionNumber}`);
    await rm(files, { recursive: true, force: true });
    await mkdir(files, { recursive: true });
    const [brief, answer, outbox] = [
      path.join(files, 'brief.md'),
      path.join(files, 'answer'),
      path.join(files, 'outbox.jsonl'),
    ];
    const text = `${order.brief.shared}\n\n${order.brief.own}`;
    await writeFile(brief, text);
    await writeFile(outbox, '');
    await order.workspace.own([files, brief, outbox]);
    const home = path.join(order.workspace.scratch, 'home');
    for (const { from, to } of options.exposed) {
      const file = path.join(home, to);
      await mkdir(path.dirname(file), { recursive: true });
      await copyFile(from, file);
      const above = to.split('/').map((_, index, all) => path.join(home, ...all.slice(0, index + 1)));
      await order.workspace.own(above);
    }
    const result = await order.workspace.exec(options.command, {
      timeoutMs: order.limits.timeMs,
      input: text,
      signal,
      ...(more.doors ? { doors: more.doors } : {}),
      env: {
        ...more.env,
        BACKLOG_UNIT: order.unit,
        BACKLOG_ROLE: order.role,
        BACKLOG_ATTEMPT: String(order.attemptNumber),
        ...(order.lens === null ? {} : { BACKLOG_LENS: order.lens }),
        BACKLOG_BRIEF: order.workspace.inside(brief),
        BACKLOG_ANSWER: order.workspace.inside(answer),
        BACKLOG_OUTBOX: order.workspace.inside(outbox),
      },
    });
    reservation.settle(cost);
    const lastLine = printableLine(result.output.trimEnd().split('\n').at(-1) ?? '', 500);
    if (lastLine !== '') emit({ type: 'turn', text: lastLine });
    if (result.timedOut) return failed('time', `It took longer than ${Math.round(order.limits.timeMs / 1000)} s.`);
    if (result.signal !== null) return failed('crashed', `It was killed by ${result.signal}.`);
    if (result.exitCode === blockedExit) return { kind: 'blocked', why: lastLine || 'It gave no reason.', usage };
    if (result.exitCode === laterExit)
      return {
        kind: 'limited',
        until: options.clock.now() + laterMs,
        why: lastLine || 'It asks to be tried later.',
        usage,
      };
    if (result.exitCode !== 0)
      return failed(
        'crashed',
        `It ended with exit ${result.exitCode ?? '?'}${lastLine === '' ? '.' : `: ${lastLine}`}`,
      );
    const parsed = await readAnswer(answer, order.answerSchema, lastLine);
    if ('problem' in parsed) return failed('silent', parsed.problem);
    return { kind: 'finished', answer: parsed.answer, followups: await readOutbox(outbox), usage, session: null };
  } catch (error) {
    return failed('crashed', error instanceof Error ? error.message : String(error));
  }
}

async function readSmall(file: string): Promise<string | null> {
  try {
    if ((await stat(file)).size > maxAnswerBytes) return null;
    return await readFile(file, 'utf8');
  } catch {
    return null; // it wrote none
  }
}

async function readAnswer(
  file: string,
  schema: z.ZodType | null,
  lastLine: string,
): Promise<{ readonly answer: unknown } | { readonly problem: string }> {
  const text = await readSmall(file);
  if (schema === null) return { answer: text === null ? { summary: lastLine } : { summary: text } };
  if (text === null) return { problem: 'It wrote no answer to the file that BACKLOG_ANSWER names.' };
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = null;
  }
  if (typeof data !== 'object' || data === null) data = { answer: text }; // plain text is an answer in words
  const parsed = schema.safeParse(data);
  return parsed.success
    ? { answer: parsed.data }
    : { problem: `Its answer does not fit: ${z.prettifyError(parsed.error)}` };
}

async function readOutbox(file: string): Promise<Followup[]> {
  const lines = ((await readSmall(file)) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 5).flatMap((line) => {
    try {
      return [followupLine.parse(JSON.parse(line))];
    } catch {
      return []; // a proposal that cannot be read proposes nothing
    }
  });
}
