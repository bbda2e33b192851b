import type { ModelPrice, Rates } from '../../model/agent-config.ts';
import type { MicroUsd } from '../../model/money.ts';
import { own } from '../../util/values/own.ts';
import published from './prices.json' with { type: 'json' };

/** Tokens of a call by price category. */
export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** Written to the cache, with any lifetime. */
  readonly cacheWriteTokens: number;
  /** The part of them kept for an hour. @default 0 */
  readonly cacheWrite1hTokens?: number;
  /** Searches by the provider. @default 0 */
  readonly webSearches?: number;
}

/** Web use of a request, and the tokens of each result. */
export interface Web {
  readonly searches: number;
  readonly fetches: number;
  readonly tokensEach: number;
}

/** Attributes that affect the price, from an answer; omitted for the default. */
export interface Manner {
  /** The region of the model's host. */
  readonly region?: string | null | undefined;
  readonly speed?: string | null | undefined;
  readonly tier?: string | null | undefined;
}

/** Tiers at list price; `batch` is cheaper, but nobody requests it here, so its discount is not trusted. */
const plainTiers: readonly string[] = ['standard', 'priority', 'batch'];
const regions: Readonly<Record<string, number>> = published.regions;
/** The most expensive region. */
export const dearestRegion = Object.keys(regions).toSorted((a, b) => (regions[b] ?? 1) - (regions[a] ?? 1))[0] ?? 'us';

/** Lifetime of a request's cache entries. */
export type CacheTtl = '5m' | '1h';

/** Prices of models: the published list (`prices.json`), overridden by the configuration. */
export class Prices {
  readonly #models: ReadonlyMap<string, ModelPrice>;

  constructor(own: Readonly<Record<string, ModelPrice>> = {}) {
    this.#models = new Map([...Object.entries(published.models as Record<string, ModelPrice>), ...Object.entries(own)]);
  }

  /** True for a model with a known price. */
  has(model: string): boolean {
    return this.#models.has(model);
  }

  /** The cost of a default call; null for an unknown model. */
  of(model: string, tokens: Tokens): MicroUsd | null {
    return this.#of(model, tokens, 1);
  }

  /** The cost of a call with these attributes; null if unknown. */
  ofManner(model: string, tokens: Tokens, manner: Manner): MicroUsd | null {
    const factor = this.#factor(model, manner);
    return factor === null ? null : this.#of(model, tokens, factor);
  }

  /** The price factor of these attributes; null if unknown. */
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
    // Above the limit, the whole request is charged at the higher rate.
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
   * The maximum cost of a call: all prompt tokens written to the cache, or read uncached if that costs more, and all
   * output tokens, in the most expensive region, at this speed. With `web`, the prompt is read again after each search
   * and fetch, with their results; the size of a search result is an assumption. Null if unknown.
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

  /** The cost of a small unit without history: 25 calls that each add 1,500 tokens to 20,000 and write 500. */
  typicalUnit(model: string): MicroUsd | null {
    return this.#conversation(model, { calls: 25, begins: 20_000, adds: 1500, writes: 500 });
  }

  /** The cost of a review: six calls on 25,000 tokens that each add 2,000 and write 1,500. */
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

/** The default model of reviewers: different from the builder's, to avoid shared blind spots; the same if unknown. */
export function otherModel(builder: string): string {
  if (!(builder in published.models)) return builder;
  return builder === 'claude-sonnet-5-5' ? 'claude-opus-5-5' : 'claude-sonnet-5-5';
}
