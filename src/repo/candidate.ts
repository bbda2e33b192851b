import { fieldsOf } from './git.ts';
import { plumb, type Repository } from './repository.ts';
import { changedPaths, type Edit, editTree, treeOf } from './tree.ts';

/** The tree that would land, or the files in which it conflicts with what landed meanwhile. */
export type Candidate =
  | {
      readonly kind: 'tree';
      readonly tree: string;
      /** The same before boxes were ticked. */
      readonly untickedTree: string;
      readonly tip: string;
      readonly tipTree: string;
      /** What it changes on the tip, ticks aside. */
      readonly files: readonly string[];
      /** Protected paths that were put back to how the tip has them. */
      readonly restored: readonly string[];
    }
  | { readonly kind: 'conflict'; readonly tip: string; readonly files: readonly string[] };

/**
 * Merges a unit's work onto the branch's tip without a checkout, puts protected paths back, and ticks the unit's boxes.
 * `tick` is given the tree and returns what else to write (nothing else in those files changes).
 */
export async function makeCandidate(
  repository: Repository,
  options: {
    readonly tip: string;
    readonly work: { readonly commit: string; readonly tree: string; readonly baseCommit: string };
    readonly isProtected: (path: string) => boolean;
    readonly tick: (tree: string) => Promise<readonly Edit[]>;
  },
): Promise<Candidate> {
  const { tip, work } = options;
  const tipTree = await treeOf(repository, tip);
  let merged = work.tree;
  if (tip !== work.baseCommit) {
    const result = await mergeTrees(repository, tip, work.commit);
    if (result.kind === 'conflict') return { kind: 'conflict', tip, files: result.files };
    merged = result.tree;
  }
  const changes = await changedPaths(repository, tipTree, merged);
  const restore = changes.filter((change) => options.isProtected(change.path));
  const edits: Edit[] = restore.map((change) => ({ path: change.path, entry: change.before }));
  const restoredTree = await editTree(repository, merged, edits);
  const tree = await editTree(repository, restoredTree, await options.tick(restoredTree));
  const restored = restore.map((change) => change.path);
  return {
    kind: 'tree',
    tree,
    untickedTree: restoredTree,
    tip,
    tipTree,
    restored,
    files: changes.map((c) => c.path).filter((p) => !restored.includes(p)),
  };
}

/** A three-way merge of two commits as a tree, in the object store only. */
export async function mergeTrees(
  repository: Repository,
  ours: string,
  theirs: string,
): Promise<
  { readonly kind: 'tree'; readonly tree: string } | { readonly kind: 'conflict'; readonly files: readonly string[] }
> {
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
  return result.exitCode === 0
    ? { kind: 'tree', tree }
    : { kind: 'conflict', files: [...new Set(files.filter((f) => f !== ''))] };
}
