import { type AgentEmit, type ExecOptions, noUsage, type Order, type Outcome, type Usage } from '../../model/agent.ts';
import type { Clock } from '../../util/time/clock.ts';
import type { Pool } from '../provider/pool.ts';
import { unknownWaitMs } from '../provider/waits.ts';
import { type ModelProxy, type ModelProxyOptions, openModelProxy } from './model-proxy.ts';
import { maySeeWeb } from '../words/web.ts';

/** The proxy's model for a program in a box: the key stays outside, and requests are filtered. */
export interface ModelAccess extends Omit<ModelProxyOptions, 'budget' | 'idleMs' | 'onSource' | 'onHeld' | 'listen'> {
  /** The program, with its version if known. */
  readonly program: string;
  /** Configuration keys that would allow more. */
  readonly keys: Readonly<Record<'fields' | 'betas' | 'models', string>>;
}

/** The address of the model inside a box. */
export interface OpenAccess {
  readonly url: string;
  /** A stand-in for the key. */
  readonly key: string;
  readonly doors: NonNullable<ExecOptions['doors']>;
  readonly proxy: ModelProxy;
  /** Records the program's name for itself. */
  nameProgram(name: string): void;
}

/** The port of the model inside a box. */
const modelPort = 8080;

/**
 * Runs `work` with a proxy for its model; the usage is the proxy's count. Rejects only with errors of the machine,
 * bugs, and errors of `work`.
 */
export async function withModel(
  access: ModelAccess,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
  clock: Clock,
  work: (open: OpenAccess) => Promise<Outcome>,
): Promise<Outcome> {
  const { hasDoors, tier } = order.workspace;
  if (!hasDoors && tier !== 'none') {
    const detail = `${access.program} needs the sandbox tier strict to reach its model; this is tier ${tier}`;
    const remedy = 'Run "backlog doctor" to see why strict is not available, or use an agent without "api".';
    return { kind: 'failed', failure: { reason: 'agent-unusable', kind: 'sandbox', detail, remedy }, usage: noUsage };
  }
  const closed = poolOf(access)?.refusal ?? null;
  if (closed !== null) return { kind: 'failed', failure: closed, usage: noUsage };
  const { budget, onHeld } = order;
  const { idleMs } = order.limits;
  const web = access.web && maySeeWeb(order);
  const listen = hasDoors ? 'socket' : 'port';
  const proxy = await openModelProxy({ ...access, budget, idleMs, web, onSource: emit, onHeld, listen });
  let { program } = access;
  try {
    const outcome = await work({
      url: hasDoors ? `http://127.0.0.1:${modelPort}` : proxy.at,
      key: proxy.key,
      doors: hasDoors ? [{ port: modelPort, socket: proxy.at }] : [],
      proxy,
      nameProgram: (name) => void (program = name),
    });
    await proxy.close(); // settles the cost of open calls
    for (const why of proxy.refused) emit({ type: 'turn', text: `refused by the model's proxy: ${why}` });
    const usage: Usage = { ...proxy.usage(), toolCalls: outcome.usage.toolCalls };
    const spent = proxy.spent();
    if (spent !== null) return { kind: 'failed', failure: { reason: 'budget-spent', ...spent }, usage };
    const { unknown } = proxy;
    if (outcome.kind === 'failed' && unknown?.entry && !signal.aborted) {
      const { list, name } = unknown.entry;
      const isFirst = usage.calls === 0;
      const failure = { reason: 'request-refused', program, detail: unknown.refused, isFirst } as const;
      return { kind: 'failed', failure: { ...failure, key: access.keys[list], entry: name }, usage };
    }
    const { refusal } = proxy;
    if (refusal !== null && (outcome.kind === 'failed' || outcome.kind === 'limited') && !signal.aborted)
      return { kind: 'failed', failure: refusal, usage };
    // The provider was not asked, however the program reports that.
    if (outcome.kind === 'failed' && proxy.trouble !== null && !signal.aborted) {
      return { kind: 'limited', until: comeBackAt(access, proxy, clock), why: proxy.trouble.why, usage };
    }
    return { ...outcome, usage };
  } finally {
    await proxy.close();
  }
}

/** The state of the provider, shared by all models of a key. */
function poolOf(access: ModelAccess): Pool | null {
  const [model] = access.models;
  return model === undefined ? null : access.limiterOf(model).pool;
}

/** When to ask the provider again (ms since the epoch). */
export function comeBackAt(access: ModelAccess, proxy: ModelProxy, clock: Clock): number {
  const paused = access.models.flatMap((model) => access.limiterOf(model).pausedUntil ?? []);
  return Math.max(clock.now() + (proxy.trouble?.retryAfterMs ?? unknownWaitMs), ...paused);
}
