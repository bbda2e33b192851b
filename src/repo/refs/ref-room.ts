import { textOf } from '../git/git.ts';
import { refs, type Repository } from '../git/repository.ts';

/*
 * Git keeps refs as files, so a ref and a folder of refs cannot have the same name, loose or packed: the branch `backlog`
 * excludes `backlog/next`, and `backlog/next/wip` excludes `backlog/next`.
 */

/** The existing ref that excludes another one; null if there is none. */
export async function refInTheWay(repository: Pick<Repository, 'gitDir'>, wanted: string): Promise<string | null> {
  const segments = wanted.split('/');
  const above = segments.map((_, index) => segments.slice(0, index).join('/')).slice(3); // below refs/heads
  const listed = textOf(await refs(repository, {}, 'for-each-ref', '--format=%(refname)', ...above, `${wanted}/`));
  const names = listed === '' ? [] : listed.split('\n');
  return names.find((name) => above.includes(name) || name.startsWith(`${wanted}/`)) ?? null;
}
