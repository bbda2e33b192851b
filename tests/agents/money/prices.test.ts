import { describe, expect, test } from 'vitest';
import { otherModel, Prices } from '../../../src/agents/money/prices.ts';

const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const million = 1_000_000;

describe('what a call costs', () => {
  const prices = new Prices();
  test.each([
    ['input', 'claude-opus-5-5', { ...none, inputTokens: million }, 4_000_000],
    ['output', 'claude-opus-5-5', { ...none, outputTokens: million }, 20_000_000],
    ['read from the cache', 'claude-opus-5-5', { ...none, cacheReadTokens: million }, 200_000],
    ['kept for five minutes', 'claude-opus-5-5', { ...none, cacheWriteTokens: million }, 5_000_000],
    [
      'kept for an hour',
      'claude-opus-5-5',
      { ...none, cacheWriteTokens: million, cacheWrite1hTokens: million },
      8_000_000,
    ],
    ['a short prompt', 'claude-haiku-5-5', { ...none, inputTokens: 100_000, outputTokens: 1000 }, 10_500],
    [
      'a long one: the whole request is dearer',
      'claude-haiku-5-5',
      { ...none, inputTokens: 100_001, outputTokens: 1000 },
      52_501,
    ],
    ['a model that nobody knows', 'claude-unknown', { ...none, inputTokens: 1 }, null],
  ])('%s', (_name, model, tokens, micro) => {
    expect(prices.of(model, tokens)).toBe(micro);
  });

  test.each([
    [{}, 4_000_000],
    [{ region: 'global', speed: 'standard', tier: 'standard' }, 4_000_000],
    [{ region: 'us' }, 4_400_000],
    [{ speed: 'fast' }, 8_000_000],
    [{ tier: 'batch' }, 4_000_000],
    [{ region: 'moon' }, null],
    [{ region: 'constructor' }, null],
    [{ speed: 'ludicrous' }, null],
    [{ tier: 'flex' }, null],
  ])('a call is priced by the manner in which it was made, or not at all: %o', (manner, micro) => {
    expect(prices.ofManner('claude-opus-5-5', { ...none, inputTokens: million }, manner)).toBe(micro);
  });

  test('at worst all of the prompt is written, for as long as is asked, and all output used', () => {
    expect(prices.worstCase('claude-opus-5-5', 1000, 100, '5m')).toBe(Math.ceil((5000 + 2000) * 1.1));
    expect(prices.worstCase('claude-opus-5-5', 1000, 100, '1h')).toBe(Math.ceil((8000 + 2000) * 1.1));
    // With a search and a fetch it is read three times: as it is, with what the one brought, with what both brought.
    const web = { searches: 1, fetches: 1, tokensEach: 500 };
    const written = 1000 + 1500 + 2000;
    expect((written * 5 + 2000) * 1.1).toBeCloseTo(26_950);
    expect(prices.worstCase('claude-opus-5-5', 1000, 100, '5m', { web })).toBe(26_950 + 10_000);
    expect(prices.worstCase('claude-opus-5-5', 1000, 100, '5m', { speed: 'fast' })).toBe(
      Math.ceil((5000 + 2000) * 2.2),
    );
    expect(prices.worstCase('claude-haiku-4-5', 1000, 100, '5m', { speed: 'fast' })).toBe(null);
  });
});

test('the configuration has the last word', () => {
  const rates = { input: 1, output: 2, cacheWrite5m: 3, cacheWrite1h: 4, cacheRead: 5 };
  const prices = new Prices({ 'claude-opus-5-5': rates, 'in-house': rates });
  const used = { ...none, inputTokens: 10, outputTokens: 10 };
  expect(['claude-opus-5-5', 'in-house', 'claude-sonnet-5-5'].map((model) => prices.of(model, used))).toEqual([
    30, 30, 120,
  ]);
  expect([prices.has('in-house'), prices.has('other')]).toEqual([true, false]);
});

test('a reviewer has another model than the builder, where one is known', () => {
  expect(['claude-opus-5-5', 'claude-sonnet-5-5', 'in-house'].map(otherModel)).toEqual([
    'claude-sonnet-5-5',
    'claude-opus-5-5',
    'in-house',
  ]);
});
