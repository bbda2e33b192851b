import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inputError } from '../model/diagnostic.ts';
import { Answers } from './answers.ts';
import { textOf } from './git.ts';
import { mergeTrees } from './candidate.ts';
import { quickRef } from './quick-refs.ts';
import { deliver } from './own-objects.ts';
import { refInTheWay } from './ref-room.ts';
import { plumb, refs, type Repository } from './repository.ts';
import { treeOf } from './tree.ts';

/** How the branch stands to HEAD, and what has to happen before a run may start. */
export type BranchState =
  /** It is there, and has everything that HEAD has. */
  | { readonly kind: 'current'; readonly tip: string }
  /** It does not exist: it will be made at HEAD. */
  | { readonly kind: 'create'; readonly tip: string }
  /** HEAD is ahead of it: it will be moved there. */
  | { readonly kind: 'forward'; readonly tip: string; readonly old: string }
  /** HEAD holds its content already (merged or squashed): it will be moved there, the old tip is kept. */
  | { readonly kind: 'absorbed'; readonly tip: string; readonly old: string }
  /** Both have something of their own: `tree` is the merge, which must be judged before it lands. */
  | { readonly kind: 'merge'; readonly head: string; readonly old: string; readonly tree: string };

/** The full name of a branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`;
}

/** The commit that a ref names; null when there is no such ref. */
export async function readRef(repository: Pick<Repository, 'gitDir'>, ref: string): Promise<string | null> {
  // Asked often: the file of a branch tells it without a process; whatever is not as usual, git is asked.
  const { gitDir } = repository;
  const quick = ref.startsWith('refs/heads/') ? quickRef({ gitDir, commonDir: gitDir }, ref) : null;
  if (quick) return quick;
  const result = await refs(
    repository,
    { allow: [1, 128] },
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${ref}^{commit}`,
  );
  return result.exitCode === 0 ? textOf(result) : null;
}

/** Throws an `InputError` when the branch cannot be landed on: a bad name, a name for another ref, no room for it
 * beside other branches, or checked out somewhere. */
export async function checkBranch(repository: Pick<Repository, 'gitDir'>, branch: string): Promise<void> {
  const ref = branchRef(branch);
  const isValid =
    branch !== '' &&
    !branch.startsWith('-') &&
    (await refs(repository, { allow: [1] }, 'check-ref-format', ref)).exitCode === 0;
  if (!isValid)
    throw inputError(
      'bad-branch',
      `${JSON.stringify(branch)} is not a name for a branch`,
      'Name another one with --into.',
    );
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
  const list = textOf(await refs(repository, {}, 'worktree', 'list', '--porcelain'));
  let worktree = '';
  for (const line of list.split('\n')) {
    if (line.startsWith('worktree ')) worktree = line.slice('worktree '.length);
    if (line === `branch ${ref}`) {
      throw inputError(
        'branch-checked-out',
        `the branch ${branch} is checked out in ${worktree}; landing on it would change files under your hands`,
        'Switch to another branch there ("git switch -"), or land elsewhere with --into.',
      );
    }
  }
}

function branchClash(branch: string, otherRef: string): Error {
  const other = otherRef.replace(/^refs\/heads\//, '');
  return inputError(
    'branch-clash',
    `git cannot keep the branches ${other} and ${branch} side by side: the name of one is a folder of the other`,
    `Rename that branch ("git branch -m ${other} <new name>"), or land elsewhere with --into.`,
  );
}

/** Compares the branch with HEAD; moves nothing. Throws an `InputError` for a conflict. */
export async function compareBranch(repository: Repository, branch: string): Promise<BranchState> {
  const { head } = repository;
  const old = await readRef(repository, branchRef(branch));
  if (old === null) return { kind: 'create', tip: head };
  if (old === head || (await isAncestor(repository, head, old))) return { kind: 'current', tip: old };
  if (await isAncestor(repository, old, head)) return { kind: 'forward', tip: head, old };
  const merged = await mergeTrees(repository, head, old);
  if (merged.kind === 'conflict') {
    throw inputError(
      'branch-conflict',
      `${branch} and your HEAD conflict in ${merged.files.join(', ')}`,
      `Merge them yourself ("git merge ${branch}"), or land elsewhere with --into.`,
    );
  }
  if (merged.tree === (await treeOf(repository, head))) return { kind: 'absorbed', tip: head, old };
  return { kind: 'merge', head, old, tree: merged.tree };
}

const descents = new Answers<boolean>(10_000);

/** True when `descendant` has `ancestor` in its history, or is it. */
export async function isAncestor(repository: Repository, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  return descents.get(repository, [ancestor, descendant], async () => {
    const question = ['merge-base', '--is-ancestor', ancestor, descendant];
    return (await plumb(repository, { allow: [1] }, ...question)).exitCode === 0;
  });
}

/**
 * Moves a branch by compare-and-swap: only when it still is where `expected` says (null: it must not exist).
 * Returns false when it has moved.
 */
export async function moveBranch(
  repository: Repository,
  branch: string,
  to: string,
  expected: string | null,
): Promise<boolean> {
  await deliver(repository, [to]);
  const result = await refs(
    repository,
    { allow: [1, 128] },
    ...[
      'update-ref',
      '--no-deref',
      '-m',
      'backlog',
      '--end-of-options',
      branchRef(branch),
      to,
      expected ?? '0'.repeat(40),
    ],
  );
  if (result.exitCode === 0) return true;
  const locked = lockInTheWay(result.stderr);
  if (locked) throw locked;
  const now = await readRef(repository, branchRef(branch));
  if (now === expected) {
    const other = await refInTheWay(repository, branchRef(branch)); // made meanwhile
    throw other === null ? new Error(`cannot move ${branch}: ${result.stderr.trim()}`) : branchClash(branch, other);
  }
  return false;
}

/** What to tell a person when git found a lock where it wanted to write a ref; null when it did not. */
export function lockInTheWay(stderr: string): Error | null {
  const lock = /Unable to create '([^']+\.lock)'/.exec(stderr)?.[1];
  if (lock === undefined) return null;
  const ref = /refs\/.*(?=\.lock$)/.exec(lock)?.[0].replace(/^refs\/heads\//, '') ?? 'a ref';
  return inputError(
    'git-locked',
    `git cannot move ${ref}: there is ${lock}`,
    'If no git is at work there, one was killed and left it: remove the file, and run again.',
  );
}

/**
 * Removes the locks that a killed run's git left on the branch and on refs of ours. Call it only while holding the lock
 * of that branch, and only after a run that is known to be dead.
 */
export async function removeStaleLocks(repository: Pick<Repository, 'gitDir'>, branch: string): Promise<void> {
  await rm(path.join(repository.gitDir, `${branchRef(branch)}.lock`), { force: true });
  const ours = path.join(repository.gitDir, 'refs', 'backlog');
  const names = await readdir(ours, { recursive: true }).catch(() => []);
  for (const name of names) if (name.endsWith('.lock')) await removeOldLock(path.join(ours, name));
}

/** Milliseconds that git may hold a lock on a ref: it takes a few. */
const maxLockMs = 5000;

/** Records are for all branches: a lock on them may be held by another run's git at this very moment. */
async function removeOldLock(lock: string): Promise<void> {
  for (;;) {
    const age = Date.now() - ((await stat(lock).catch(() => null))?.mtimeMs ?? 0);
    if (age > maxLockMs || age < 0) return rm(lock, { force: true });
    await delay(100);
  }
}

/** Keeps a commit reachable under a ref of ours. */
export async function keepRef(repository: Repository, ref: string, commit: string): Promise<void> {
  await deliver(repository, [commit]);
  await refs(repository, {}, 'update-ref', '--end-of-options', ref, commit);
}
