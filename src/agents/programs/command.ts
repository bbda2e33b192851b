import {
  type Agent,
  type AgentEmit,
  type ExecOptions,
  type ExecResult,
  noUsage,
  type Order,
  type Outcome,
  type Usage,
} from '../../model/agent.ts';
import { isMissingExit } from '../../util/explain/missing-program.ts';
import type { Clock } from '../../util/time/clock.ts';
import { printableLine } from '../../util/text/printable.ts';
import { type ModelAccess, withModel } from '../proxy/model-access.ts';
import { explained } from './explained.ts';
import { type Exposed, layOut } from './order-files.ts';
import { payWhole } from '../money/pay-whole.ts';
import { failedOutcome, timeOver } from '../provider/agent-failed.ts';
import { theirError } from '../provider/their-error.ts';
import { unstarted } from './unstarted.ts';

/** Special exit codes. */
const blockedExit = 77;
const laterExit = 75;
/** Wait in ms for "try later". */
const laterMs = 60_000;

interface CommandOptions {
  readonly name: string;
  readonly command: string;
  readonly costUsd: number | null;
  /** True: its price is notional, covered by a subscription. */
  readonly isSubscription: boolean;
  readonly clock: Clock;
  /** The proxy's model; null for none. */
  readonly api: ModelAccess | null;
  /** Files copied into its home: `from` absolute, `to` relative to it. */
  readonly exposed: readonly Exposed[];
}

/**
 * Any program as an agent. It runs in the workspace with the brief on standard input. Exit codes: 0 finished, 77
 * blocked (the last line of output is the reason), 75 try later, others failed.
 */
export function commandAgent(options: CommandOptions): Agent {
  return {
    name: options.name,
    abilities: {
      resume: false,
      structuredAnswers: true,
      inbox: false,
      loads: [],
      reportsCost: options.costUsd !== null || options.api !== null || options.isSubscription,
      web: false,
      offers: false,
    },
    work: (order, emit, signal) => work(options, order, emit, signal),
    pausedUntil: () => {
      const { api } = options;
      const times = (api?.models ?? []).map((model) => api?.limiterOf(model).pausedUntil ?? 0);
      const until = times.length === 0 ? 0 : Math.min(...times); // one available model is enough
      return until === 0 ? null : until;
    },
  };
}

/** Runs a command, with a proxy if it uses a model; its usage is then the proxy's count. */
async function work(options: CommandOptions, order: Order, emit: AgentEmit, signal: AbortSignal): Promise<Outcome> {
  if (options.api === null)
    return payWhole(options, order, (assumed) => workWith(options, order, emit, signal, { ...assumed, calls: 1 }, {}));
  return withModel(options.api, order, emit, signal, options.clock, ({ url, key, doors }) => {
    const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key }; // a stand-in; the proxy adds the key
    return workWith(options, order, emit, signal, { ...noUsage, calls: 1 }, { env, doors });
  });
}

/** The exit code, with the error in the output. */
function endOf({ exitCode, output }: ExecResult): string {
  const why = explained(output);
  return `It exited with ${exitCode ?? '?'}${why === '' ? '.' : `: ${why}`}`;
}

async function workWith(
  options: CommandOptions,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  usage: Usage,
  more: Pick<ExecOptions, 'env' | 'doors'>,
): Promise<Outcome> {
  try {
    const files = await layOut(order, options.exposed);
    const result = await order.workspace.exec(options.command, {
      timeoutMs: order.limits.timeMs,
      input: `${order.brief.shared}\n\n${order.brief.own}`,
      signal,
      ...(more.doors ? { doors: more.doors } : {}),
      env: {
        ...more.env,
        ...files.env,
        BACKLOG_UNIT: order.unit ?? '',
        BACKLOG_ROLE: order.role,
        BACKLOG_ATTEMPT: String(order.attemptNumber),
        ...(order.lens === null ? {} : { BACKLOG_LENS: order.lens }),
      },
      isReadOnly: order.access === 'read',
    });
    const lastLine = printableLine(result.output.trimEnd().split('\n').at(-1) ?? '', 500);
    if (lastLine !== '') emit({ type: 'turn', text: lastLine });
    if (signal.aborted) return failedOutcome('crashed', 'It was stopped.', usage);
    if (result.timedOut) return failedOutcome('time', timeOver(order), usage);
    if (result.signal !== null) return failedOutcome('crashed', `It was killed by ${result.signal}.`, usage);
    if (result.exitCode === blockedExit) return { kind: 'blocked', why: lastLine || 'It gave no reason.', usage };
    if (result.exitCode === laterExit)
      return {
        kind: 'limited',
        until: options.clock.now() + laterMs,
        why: lastLine || 'It asked to be retried later.',
        usage,
      };
    const missing = unstarted(options.name, [options.command], result);
    if (missing !== null) return { kind: 'failed', failure: missing, usage };
    if (isMissingExit(result.exitCode)) return failedOutcome('no-program', endOf(result), usage);
    if (result.exitCode !== 0) return failedOutcome('crashed', endOf(result), usage);
    const { followups, blocked } = await files.outbox(emit);
    if (blocked !== null) return { kind: 'blocked', why: blocked, usage };
    const found = await files.answer(lastLine);
    if ('problem' in found) return failedOutcome('silent', found.problem, usage);
    return { kind: 'finished', answer: found.answer, followups, usage, session: null };
  } catch (error) {
    return failedOutcome('crashed', theirError(error), usage);
  }
}
