import type { Merged } from '../objects/merge.ts';
import type { Repository } from '../git/repository.ts';
import { type Change, changedPaths, type Edit, editTree, readBlob, treeOf, writeBlob } from '../objects/tree.ts';

/** The tree that would land, or the files that conflict with work that landed meanwhile. */
export type Candidate =
  | {
      readonly kind: 'tree';
      readonly tree: string;
      /** The tree before boxes were ticked. */
      readonly untickedTree: string;
      /** The merge before protected paths were restored. */
      readonly unrestoredTree: string;
      readonly tip: string;
      readonly tipTree: string;
      /** Files changed relative to the tip, without ticks. */
      readonly files: readonly string[];
      /** Protected paths that were restored to the tip's version. */
      readonly restored: readonly string[];
      /** Files left out because they judge this unit or another one. */
      readonly judges: readonly string[];
      /** Files in `tree` that are not in the unit's `touches`. */
      readonly outside: readonly string[];
      /** `tree` without the files outside of `touches`; `tree` itself if there are none. */
      readonly coreTree: string;
      /** `tree` including the judging files, with and without ticked boxes; `tree` itself if nothing was left out. */
      readonly openTree: string;
      readonly openUntickedTree: string;
      /** Files that were merged although git saw a conflict. */
      readonly joined: readonly string[];
    }
  | { readonly kind: 'conflict'; readonly tip: string; readonly files: readonly string[] };

/** What a unit's work changes on the tip. */
export interface Merging {
  readonly tipTree: string;
  readonly changes: readonly Change[];
}

/**
 * Merges a unit's work onto the branch's tip without a checkout, restores protected paths, and ticks the unit's boxes.
 * `tick` receives the tree and returns the edits that tick.
 */
export async function makeCandidate(
  repository: Repository,
  options: {
    readonly tip: string;
    readonly work: { readonly commit: string; readonly tree: string; readonly baseCommit: string };
    /** Gives the protection of each changed path; for `by-key`, `mend` reverts the forbidden keys of the new text. */
    readonly protection: (merging: Merging) => Promise<(path: string) => 'open' | 'closed' | 'by-key'>;
    readonly mend: (
      before: string,
      after: string,
    ) => { readonly text: string; readonly keys: readonly string[] } | null;
    /** Classifies the changes that were not restored; receives all of them at once. */
    readonly hold: (
      changes: readonly { readonly path: string; readonly isNew: boolean }[],
    ) => Promise<(path: string) => 'judges' | 'outside' | null>;
    readonly tick: (tree: string) => Promise<readonly Edit[]>;
    /** Merges two commits into a tree. */
    readonly merge: (ours: string, theirs: string) => Promise<Merged>;
  },
): Promise<Candidate> {
  const { tip, work } = options;
  const tipTree = await treeOf(repository, tip);
  let merged = work.tree;
  let joined: readonly string[] = [];
  if (tip !== work.baseCommit) {
    const result = await options.merge(tip, work.commit);
    if (result.kind === 'conflict') return { kind: 'conflict', tip, files: result.files };
    ({ tree: merged, joined } = result);
  }
  const changes = await changedPaths(repository, tipTree, merged);
  const protectionOf = await options.protection({ tipTree, changes });
  const edits: Edit[] = [];
  const restored: string[] = [];
  const kept: Change[] = [];
  const mendedPaths = new Set<string>(); // the rest of their change is allowed
  for (const change of changes) {
    const { path, before, after } = change;
    const protection = protectionOf(path);
    if (protection === 'by-key') mendedPaths.add(path);
    const mended = protection === 'by-key' ? await mend(repository, before, after, options.mend) : null;
    if (protection === 'closed' || mended?.entry === null) {
      edits.push({ path, entry: before });
      restored.push(path);
    } else if (mended) {
      edits.push({ path, entry: mended.entry });
      restored.push(`${path} (${mended.keys.join(', ')})`);
      if (mended.entry.object !== before?.object) kept.push(change);
    } else kept.push(change);
  }
  const openUntickedTree = await editTree(repository, merged, edits);
  const rest = kept.filter(({ path }) => !mendedPaths.has(path));
  const hold = await options.hold(rest.map(({ path, before }) => ({ path, isNew: before === null })));
  const judges = rest.filter(({ path }) => hold(path) === 'judges');
  const outside = rest.filter(({ path }) => hold(path) === 'outside');
  // Nobody merges by itself what judges work.
  const ruling = joined.filter((path) => protectionOf(path) !== 'open' || hold(path) === 'judges');
  if (ruling.length > 0) return { kind: 'conflict', tip, files: ruling };
  const putBack = async (tree: string, which: readonly Change[]): Promise<string> =>
    editTree(
      repository,
      tree,
      which.map(({ path, before }) => ({ path, entry: before })),
    );
  const untickedTree = await putBack(openUntickedTree, judges);
  const ticks = await options.tick(untickedTree);
  const tree = await editTree(repository, untickedTree, ticks);
  return {
    kind: 'tree',
    tree,
    untickedTree,
    unrestoredTree: merged,
    tip,
    tipTree,
    restored,
    judges: judges.map(({ path }) => path),
    outside: outside.map(({ path }) => path),
    coreTree: await putBack(tree, outside),
    openTree: judges.length === 0 ? tree : await editTree(repository, openUntickedTree, ticks),
    openUntickedTree,
    files: kept.filter((change) => !judges.includes(change)).map(({ path }) => path),
    joined,
  };
}

/** A manifest with forbidden keys reverted; null if there are none. Removed or replaced by a link: reverted whole. */
async function mend(
  repository: Repository,
  before: Change['before'],
  after: Change['after'],
  by: (before: string, after: string) => { readonly text: string; readonly keys: readonly string[] } | null,
): Promise<{ readonly entry: Edit['entry']; readonly keys: readonly string[] } | null> {
  if (!before) return null;
  if (!after || after.mode !== before.mode) return { entry: null, keys: [] };
  const [was, is] = await Promise.all([readBlob(repository, before.object), readBlob(repository, after.object)]);
  const mended = by(was.toString('utf8'), is.toString('utf8'));
  if (!mended) return null;
  const object = await writeBlob(repository, Buffer.from(mended.text));
  return { entry: { mode: before.mode, object }, keys: mended.keys };
}
