import { z } from 'zod';
import type { Effort } from '../../model/agent.ts';

/** Where the API is, for who names no other place. */
export const officialUrl = 'https://api.anthropic.com';

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
  /** True when its provider searches the web for it. */
  readonly canSearch: boolean;
  /** True when calls of a tool can be held to its schema. */
  readonly isStrict: boolean;
  /** True when what the system says may stand between turns; else it is said with the answers of tools. */
  readonly hearsSystem: boolean;
}

const efforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** Where the models are that the tables are about. */
const officialHost = 'api.anthropic.com';

/** The models that take messages of the system between turns; others refuse the request. */
const hearing = /^claude-(?:opus-(?:4-8|5|5-5)|(?:fable|mythos)-(?:5|5-1|5-2)|sonnet-5-5|haiku-5-5)$/;

/**
 * What is known of a model without asking, as published on 2026-11-20. What its provider does for it (searching, holding
 * to schemas, hearing the system) is taken for granted at the official address only (`baseUrl` null, or that).
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
/** What a provider says of a model, as far as it is used; whoever stands in for it may say less. */
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

/** The same, by what the provider says of it; null when it says that the model is retired. */
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

/** The effort that is asked for, or the nearest below it that the model knows; null when it knows none. */
export function nearestEffort(facts: ModelFacts, asked: Effort): Effort | null {
  const below = facts.efforts.filter((name) => efforts.indexOf(name) <= efforts.indexOf(asked));
  return below.at(-1) ?? facts.efforts[0] ?? null;
}
