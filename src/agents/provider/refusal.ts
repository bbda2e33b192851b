import type { AgentUnusable } from '../../model/failure.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { CallEnd } from './voice.ts';

/** An answer without a model's reply. */
export interface Refusing {
  /** 0 for an error within a stream. */
  readonly status: number;
  /** The error's type, such as `authentication_error`; null for none. */
  readonly type: string | null;
  /** The error's message, or the whole answer if it is no API error. */
  readonly message: string;
}

/** Types of temporary errors in a stream, which has no status. */
const passing: readonly unknown[] = ['overloaded_error', 'api_error', 'timeout_error', 'rate_limit_error'];

/** True for a temporary error: rate limits, overload, time-outs, server errors. */
export function isPassing({ status, type }: Pick<Refusing, 'status' | 'type'>): boolean {
  return status >= 500 || [408, 409, 425, 429].includes(status) || (status < 400 && passing.includes(type));
}

/** True if the request was too large. */
export function isTooLarge({ status, message }: Pick<Refusing, 'status' | 'message'>): boolean {
  return status === 413 || (status === 400 && /prompt is too long|too large/i.test(message));
}

/** The request's context. */
export interface AskedWith {
  /** The provider's address. */
  readonly provider: string;
  readonly model: string;
  readonly credential: 'key' | 'token';
  /** The variable with the key or token. */
  readonly variable: string;
  /** True if it has answered with this key before. */
  readonly isKnown: boolean;
  /** True if a model of this class has replied before. */
  readonly hasReplied: boolean;
}

/**
 * Why the provider will refuse the next call, too: an invalid key, an account without credit, an unknown model or
 * address; or, before any reply, any permanent error (of a gateway, or a login page). Null for other answers.
 */
export function refusalOf(answer: Refusing, asked: AskedWith): AgentUnusable | null {
  const { status, type } = answer;
  const { provider, model, credential, variable, isKnown, hasReplied } = asked;
  const heading = [status === 0 ? '' : status, type ?? ''].join(' ').trim();
  const said = [heading, printableLine(answer.message, 300)].filter((part) => part !== '').join(': ');
  const unusable = (kind: AgentUnusable['kind'], detail: string, remedy: string): AgentUnusable => ({
    reason: 'agent-unusable',
    kind,
    detail: `${detail} (${said})`,
    remedy: `${remedy}, then run again.`,
  });
  if (status === 402 || /credit balance is too low/i.test(answer.message))
    return unusable('key', `${provider} refuses payment by the account of ${variable}`, 'Add credits');
  if (status === 403 && isKnown)
    return unusable('model', `${provider} does not allow ${variable} to use "${model}"`, 'Use another model or key');
  if (status === 401 || status === 403) {
    return credential === 'token'
      ? unusable('key', `${provider} refused the token in ${variable}`, `Run "claude setup-token" and set ${variable}`)
      : unusable('key', `${provider} refused the key in ${variable}`, `Set a valid key in ${variable}`);
  }
  if (status === 404)
    return unusable('model', `${provider} has no model "${model}"`, 'Check the name of the model, and the address');
  if (!hasReplied && !isPassing(answer) && !isTooLarge(answer)) return withoutReply(asked, said);
  return null;
}

/** The failure of an agent if no call of the run gets a reply; `said`: the answer instead. */
function withoutReply({ provider, model }: Pick<AskedWith, 'provider' | 'model'>, said: string): AgentUnusable {
  return {
    reason: 'agent-unusable',
    kind: 'request',
    detail: `${provider} has answered no call of this run with a reply of "${model}" (${said})`,
    remedy:
      'Check the address ("baseUrl", ANTHROPIC_BASE_URL), gateways and login pages on the way, and the settings of the agent, then run again.',
  };
}

/** Describes an invalid answer. */
export function badAnswer(provider: string, said: string): string {
  return `${provider} gave no valid answer (${said})`;
}

/** The end of a call with an invalid answer. */
export function badEnd(asked: Pick<AskedWith, 'provider' | 'model'>, said: string): CallEnd {
  return { kind: 'bad', why: badAnswer(asked.provider, said), failure: withoutReply(asked, said) };
}
