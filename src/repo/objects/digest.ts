import { sha256 } from '../../util/values/hash.ts';
import type { Repository } from '../git/repository.ts';
import { changedPaths } from './tree.ts';

/** Digest of a change: each changed file's path, mode and content, before and after. It does not depend on the tip. */
export async function changeDigest(repository: Repository, before: string, after: string): Promise<string> {
  const changes = await changedPaths(repository, before, after);
  const inOrder = changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return sha256(JSON.stringify(inOrder.map((change) => [change.path, change.before, change.after])));
}

/** Digest of a whole tree, for an approval of everything in it. */
export function treeDigest(tree: string): string {
  return sha256(`tree ${tree}`);
}
