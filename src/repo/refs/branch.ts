import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inputError } from '../../model/diagnostic.ts';
import { Answers } from '../objects/answers.ts';
import { fieldsOf, git, textOf } from '../git/git.ts';
import type { Merged } from '../objects/merge.ts';
import { refInTheWay } from './ref-room.ts';
import { readRef, writeRefs } from './refs.ts';
import { plumb, refs, type Repository } from '../git/repository.ts';
import { treeOf } from '../objects/tree.ts';

/** The relation of the branch to HEAD, and what happens before a run starts. */
export type BranchState =
  /** The branch contains HEAD. */
  | { readonly kind: 'current'; readonly tip: string }
  /** The branch does not exist: it is created at HEAD. */
  | { readonly kind: 'create'; readonly tip: string }
  /** HEAD is ahead: the branch moves there. */
  | { readonly kind: 'forward'; readonly tip: string; readonly old: string }
  /** HEAD contains the branch's content (merged or squashed): the branch moves there, and the old tip is kept. */
  | { readonly kind: 'absorbed'; readonly tip: string; readonly old: string }
  /** They diverged: `tree` is the merge, which must be judged before it lands. */
  | { readonly kind: 'merge'; readonly head: string; readonly old: string; readonly tree: string };

export function branchRef(branch: string): string {
  return `refs/heads/${branch}`;
}

/** True for a valid branch name; full ref names and HEAD do not count. */
export async function isBranchName(branch: string): Promise<boolean> {
  if (branch === '' || branch === 'HEAD' || branch.includes('\0') || /^(?:-|refs\/)/.test(branch)) return false;
  return (await git({ cwd: '/', allow: [1] }, 'check-ref-format', branchRef(branch))).exitCode === 0;
}

/** Throws an `InputError` for an invalid branch name. */
export async function checkBranchName(branch: string): Promise<void> {
  if (!(await isBranchName(branch)))
    throw inputError(
      'bad-branch',
      `${JSON.stringify(branch)} is not a valid branch name`,
      'Name another one with --into.',
    );
}

/** Throws an `InputError` if nothing can land on the branch: its name is invalid, symbolic or in conflict with another
 * branch, or it is checked out. */
export async function checkBranch(repository: Pick<Repository, 'gitDir'>, branch: string): Promise<void> {
  const ref = branchRef(branch);
  await checkBranchName(branch);
  const target = await refs(repository, { allow: [1, 128] }, 'symbolic-ref', '--quiet', '--end-of-options', ref);
  if (target.exitCode === 0) {
    throw inputError(
      'branch-is-symbolic',
      `the branch ${branch} is a symbolic ref to ${textOf(target)}; landing on it would move that`,
      `Remove it ("git symbolic-ref --delete ${ref}"), or land elsewhere with --into.`,
    );
  }
  const other = await refInTheWay(repository, ref);
  if (other !== null) throw branchClash(branch, other);
  const list = fieldsOf(await refs(repository, {}, 'worktree', 'list', '--porcelain', '-z'));
  let worktree = '';
  for (const line of list) {
    if (line.startsWith('worktree ')) worktree = line.slice('worktree '.length);
    if (line === `branch ${ref}`) {
      throw inputError(
        'branch-checked-out',
        `the branch ${branch} is checked out in ${worktree}; landing on it would modify your checkout`,
        'Switch to another branch there ("git switch -"), or land elsewhere with --into.',
      );
    }
  }
}

function branchClash(branch: string, otherRef: string): Error {
  const other = otherRef.replace(/^refs\/heads\//, '');
  return inputError(
    'branch-clash',
    `git cannot have both branches ${other} and ${branch}: the name of one is a folder of the other`,
    `Rename that branch ("git branch -m ${other} <new name>"), or land elsewhere with --into.`,
  );
}

/** Compares the branch with HEAD; moves nothing. `merge` merges two commits. Throws an `InputError` for a conflict. */
export async function compareBranch(
  repository: Repository,
  branch: string,
  merge: (ours: string, theirs: string) => Promise<Merged>,
): Promise<BranchState> {
  const { head } = repository;
  const old = await readRef(repository, branchRef(branch));
  if (old === null) return { kind: 'create', tip: head };
  if (old === head || (await isAncestor(repository, head, old))) return { kind: 'current', tip: old };
  if (await isAncestor(repository, old, head)) return { kind: 'forward', tip: head, old };
  const merged = await merge(head, old);
  if (merged.kind === 'conflict') {
    throw inputError(
      'branch-conflict',
      `${branch} and your HEAD conflict in ${merged.files.join(', ')}`,
      `Merge it into your own branch first: "backlog merge" says how, file by file. Or land elsewhere with --into.`,
    );
  }
  if (merged.tree === (await treeOf(repository, head))) return { kind: 'absorbed', tip: head, old };
  return { kind: 'merge', head, old, tree: merged.tree };
}

const descents = new Answers<boolean>(10_000);

/** True if `descendant` is `ancestor` or has it in its history. */
export async function isAncestor(repository: Repository, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  return descents.get(repository, [ancestor, descendant], async () => {
    const question = ['merge-base', '--is-ancestor', ancestor, descendant];
    return (await plumb(repository, { allow: [1] }, ...question)).exitCode === 0;
  });
}

/** Moves a branch from `expected` (null: it must not exist). Returns false, with nothing moved, if it is elsewhere. */
export async function moveBranch(
  repository: Repository,
  branch: string,
  to: string,
  expected: string | null,
): Promise<boolean> {
  return writeRefs(repository, [{ ref: branchRef(branch), from: expected, to }]);
}

/**
 * Removes locks that a killed run's git left on the branch and on our refs: those made since the run started. Call it only
 * while holding the lock of that branch, and only after a run that is known to be dead.
 */
export async function removeStaleLocks(
  repository: Pick<Repository, 'gitDir'>,
  dead: { readonly branch: string; readonly startedAt: number },
): Promise<void> {
  await removeOldLock(path.join(repository.gitDir, `${branchRef(dead.branch)}.lock`), dead.startedAt);
  const ours = path.join(repository.gitDir, 'refs', 'backlog');
  const names = await readdir(ours, { recursive: true }).catch(() => []);
  for (const name of names) if (name.endsWith('.lock')) await removeOldLock(path.join(ours, name), dead.startedAt);
}

/** Milliseconds after which a lock counts as stale; git holds one for a few. */
const maxLockMs = 5000;

/** Waits for a lock that a living git may hold, since our refs are shared by all branches. */
async function removeOldLock(lock: string, since: number): Promise<void> {
  for (;;) {
    const madeAt = (await stat(lock).catch(() => null))?.mtimeMs;
    if (madeAt === undefined || madeAt < since - 1000) return; // times of files are coarse
    const age = Date.now() - madeAt;
    if (age > maxLockMs || age < 0) return rm(lock, { force: true });
    await delay(100);
  }
}
