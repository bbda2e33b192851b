import type Anthropic from '@anthropic-ai/sdk';
import type { Effort } from '../model/agent.ts';

/** What a model can do, as far as requests depend on it. */
export interface ModelFacts {
  /** Tokens that fit into its context; null when nobody knows. */
  readonly contextWindow: number | null;
  /** Tokens that one reply may have; null when nobody knows. */
  readonly maxOutputTokens: number | null;
  /** The efforts that it knows, the least first; none when it takes none. */
  readonly efforts: readonly Effort[];
  /** True when it decides by itself how much it thinks. */
  readonly isAdaptive: boolean;
}

const efforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** What is known of a model without asking, as published on 2026-11-20. */
export function factsOf(model: string): ModelFacts {
  const isSmall = /^claude-(?:haiku-4-5|sonnet-4-5|opus-4-5)/.test(model);
  const isKnown = /^claude-(?:fable|mythos|opus|sonnet|haiku)-/.test(model);
  return {
    contextWindow: isSmall ? 200_000 : isKnown ? 1_000_000 : null,
    maxOutputTokens: isSmall ? 64_000 : isKnown ? 128_000 : null,
    efforts: /^claude-(?:haiku-4-5|sonnet-4-5)/.test(model) ? [] : efforts,
    isAdaptive: !isSmall,
  };
}

/** The same, by what the provider says of it. */
export function factsFrom(model: string, info: Anthropic.ModelInfo): ModelFacts {
  const table = factsOf(model);
  const { effort, thinking } = info.capabilities ?? {};
  return {
    contextWindow: info.max_input_tokens ?? table.contextWindow,
    maxOutputTokens: info.max_tokens ?? table.maxOutputTokens,
    efforts: effort ? efforts.filter((name) => effort.supported && effort[name]?.supported === true) : table.efforts,
    isAdaptive: thinking ? thinking.types.adaptive.supported : table.isAdaptive,
  };
}

/** The effort that is asked for, or the nearest below it that the model knows; null when it knows none. */
export function nearestEffort(facts: ModelFacts, asked: Effort): Effort | null {
  const below = facts.efforts.filter((name) => efforts.indexOf(name) <= efforts.indexOf(asked));
  return below.at(-1) ?? facts.efforts[0] ?? null;
}
