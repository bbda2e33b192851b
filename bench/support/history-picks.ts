import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Repository } from '../../src/repo/git/repository.ts';
import { listHunks } from '../../src/repo/objects/hunks.ts';
import { mergeTrees, type Sides } from '../../src/repo/objects/merge.ts';
import { commitTree, editTree, readBlob, readTreeFile, writeBlob } from '../../src/repo/objects/tree.ts';
import { joinFiles } from '../../src/repo/worktrees/join.ts';
import { linesIn, type Replaced, withConflicts } from './change-texts.ts';

/** A change as two commits, the first one the parent of the second. */
export interface Picking {
  readonly from: string;
  readonly to: string;
}

/**
 * A change made on another tree: as git makes it, `joined` as backlog makes it where git sees a conflict that needs no
 * decision, or `overlap` if it changes the same lines as the commits that are missing there.
 */
export type Picked =
  | { readonly kind: 'made'; readonly tree: string; readonly how: 'clean' | 'joined' | 'overlap' }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

export function commitOf(repository: Repository, tree: string, parents: readonly string[] = []): Promise<string> {
  return commitTree(repository, { tree, parents, message: 'Bench\n' });
}

/** Makes a change on another tree. */
export async function pick(repository: Repository, { from, to }: Picking, onto: string): Promise<Picked> {
  const merged = await mergeTrees(repository, await commitOf(repository, onto, [from]), to);
  if (merged.kind === 'tree') return { kind: 'made', tree: merged.tree, how: 'clean' };
  const joined = await joinFiles(repository, merged, merged.files);
  if (joined !== null) return { kind: 'made', tree: await editTree(repository, merged.tree, joined), how: 'joined' };
  const edits = [];
  for (const [file, sides] of merged.sides) {
    const text = await overlapping(repository, sides);
    if (text === null) return { kind: 'conflict', files: merged.files };
    const object = await writeBlob(repository, Buffer.from(text, 'latin1'));
    edits.push({ path: file, entry: { mode: sides.theirs?.mode ?? '100644', object } });
  }
  return { kind: 'made', tree: await editTree(repository, merged.tree, edits), how: 'overlap' };
}

/**
 * Merges a file whose conflicts are lines that both sides change: there it is as the change has it. Null if the change
 * builds on lines that the other side does not have: then it cannot be made without them.
 */
async function overlapping(repository: Repository, { base, ours, theirs }: Sides): Promise<string | null> {
  if (!base || !ours || !theirs) return null;
  const names = await Promise.all(
    [ours, base, theirs].map(async ({ object }, index) => {
      const name = path.join(repository.plumbing, `side-${index}`);
      writeFileSync(name, await readBlob(repository, object));
      return name;
    }),
  );
  const args = ['merge-file', '-p', '-q', '--diff3', ...names];
  const merged = spawnSync('git', args, { encoding: 'latin1', maxBuffer: 2 ** 28 });
  for (const name of names) rmSync(name);
  if (merged.status === null || merged.status > 127) return null; // no texts
  let buildsOn = false;
  const text = withConflicts(merged.stdout, (conflict) => {
    buildsOn ||= conflict.ours.length === 0 || conflict.base.length > conflict.ours.length;
    return conflict.theirs;
  });
  return buildsOn ? null : text;
}

/** The lines that a change replaces, by file. */
export async function replacedBy(
  repository: Repository,
  { from, to }: Picking,
  paths: readonly string[],
): Promise<Replaced[]> {
  const hunks = await listHunks(repository, from, to, paths);
  return Promise.all(
    hunks.map(async (hunk) => {
      const [was, is] = await Promise.all([from, to].map((of) => readTreeFile(repository, of, hunk.path)));
      const part = (text: Buffer | null | undefined, line: number, count: number): string[] =>
        linesIn(text?.toString('latin1') ?? null).slice(Math.max(0, line - 1), Math.max(0, line - 1) + count);
      const removed = part(was, hunk.oldLine, hunk.oldLines);
      return { path: hunk.path, removed, added: part(is, hunk.line, hunk.lines) };
    }),
  );
}
