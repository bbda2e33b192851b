import { z } from 'zod';
import { type Charge, type MicroUsd, noCharge } from '../../model/money.ts';
import { type CacheTtl, dearestRegion, type Manner, type Prices, type Tokens } from './prices.ts';

/*
 * The cost of a call follows from its answer: tokens by kind, the model, region and speed. A stream states the prompt
 * at its start and the output at its end; a broken stream leaves the output open.
 */

/** Upper bound of a plausible count; larger numbers would break sums. */
const count = z.int().min(0).max(1_000_000_000);
const tokenKeys = {
  input_tokens: count.nullish(),
  output_tokens: count.nullish(),
  cache_read_input_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  cache_creation: z.object({ ephemeral_1h_input_tokens: count.nullish() }).nullish(),
};
/** The usage in an answer. */
export const usageSchema = z.object({
  ...tokenKeys,
  server_tool_use: z.object({ web_search_requests: count.nullish() }).nullish(),
  inference_geo: z.string().nullish(),
  speed: z.string().nullish(),
  service_tier: z.string().nullish(),
  /** The model calls behind the answer; calls of other models appear only here. */
  iterations: z
    .array(z.object({ ...tokenKeys, type: z.string().nullish(), model: z.string().nullish() }))
    .max(1000)
    .nullish(),
});
type Told = z.infer<typeof usageSchema>;
/** The part of a stream event, or whole answer, about usage. */
const eventSchema = z.object({
  model: z.string().nullish(),
  usage: usageSchema.nullish(),
  message: z.object({ model: z.string().nullish(), usage: usageSchema.nullish() }).nullish(),
});

/** The reserved call. */
export interface Asked {
  readonly model: string;
  readonly maxTokens: number;
  readonly ttl: CacheTtl;
  /** True if the provider may search, which reads the prompt again after each search. */
  readonly searches: boolean;
  /** The reserved amount; null if the price is unknown. */
  readonly most: MicroUsd | null;
}

/** The usage and cost of a call, as far as known. */
export interface Took extends Pick<Tokens, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'> {
  /** Null if the price is unknown. */
  readonly costMicroUsd: MicroUsd | null;
  /** Possible cost beyond that. */
  readonly possibleMicroUsd: MicroUsd;
}

/** The usage of a call that reached nobody or was refused. */
export const tookNothing: Took = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costMicroUsd: 0,
  possibleMicroUsd: 0,
};

/** The charge to a budget; none without a known price. */
export function chargeOf({ costMicroUsd, possibleMicroUsd }: Took): Charge {
  return costMicroUsd === null ? noCharge : { spentMicroUsd: costMicroUsd, possibleMicroUsd };
}

/** The bill of a call, updated by the events of its answer. */
export class Bill {
  readonly #prices: Prices;
  readonly #asked: Asked;
  #told: Told | null = null;
  #model: string | null = null;
  #isWhole = false;
  #isGarbled = false;

  constructor(prices: Prices, asked: Asked) {
    this.#prices = prices;
    this.#asked = asked;
  }

  /** Adds a stream event or a whole answer; true if it contained usage. */
  hear(event: unknown): boolean {
    const { data, success } = eventSchema.safeParse(event);
    if (!success) {
      this.#isGarbled = true; // invalid numbers prove nothing
      return false;
    }
    const told = data.message?.usage ?? data.usage;
    this.#model = data.message?.model ?? data.model ?? this.#model;
    if (!told) return false;
    if (data.usage) this.#isWhole = true;
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null && value !== undefined));
    this.#told = { ...this.#told, ...known };
    return true;
  }

  /** The usage so far, and the possible rest: none once the final usage is known. */
  took(): Took {
    const { most } = this.#asked;
    const tokens = this.#tokens(this.#told ?? {});
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = tokens;
    const used = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
    const cost = this.#cost(tokens);
    const usual = this.#prices.of(this.#asked.model, tokens);
    const least = this.#told === null ? (most === null ? null : 0) : (cost ?? usual);
    const isOver = this.#isWhole && !this.#isGarbled && cost !== null;
    if (least === null) return { ...used, costMicroUsd: null, possibleMicroUsd: 0 };
    const ceiling = isOver ? least : (this.#ceiling(tokens, cost) ?? most ?? least);
    return { ...used, costMicroUsd: least, possibleMicroUsd: Math.max(0, ceiling - least) };
  }

  /** The maximum of a stream whose prompt usage is known; null if it is not enough to tell. */
  #ceiling(tokens: Tokens, cost: MicroUsd | null): MicroUsd | null {
    const told = this.#told;
    const isPromptTold = told !== null && told.input_tokens !== undefined && !told.iterations;
    if (cost === null || !isPromptTold || this.#isGarbled || this.#asked.searches) return null;
    const outputTokens = Math.max(tokens.outputTokens, this.#asked.maxTokens);
    const region = this.#manner.region ?? dearestRegion;
    return this.#prices.ofManner(this.#answering, { ...tokens, outputTokens }, { ...this.#manner, region });
  }

  get #answering(): string {
    return this.#model ?? this.#asked.model;
  }

  get #manner(): Manner {
    const { inference_geo: region, speed, service_tier: tier } = this.#told ?? {};
    return { region, speed, tier };
  }

  #price(model: string, tokens: Tokens): MicroUsd | null {
    return this.#prices.ofManner(model, tokens, this.#manner);
  }

  #tokens(told: Partial<Told>): Tokens & { readonly cacheWrite1hTokens: number } {
    const cacheWriteTokens = told.cache_creation_input_tokens ?? 0;
    const hour = told.cache_creation?.ephemeral_1h_input_tokens;
    return {
      inputTokens: told.input_tokens ?? 0,
      outputTokens: told.output_tokens ?? 0,
      cacheReadTokens: told.cache_read_input_tokens ?? 0,
      cacheWriteTokens,
      // If the answer states no lifetime, the request does.
      cacheWrite1hTokens: hour ?? (this.#asked.ttl === '1h' ? cacheWriteTokens : 0),
      webSearches: told.server_tool_use?.web_search_requests ?? 0,
    };
  }

  /** The cost so far; null if unknown. */
  #cost(tokens: Tokens): MicroUsd | null {
    const whole = this.#price(this.#answering, tokens);
    const turns = { own: 0, others: 0 };
    for (const turn of this.#told?.iterations ?? []) {
      const cost = this.#price(turn.model ?? this.#answering, this.#tokens(turn));
      if (cost === null) return null;
      turns[(turn.type ?? 'message') === 'message' ? 'own' : 'others'] += cost;
    }
    return whole === null ? null : Math.max(whole, turns.own) + turns.others;
  }
}
