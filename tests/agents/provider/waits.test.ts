import { describe, expect, test } from 'vitest';
import { retryAfter, waitUntil } from '../../../src/agents/provider/waits.ts';

const now = Date.parse('2026-11-24T10:00:00Z');
const month = 31 * 24 * 3_600_000;

describe('how long an answer asks to wait', () => {
  test.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a week, as of a subscription', { 'retry-after': '604800' }, 604_800_000],
    ['parts of a second', { 'retry-after': '300.1234567' }, 300_124],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 10:00:20 GMT' }, 20_000],
    ['a date that is over', { 'retry-after': 'Tue, 24 Nov 2026 09:00:00 GMT' }, 0],
    ['milliseconds, which go first', { 'retry-after-ms': '1500.5', 'retry-after': '7' }, 1501],
    ['nothing', {}, null],
    ['an empty header', { 'retry-after': '' }, null],
    ['words', { 'retry-after': 'soon' }, null],
    ['less than nothing', { 'retry-after': '-1' }, null],
    ['a number in another notation', { 'retry-after': '1e3' }, null],
    ['more than any limit holds', { 'retry-after': '99999999999999999' }, null],
    ['a date of another age', { 'retry-after': 'Tue, 24 Nov 9999 10:00:20 GMT' }, null],
  ])('%s', (_name, headers, expected) => {
    expect(retryAfter((name) => headers[name], now)).toBe(expected);
  });

  test.each<[string, number, number]>([
    ['a time in an hour', now + 3_600_000, now + 3_600_000],
    ['parts of a millisecond', now + 0.04, now + 1],
    ['a time of another age', 9e15, now + month],
    ['no end', Number.POSITIVE_INFINITY, now + month],
  ])('a time until which somebody waits: %s', (_name, until, expected) => {
    expect(waitUntil(until, now)).toBe(expected);
  });
});
