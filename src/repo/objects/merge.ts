import { fieldsOf, recordOf, textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { ownTree, treeOf } from './tree.ts';

/** A version of a file. */
export interface FileVersion {
  readonly mode: string;
  readonly object: string;
}

/** The versions of a conflicting path; null where there is none. */
export interface Sides {
  readonly base: FileVersion | null;
  readonly ours: FileVersion | null;
  readonly theirs: FileVersion | null;
}

/** The tree of a merge, or the conflicting paths with a tree that contains conflict markers. */
export type Merged =
  | {
      readonly kind: 'tree';
      readonly tree: string;
      /** Files in which git saw a conflict that needed no agent. */
      readonly joined: readonly string[];
    }
  | {
      readonly kind: 'conflict';
      readonly files: readonly string[];
      readonly tree: string;
      readonly sides: ReadonlyMap<string, Sides>;
    };

/** Merges two commits into a tree, in the object store only. */
export async function mergeTrees(repository: Repository, ours: string, theirs: string): Promise<Merged> {
  const result = await plumb(
    repository,
    { allow: [1] },
    ...['merge-tree', '--write-tree', '-z', '--no-messages', '--allow-unrelated-histories', ours, theirs],
  );
  const [tree = '', ...stages] = fieldsOf(result);
  await ownTree(repository, await treeOf(repository, ours), tree);
  if (result.exitCode === 0) return { kind: 'tree', tree, joined: [] };
  const sides = sidesOf(stages);
  return { kind: 'conflict', tree, files: [...sides.keys()], sides };
}

/** The versions by path, from what git says of each: mode, object and stage. */
function sidesOf(stages: readonly string[]): Map<string, Sides> {
  const sides = new Map<string, Sides>();
  for (const stage of stages) {
    const { about, path } = recordOf(stage);
    const [mode = '', object = '', number] = about.split(' ');
    if (path === '') continue;
    const side = number === '1' ? 'base' : number === '2' ? 'ours' : 'theirs';
    sides.set(path, { ...(sides.get(path) ?? { base: null, ours: null, theirs: null }), [side]: { mode, object } });
  }
  return sides;
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
