import type { MicroUsd } from '../model/money.ts';

/**
 * List prices in USD per million tokens, as published on 2026-11-20: input, output, cache write (5 minutes), cache
 * read. A model that is not here has no known price.
 */
const prices: Readonly<Record<string, readonly [input: number, output: number, write: number, read: number]>> = {
  'claude-fable-5-2': [8, 40, 10, 0.2],
  'claude-mythos-5-2': [8, 40, 10, 0.2],
  'claude-fable-5-1': [10, 50, 12.5, 0.25],
  'claude-fable-5': [10, 50, 12.5, 1],
  'claude-opus-5-5': [4, 20, 5, 0.2],
  'claude-opus-5': [5, 25, 6.25, 0.5],
  'claude-opus-4-8': [5, 25, 6.25, 0.5],
  'claude-opus-4-7': [5, 25, 6.25, 0.5],
  'claude-opus-4-6': [5, 25, 6.25, 0.5],
  'claude-opus-4-5': [5, 25, 6.25, 0.5],
  'claude-sonnet-5-5': [2, 10, 2.5, 0.1],
  'claude-sonnet-5': [2, 10, 2.5, 0.2],
  'claude-sonnet-4-6': [3, 15, 3.75, 0.3],
  'claude-haiku-4-5': [1, 5, 1.25, 0.1],
};
/** Above 100,000 prompt tokens the whole request of this model costs five times as much. */
const haiku55 = { small: [0.1, 0.5, 0.125, 0.01], large: [0.5, 2.5, 0.625, 0.05] } as const;

/** Tokens of one call by how they are priced. */
export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** What a call costs; null for a model whose price is not known. `isUsOnly` (inference in the US) adds 10 %. */
export function priceOf(model: string, tokens: Tokens, isUsOnly = false): MicroUsd | null {
  const prompt = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens;
  const price = model === 'claude-haiku-5-5' ? (prompt > 100_000 ? haiku55.large : haiku55.small) : prices[model];
  if (!price) return null;
  const [input, output, write, read] = price;
  const micro =
    tokens.inputTokens * input +
    tokens.outputTokens * output +
    tokens.cacheWriteTokens * write +
    tokens.cacheReadTokens * read;
  return Math.ceil(micro * (isUsOnly ? 1.1 : 1));
}

/** True for a model whose price is known. */
export function isPriced(model: string): boolean {
  return model in prices || model === 'claude-haiku-5-5';
}

/** The most that a call can cost: every prompt token written to the cache, every output token used, US surcharge. */
export function worstCase(model: string, promptTokens: number, maxOutputTokens: number): MicroUsd | null {
  return priceOf(
    model,
    { inputTokens: 0, outputTokens: maxOutputTokens, cacheReadTokens: 0, cacheWriteTokens: promptTokens },
    true,
  );
}

/** What a small unit may cost when nothing is known yet: 25 calls that each add 1,500 tokens to 20,000 and write 500. */
export function typicalUnitCost(model: string): MicroUsd | null {
  const calls = 25;
  const added = 1500;
  const cacheReadTokens = calls * 20_000 + added * ((calls * (calls - 1)) / 2);
  return priceOf(model, {
    inputTokens: 0,
    outputTokens: calls * 500,
    cacheWriteTokens: 20_000 + calls * added,
    cacheReadTokens,
  });
}

/** What a review may cost: six calls on 25,000 tokens, each of which adds 2,000 and writes 1,500. */
export function typicalReviewCost(model: string): MicroUsd | null {
  const calls = 6;
  const cacheReadTokens = calls * 25_000 + 2000 * ((calls * (calls - 1)) / 2);
  const cacheWriteTokens = 25_000 + calls * 2000;
  return priceOf(model, { inputTokens: 0, outputTokens: calls * 1500, cacheWriteTokens, cacheReadTokens });
}

/** A model for reviewers: another one than the builder's, so that both do not share a blind spot; its own if unknown. */
export function otherModel(builder: string): string {
  if (!(builder in prices)) return builder;
  return builder === 'claude-sonnet-5-5' ? 'claude-opus-5-5' : 'claude-sonnet-5-5';
}
