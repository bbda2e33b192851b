import { type AgentEmit, type ExecOptions, noUsage, type Order, type Outcome, type Usage } from '../model/agent.ts';
import type { Clock } from '../util/clock.ts';
import { type ModelProxy, type ModelProxyOptions, openModelProxy } from './model-proxy.ts';
import { maySeeWeb } from './web.ts';

/** A model that a program in a box may use: without its key, and with nothing but these requests. */
export type ModelAccess = Pick<
  ModelProxyOptions,
  'upstream' | 'credential' | 'models' | 'maxTokens' | 'limiterOf' | 'isSubscription' | 'prices' | 'web'
>;

/** How a program in a box reaches the model. */
export interface OpenAccess {
  readonly url: string;
  /** What stands in for the key. */
  readonly key: string;
  readonly doors: NonNullable<ExecOptions['doors']>;
  readonly proxy: ModelProxy;
}

/** How long to stay away when a provider names no time. */
const unknownWaitMs = 300_000;
/** Where the model is, inside of a box. */
const modelPort = 8080;

/** Lets a program that uses a model work beside a proxy for it; its usage is what the proxy counted. */
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
    const detail = `a model can be reached from tier strict only, and this is tier ${tier}`;
    return { kind: 'failed', failure: { reason: 'agent-failed', kind: 'provider', detail }, usage: noUsage };
  }
  const { budget } = order;
  const { idleMs } = order.limits;
  const web = access.web && maySeeWeb(order);
  const listen = hasDoors ? 'socket' : 'port';
  const proxy = await openModelProxy({ ...access, budget, idleMs, web, onSource: emit, listen });
  try {
    const outcome = await work({
      url: hasDoors ? `http://127.0.0.1:${modelPort}` : proxy.at,
      key: proxy.key,
      doors: hasDoors ? [{ port: modelPort, socket: proxy.at }] : [],
      proxy,
    });
    for (const why of proxy.refused) emit({ type: 'turn', text: `refused by the model's proxy: ${why}` });
    const usage: Usage = { ...proxy.usage(), toolCalls: outcome.usage.toolCalls };
    const spent = proxy.spent();
    if (spent !== null) return { kind: 'failed', failure: { reason: 'budget-spent', ...spent }, usage };
    // However a program tells it: it failed because the provider would not be asked.
    if (outcome.kind === 'failed' && proxy.trouble !== null && !signal.aborted) {
      return { kind: 'limited', until: comeBackAt(access, proxy, clock), why: proxy.trouble.why, usage };
    }
    return { ...outcome, usage };
  } finally {
    await proxy.close();
  }
}

/** When the provider may be asked again, by what its answers said (ms since the epoch). */
export function comeBackAt(access: ModelAccess, proxy: ModelProxy, clock: Clock): number {
  const paused = access.models.flatMap((model) => access.limiterOf(model).pausedUntil ?? []);
  return Math.max(clock.now() + (proxy.trouble?.retryAfterMs ?? unknownWaitMs), ...paused);
}
