import { isAncestor } from './branch.ts';
import { textOf } from './git.ts';
import { refs, type Repository } from './repository.ts';

/** A ref of ours that keeps commits from being collected. */
export interface KeptRef {
  readonly name: string;
  readonly commit: string;
}

/** All refs below a prefix. */
export async function listRefs(repository: Repository, prefix: string): Promise<KeptRef[]> {
  const result = textOf(await refs(repository, {}, 'for-each-ref', '--format=%(objectname) %(refname)', prefix));
  if (result === '') return [];
  return result.split('\n').map((line) => ({ commit: line.slice(0, 40), name: line.slice(41) }));
}

/** Removes refs, each only while it still names what it named. */
export async function removeRefs(repository: Repository, gone: readonly KeptRef[]): Promise<void> {
  if (gone.length === 0) return;
  const input = gone.map(({ name, commit }) => `delete ${name}\0${commit}\0`).join('');
  await refs(repository, { input }, 'update-ref', '-z', '--stdin');
}

/** True when a commit is in the history of one of some others. */
export async function isReachable(repository: Repository, commit: string, from: readonly string[]): Promise<boolean> {
  for (const tip of from) if (await isAncestor(repository, commit, tip)) return true;
  return false;
}
