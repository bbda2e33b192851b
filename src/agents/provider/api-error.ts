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

/** An answer that ended without a word of a model. */
export class NoReply extends Error {
  readonly status: number;

  constructor(status: number, answer: string) {
    super(answer);
    this.name = 'NoReply';
    this.status = status;
  }
}

/** True for a call that reached nobody, or was refused before an answer began. */
export function costsNothing(error: unknown): boolean {
  if (isUnreached(error)) return true;
  return error instanceof Anthropic.APIError && error.status !== undefined && error.status >= 400;
}

/** What a failed call says about the provider's limits. */
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

/** What an error of the API means for us. Exported for its table of tests. */
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
  // Without a status: an error within a stream.
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

/** What is wrong with an answer that is none of the API's: silence, a shape, an end before the end, a broken connection. */
function saidBy(error: unknown): string {
  if (error instanceof NoReply) return 'no reply of a model';
  const said = printableLine(causeOf(error), 300);
  if (!(error instanceof Error && error.cause instanceof TypeError)) return said;
  // The library stumbled over it, or was told that the connection is gone.
  return error.cause.cause === undefined ? 'it cannot be read' : `it broke off: ${said}`;
}

const errorBody = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** What the provider said, out of the library's error, whose message is the whole answer. */
function messageOf({ error, message }: { readonly error: unknown; readonly message: string }): string {
  const told = errorBody.safeParse(error);
  return told.success ? told.data.error.message : message.replace(/^\d{3} (?:status code \(no body\)$)?/, ''); // that is said beside it
}

/** A spend limit holds until the month is over, or somebody raises it. */
function untilNextMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - now;
}
