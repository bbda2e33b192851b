import { fieldsOf, textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { ownTree, treeOf } from './tree.ts';

/** The tree of a merge, or the conflicting paths with a tree that contains conflict markers. */
export type Merged =
  | { readonly kind: 'tree'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[]; readonly tree: string };

/** Merges two commits into a tree, in the object store only. */
export async function mergeTrees(repository: Repository, ours: string, theirs: string): Promise<Merged> {
  const result = await plumb(
    repository,
    { allow: [1] },
    ...[
      'merge-tree',
      '--write-tree',
      '-z',
      '--name-only',
      '--no-messages',
      '--allow-unrelated-histories',
      ours,
      theirs,
    ],
  );
  const [tree = '', ...files] = fieldsOf(result);
  await ownTree(repository, await treeOf(repository, ours), tree);
  return result.exitCode === 0
    ? { kind: 'tree', tree }
    : { kind: 'conflict', tree, files: [...new Set(files.filter((f) => f !== ''))] };
}

/** The best common ancestors of two commits; several after criss-cross merges, none for unrelated commits. */
export async function mergeBases(repository: Repository, ours: string, theirs: string): Promise<string[]> {
  const result = await plumb(repository, { allow: [1] }, 'merge-base', '--all', ours, theirs);
  return textOf(result)
    .split('\n')
    .filter((line) => line !== '');
}

/** Renamed files, from new name to old, as far as git detects them. */
export async function renamedFiles(
  repository: Repository,
  before: string,
  after: string,
): Promise<Map<string, string>> {
  const args = ['diff-tree', '-r', '-z', '-M', '--diff-filter=R', '--name-status', before, after];
  const fields = fieldsOf(await plumb(repository, {}, ...args));
  const names = new Map<string, string>();
  for (let at = 0; at + 2 < fields.length; at += 3) names.set(fields[at + 2] ?? '', fields[at + 1] ?? '');
  return names;
}
