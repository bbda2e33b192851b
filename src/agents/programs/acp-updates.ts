import type { PromptResponse, SessionUpdate, ToolCallUpdate } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import type { AgentEmit, Usage } from '../../model/agent.ts';
import { fromUsd } from '../../model/money.ts';
import { printableLine } from '../../util/text/printable.ts';

/** Maximum of kept characters of an agent's text. */
const maxSaidChars = 1_000_000;

// From the unstable part of the protocol; agents send it all the same.
const count = z.int().min(0);
const toldUsage = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  thoughtTokens: count.nullish(),
  cachedReadTokens: count.nullish(),
  cachedWriteTokens: count.nullish(),
});

/** The updates of an ACP agent: text, tools, usage. */
export class AcpUpdates {
  readonly #emit: AgentEmit;
  readonly #isSubscription: boolean;
  /** The reserved price of the order: lower claims are ignored. */
  readonly #assumed: number;
  /** The first impossible claim of the agent; null for none. */
  nonsense: string | null = null;
  /** The proxy's count, which takes precedence over the agent's claim; null without a proxy. */
  readonly #counted: (() => Omit<Usage, 'toolCalls'>) | null;
  usage: Usage;
  /** Text since the last prompt or tool. */
  said = '';
  #context: { readonly tokens: number | null; readonly window: number | null } = { tokens: null, window: null };
  readonly #tools = new Map<string, { readonly name: string; readonly summary: string }>();

  constructor(options: {
    readonly emit: AgentEmit;
    readonly isSubscription: boolean;
    readonly counted: (() => Omit<Usage, 'toolCalls'>) | null;
    readonly assumed: Usage;
  }) {
    this.#emit = options.emit;
    this.#isSubscription = options.isSubscription;
    this.#counted = options.counted;
    this.#assumed = options.assumed.costMicroUsd ?? 0;
    this.usage = options.assumed;
  }

  /** True while one of its tools runs. */
  get isBusy(): boolean {
    return this.#tools.size > 0;
  }

  hear(update: SessionUpdate): void {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type === 'text' && this.said.length < maxSaidChars) this.said += update.content.text;
        return;
      case 'tool_call':
        this.#tell();
        this.usage = { ...this.usage, toolCalls: this.usage.toolCalls + 1 };
        this.#name(update);
        this.#settle(update.toolCallId, update.status);
        return;
      case 'tool_call_update':
        this.#name(update);
        this.#settle(update.toolCallId, update.status);
        return;
      case 'usage_update':
        // Totals of the session so far.
        if (update.cost?.currency === 'USD') this.#cost(update.cost.amount);
        this.#context = { tokens: update.used, window: update.size };
        return;
      default: // plans, modes, thoughts
    }
  }

  #name({ toolCallId: id, kind, title }: Pick<ToolCallUpdate, 'toolCallId' | 'kind' | 'title'>): void {
    const known = this.#tools.get(id);
    const summary = title ? printableLine(title, 200) : (known?.summary ?? '');
    this.#tools.set(id, { name: kind ?? known?.name ?? 'tool', summary });
  }

  /** Emits the text before a tool as a turn. */
  #tell(): void {
    if (this.said.trim() !== '') this.#emit({ type: 'turn', text: this.said });
    this.said = '';
  }

  #settle(id: string, status: string | null | undefined): void {
    if (status !== 'completed' && status !== 'failed') return;
    const tool = this.#tools.get(id) ?? { name: 'tool', summary: '' };
    this.#tools.delete(id);
    const { toolCalls } = this.usage;
    this.#emit({
      type: 'usage',
      usage: this.#counted ? { ...this.#counted(), toolCalls } : this.usage,
      contextTokens: this.#context.tokens,
      contextWindow: this.#context.window,
    });
    this.#emit({ type: 'tool', ...tool, isError: status === 'failed' });
  }

  #cost(usd: number): void {
    const micro = fromUsd(usd);
    if (!Number.isSafeInteger(micro) || micro < 0) {
      this.nonsense ??= `It reported an invalid cost: ${usd} dollars.`;
      return;
    }
    const most = Math.max(micro, this.usage.costMicroUsd ?? 0, this.#assumed); // a total, so it never falls
    const told = this.#isSubscription ? { notionalMicroUsd: micro } : { costMicroUsd: most };
    this.usage = { ...this.usage, ...told };
  }

  /** Adds the usage of a turn, if reported. */
  count(response: PromptResponse): void {
    const told = toldUsage.safeParse((response as { usage?: unknown }).usage);
    if (!told.success) return;
    const { inputTokens, outputTokens, thoughtTokens, cachedReadTokens, cachedWriteTokens } = told.data;
    this.usage = {
      ...this.usage,
      calls: this.usage.calls + 1,
      inputTokens: this.usage.inputTokens + inputTokens,
      outputTokens: this.usage.outputTokens + outputTokens + (thoughtTokens ?? 0),
      cacheReadTokens: this.usage.cacheReadTokens + (cachedReadTokens ?? 0),
      cacheWriteTokens: this.usage.cacheWriteTokens + (cachedWriteTokens ?? 0),
    };
  }
}
