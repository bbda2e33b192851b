import Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { AgentFailed } from '../model/failure.ts';
import { theirError } from './their-error.ts';
import { type AskedWith, refusalOf } from './refusal.ts';
import { causeOf, isUnreached } from './unreached.ts';
import type { CallEnd, CallProblem } from './voice.ts';

/** True for a call that reached nobody, or was refused before an answer began. */
export function costsNothing(error: unknown): boolean {
  if (isUnreached(error)) return true;
  return error instanceof Anthropic.APIError && error.status !== undefined && error.status >= 400;
}

/** What a failed call says about the provider's limits. */
export function endOf(error: unknown, problem: CallProblem): CallEnd {
  if (!(error instanceof Anthropic.APIError) || problem.kind === 'aborted') return { kind: 'other' };
  if (problem.kind === 'fatal' && problem.failure.reason === 'agent-unusable')
    return { kind: 'refused', failure: problem.failure };
  const why = problem.kind === 'fatal' ? problem.failure.detail : problem.why;
  if (error instanceof Anthropic.APIConnectionError) return { kind: 'lost', why: causeOf(error) };
  const retryAfterMs = problem.kind === 'fatal' ? null : problem.retryAfterMs;
  const type: unknown = error.type;
  if (problem.kind === 'limited' || error.status === 429 || type === 'rate_limit_error')
    return { kind: 'limited', retryAfterMs, why };
  return error.status === 529 || type === 'overloaded_error' ? { kind: 'overloaded', why } : { kind: 'answered' };
}

/** What an error of the API means for us. Exported for its table of tests. */
export function classify(error: unknown, asked: AskedWith): CallProblem {
  const fatal = (kind: AgentFailed['kind'], detail: string): CallProblem => ({
    kind: 'fatal',
    failure: { reason: 'agent-failed', kind, detail },
  });
  if (!(error instanceof Anthropic.APIError)) {
    // "stream ended without producing a Message", broken JSON in a tool call, a reset connection.
    return { kind: 'transient', why: theirError(error), retryAfterMs: null };
  }
  const why = `${error.status ?? 'stream'} ${error.type ?? error.name}: ${error.message}`.slice(0, 500);
  const retryAfterMs = retryAfter(error.headers);
  if (error instanceof Anthropic.APIConnectionError)
    return { kind: 'transient', why: `${asked.provider} cannot be reached (${causeOf(error)})`, retryAfterMs: null };
  const status = error.status as number | undefined;
  const refusal = refusalOf({ status: status ?? 0, type: error.type, message: messageOf(error) }, asked);
  if (refusal !== null) return { kind: 'fatal', failure: refusal };
  switch (error.status) {
    case undefined: // an error event inside the stream
      return error.type === 'overloaded_error' ||
        error.type === 'api_error' ||
        error.type === 'timeout_error' ||
        error.type === 'rate_limit_error'
        ? { kind: 'transient', why, retryAfterMs: null }
        : fatal('provider', why);
    case 429:
      if (error.headers?.get('x-should-retry') === 'false' || /spend_limit/.test(JSON.stringify(error.error ?? null))) {
        return { kind: 'limited', why: `${why} (a spend limit)`, retryAfterMs: untilNextMonth(Date.now()) };
      }
      return retryAfterMs !== null && retryAfterMs > 120_000
        ? { kind: 'limited', why, retryAfterMs }
        : { kind: 'transient', why, retryAfterMs };
    case 408:
    case 409:
      return { kind: 'transient', why, retryAfterMs };
    case 400:
    case 413:
      return /prompt is too long|too large/i.test(error.message)
        ? fatal('context-exceeded', why)
        : fatal('provider', why);
    default:
      return error.status >= 500 ? { kind: 'transient', why, retryAfterMs } : fatal('provider', why);
  }
}

const errorBody = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** What the provider said, out of the library's error, whose message is the whole answer. */
function messageOf({ error, message }: { readonly error: unknown; readonly message: string }): string {
  const told = errorBody.safeParse(error);
  return told.success ? told.data.error.message : message;
}

/** A spend limit holds until the month is over, or somebody raises it. */
function untilNextMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - now;
}

function retryAfter(headers: Headers | undefined): number | null {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers?.get('retry-after');
  if (value === null || value === undefined) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
