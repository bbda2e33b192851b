import { inputError } from '../../model/diagnostic.ts';
import type { Env } from '../../util/files/home.ts';
import type { Proposal, Proposed } from './proposal.ts';

/** Opens or updates the proposal of a branch. Throws an `InputError` if the host refuses. */
export type Propose = (proposal: Proposal, signal: AbortSignal) => Promise<Proposed>;

/** The remote, the environment that has the token, and the working tree. */
export interface Where {
  readonly url: string;
  readonly env: Env;
  readonly root: string;
}

/** The first of these variables that is set, and its token; null for none. Throws an `InputError` for what is no token. */
export function tokenIn(env: Env, ...names: readonly string[]): string | null {
  const name = names.find((one) => (env[one] ?? '').trim() !== '');
  if (name === undefined) return null;
  const token = (env[name] ?? '').trim();
  if (/^[!-~]+$/.test(token)) return token;
  throw inputError(
    'bad-token',
    `${name} has characters that no token has`,
    'Set it again, without blanks and line breaks in it.',
  );
}

/** The host of a remote, by its URL or in the short form of ssh; '' for a path. */
export function hostName(url: string): string {
  if (URL.canParse(url)) return new URL(url).hostname;
  return /^(?:[^@/]+@)?([^:/]+):/.exec(url)?.[1] ?? '';
}

/** The same with the port of an address over HTTP; that of ssh says nothing about another protocol. */
export function hostWithPort(url: string): string {
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url).host : hostName(url);
}

/** `owner/name` (and on GitLab any folders before) of a remote. */
export function projectPath(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : (/^[^:/]+:(.*)$/.exec(url)?.[1] ?? '');
  return path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
}
