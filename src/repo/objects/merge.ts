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

/** The new and the old name of a file. */
export type Renamed = readonly [now: string, before: string];

/** As git merges: with its other default, it would see no renames among more than 1,000 files. */
const detecting = ['-z', '-M', '-l7000', '--diff-filter=R', '--name-status'];

/** Renamed files between two trees, from new name to old, as far as git detects them. */
export async function renamedFiles(
  repository: Repository,
  before: string,
  after: string,
): Promise<Map<string, string>> {
  return new Map(pairsOf(await plumb(repository, {}, 'diff-tree', '-r', ...detecting, before, after)));
}

/** Files that a commit on the way between two others renamed. */
export async function renamedOnTheWay(repository: Repository, from: string, to: string): Promise<Renamed[]> {
  return pairsOf(
    await plumb(repository, {}, 'log', '--first-parent', '-m', '--format=', ...detecting, `${from}..${to}`),
  );
}

function pairsOf(result: Parameters<typeof fieldsOf>[0]): Renamed[] {
  const fields = fieldsOf(result).filter((field) => field !== '');
  const pairs: Renamed[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) pairs.push([fields[at + 2] ?? '', fields[at + 1] ?? '']);
  return pairs;
}
