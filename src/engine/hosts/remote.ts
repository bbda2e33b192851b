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

/** The host of a remote, by its URL or in the short form of ssh; '' for a path. */
export function hostName(url: string): string {
  if (URL.canParse(url)) return new URL(url).hostname;
  return /^(?:[^@/]+@)?([^:/]+):/.exec(url)?.[1] ?? '';
}

/** `owner/name` (and on GitLab any folders before) of a remote. */
export function projectPath(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : (/^[^:/]+:(.*)$/.exec(url)?.[1] ?? '');
  return path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
}
