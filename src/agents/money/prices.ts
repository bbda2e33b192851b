import type { ModelPrice, Rates } from '../../model/agent-config.ts';
import type { MicroUsd } from '../../model/money.ts';
import { own } from '../../util/values/own.ts';
import published from './prices.json' with { type: 'json' };

/** Tokens of one call by how they are priced. */
export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** Written to the cache, for however long. */
  readonly cacheWriteTokens: number;
  /** Of those, what is kept for an hour. @default 0 */
  readonly cacheWrite1hTokens?: number;
  /** Searches that the provider made. @default 0 */
  readonly webSearches?: number;
}

/** What a request may see of the web, and tokens that each of it brings. */
export interface Web {
  readonly searches: number;
  readonly fetches: number;
  readonly tokensEach: number;
}

/** What a call is priced by beside its tokens, as an answer tells it; what is left out is the usual. */
export interface Manner {
  /** Where the model ran. */
  readonly region?: string | null | undefined;
  readonly speed?: string | null | undefined;
  readonly tier?: string | null | undefined;
}

/** Tiers that cost what the list says: a batch costs less, which nobody here asks for and nobody believes. */
const plainTiers: readonly string[] = ['standard', 'priority', 'batch'];
const regions: Readonly<Record<string, number>> = published.regions;
/** The region where a call costs most. */
export const dearestRegion = Object.keys(regions).toSorted((a, b) => (regions[b] ?? 1) - (regions[a] ?? 1))[0] ?? 'us';

/** How long a request has what it brings kept in the cache. */
export type CacheTtl = '5m' | '1h';

/** What models cost: list prices of a day (`prices.json`), and what the configuration says instead. */
export class Prices {
  readonly #models: ReadonlyMap<string, ModelPrice>;

  constructor(own: Readonly<Record<string, ModelPrice>> = {}) {
    this.#models = new Map([...Object.entries(published.models as Record<string, ModelPrice>), ...Object.entries(own)]);
  }

  /** True for a model whose price is known. */
  has(model: string): boolean {
    return this.#models.has(model);
  }

  /** What a call costs that was made in the usual manner; null for a model whose price is not known. */
  of(model: string, tokens: Tokens): MicroUsd | null {
    return this.#of(model, tokens, 1);
  }

  /** What a call costs that was made in this manner; null when nobody knows. */
  ofManner(model: string, tokens: Tokens, manner: Manner): MicroUsd | null {
    const factor = this.#factor(model, manner);
    return factor === null ? null : this.#of(model, tokens, factor);
  }

  /** By how much a manner is dearer than the usual one; null when nobody knows. */
  #factor(model: string, { region, speed, tier }: Manner): number | null {
    const inRegion = own(regions, region ?? 'global');
    const atSpeed = (speed ?? 'standard') === 'standard' ? 1 : speed === 'fast' ? this.#models.get(model)?.fast : null;
    if (inRegion === undefined || atSpeed === undefined || atSpeed === null) return null;
    return plainTiers.includes(tier ?? 'standard') ? inRegion * atSpeed : null;
  }

  #of(model: string, tokens: Tokens, factor: number): MicroUsd | null {
    const price = this.#models.get(model);
    if (!price) return null;
    const prompt = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens;
    // Above the limit the whole request costs more, not what is above it.
    const rates: Rates = price.above && prompt > price.above.promptTokens ? price.above : price;
    const hour = Math.min(tokens.cacheWrite1hTokens ?? 0, tokens.cacheWriteTokens);
    const micro =
      tokens.inputTokens * rates.input +
      tokens.outputTokens * rates.output +
      (tokens.cacheWriteTokens - hour) * rates.cacheWrite5m +
      hour * rates.cacheWrite1h +
      tokens.cacheReadTokens * rates.cacheRead;
    const searches = (tokens.webSearches ?? 0) * (price.webSearch ?? published.webSearch) * 1000;
    return Math.ceil(micro * factor + searches);
  }

  /**
   * The most that a call can cost: every prompt token written to the cache, or read anew where that is dearer, every output
   * token used, in the dearest region, at this speed. One that may see the web (`web`) is read again after each search and
   * fetch, with what they brought; how much a search brings nobody promises. Null when nobody knows.
   */
  worstCase(
    model: string,
    promptTokens: number,
    maxOutputTokens: number,
    ttl: CacheTtl,
    { web, speed }: { readonly web?: Web | undefined; readonly speed?: string | undefined } = {},
  ): MicroUsd | null {
    const uses = web ? web.searches + web.fetches : 0;
    const prompt = (uses + 1) * promptTokens + (web?.tokensEach ?? 0) * ((uses * (uses + 1)) / 2);
    const factor = this.#factor(model, { region: dearestRegion, speed });
    if (factor === null) return null;
    const most = (tokens: Partial<Tokens>): MicroUsd | null =>
      this.#of(
        model,
        {
          inputTokens: 0,
          outputTokens: maxOutputTokens,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          webSearches: web?.searches ?? 0,
          ...tokens,
        },
        factor,
      );
    const written = most({ cacheWriteTokens: prompt, cacheWrite1hTokens: ttl === '1h' ? prompt : 0 });
    const read = most({ inputTokens: prompt });
    return written === null || read === null ? null : Math.max(written, read);
  }

  /** What a small unit may cost when nothing is known yet: 25 calls that each add 1,500 tokens to 20,000 and write 500. */
  typicalUnit(model: string): MicroUsd | null {
    return this.#conversation(model, { calls: 25, begins: 20_000, adds: 1500, writes: 500 });
  }

  /** What a review may cost: six calls on 25,000 tokens, each of which adds 2,000 and writes 1,500. */
  typicalReview(model: string): MicroUsd | null {
    return this.#conversation(model, { calls: 6, begins: 25_000, adds: 2000, writes: 1500 });
  }

  #conversation(
    model: string,
    { calls, begins, adds, writes }: Readonly<Record<'calls' | 'begins' | 'adds' | 'writes', number>>,
  ): MicroUsd | null {
    return this.of(model, {
      inputTokens: 0,
      outputTokens: calls * writes,
      cacheWriteTokens: begins + calls * adds,
      cacheReadTokens: calls * begins + adds * ((calls * (calls - 1)) / 2),
    });
  }
}

/** A model for reviewers: another one than the builder's, so that both do not share a blind spot; its own if unknown. */
export function otherModel(builder: string): string {
  if (!(builder in published.models)) return builder;
  return builder === 'claude-sonnet-5-5' ? 'claude-opus-5-5' : 'claude-sonnet-5-5';
}
