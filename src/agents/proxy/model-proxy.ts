import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { addUsage, type AgentEvent, noUsage, type Order, type Usage } from '../../model/agent.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import type { BudgetScope } from '../../model/money.ts';
import { Bill, chargeOf, type Took, tookNothing } from '../money/bill.ts';
import { type Allowed, filterHeaders, filterRequest, modelPaths, type Refusal } from './model-request.ts';
import { ask, type Upstream } from './model-upstream.ts';
import { openDoor } from './door.ts';
import { pay, type Payer, unpaid } from './request-payment.ts';
import { headersOf, readBody } from './model-asked.ts';
import { webEvents } from '../words/web.ts';
import { CallFailed, type Pass } from '../provider/voice.ts';

export interface ModelProxyOptions extends Payer {
  readonly models: readonly string[];
  /** Maximum output tokens per request. */
  readonly maxTokens: number;
  /** True: the provider may search the web. */
  readonly web: boolean;
  /** Fields and betas that the user allows, beside the known ones. */
  readonly allowed: Allowed;
  /** Gets each search result. */
  readonly onSource: (source: Extract<AgentEvent, { readonly type: 'source' }>) => void;
  readonly onHeld: Order['onHeld'];
  /** `socket` for a box with doors; `port` if commands share the machine's network. */
  readonly listen: 'socket' | 'port';
}

/** A proxy for one order: adds the key, filters requests and counts their cost. */
export interface ModelProxy {
  /** Absolute path of its socket, or its address. */
  readonly at: string;
  /** A stand-in for the key; requests without it are refused. */
  readonly key: string;
  usage(): Omit<Usage, 'toolCalls'>;
  /** Why the provider was not asked, if no later call was answered; else null. */
  readonly trouble: { readonly why: string; readonly retryAfterMs: number | null } | null;
  /** Why the provider would refuse every call; null if it would not. */
  readonly refusal: AgentUnusable | null;
  /** True while the model is being asked. */
  readonly isAsking: boolean;
  /** The refusal of the last unknown request, if no later one was answered; else null. */
  readonly unknown: Refusal | null;
  /** The request that a cap refused last; null for none. */
  spent(): { readonly scope: BudgetScope; readonly detail: string } | null;
  /** Reasons of refused requests, each once. */
  readonly refused: ReadonlySet<string>;
  /** Ends it. Throws errors of the machine and bugs that prevented an answer. */
  close(): Promise<void>;
}

/** Wait in ms before asking a provider again that never answered. */
const soonMs = 5000;

/** Opens the proxy. */
export async function openModelProxy(options: ModelProxyOptions): Promise<ModelProxy> {
  const { models, maxTokens, prices, isSubscription, web, allowed } = options;
  let asking = 0;
  /** Calls that wait for a place, and since when nothing else happened. */
  let waiting = 0;
  let heldSince: number | null = null;
  let moment = 0;
  let trouble: (NonNullable<ModelProxy['trouble']> & { readonly at: number }) | null = null;
  let refusal: AgentUnusable | null = null;
  let unknown: Refusal | null = null;
  let total = noUsage;
  let spent: ReturnType<ModelProxy['spent']> = null;
  const refused = new Set<string>();
  const refusedModels = new Set<string>();
  const key = `backlog-${randomBytes(16).toString('hex')}`;
  const closing = new AbortController();

  const say = (answer: ServerResponse, status: number, type: string, message: string): void => {
    answer.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
    answer.end(JSON.stringify({ type: 'error', error: { type, message: `backlog: ${message}` } }));
  };
  const refuse = (answer: ServerResponse, why: Refusal): void => {
    refused.add(why.refused);
    if (why.entry !== null) unknown = why;
    say(answer, 403, 'permission_error', why.refused);
  };
  const account = (took: Took): void => {
    const { costMicroUsd } = took;
    const cost = isSubscription ? { costMicroUsd: 0, possibleMicroUsd: 0, notionalMicroUsd: costMicroUsd ?? 0 } : {};
    total = addUsage(total, { ...noUsage, calls: 1, ...took, ...cost });
  };

  async function handle(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const sent = asked.headers['x-api-key'] ?? asked.headers.authorization?.replace(/^Bearer /, '');
    if (sent !== key) return say(answer, 401, 'authentication_error', 'unknown key');
    const where = `${asked.method ?? ''} ${asked.url ?? ''}`;
    const nowhere = (why: string): void => refuse(answer, { refused: why, entry: null });
    if (!modelPaths.has(where)) return nowhere(`${where.slice(0, 100)} is not allowed`);
    const read = await readBody(asked);
    if (read === 'gone') return;
    if (read === 'too large') return nowhere('the body is too large');
    const isCounting = where.includes('count_tokens');
    const passing = filterRequest(read.text, { models, maxTokens, web, allowed }, isCounting);
    if ('refused' in passing) return refuse(answer, passing);
    const headers = filterHeaders(headersOf(asked), allowed);
    if ('refused' in headers) return refuse(answer, headers);
    const request: Upstream = { ...headers, path: asked.url ?? '', body: passing.body, model: passing.model };
    const gone = new AbortController();
    answer.once('close', () => gone.abort());
    const stop = AbortSignal.any([gone.signal, closing.signal]);
    // While another call is answered, the program is not held up.
    if (waiting++ === 0) heldSince = asking === 0 ? performance.now() : null;
    const place = await enter(options, passing.model, answer, stop);
    waiting--;
    if (heldSince !== null) options.onHeld(performance.now() - heldSince);
    heldSince = null;
    if (place === 'gone') return;
    if (place !== null && 'reason' in place) {
      refusal = place;
      return say(answer, 403, 'permission_error', place.detail);
    }
    if (place === null) {
      trouble = { why: 'the provider asked to wait', retryAfterMs: null, at: ++moment };
      return;
    }
    const limiter = options.limiterOf(passing.model);
    const { pool } = limiter;
    let begun = ++moment;
    const leave: Pass['leave'] = (ended, read) => {
      // A secondary model may be missing, and so may the counting endpoint.
      const isPartial = (why: AgentUnusable | null): boolean => why?.kind === 'model' || why?.kind === 'request';
      if (ended.kind === 'refused' && !(isCounting && isPartial(ended.failure))) refusal = ended.failure;
      if (ended.kind === 'ok' && !isCounting && isPartial(refusal)) refusal = null;
      if (ended.kind === 'lost') {
        const why = `${options.upstream} cannot be reached (${ended.why})`;
        // A provider that never answered is asked again soon: it either comes up or is given up.
        trouble = { why, retryAfterMs: pool?.hasAnswered === false ? soonMs : null, at: ++moment };
      } else if (ended.kind === 'bad') trouble = { why: ended.why, retryAfterMs: null, at: ++moment };
      else if (ended.kind === 'limited') trouble = { ...ended, at: ++moment };
      else if (ended.kind === 'overloaded') trouble = { ...ended, retryAfterMs: null, at: ++moment };
      // Only a call that began after the refusal disproves it.
      else if (trouble !== null && begun > trouble.at) trouble = null;
      if (ended.kind === 'ok' && !isCounting) unknown = null;
      const isOfRequest = ended.kind === 'refused' && ended.failure.kind === 'request';
      // Repeated refused requests for a model count once; a failed count tells nothing.
      const isSame = isOfRequest && (isCounting || refusedModels.has(passing.model));
      if (isOfRequest && !isCounting) refusedModels.add(passing.model);
      place.leave(isSame ? { kind: 'other' } : ended, read);
      if (refusal === null || isOfRequest) refusal = limiter.refusal ?? refusal; // this may have been the last call before it is given up
    };
    const paid = isCounting
      ? unpaid
      : await pay(options, passing, request, stop).catch((error: unknown) => {
          place.leave({ kind: 'other' });
          throw error;
        });
    if ('end' in paid) {
      leave(paid.end, paid.read);
      const why = refusal?.detail ?? trouble?.why ?? 'the provider does not answer';
      return say(answer, refusal === null ? 502 : 403, refusal === null ? 'api_error' : 'permission_error', why);
    }
    if ('refused' in paid) {
      place.leave({ kind: 'other' });
      const { doubt } = limiter; // the missing amount is held by calls with an unknown end
      if (doubt !== null) {
        refusal = doubt;
        return say(answer, 403, 'permission_error', doubt.detail);
      }
      spent = { scope: paid.refused, detail: paid.detail };
      return say(answer, 403, 'permission_error', paid.detail);
    }
    begun = ++moment;
    const { reservation, most } = paid;
    const bill = new Bill(prices, { ...passing, most });
    let isTold = false;
    asking++;
    const end = await ask(options, request, answer, stop, {
      isKnown: pool?.hasAnswered ?? false,
      hasReplied: limiter.hasReplied,
      leave,
      hear(event) {
        if (bill.hear(event) && !isTold) {
          isTold = true; // once, since each settlement waits for the disk
          reservation?.settle(chargeOf(bill.took()));
        }
        for (const found of webEvents(blocksOf(event))) if (found.type === 'source') options.onSource(found);
      },
    }).finally(() => {
      asking--;
      place.leave({ kind: 'other' }); // no effect if it has left
    });
    const took = end === 'not charged' ? tookNothing : bill.took();
    reservation?.settle(chargeOf(took));
    if (!isCounting && end !== 'not charged') account(took);
  }

  const door = await openDoor(options.listen, handle, (answer) =>
    say(answer, 502, 'api_error', 'the run cannot continue'),
  );
  return {
    at: door.at,
    key,
    usage: () => total,
    get trouble() {
      return trouble;
    },
    get refusal() {
      return refusal;
    },
    get isAsking() {
      return asking > 0;
    },
    get unknown() {
      return unknown;
    },
    spent: () => spent,
    refused,
    async close() {
      closing.abort();
      await door.close(); // settles the cost of open calls
    },
  };
}

/** The content blocks of a stream event or whole answer. */
function blocksOf(event: { readonly content_block?: unknown; readonly content?: unknown }): unknown[] {
  return [event.content_block ?? [], event.content ?? []].flat();
}

/** Waits for a place; null if the wait would be long, which `answer` then says. `gone`: the client disconnected. */
async function enter(
  options: ModelProxyOptions,
  model: string,
  answer: ServerResponse,
  stop: AbortSignal,
): Promise<Pass | 'gone' | AgentUnusable | null> {
  try {
    return await options.limiterOf(model).enter(stop);
  } catch (error) {
    if (stop.aborted && error === stop.reason) return 'gone';
    if (!(error instanceof CallFailed)) throw error;
    const { problem } = error;
    if (problem.kind === 'fatal' && problem.failure.reason === 'agent-unusable') return problem.failure;
    const seconds = problem.kind === 'limited' ? Math.ceil((problem.retryAfterMs ?? 0) / 1000) : 60;
    answer.writeHead(429, {
      'content-type': 'application/json',
      'retry-after': String(seconds),
      'x-should-retry': 'false',
    });
    const message = `backlog: the provider asked to wait ${seconds} s`;
    answer.end(JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message } }));
    return null;
  }
}
