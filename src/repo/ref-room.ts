import { textOf } from './git.ts';
import { refs, type Repository } from './repository.ts';

/*
 * Git keeps refs as files: one ref takes the place of a folder of refs, and the other way round. A branch `backlog`
 * leaves no place for `backlog/next`, and `backlog/next/wip` leaves none for `backlog/next`, loose or packed.
 */

/** The ref that leaves no place for another one; null where there is room. */
export async function refInTheWay(repository: Pick<Repository, 'gitDir'>, wanted: string): Promise<string | null> {
  const segments = wanted.split('/');
  const above = segments.map((_, index) => segments.slice(0, index).join('/')).slice(3); // below refs/heads
  const listed = textOf(await refs(repository, {}, 'for-each-ref', '--format=%(refname)', ...above, `${wanted}/`));
  const names = listed === '' ? [] : listed.split('\n');
  return names.find((name) => above.includes(name) || name.startsWith(`${wanted}/`)) ?? null;
}
