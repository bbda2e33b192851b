import type { AgentUnusable } from '../../model/failure.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { CallEnd } from './voice.ts';

/** An answer of a provider that is no reply of a model. */
export interface Refusing {
  /** 0 for an error within a stream. */
  readonly status: number;
  /** The type of its error, e.g. `authentication_error`; null where it names none. */
  readonly type: string | null;
  /** What it says, or the answer itself where that is no error of the API. */
  readonly message: string;
}

/** Types of errors that go away by themselves, where no status tells. */
const passing: readonly unknown[] = ['overloaded_error', 'api_error', 'timeout_error', 'rate_limit_error'];

/** True for an error that may be gone when it is asked again: too much was asked at once, or something broke. */
export function isPassing({ status, type }: Pick<Refusing, 'status' | 'type'>): boolean {
  return status >= 500 || [408, 409, 425, 429].includes(status) || (status < 400 && passing.includes(type));
}

/** True for an answer that says that there was too much in one request. */
export function isTooLarge({ status, message }: Pick<Refusing, 'status' | 'message'>): boolean {
  return status === 413 || (status === 400 && /prompt is too long|too large/i.test(message));
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
  /** True when a model of this class has replied before. */
  readonly hasReplied: boolean;
}

/**
 * Why a provider will refuse the next call as well: it does not take the key, the account cannot pay, there is no such model
 * or address; or, where no model has replied yet, it says something that does not go away by itself (a gateway that takes
 * nothing, a page to log in). Null for all other answers.
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
  if (!hasReplied && !isPassing(answer) && !isTooLarge(answer)) return withoutReply(asked, said);
  return null;
}

/** What it means for its agent that no call of a run was answered with a model's reply; `said` is what came in its place. */
function withoutReply({ provider, model }: Pick<AskedWith, 'provider' | 'model'>, said: string): AgentUnusable {
  return {
    reason: 'agent-unusable',
    kind: 'request',
    detail: `${provider} has answered no call of this run with a reply of "${model}" (${said})`,
    remedy:
      'Check the address ("baseUrl", ANTHROPIC_BASE_URL), what stands in between (a gateway, a login page), and the settings of the agent, then run again.',
  };
}

/** How an answer is told that is none of the API's. */
export function badAnswer(provider: string, said: string): string {
  return `${provider} gave no answer of a model (${said})`;
}

/** The end of a call that had one. */
export function badEnd(asked: Pick<AskedWith, 'provider' | 'model'>, said: string): CallEnd {
  return { kind: 'bad', why: badAnswer(asked.provider, said), failure: withoutReply(asked, said) };
}
