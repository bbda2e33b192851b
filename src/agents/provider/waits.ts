import type { HeaderReader } from './voice.ts';

/** The longest that a provider's limit holds, in ms: a calendar month. */
const longestWaitMs = 31 * 24 * 3_600_000;

/**
 * A wait that a provider asks for, in whole ms; 0 where it is over. Null for what is no wait: no number, or longer than
 * any limit holds.
 */
export function waitOf(ms: number): number | null {
  return ms <= longestWaitMs ? Math.ceil(Math.max(0, ms)) : null;
}

/** A time until which somebody waits (ms since the epoch), in whole ms and not later than any limit holds. */
export function waitUntil(until: number, now: number): number {
  return Math.ceil(Math.min(until, now + longestWaitMs));
}

/** How long an answer asks to wait, in ms: by `retry-after-ms`, else by `retry-after`, which has seconds or a date. */
export function retryAfter(header: HeaderReader, now: number): number | null {
  const ms = numberIn(header('retry-after-ms'));
  if (ms !== null) return waitOf(ms);
  const text = header('retry-after') ?? '';
  const seconds = numberIn(text);
  if (seconds !== null) return waitOf(seconds * 1000);
  return text.includes(':') ? waitOf(Date.parse(text) - now) : null; // else it may be read as the number of a year
}

/** A number that is written in digits; null for every other text. */
function numberIn(text: string | null | undefined): number | null {
  return /^\d+(?:\.\d+)?$/.test(text?.trim() ?? '') ? Number(text) : null;
}
