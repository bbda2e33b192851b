import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';
import { tokensCounted } from '../money/prompt-size.ts';
import { AnswerReader, BadAnswer } from '../provider/answer-reader.ts';
import { isNetworkError } from '../../util/network-error.ts';
import { type AskedWith, badAnswer, badEnd, refusalOf } from '../provider/refusal.ts';
import { causeOf, isUnreached } from '../provider/unreached.ts';
import type { CallEnd, HeaderReader, Pass } from '../provider/voice.ts';
import { retryAfter } from '../provider/waits.ts';
import { parseJson } from '../../util/text/json.ts';

/** A request to the API. */
export interface Upstream {
  readonly path: string;
  readonly body: string;
  readonly betas: string;
  readonly version: string;
  readonly model: string;
}

/** The API and its credential. */
export interface Provider {
  /** Its address, such as `https://api.anthropic.com`. */
  readonly upstream: string;
  /** An API key, or the token of a subscription. */
  readonly credential: { readonly kind: 'key' | 'token'; readonly secret: string; readonly variable: string };
  /** Maximum milliseconds between bytes from the model. */
  readonly idleMs: number;
}

/** Required for requests with a subscription token. */
const oauthBeta = 'oauth-2025-04-20';
/** Milliseconds for an answer without streaming. */
const wholeAnswerMs = 600_000;
/** Milliseconds for counting tokens. */
const countMs = 10_000;
/** Milliseconds for opening a connection. */
const connectMs = 20_000;
/** Bytes of an answer without a reply that are kept for messages. */
const maxRefusal = 65_536;
const passedOn = /^(?:content-type|request-id|retry-after|retry-after-ms|x-should-retry|anthropic-ratelimit-.*)$/;

/** The state of the provider. */
type Known = Pick<AskedWith, 'isKnown' | 'hasReplied'>;

/** Follows an answer as it passes. */
interface Follower extends Pick<Pass, 'leave'>, Known {
  /** Gets each event with usage or a search result. */
  hear(event: object): void;
}

/**
 * Sends a request with the key and passes the answer on, or an error in its place. `not charged`: it reached nobody or
 * was refused; otherwise its events state the usage. Rejects with bugs and with errors of the follower.
 */
export async function ask(
  provider: Provider,
  request: Upstream,
  answer: ServerResponse,
  stop: AbortSignal,
  follower: Follower,
): Promise<'answered' | 'not charged'> {
  // An answer without streaming arrives all at once.
  const isStream = request.body.includes('"stream":true');
  const silenceMs = isStream ? provider.idleMs : Math.max(provider.idleMs, wholeAnswerMs);
  const sent = await send(provider, request, silenceMs, stop);
  const { upstream } = provider;
  const spoil = (why: string): void =>
    follower.leave(stop.aborted ? { kind: 'other' } : badEnd({ provider: upstream, model: request.model }, why));
  const tell = (message: string): void => {
    answer.writeHead(502, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ type: 'error', error: { type: 'api_error', message: `backlog: ${message}` } }));
  };
  if (sent.kind !== 'answered') {
    const why = causeOf(sent.error);
    if (sent.kind === 'silent') spoil(why);
    else follower.leave(stop.aborted ? { kind: 'other' } : { kind: 'lost', why });
    tell(sent.kind === 'lost' ? `${upstream} cannot be reached (${why})` : badAnswer(upstream, why));
    return isUnreached(sent.error) ? 'not charged' : 'answered';
  }
  const { response } = sent;
  const { statusCode = 0 } = response;
  const status = statusCode >= 200 ? statusCode : 502;
  const isRefusing = status >= 400;
  const held: Buffer[] = []; // until it is known as a reply or a refusal
  const pass = (): void => {
    if (!answer.headersSent) {
      const kept = Object.entries(response.headers).filter(([name]) => passedOn.test(name));
      answer.writeHead(status, Object.fromEntries(kept));
      if (!isRefusing) follower.leave(...endOf(response, null, true));
    }
    for (const chunk of held.splice(0)) answer.write(chunk);
  };
  let told = '';
  const reader = new AnswerReader(String(response.headers['content-type'] ?? ''), (event) => follower.hear(event));
  let fault: string | null = null;
  try {
    for await (const chunk of chunksOf(response)) {
      reader.push(chunk);
      held.push(chunk);
      if (isRefusing || reader.isReply) pass();
      if (!reader.isReply && told.length < maxRefusal) told += chunk.toString('utf8');
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error;
    fault = error.message;
  }
  if (fault !== null && !isRefusing) {
    spoil(fault);
    if (answer.headersSent)
      answer.destroy(); // the client sees a broken answer and retries
    else tell(badAnswer(upstream, fault));
    return 'answered';
  }
  if (isRefusing || reader.isReply) pass();
  if (reader.isReply && !isRefusing) {
    answer.end();
    return 'answered';
  }
  const failure = refusedWith(provider, request, follower, status, told);
  follower.leave(...endOf(response, failure, false));
  if (fault !== null) answer.destroy();
  else if (isRefusing) answer.end();
  else {
    const [code, type] = failure === null ? [502, 'api_error'] : [403, 'permission_error'];
    answer.writeHead(code, { 'content-type': 'application/json', 'x-should-retry': String(failure === null) });
    const message = `backlog: ${failure?.detail ?? badAnswer(upstream, 'no reply by a model')}`;
    answer.end(JSON.stringify({ type: 'error', error: { type, message } }));
  }
  return isRefusing || failure !== null ? 'not charged' : 'answered';
}

/** The chunks of an answer; throws `BadAnswer` if it breaks off. */
async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) yield chunk; // leaving the loop ends the connection
  } catch (error) {
    if (error instanceof BadAnswer || !isNetworkError(error)) throw error;
    throw new BadAnswer(`it broke off: ${causeOf(error)}`);
  }
}

/** The fields that count as prompt. */
const countedKeys = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'cache_control'];

/** A token count, null if not available, with the end of the call for the limiter. */
export interface Counted {
  readonly tokens: number | null;
  readonly end: CallEnd;
  readonly read: HeaderReader | null;
}

/** Asks the provider to count the tokens of a prompt. */
export async function countTokens(
  provider: Provider,
  upstream: Upstream,
  request: Readonly<Record<string, unknown>>,
  { stop, ...known }: Known & { readonly stop: AbortSignal },
): Promise<Counted> {
  const { path, betas, version } = upstream;
  const counted = Object.fromEntries(Object.entries(request).filter(([key]) => countedKeys.includes(key)));
  const body = JSON.stringify(counted);
  const asked = { path: path.replace('/messages', '/messages/count_tokens'), body, betas, version };
  const sent = await send(provider, asked, countMs, stop);
  if (sent.kind !== 'answered') {
    const isLost = sent.kind === 'lost' && !stop.aborted;
    return { tokens: null, end: isLost ? { kind: 'lost', why: causeOf(sent.error) } : { kind: 'other' }, read: null };
  }
  const { statusCode: status = 0, headers } = sent.response;
  const texts: string[] = [];
  let said: unknown = null;
  try {
    const reader = new AnswerReader(String(headers['content-type'] ?? ''), (event) => (said = event));
    for await (const chunk of chunksOf(sent.response)) {
      reader.push(chunk);
      texts.push(chunk.toString('latin1'));
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error;
    said = null;
  }
  const tokens = status === 200 ? tokensCounted(said) : null;
  const failure = status < 400 ? null : refusedWith(provider, upstream, known, status, texts.join(''));
  const [end, read] = endOf(sent.response, failure, tokens !== null);
  return { tokens, end, read };
}

const refusingSchema = z.looseObject({ error: z.looseObject({ type: z.string(), message: z.string() }) });

/** Why the next call would be refused, too; null if it might not be. */
function refusedWith(
  { upstream, credential }: Provider,
  { model }: Upstream,
  { isKnown, hasReplied }: Known,
  status: number,
  text: string,
): ReturnType<typeof refusalOf> {
  const told = refusingSchema.safeParse(parseJson(/^data:(.*)$/m.exec(text)?.[1] ?? text)); // also in a stream
  const { type, message } = told.success ? told.data.error : { type: null, message: text };
  const { kind, variable } = credential;
  const asked = { provider: upstream, model, credential: kind, variable, isKnown, hasReplied };
  return refusalOf({ status, type, message }, asked);
}

type Sent =
  | { readonly kind: 'answered'; readonly response: IncomingMessage }
  /** No answer; `silent`: after our time limit. */
  | { readonly kind: 'lost' | 'silent'; readonly error: Error };

/** Sends a request. It is lost without the start of an answer, or after `silenceMs` without one. */
async function send(
  { upstream, credential }: Provider,
  { path, body, betas, version }: Omit<Upstream, 'model'>,
  silenceMs: number,
  stop: AbortSignal,
): Promise<Sent> {
  const url = new URL(`${upstream.replace(/\/+$/, '')}${path}`);
  const asked = [betas, credential.kind === 'token' ? oauthBeta : '']
    .flatMap((list) => list.split(','))
    .filter(Boolean);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'anthropic-version': version,
    ...(credential.kind === 'key'
      ? { 'x-api-key': credential.secret }
      : { authorization: `Bearer ${credential.secret}` }),
    ...(asked.length === 0 ? {} : { 'anthropic-beta': [...new Set(asked)].join(',') }),
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', headers, timeout: silenceMs, signal: stop });
    let coming: IncomingMessage | null = null;
    sent.on('response', (response) => {
      coming = response;
      resolve({ kind: 'answered', response });
    });
    sent.on('timeout', () => (coming ?? sent).destroy(new BadAnswer(`no data for ${silenceMs / 1000} s`)));
    sent.on('socket', (socket) => {
      if (!socket.connecting) return;
      const late = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'connect' });
      const timer = setTimeout(() => sent.destroy(late), connectMs);
      for (const event of ['connect', 'close'] as const) socket.once(event, () => clearTimeout(timer));
    });
    sent.on('error', (error) => resolve({ kind: error instanceof BadAnswer ? 'silent' : 'lost', error }));
    sent.on('close', () => resolve({ kind: 'lost', error: new Error('the provider hung up') })); // no effect after a response
    sent.end(body);
  });
}

/** The end of a call, for the limiter, with its headers. */
function endOf(
  response: IncomingMessage,
  failure: ReturnType<typeof refusalOf>,
  isReply: boolean,
): [CallEnd, HeaderReader] {
  const header: HeaderReader = (name) => response.headers[name]?.toString();
  const status = response.statusCode ?? 0;
  const retryAfterMs = retryAfter(header, Date.now());
  if (status === 429) return [{ kind: 'limited', retryAfterMs, why: 'the provider refused a call (429)' }, header];
  if (status === 529) return [{ kind: 'overloaded', why: 'the provider is overloaded (529)' }, header];
  if (failure !== null) return [{ kind: 'refused', failure }, header];
  return [{ kind: isReply ? 'ok' : 'answered' }, header];
}
