import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { BudgetScope } from '../model/money.ts';
import type { AgentEvent, Budget, Usage } from '../model/agent.ts';
import { filterBetas, filterRequest, modelPaths } from './model-request.ts';
import type { Limiter } from './limiter.ts';
import type { Prices } from './prices.ts';
import { type Counted, TokenCounter } from './token-counter.ts';
import { perRequest, webEvents } from './web.ts';
import { CallFailed, type CallEnd, type HeaderReader, type Pass } from './voice.ts';

/** How a program in a box reaches a model. */
export interface ModelProxyOptions {
  /** The API, e.g. `https://api.anthropic.com`. */
  readonly upstream: string;
  /** What opens it: an API key, or the token of a subscription's login. */
  readonly credential: { readonly kind: 'key' | 'token'; readonly secret: string };
  /** True: a subscription pays; what it would have cost is notional. */
  readonly isSubscription: boolean;
  readonly models: readonly string[];
  /** Output tokens of one request. */
  readonly maxTokens: number;
  readonly budget: Budget;
  readonly prices: Prices;
  /** Shared by all who call with this key. */
  readonly limiterOf: (model: string) => Limiter;
  /** Milliseconds without a byte from the model. */
  readonly idleMs: number;
  /** True: the provider may search the web for it. */
  readonly web: boolean;
  /** Is told what a search brought. */
  readonly onSource: (source: Extract<AgentEvent, { readonly type: 'source' }>) => void;
  /** `socket` for a box with doors; `port` where commands share the machine's network. */
  readonly listen: 'socket' | 'port';
}

/** A proxy for one order: it adds the key, filters what is asked, and counts what it costs. */
export interface ModelProxy {
  /** Absolute path of its socket, or its address. */
  readonly at: string;
  /** What stands in for the key: only who sends it is listened to. */
  readonly key: string;
  usage(): Omit<Usage, 'toolCalls'>;
  /** Why the provider would not be asked, where no later call was answered; else null. */
  readonly trouble: { readonly why: string; readonly retryAfterMs: number | null } | null;
  /** True while the model is being asked. */
  readonly isAsking: boolean;
  /** Why a request was refused for money; null when none was. */
  spent(): { readonly scope: BudgetScope; readonly detail: string } | null;
  /** Requests that were refused for what they asked, each once. */
  readonly refused: ReadonlySet<string>;
  close(): Promise<void>;
}

/** What requests with the token of a login must ask for. */
const oauthBeta = 'oauth-2025-04-20';
/** Milliseconds that an answer may take that comes all at once. */
const wholeAnswerMs = 600_000;
const maxBodyBytes = 32 * 1024 * 1024;
const passedOn = /^(?:content-type|request-id|retry-after|retry-after-ms|x-should-retry|anthropic-ratelimit-.*)$/;

/** Opens the proxy. */
export async function openModelProxy(options: ModelProxyOptions): Promise<ModelProxy> {
  const { models, maxTokens, budget, prices, isSubscription, web } = options;
  let asking = 0;
  let moment = 0;
  let trouble: (NonNullable<ModelProxy['trouble']> & { readonly at: number }) | null = null;
  const total = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 0 };
  let costMicroUsd: number | null = 0;
  let spent: ReturnType<ModelProxy['spent']> = null;
  const refused = new Set<string>();
  const key = `backlog-${randomBytes(16).toString('hex')}`;

  const say = (answer: ServerResponse, status: number, type: string, message: string): void => {
    answer.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
    answer.end(JSON.stringify({ type: 'error', error: { type, message: `backlog: ${message}` } }));
  };
  const refuse = (answer: ServerResponse, why: string): void => {
    refused.add(why);
    say(answer, 403, 'permission_error', why);
  };

  async function handle(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const sent = asked.headers['x-api-key'] ?? asked.headers.authorization?.replace(/^Bearer /, '');
    if (sent !== key) return say(answer, 401, 'authentication_error', 'this key is not the one that was given');
    const where = `${asked.method ?? ''} ${asked.url ?? ''}`;
    if (!modelPaths.has(where)) return refuse(answer, `${where.slice(0, 100)} is not allowed`);
    const text = await readBody(asked);
    if (text === null) return refuse(answer, 'the body is too large');
    const filtered = filterRequest(text, { models, maxTokens, web });
    if ('refused' in filtered) return refuse(answer, filtered.refused);
    const isCounting = where.includes('count_tokens');
    // A token has at least two characters of JSON on average; the estimate errs on the dear side.
    const { model, body } = filtered;
    const ttl = body.includes('"1h"') ? '1h' : '5m';
    const searching = filtered.searches ? { ...perRequest, fetches: 0 } : undefined;
    const tokens = Math.ceil(body.length / 2);
    const most = isCounting ? 0 : prices.worstCase(model, tokens, filtered.maxTokens, ttl, searching);
    if (most === null && budget.isCapped && !isSubscription) {
      spent = { scope: 'run', detail: `the price of ${model} is not known, so no cap can be kept` };
      return say(answer, 403, 'permission_error', spent.detail);
    }
    const place = await enter(options, model, answer);
    if (place === null) {
      trouble = { why: 'the provider wants everybody to wait', retryAfterMs: null, at: ++moment };
      return;
    }
    const reservation = budget.reserve(isSubscription ? 0 : (most ?? 0));
    if ('refused' in reservation) {
      spent = { scope: reservation.refused, detail: 'the next call could go over the cap' };
      place.leave({ kind: 'other' });
      return say(answer, 403, 'permission_error', spent.detail);
    }
    let counted: Counted | 'refused' | null;
    const begun = ++moment;
    asking++;
    try {
      counted = await pass(options, asked, body, answer, {
        leave(end, headers) {
          if (end.kind === 'limited') trouble = { ...end, at: ++moment };
          else if (end.kind === 'overloaded') trouble = { ...end, retryAfterMs: null, at: ++moment };
          // A call beside the one that was refused says nothing about it; only one that came after it does.
          else if (trouble !== null && begun > trouble.at) trouble = null;
          place.leave(end, headers);
        },
      });
    } catch (error) {
      place.leave({ kind: 'other' });
      // Nobody was there to charge for it; after anything else, nobody knows.
      const code = (error as NodeJS.ErrnoException).code ?? '';
      reservation.settle(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code) ? 0 : null);
      throw error;
    } finally {
      asking--;
    }
    if (isCounting || counted === 'refused') return reservation.settle(0);
    total.calls++;
    if (counted === null) {
      reservation.settle(null); // nobody knows: what was reserved counts as spent
      if (most !== null && costMicroUsd !== null) costMicroUsd += most;
      return;
    }
    total.inputTokens += counted.input;
    total.outputTokens += counted.output;
    total.cacheReadTokens += counted.cacheRead;
    total.cacheWriteTokens += counted.cacheWrite;
    const cost = prices.of(model, {
      inputTokens: counted.input,
      outputTokens: counted.output,
      cacheReadTokens: counted.cacheRead,
      cacheWriteTokens: counted.cacheWrite,
      cacheWrite1hTokens: counted.cacheWrite1h,
      webSearches: counted.searches,
    });
    reservation.settle(isSubscription ? 0 : cost);
    costMicroUsd = cost === null || costMicroUsd === null ? null : costMicroUsd + cost;
  }

  const server = createServer((asked, answer) => {
    handle(asked, answer).catch((error: unknown) => {
      if (!answer.headersSent) say(answer, 502, 'api_error', error instanceof Error ? error.message : String(error));
      answer.end();
    });
  });
  // Others pass through the folder, but cannot list it: the name is known only to the box that it is bound into.
  const folder = await mkdtemp(path.join(os.tmpdir(), 'backlog-model-'));
  await chmod(folder, 0o711);
  const socket = path.join(folder, `${randomBytes(12).toString('hex')}.sock`);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.listen === 'socket') server.listen(socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  if (options.listen === 'socket') await chmod(socket, 0o666);
  return {
    at: options.listen === 'socket' ? socket : `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    usage: () => ({
      ...total,
      costMicroUsd: isSubscription ? 0 : costMicroUsd,
      notionalMicroUsd: isSubscription ? (costMicroUsd ?? 0) : 0,
    }),
    get trouble() {
      return trouble;
    },
    get isAsking() {
      return asking > 0;
    },
    spent: () => spent,
    refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a place among the calls; null when that would take long: then the program is told until when. */
async function enter(options: ModelProxyOptions, model: string, answer: ServerResponse): Promise<Pass | null> {
  const gone = new AbortController();
  answer.once('close', () => gone.abort());
  try {
    return await options.limiterOf(model).enter(gone.signal);
  } catch (error) {
    const problem = error instanceof CallFailed ? error.problem : null;
    const seconds = problem?.kind === 'limited' ? Math.ceil((problem.retryAfterMs ?? 0) / 1000) : 60;
    answer.writeHead(429, {
      'content-type': 'application/json',
      'retry-after': String(seconds),
      'x-should-retry': 'false',
    });
    const message = `backlog: the provider wants everybody to wait ${seconds} s`;
    answer.end(JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message } }));
    return null;
  }
}

/** What an answer says about the provider's limits. */
function endOf(response: IncomingMessage): [CallEnd, HeaderReader] {
  const header: HeaderReader = (name) => response.headers[name]?.toString();
  const status = response.statusCode ?? 0;
  const seconds = Number(header('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null;
  if (status === 429) return [{ kind: 'limited', retryAfterMs, why: 'the provider refused a call (429)' }, header];
  if (status === 529) return [{ kind: 'overloaded', why: 'the provider is overloaded (529)' }, header];
  return [{ kind: status === 200 ? 'ok' : 'other' }, header];
}

async function readBody(asked: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of asked as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends a request with the key, passes the answer on, and counts its tokens; null when they were not told. */
async function pass(
  options: ModelProxyOptions,
  asked: IncomingMessage,
  body: string,
  answer: ServerResponse,
  place: Pass,
): Promise<Counted | 'refused' | null> {
  const url = new URL(asked.url ?? '', options.upstream);
  const isToken = options.credential.kind === 'token';
  const betas = filterBetas([asked.headers['anthropic-beta'] ?? '', isToken ? oauthBeta : ''].join(','));
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'anthropic-version': String(asked.headers['anthropic-version'] ?? '2023-06-01'),
    ...(options.credential.kind === 'key'
      ? { 'x-api-key': options.credential.secret }
      : { authorization: `Bearer ${options.credential.secret}` }),
    ...(betas === '' ? {} : { 'anthropic-beta': betas }),
  };
  // An answer that is no stream comes all at once, and says nothing before.
  const silenceMs = body.includes('"stream":true') ? options.idleMs : Math.max(options.idleMs, wholeAnswerMs);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const upstream = request(url, { method: 'POST', headers, timeout: silenceMs }, (response) => {
      const kept = Object.entries(response.headers).filter(([name]) => passedOn.test(name));
      answer.writeHead(response.statusCode ?? 502, Object.fromEntries(kept));
      place.leave(...endOf(response));
      const counter = new TokenCounter(String(response.headers['content-type'] ?? ''), (block) => {
        for (const event of webEvents([block])) if (event.type === 'source') options.onSource(event);
      });
      response.on('data', (chunk: Buffer) => {
        counter.push(chunk);
        answer.write(chunk);
      });
      response.on('error', () => {
        answer.destroy();
        resolve(null);
      });
      response.on('end', () => {
        answer.end();
        // An error costs nothing; an answer without numbers costs what was reserved.
        resolve((response.statusCode ?? 500) >= 400 ? 'refused' : counter.result());
      });
    });
    // A stream that falls silent ends; whoever asked sees it break off, and asks again.
    upstream.on('timeout', () => upstream.destroy(new Error(`no word from the model for ${silenceMs / 1000} s`)));
    upstream.on('error', reject);
    answer.on('close', () => {
      if (!answer.writableFinished) upstream.destroy(); // whoever asked is gone: nothing more is to be paid
    });
    upstream.end(body);
  });
}
