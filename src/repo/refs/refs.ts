import { listSome } from '../../model/list-some.ts';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { inputError, MachineError } from '../../model/diagnostic.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { pauses } from '../../util/time/pauses.ts';
import { GitError, textOf, wrongIn } from '../git/git.ts';
import { deliver } from '../objects/own-objects.ts';
import { lastLogged, quickRef } from '../git/quick-refs.ts';
import { refs, type Repository } from '../git/repository.ts';

/*
 * Writes all refs: the branch that is landed on, and everything below refs/backlog. The changes of one call are one git
 * transaction, and each names the value that it replaces, so that nothing is overwritten.
 */

type Stores = Pick<Repository, 'gitDir' | 'plumbing'>;

/** A ref's current and new commit; null for no ref. */
export interface RefChange {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A lock or another ref keeps git from writing: trouble with the machine, not a bug. */
export class RefsBlocked extends MachineError {
  override readonly name = 'RefsBlocked';

  constructor(message: string, hint: string) {
    super([{ severity: 'error', code: 'git-locked', message, hint }]);
  }
}

/** Milliseconds to wait for another process's lock, by default. */
export const patienceMs = 10_000;
/** Factor on that time for a ref that others keep moving. */
const movedTimes = 10;
/** Milliseconds between two tries: the first time, and at most. */
const [firstPauseMs, longestPauseMs] = [20, 500];

/** The commit of a ref; null if there is no such ref. Throws an `InputError` for a damaged one. */
export async function readRef(repository: Pick<Repository, 'gitDir'>, ref: string): Promise<string | null> {
  // Read often, so from the ref's file if possible.
  const { gitDir } = repository;
  const isPlain = ref.startsWith('refs/heads/') || ref.startsWith('refs/backlog/');
  const quick = isPlain ? quickRef({ gitDir, commonDir: gitDir }, ref) : null;
  if (quick) return quick;
  // Git deletes a ref's log with it, so a remaining log shows that the ref was lost.
  if (quick === '' && lastLogged(gitDir, ref) === null) return null;
  const question = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  const result = await refs(repository, { allow: [1, 128] }, ...question);
  if (result.exitCode === 0) return textOf(result);
  if (isPlain && (quick !== '' || result.exitCode !== 1 || lastLogged(gitDir, ref) !== null))
    throw damaged(gitDir, ref, result.stderr);
  return null;
}

/** A ref without a commit, for example an empty file after a power loss. It never counts as missing. */
function damaged(gitDir: string, ref: string, said: string): Error {
  const file = path.join(gitDir, ref);
  const where = existsSync(file) ? file : path.join(gitDir, 'packed-refs');
  const why = said.trim() === '' ? '' : ` (${wrongIn(said)})`;
  const log = path.join(gitDir, 'logs', ref);
  const last = lastLogged(gitDir, ref);
  const commit = last ?? '<commit>';
  const found =
    last === null
      ? 'Find the commit that it named: "git ls-remote" where it was pushed, or "git fsck --lost-found".'
      : `The last commit that it named is ${last} (${log}).`;
  return inputError(
    'damaged-ref',
    `${ref} is damaged: git finds no commit in ${where}${why}`,
    `${found} ${existsSync(file) ? `Remove ${file}` : `Mend ${where}, or move it aside`}, then "git update-ref ${ref} ${commit}".`,
  );
}

/**
 * Writes refs in one transaction, by compare-and-swap, after delivering their objects to the target. Returns false, with
 * nothing written, if a ref no longer has its `from`. Waits for locks of other processes; throws a `RefsBlocked` that names
 * the obstacle if it stays for longer than `waitMs`.
 */
export async function writeRefs(
  repository: Stores,
  changes: readonly RefChange[],
  waitMs = patienceMs,
): Promise<boolean> {
  if (changes.length === 0) return true;
  await deliver(
    repository,
    changes.flatMap(({ to }) => to ?? []),
  );
  const none = '0'.repeat(40);
  const orders = changes.map(({ ref, from, to }) => {
    const verb = to === null ? 'delete' : 'update';
    return [`${verb} ${ref}`, ...(to === null ? [] : [to]), from ?? none, ''].join('\0');
  });
  const input = `start\0${orders.join('')}prepare\0commit\0`;
  // We wait ourselves, since git would wait for each ref separately.
  const atOnce = ['core.filesRefLockTimeout=0', 'core.packedRefsTimeout=0'].flatMap((setting) => ['-c', setting]);
  const order = [...atOnce, 'update-ref', '--no-deref', '-m', 'backlog', '-z', '--stdin'];
  const began = performance.now();
  for (const nextPause = pauses(firstPauseMs, longestPauseMs); ;) {
    const { exitCode, stderr } = await refs(repository, { input, allow: [1, 128] }, ...order);
    if (exitCode === 0) return true;
    const now = await Promise.all(changes.map(async ({ ref }) => readRef(repository, ref)));
    if (changes.every(({ to }, index) => now[index] === to)) return true; // git was interrupted after the last rename
    if (changes.some(({ from }, index) => now[index] !== from)) return false;
    const lock = lockIn(stderr);
    if (lock === null) throw refusal(repository, changes, stderr);
    const pause = nextPause();
    if (performance.now() - began + pause > waitMs) throw locked(changes, lock, waitMs);
    await delay(pause);
  }
}

/**
 * Writes a ref with mergeable content: `merge` makes the new commit from the current one (null for none), and is called
 * again if another process was faster. `moves` are part of the same transaction. Returns false, with nothing written, if
 * one of those no longer has its `from`.
 */
export async function mergeRef(
  repository: Stores,
  ref: string,
  merge: (now: string | null) => Promise<string>,
  options: { readonly moves?: readonly RefChange[]; readonly waitMs?: number } = {},
): Promise<boolean> {
  const { moves = [], waitMs = patienceMs } = options;
  const began = performance.now();
  for (;;) {
    const from = await readRef(repository, ref);
    const to = await merge(from);
    if (to === from && moves.length === 0) return true;
    if (await writeRefs(repository, [{ ref, from, to }, ...moves], waitMs)) return true;
    for (const move of moves) if ((await readRef(repository, move.ref)) !== move.from) return false;
    const movedMs = movedTimes * waitMs; // each move means that another process made progress
    if (performance.now() - began > movedMs) {
      const seconds = Math.round(movedMs / 1000);
      throw new RefsBlocked(
        `${ref} was moved by other processes for ${seconds} seconds`,
        'Run again when fewer processes use this repository.',
      );
    }
    await delay(longestPauseMs * Math.random() ** 2);
  }
}

/** Keeps a commit reachable under one of our refs, replacing its previous commit. */
export async function keepRef(repository: Stores, ref: string, commit: string): Promise<void> {
  await mergeRef(repository, ref, async () => Promise.resolve(commit));
}

/** The lock file that git's error names; null for another error. */
function lockIn(stderr: string): string | null {
  const file = /Unable to create '([^\n]+\.lock)': File exists/.exec(stderr)?.[1];
  if (file !== undefined) return file;
  return /cannot lock references/.test(stderr) ? 'reftable/tables.list.lock' : null; // with a reftable
}

function named(changes: readonly RefChange[]): string {
  return listSome(
    changes.map(({ ref }) => ref.replace(/^refs\/heads\//, '')),
    1,
  );
}

function locked(changes: readonly RefChange[], lock: string, waitMs: number): RefsBlocked {
  const ref = changes.find((change) => lock.endsWith(`${change.ref}.lock`));
  return new RefsBlocked(
    `git cannot write ${named(ref ? [ref] : changes)}: ${lock} has existed for more than ${Math.round(waitMs / 1000)} seconds`,
    'If no git process is running there, a killed one left it: remove the file and run again.',
  );
}

/** The error for a refusal that is not due to a lock. */
function refusal(repository: Pick<Repository, 'gitDir'>, changes: readonly RefChange[], stderr: string): Error {
  const error = new GitError(['update-ref'], stderr, repository.gitDir);
  if (machineTrouble(error) !== null) return error;
  const said = wrongIn(stderr).replace(/^prepare: /, '');
  const [, there, wanted] = /'([^\n']+)' exists; cannot create '([^\n']+)'/.exec(said) ?? [];
  if (there !== undefined && wanted !== undefined) {
    return new RefsBlocked(
      `git cannot make ${wanted} while ${there} exists: one is a folder of the other`,
      'Rename one of them ("git branch -m", or "git update-ref"), and run again.',
    );
  }
  if (/blocking reference|(?:Unable|unable) to (?:create|resolve)/.test(said)) {
    return new RefsBlocked(
      `git cannot write ${named(changes)}: ${said}`,
      'Check who owns the files below .git/refs, and whether they are writable; then run again.',
    );
  }
  return error;
}
