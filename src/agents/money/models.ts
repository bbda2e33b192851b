import { z } from 'zod';
import type { Effort } from '../../model/agent.ts';

/** The default address of the API. */
export const officialUrl = 'https://api.anthropic.com';

/** The abilities of a model that requests depend on. */
export interface ModelFacts {
  /** Tokens of its context window; null if unknown. */
  readonly contextWindow: number | null;
  /** Maximum output tokens of a reply; null if unknown. */
  readonly maxOutputTokens: number | null;
  /** The supported efforts, in ascending order; empty for none. */
  readonly efforts: readonly Effort[];
  /** True if it supports adaptive thinking. */
  readonly isAdaptive: boolean;
  /** True if its provider searches the web. */
  readonly canSearch: boolean;
  /** True if calls can be restricted to a tool's schema. */
  readonly isStrict: boolean;
  /** True if it accepts system messages between turns; otherwise their text goes beside tool results. */
  readonly hearsSystem: boolean;
}

const efforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

const officialHost = 'api.anthropic.com';

/** Models that accept system messages between turns; others refuse the request. */
const hearing = /^claude-(?:opus-(?:4-8|5|5-5)|(?:fable|mythos)-(?:5|5-1|5-2)|sonnet-5-5|haiku-5-5)$/;

/**
 * The published facts of a model, as of 2026-11-20. Abilities of the provider (search, strict schemas, system messages)
 * are assumed only for the official address: `baseUrl` null, or that.
 */
export function factsOf(model: string, baseUrl: string | null = null): ModelFacts {
  const isSmall = /^claude-(?:haiku-4-5|sonnet-4-5|opus-4-5)/.test(model);
  const isKnown = /^claude-(?:fable|mythos|opus|sonnet|haiku)-/.test(model);
  const isOfficial = baseUrl === null || URL.parse(baseUrl)?.host === officialHost;
  return {
    contextWindow: isSmall ? 200_000 : isKnown ? 1_000_000 : null,
    maxOutputTokens: isSmall ? 64_000 : isKnown ? 128_000 : null,
    efforts: /^claude-(?:haiku-4-5|sonnet-4-5)/.test(model) ? [] : efforts,
    isAdaptive: !isSmall,
    canSearch: isKnown && isOfficial,
    isStrict: isKnown && isOfficial,
    hearsSystem: hearing.test(model) && isOfficial,
  };
}

const supported = z.object({ supported: z.boolean() });
/** The used part of the provider's model description; gateways may omit fields. */
const infoSchema = z.object({
  lifecycle: z.string().nullish(),
  max_input_tokens: z.int().positive().nullish(),
  max_tokens: z.int().positive().nullish(),
  capabilities: z
    .object({
      effort: z.object({ supported: z.boolean() }).catchall(z.unknown()).nullish(),
      thinking: z.object({ types: z.object({ adaptive: supported }) }).nullish(),
      server_tools: z.object({ web_search: supported }).nullish(),
      structured_outputs: supported.nullish(),
    })
    .nullish(),
});

/** The facts of a model by the provider's description `said`; null for a retired model. */
export function factsFrom(model: string, said: unknown, baseUrl: string | null = null): ModelFacts | null {
  const table = factsOf(model, baseUrl);
  const info = infoSchema.safeParse(said).data;
  if (!info) return table;
  if (info.lifecycle === 'retired') return null;
  const { effort, thinking, server_tools: tools, structured_outputs: structured } = info.capabilities ?? {};
  const isTaken = (name: Effort): boolean => supported.safeParse(effort?.[name]).data?.supported === true;
  return {
    contextWindow: info.max_input_tokens ?? table.contextWindow,
    maxOutputTokens: info.max_tokens ?? table.maxOutputTokens,
    efforts: effort ? efforts.filter((name) => effort.supported && isTaken(name)) : table.efforts,
    isAdaptive: thinking ? thinking.types.adaptive.supported : table.isAdaptive,
    canSearch: tools ? tools.web_search.supported : table.canSearch,
    isStrict: structured ? structured.supported : table.isStrict,
    hearsSystem: table.hearsSystem,
  };
}

/** The requested effort, or the nearest supported one below; null if it supports none. */
export function nearestEffort(facts: ModelFacts, asked: Effort): Effort | null {
  const below = facts.efforts.filter((name) => efforts.indexOf(name) <= efforts.indexOf(asked));
  return below.at(-1) ?? facts.efforts[0] ?? null;
}
