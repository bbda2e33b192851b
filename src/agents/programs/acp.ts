import {
  client,
  type ClientContext,
  methods,
  ndJsonStream,
  type NewSessionRequest,
  type PromptResponse,
  PROTOCOL_VERSION,
} from '@agentclientprotocol/sdk';
import { PassThrough, Readable, Writable } from 'node:stream';
import { type Agent, type AgentEmit, noUsage, type Order, type Outcome, type Usage } from '../../model/agent.ts';
import type { AgentFailed, AgentUnusable } from '../../model/failure.ts';
import type { Clock } from '../../util/time/clock.ts';
import { printableLine } from '../../util/text/printable.ts';
import { permitted } from './acp-permissions.ts';
import { reachModel } from './acp-reach.ts';
import { AcpUpdates } from './acp-updates.ts';
import { type ModelAccess, type OpenAccess, withModel } from '../proxy/model-access.ts';
import { explained } from './explained.ts';
import { type Exposed, layOut, type OrderFiles } from './order-files.ts';
import { payWhole } from '../money/pay-whole.ts';
import type { AcpPreset } from './acp-presets.ts';
import { failedOutcome, timeOver } from '../provider/agent-failed.ts';
import { askForAnswer, maxMessageBytes, maxOutputBytes, nudges, startMs, watchMs } from './process-limits.ts';
import { theirError } from '../provider/their-error.ts';
import { unstarted } from './unstarted.ts';

export interface AcpOptions {
  readonly name: string;
  /** A program (an absolute path, or a name on PATH) and its arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mode: string | null;
  readonly auth: string | null;
  readonly reach: AcpPreset['reach'] | null;
  /** Instruction files of the project that it loads by itself. */
  readonly loads: readonly string[];
  /** The answer to permission requests. */
  readonly permissions: 'allow' | 'reject';
  /** The proxy's model; null for an agent with a login of its own. */
  readonly access: ModelAccess | null;
  /** Assumed price of an order, in dollars; null if unknown. */
  readonly costUsd: number | null;
  readonly isSubscription: boolean;
  readonly exposed: readonly Exposed[];
  readonly clock: Clock;
}

/** Milliseconds to stop on request before it is killed. */
const stopMs = 1500;
/** Protocol errors for a request that is never accepted: its shape, method or parameters. */
const notTaken: ReadonlySet<number> = new Set([-32600, -32601, -32602]);
const howToLogIn = 'Log in with it, list its login files under "exposes", then run again.';
const howToBegin = 'Check its version, its "command" and "auth", then run again.';

/** Any ACP agent, in the sandbox. */
export function acpAgent(options: AcpOptions): Agent {
  const { access } = options;
  return {
    name: options.name,
    abilities: {
      resume: false, // its sessions end with the process; few agents can restore one
      structuredAnswers: true,
      inbox: true,
      loads: options.loads,
      reportsCost: access !== null || options.costUsd !== null || options.isSubscription,
      web: access?.web ?? false,
      offers: false,
    },
    pausedUntil: (model) => (access === null ? null : access.limiterOf(model ?? access.models[0] ?? '').pausedUntil),
    work: (order, emit, signal) =>
      access === null
        ? payWhole(options, order, (usage) => work(options, null, order, emit, signal, usage))
        : withModel(access, order, emit, signal, options.clock, (open) =>
            work(options, open, order, emit, signal, noUsage),
          ),
  };
}

async function work(
  options: AcpOptions,
  open: OpenAccess | null,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  assumed: Usage,
): Promise<Outcome> {
  const { isSubscription } = options;
  const counted = open ? () => open.proxy.usage() : null;
  const talk = new Talk(options, order, emit, new AcpUpdates({ emit, isSubscription, counted, assumed }));
  try {
    return await talk.run(open, signal);
  } catch (error) {
    return talk.failed('crashed', theirError(error));
  }
}

/** One process with one session. */
class Talk {
  readonly #options: AcpOptions;
  readonly #order: Order;
  readonly #emit: AgentEmit;
  readonly #updates: AcpUpdates;
  #heardAt: number;
  #isPrompted = false;

  constructor(options: AcpOptions, order: Order, emit: AgentEmit, updates: AcpUpdates) {
    this.#options = options;
    this.#order = order;
    this.#emit = emit;
    this.#updates = updates;
    this.#heardAt = options.clock.now();
  }

  failed(kind: AgentFailed['kind'], detail: string): Outcome {
    return failedOutcome(kind, printableLine(detail, 500), this.#updates.usage);
  }

  #unusable(kind: AgentUnusable['kind'], detail: string, remedy: string): Outcome {
    const failure = { reason: 'agent-unusable', kind, detail: printableLine(detail, 500), remedy } as const;
    return { kind: 'failed', failure, usage: this.#updates.usage };
  }

  async run(open: OpenAccess | null, signal: AbortSignal): Promise<Outcome> {
    const order = this.#order;
    const options = this.#options;
    const files = await layOut(order, options.exposed);
    const reached = await reachModel(options, order, open);
    const input = new PassThrough();
    const output = new PassThrough();
    const stop = new AbortController();
    let isStalled = false;
    let bytes = 0;
    const watch = setInterval(() => {
      const now = options.clock.now();
      if (this.#updates.isBusy || open?.proxy.isAsking === true) this.#heardAt = now;
      if (now - this.#heardAt <= (this.#isPrompted ? order.limits.idleMs : Math.max(startMs, order.limits.idleMs)))
        return;
      isStalled = true;
      stop.abort();
    }, watchMs);
    const exec = order.workspace.exec(options.argv, {
      timeoutMs: order.limits.timeMs,
      input,
      env: { ...options.env, ...reached.env, ...files.env },
      doors: reached.doors,
      isReadOnly: order.access === 'read',
      signal: stop.signal,
      onOutput: (chunk) => {
        this.#heardAt = options.clock.now();
        bytes += chunk.length;
        if (bytes > maxOutputBytes) stop.abort();
        else output.write(chunk);
      },
    });
    const over = (): void => void output.end();
    exec.then(over, over); // the rejection is handled where `exec` is awaited
    // On a stop, the agent gets a moment to end by itself.
    const onStop = (): void => void setTimeout(() => stop.abort(), stopMs).unref();
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
    try {
      const outcome = await this.#converse({ input, output }, open, files, signal);
      if (signal.aborted) return this.failed('crashed', 'It was stopped.');
      const { nonsense } = this.#updates;
      return nonsense === null || open !== null ? outcome : this.failed('crashed', nonsense);
    } catch (error) {
      if (signal.aborted) return this.failed('crashed', 'It was stopped.');
      if (isStalled) return this.failed('stalled', 'It stopped producing output.');
      const detail = theirError(error);
      const code = (error as { code?: unknown }).code;
      const who = `The agent "${options.name}"`;
      if (code === -32000) return this.#unusable('login', `${who} requires a login: ${detail}`, howToLogIn);
      // It has received nothing of the unit yet, and all orders start like this.
      if (typeof code === 'number' && notTaken.has(code) && !this.#isPrompted)
        return this.#unusable('program', `${who} does not start a session: ${detail}`, howToBegin);
      if (typeof code === 'number') return this.failed('provider', detail);
      stop.abort();
      const ended = await exec;
      if (ended.timedOut) return this.failed('time', timeOver(order));
      const broken = unstarted(options.name, options.argv, ended);
      if (broken !== null) return { kind: 'failed', failure: broken, usage: this.#updates.usage };
      const last = explained(ended.output);
      return this.failed('crashed', `${detail}${last === '' ? '' : ` (${last})`}`);
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', onStop);
      stop.abort();
      input.destroy();
      await exec;
    }
  }

  async #converse(
    { input, output }: { readonly input: Writable; readonly output: Readable },
    open: OpenAccess | null,
    files: OrderFiles,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const stream = ndJsonStream(
      Writable.toWeb(input) as WritableStream<Uint8Array>,
      Readable.toWeb(output) as ReadableStream<Uint8Array>,
      { maxMessageBytes },
    );
    const { permissions } = this.#options;
    const { access } = this.#order;
    return client({ name: 'backlog' })
      .onRequest(methods.client.session.requestPermission, ({ params }) => permitted(params, access, permissions))
      .onNotification(methods.client.session.update, ({ params }) => this.#updates.hear(params.update))
      .connectWith(stream, async (agent) => this.#prompt(agent, open, files, signal));
  }

  async #prompt(
    agent: ClientContext,
    open: OpenAccess | null,
    files: OrderFiles,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { mode, auth } = this.#options;
    const { workspace, brief } = this.#order;
    const begun = await agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: {},
      clientInfo: { name: 'backlog', version: '1' },
    });
    const { agentInfo } = begun;
    if (agentInfo) {
      const name = printableLine(`${agentInfo.title ?? agentInfo.name} ${agentInfo.version}`, 100);
      open?.nameProgram(name);
      this.#emit({ type: 'turn', text: name });
    }
    if (auth !== null) await agent.request(methods.agent.authenticate, { methodId: auth });
    const { command, args, env } = await files.server();
    const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
    const mcpServers = [{ name: 'backlog', command, args, env: variables }];
    const asked: NewSessionRequest = { cwd: workspace.inside(workspace.cwd), mcpServers };
    const session = await agent.request(methods.agent.session.new, asked);
    const { sessionId } = session;
    if (mode !== null && session.modes?.availableModes.some(({ id }) => id === mode) === true)
      await agent.request(methods.agent.session.setMode, { sessionId, modeId: mode });
    let text = `${brief.shared}\n\n${brief.own}`;
    this.#isPrompted = true;
    for (let asked = 0; ; asked++) {
      this.#updates.said = '';
      const response = await this.#ask(agent, sessionId, text, signal);
      this.#updates.count(response);
      if (signal.aborted || response.stopReason === 'cancelled') return this.failed('crashed', 'It was stopped.');
      const { followups, blocked } = await files.outbox(this.#emit);
      if (blocked !== null) return { kind: 'blocked', why: blocked, usage: this.#updates.usage };
      if (response.stopReason === 'refusal') return this.failed('refused', 'The model refused.');
      if (response.stopReason === 'max_turn_requests') return this.failed('turn-limit', 'It took too many turns.');
      const said = this.#updates.said.trim();
      // Some agents end a turn normally after a failed model call: an empty turn is no answer.
      const found =
        said === '' && !(await files.hasAnswer()) ? { problem: 'It ended without output.' } : await files.answer(said);
      // Messages of people arrive between turns; the protocol has no other way.
      const words = this.#order.takeWords();
      if (words.length > 0) {
        text = words.join('\n\n');
        asked--; // not a missing answer
        continue;
      }
      if ('answer' in found)
        return { kind: 'finished', answer: found.answer, followups, usage: this.#updates.usage, session: null };
      if (asked >= nudges) return this.failed('silent', found.problem);
      text = askForAnswer(found.problem);
    }
  }

  /** Runs a turn; cancels it on a stop. */
  async #ask(agent: ClientContext, sessionId: string, text: string, signal: AbortSignal): Promise<PromptResponse> {
    const onStop = (): void => void agent.notify(methods.agent.session.cancel, { sessionId }).catch(() => {}); // the process may be gone
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
    try {
      return await agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text }] });
    } finally {
      signal.removeEventListener('abort', onStop);
    }
  }
}
