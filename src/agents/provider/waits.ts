import type { HeaderReader } from './voice.ts';

/** Wait in ms if a provider names no time. */
export const unknownWaitMs = 300_000;

/** The longest plausible wait for a limit, in ms: a calendar month. */
const longestWaitMs = 31 * 24 * 3_600_000;

/** A requested wait in whole ms; 0 if it is over. Null for an implausible one: not a number, or too long. */
export function waitOf(ms: number): number | null {
  return ms <= longestWaitMs ? Math.ceil(Math.max(0, ms)) : null;
}

/** The end of a wait (ms since the epoch), rounded up and bounded. */
export function waitUntil(until: number, now: number): number {
  return Math.ceil(Math.min(until, now + longestWaitMs));
}

/**
 * The wait that an answer requests, in ms: `retry-after-ms`, else `retry-after` in seconds or as a date; null for none.
 */
export function retryAfter(header: HeaderReader, now: number): number | null {
  const ms = numberIn(header('retry-after-ms'));
  if (ms !== null) return waitOf(ms);
  const text = header('retry-after') ?? '';
  const seconds = numberIn(text);
  if (seconds !== null) return waitOf(seconds * 1000);
  return text.includes(':') ? waitOf(Date.parse(text) - now) : null; // other text could parse as a year
}

/** A decimal number; null for other text. */
function numberIn(text: string | null | undefined): number | null {
  return /^\d+(?:\.\d+)?$/.test(text?.trim() ?? '') ? Number(text) : null;
}
