import { z } from 'zod';
import { type Charge, type MicroUsd, noCharge } from '../../model/money.ts';
import { type CacheTtl, dearestRegion, type Manner, type Prices, type Tokens } from './prices.ts';

/*
 * What a call costs is what its answer says was used: tokens by kind, the model that answered, where it ran and how fast.
 * A stream tells the prompt at its beginning and the output at its end; one that breaks off leaves open what came between.
 */

/** More than any call takes: beyond it a number tells nothing, and sums of it would be none. */
const count = z.int().min(0).max(1_000_000_000);
const tokenKeys = {
  input_tokens: count.nullish(),
  output_tokens: count.nullish(),
  cache_read_input_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  cache_creation: z.object({ ephemeral_1h_input_tokens: count.nullish() }).nullish(),
};
/** What an answer tells of what was used. */
export const usageSchema = z.object({
  ...tokenKeys,
  server_tool_use: z.object({ web_search_requests: count.nullish() }).nullish(),
  inference_geo: z.string().nullish(),
  speed: z.string().nullish(),
  service_tier: z.string().nullish(),
  /** Each time that a model was asked for this answer: others than the one that answers are told nowhere else. */
  iterations: z
    .array(z.object({ ...tokenKeys, type: z.string().nullish(), model: z.string().nullish() }))
    .max(1000)
    .nullish(),
});
type Told = z.infer<typeof usageSchema>;
/** An event of a stream, or a whole answer, as far as it tells what was used. */
const eventSchema = z.object({
  model: z.string().nullish(),
  usage: usageSchema.nullish(),
  message: z.object({ model: z.string().nullish(), usage: usageSchema.nullish() }).nullish(),
});

/** What a call was reserved for. */
export interface Asked {
  readonly model: string;
  readonly maxTokens: number;
  readonly ttl: CacheTtl;
  /** True when the provider may search for it, and read the prompt again after each search. */
  readonly searches: boolean;
  /** What was reserved; null when the price is not known. */
  readonly most: MicroUsd | null;
}

/** What a call took, as far as it was told. */
export interface Took extends Pick<Tokens, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'> {
  /** Null when the price is not known. */
  readonly costMicroUsd: MicroUsd | null;
  /** What it may have cost beyond that. */
  readonly possibleMicroUsd: MicroUsd;
}

/** A call that reached nobody, or was refused. */
export const tookNothing: Took = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costMicroUsd: 0,
  possibleMicroUsd: 0,
};

/** What a budget is told of a call; one without a known price is counted nowhere. */
export function chargeOf({ costMicroUsd, possibleMicroUsd }: Took): Charge {
  return costMicroUsd === null ? noCharge : { spentMicroUsd: costMicroUsd, possibleMicroUsd };
}

/** The bill of one call, which grows with what its answer tells. */
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

  /** Takes in an event of a stream, or a whole answer; true when it told what was used. */
  hear(event: unknown): boolean {
    const { data, success } = eventSchema.safeParse(event);
    if (!success) {
      this.#isGarbled = true; // numbers that are none prove nothing
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

  /** What it took so far, and what it may yet come to: nothing more once its end was told. */
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

  /** The most that a stream can come to that has told its prompt; null when that says nothing. */
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
      // Where the answer does not say how long it is kept, the request does.
      cacheWrite1hTokens: hour ?? (this.#asked.ttl === '1h' ? cacheWriteTokens : 0),
      webSearches: told.server_tool_use?.web_search_requests ?? 0,
    };
  }

  /** What it cost so far; null when nobody knows. */
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
