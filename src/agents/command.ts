import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  type Agent,
  type AgentEmit,
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
  readonly clock: Clock;
}): Agent {
  return {
    name: options.name,
    abilities: { resume: false, structuredAnswers: true, reportsCost: options.costUsd !== null },
    work: (order, emit, signal) => work(options, order, emit, signal),
  };
}

async function work(
  options: { readonly command: string; readonly costUsd: number | null; readonly clock: Clock },
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
): Promise<Outcome> {
  const cost = options.costUsd === null ? null : fromUsd(options.costUsd);
  const usage: Usage = { ...noUsage, calls: 1, costMicroUsd: cost };
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
        detail: 'the cost of this command is not known; give "costUsd" for its agent',
      },
      usage: noUsage,
    };
  }
  const reservation = order.budget.reserve(cost ?? 0);
  if (!reservation)
    return {
      kind: 'failed',
      failure: { reason: 'budget-spent', detail: 'another attempt could cost more than what is left' },
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
    const result = await order.workspace.exec(options.command, {
      timeoutMs: order.limits.timeMs,
      input: text,
      signal,
      env: {
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
