import Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { AgentFailed } from '../../model/failure.ts';
import { printableLine } from '../../util/text/printable.ts';
import { agentFailed } from './agent-failed.ts';
import { theirError } from './their-error.ts';
import { type AskedWith, badAnswer, badEnd, isPassing, isTooLarge, refusalOf } from './refusal.ts';
import { causeOf, isUnreached } from './unreached.ts';
import type { CallEnd, CallProblem } from './voice.ts';
import { retryAfter } from './waits.ts';

/** An answer without a model's reply. */
export class NoReply extends Error {
  readonly status: number;

  constructor(status: number, answer: string) {
    super(answer);
    this.name = 'NoReply';
    this.status = status;
  }
}

/** True for a call that reached nobody or was refused before its answer. */
export function costsNothing(error: unknown): boolean {
  if (isUnreached(error)) return true;
  return error instanceof Anthropic.APIError && error.status !== undefined && error.status >= 400;
}

/** The end of a failed call, for the limiter. */
export function endOf(error: unknown, problem: CallProblem, asked: AskedWith): CallEnd {
  if (problem.kind === 'aborted') return { kind: 'other' };
  if (problem.kind === 'fatal' && problem.failure.reason === 'agent-unusable')
    return { kind: 'refused', failure: problem.failure };
  if (!(error instanceof Anthropic.APIError)) return badEnd(asked, saidBy(error));
  const why = problem.kind === 'fatal' ? problem.failure.detail : problem.why;
  if (error instanceof Anthropic.APIConnectionError) return { kind: 'lost', why: causeOf(error) };
  const retryAfterMs = problem.kind === 'fatal' ? null : problem.retryAfterMs;
  const type: unknown = error.type;
  if (problem.kind === 'limited' || error.status === 429 || type === 'rate_limit_error')
    return { kind: 'limited', retryAfterMs, why };
  return error.status === 529 || type === 'overloaded_error' ? { kind: 'overloaded', why } : { kind: 'answered' };
}

/** Classifies an error of the API. Exported for its table of tests. Throws errors of the machine and bugs. */
export function classify(error: unknown, asked: AskedWith): CallProblem {
  const fatal = (kind: AgentFailed['kind'], detail: string): CallProblem => ({
    kind: 'fatal',
    failure: agentFailed(kind, detail),
  });
  if (error instanceof NoReply) {
    const { status, message } = error;
    const failure = refusalOf({ status, type: null, message }, asked);
    return failure === null
      ? { kind: 'transient', why: badAnswer(asked.provider, saidBy(error)), retryAfterMs: null }
      : { kind: 'fatal', failure };
  }
  if (!(error instanceof Anthropic.APIError)) {
    theirError(error);
    return { kind: 'transient', why: badAnswer(asked.provider, saidBy(error)), retryAfterMs: null };
  }
  const heading = [error.status ?? '', error.type ?? ''].join(' ').trim();
  const why = `${asked.provider} answered ${heading}: ${printableLine(messageOf(error), 500)}`;
  const retryAfterMs = retryAfter((name) => (error.headers as Headers | undefined)?.get(name), Date.now());
  if (error instanceof Anthropic.APIConnectionError)
    return { kind: 'transient', why: `${asked.provider} cannot be reached (${causeOf(error)})`, retryAfterMs: null };
  // An error within a stream has no status.
  const told = { status: (error.status as number | undefined) ?? 0, type: error.type, message: messageOf(error) };
  const refusal = refusalOf(told, asked);
  if (refusal !== null) return { kind: 'fatal', failure: refusal };
  if (told.status === 429) {
    if (error.headers?.get('x-should-retry') === 'false' || /spend_limit/.test(JSON.stringify(error.error ?? null))) {
      return { kind: 'limited', why: `${why} (a spend limit)`, retryAfterMs: untilNextMonth(Date.now()) };
    }
    if (retryAfterMs !== null && retryAfterMs > 120_000) return { kind: 'limited', why, retryAfterMs };
  }
  if (isTooLarge(told)) return fatal('context-exceeded', why);
  return isPassing(told) ? { kind: 'transient', why, retryAfterMs } : fatal('provider', why);
}

/** What is wrong with an invalid answer. */
function saidBy(error: unknown): string {
  if (error instanceof NoReply) return 'no reply by a model';
  const said = printableLine(causeOf(error), 300);
  if (!(error instanceof Error && error.cause instanceof TypeError)) return said;
  // A TypeError: the library failed on it, or the connection broke.
  return error.cause.cause === undefined ? 'it could not be parsed' : `it broke off: ${said}`;
}

const errorBody = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** The provider's message in the library's error, whose own message is the whole answer. */
function messageOf({ error, message }: { readonly error: unknown; readonly message: string }): string {
  const told = errorBody.safeParse(error);
  return told.success ? told.data.error.message : message.replace(/^\d{3} (?:status code \(no body\)$)?/, ''); // shown beside it
}

/** A spend limit lasts until the end of the month, or until it is raised. */
function untilNextMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - now;
}
