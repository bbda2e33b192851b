import type { AgentUnusable } from '../model/failure.ts';

/** An answer of a provider that refuses a call. */
export interface Refusing {
  readonly status: number;
  /** The type of its error, e.g. `authentication_error`; null where it names none. */
  readonly type: string | null;
  readonly message: string;
}

/** What was asked, and with what. */
export interface AskedWith {
  /** The provider's address. */
  readonly provider: string;
  readonly model: string;
  readonly credential: 'key' | 'token';
  /** The variable that holds the key or token. */
  readonly variable: string;
  /** True when it has answered with this key before. */
  readonly isKnown: boolean;
}

/**
 * Why a provider will refuse the next call as well, whatever is asked: it does not take the key, the account cannot pay, or
 * there is no such model or address. Null for all other answers.
 */
export function refusalOf(answer: Refusing, asked: AskedWith): AgentUnusable | null {
  const { status, type } = answer;
  const { provider, model, credential, variable, isKnown } = asked;
  const said =
    [status, type ?? ''].join(' ').trim() + (answer.message === '' ? '' : `: ${answer.message.slice(0, 300)}`);
  const unusable = (kind: AgentUnusable['kind'], detail: string, remedy: string): AgentUnusable => ({
    reason: 'agent-unusable',
    kind,
    detail: `${detail} (${said})`,
    remedy: `${remedy}, then run again.`,
  });
  if (status === 402 || /credit balance is too low/i.test(answer.message))
    return unusable('key', `${provider} does not let the account of ${variable} pay`, 'Add credits');
  if (status === 403 && isKnown)
    return unusable('model', `${provider} does not let ${variable} use "${model}"`, 'Use another model or key');
  if (status === 401 || status === 403) {
    return credential === 'token'
      ? unusable('key', `${provider} refused the token in ${variable}`, `Run "claude setup-token" and set ${variable}`)
      : unusable('key', `${provider} refused the key in ${variable}`, `Set a valid key in ${variable}`);
  }
  if (status === 404)
    return unusable('model', `${provider} has no model "${model}"`, 'Check the name of the model, and the address');
  return null;
}
