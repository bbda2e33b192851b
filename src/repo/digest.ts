import { sha256 } from '../util/values/hash.ts';
import type { Repository } from './repository.ts';
import { changedPaths } from './tree.ts';

/**
 * Names a change by each changed file's path, mode and whole content, before and after. It is the same on another tip
 * only as long as that has the same files there.
 */
export async function changeDigest(repository: Repository, before: string, after: string): Promise<string> {
  const changes = await changedPaths(repository, before, after);
  const inOrder = changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return sha256(JSON.stringify(inOrder.map((change) => [change.path, change.before, change.after])));
}

/** Names a whole tree, for who says yes to everything in it. */
export function treeDigest(tree: string): string {
  return sha256(`tree ${tree}`);
}
