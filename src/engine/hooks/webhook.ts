import { variableOf, type WebhookFormat } from '../../model/hooks.ts';
import type { Env } from '../../util/files/home.ts';
import type { Clock } from '../../util/time/clock.ts';

/** How often a message is sent again, and how long an answer may take. */
const most = { sends: 4, answerMs: 15_000, pauseMs: 1000 };

/** Where a message goes. The address is a secret: it is in no message, error or record. */
export interface Address {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For `ntfy`, the topic; otherwise ''. */
  readonly topic: string;
}

/** How a webhook is named to people: by its variable, or by its host if the address is written out. */
export function nameOf(address: string): string {
  return variableOf(address) === null ? (URL.parse(address)?.host ?? 'the webhook') : address;
}

/** The address of a webhook; as a string, why there is none. */
export function addressOf(address: string, format: WebhookFormat, env: Env): Address | string {
  const name = variableOf(address);
  const value = (name === null ? address : (env[name] ?? '')).trim();
  if (value === '') return `the environment variable ${name ?? ''} is not set`;
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol))
    return `the value of ${name ?? 'its address'} is no address that begins with https://`;
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'backlog' };
  if (url.username !== '' || url.password !== '') {
    const user = [url.username, url.password].map(decoded).join(':');
    headers['authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  url.hash = '';
  if (format !== 'ntfy') return { url: url.href, headers, topic: '' };
  const path = url.pathname.replace(/\/+$/, '');
  const topic = decoded(path.slice(path.lastIndexOf('/') + 1));
  if (topic === '') return `the value of ${name ?? 'its address'} names no topic`;
  url.pathname = path.slice(0, path.lastIndexOf('/') + 1);
  return { url: url.href, headers, topic };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Delivers a message: sends it again after no answer, an overload (408, 429) or a fault of the server, at the time that the
 * server names. Of the answer only status and `retry-after` are read. Returns why it was not delivered; null if it was.
 */
export async function deliver(
  { url, headers }: Address,
  body: string,
  { clock, signal, endsAt }: { readonly clock: Clock; readonly signal: AbortSignal; readonly endsAt: number },
): Promise<string | null> {
  let pause = most.pauseMs;
  for (let sends = 1; ; sends++) {
    const { why, isFinal, retryAfterMs } = await send(url, headers, body, signal, clock);
    if (why === null) return null;
    const times = sends === 1 ? '' : ` (${sends} times)`;
    if (isFinal || sends === most.sends) return why + times;
    const wait = Math.max(pause, retryAfterMs ?? 0);
    if (clock.now() + wait >= endsAt)
      return `${why}${times}${retryAfterMs === null ? '' : `, and asks to wait for ${Math.ceil(wait / 1000)} s`}`;
    try {
      await clock.sleep(wait, signal);
    } catch {
      return why + times;
    }
    pause *= 2;
  }
}

interface Sent {
  /** Null if it was taken. */
  readonly why: string | null;
  /** True if another time would not help. */
  readonly isFinal: boolean;
  readonly retryAfterMs: number | null;
}

async function send(
  url: string,
  headers: Address['headers'],
  body: string,
  signal: AbortSignal,
  clock: Clock,
): Promise<Sent> {
  try {
    const answer = await fetch(url, {
      ...{ method: 'POST', headers, body },
      redirect: 'manual', // the address is a secret for this host alone
      signal: AbortSignal.any([signal, AbortSignal.timeout(most.answerMs)]),
    });
    answer.body?.cancel().catch(() => {}); // it was answered, whatever becomes of the rest
    if (answer.ok) return { why: null, isFinal: true, retryAfterMs: null };
    const { status } = answer;
    return {
      why: `it answered ${status}`,
      isFinal: status < 500 && status !== 408 && status !== 429,
      retryAfterMs: retryAfter(answer.headers.get('retry-after'), clock.now()),
    };
  } catch (error) {
    if (signal.aborted) return { why: 'it did not answer in time', isFinal: true, retryAfterMs: null };
    return { why: reasonOf(error), isFinal: false, retryAfterMs: null };
  }
}

/** Seconds, or a date. */
function retryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  const ms = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** Why a request failed, by code: messages of errors may quote the address. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'TimeoutError') return `it did not answer within ${most.answerMs / 1000} s`;
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^[A-Z_0-9]+$/.test(code)) return `it cannot be reached (${code})`;
  }
  return 'it cannot be reached';
}
