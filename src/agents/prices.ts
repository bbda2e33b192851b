import type { ModelPrice, Rates } from '../model/config.ts';
import type { MicroUsd } from '../model/money.ts';
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

  /** What a call costs; null for a model whose price is not known. `isUsOnly` (inference in the US) adds 10 %. */
  of(model: string, tokens: Tokens, isUsOnly = false): MicroUsd | null {
    const price = this.#models.get(model);
    if (!price) return null;
    const prompt = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens;
    // Above the limit the whole request costs more, not what is above it.
    const rates: Rates = price.above && prompt > price.above.promptTokens ? price.above : price;
    const hour = tokens.cacheWrite1hTokens ?? 0;
    const micro =
      tokens.inputTokens * rates.input +
      tokens.outputTokens * rates.output +
      (tokens.cacheWriteTokens - hour) * rates.cacheWrite5m +
      hour * rates.cacheWrite1h +
      tokens.cacheReadTokens * rates.cacheRead;
    const searches = (tokens.webSearches ?? 0) * (price.webSearch ?? published.webSearch) * 1000;
    return Math.ceil(micro * (isUsOnly ? 1.1 : 1) + searches);
  }

  /**
   * The most that a call can cost: every prompt token written to the cache, every output token used, US surcharge. One
   * that may see the web (`web`) is read again after each search and fetch, with what they brought; how much a search
   * brings nobody promises.
   */
  worstCase(model: string, promptTokens: number, maxOutputTokens: number, ttl: CacheTtl, web?: Web): MicroUsd | null {
    const uses = web ? web.searches + web.fetches : 0;
    const written = (uses + 1) * promptTokens + (web?.tokensEach ?? 0) * ((uses * (uses + 1)) / 2);
    return this.of(
      model,
      {
        inputTokens: 0,
        outputTokens: maxOutputTokens,
        cacheReadTokens: 0,
        cacheWriteTokens: written,
        cacheWrite1hTokens: ttl === '1h' ? written : 0,
        webSearches: web?.searches ?? 0,
      },
      true,
    );
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
