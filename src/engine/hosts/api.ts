import type { z } from 'zod';
import { inputError } from '../../model/diagnostic.ts';
import { printableLine } from '../../util/text/printable.ts';
import { createRedactor } from '../../util/text/redact.ts';

/** How long a host may take to answer. */
const answerMs = 30_000;

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The secret in the headers, which no error quotes. */
  readonly token: string;
  readonly body?: object;
}

/** Calls the API of a host, and returns its answer, of which only the shape is read. Throws an `InputError` if it cannot be reached or refuses. */
export async function callHost<T>(
  { method, url, headers, token, body }: Call,
  shape: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const where = `${method} ${new URL(url).host}`;
  const failed = (why: string): Error =>
    inputError(
      'host-refused',
      `${where}: ${printableLine(createRedactor([token]).text(why), 500)}`,
      'The branch is pushed. Run "backlog push --pr" again.',
    );
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method,
      headers: {
        'user-agent': 'backlog',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      redirect: 'error', // the token is for this host alone
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (error) {
    signal.throwIfAborted();
    throw failed(reasonOf(error));
  }
  if (!answer.ok) throw failed(`HTTP ${answer.status}: ${text.slice(0, 1000)}`);
  const read = shape.safeParse(parsed(text));
  if (!read.success) throw failed('its answer is not what its documentation says');
  return read.data;
}

/** JSON as it is, null for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Why a request failed, as the innermost error says. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
