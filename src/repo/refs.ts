import { existsSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { InputError, inputError } from '../model/diagnostic.ts';
import { machineTrouble } from '../util/files/disk.ts';
import { pauses } from '../util/time/pauses.ts';
import { GitError, textOf, wrongIn } from './git.ts';
import { deliver } from './own-objects.ts';
import { lastLogged, quickRef } from './quick-refs.ts';
import { refs, type Repository } from './repository.ts';

/*
 * The one writer of refs: the branch that is landed on, and everything below refs/backlog. All changes of one call are
 * one transaction of git, and each says what it replaces, so that nothing that another process wrote is overwritten.
 */

type Stores = Pick<Repository, 'gitDir' | 'plumbing'>;

/** What a ref names, and what it is to name instead; null where there is no such ref. */
export interface RefChange {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A file or a ref lies where git wants to write, and stays there: a matter of the machine, and no bug. */
export class RefsBlocked extends InputError {
  constructor(message: string, hint: string) {
    super([{ severity: 'error', code: 'git-locked', message, hint }]);
    this.name = 'RefsBlocked';
  }
}

/** Milliseconds for which a lock of another process is waited for, unless the caller says otherwise. */
export const patienceMs = 10_000;
/** How much longer a ref may be moved by others. */
const movedTimes = 10;
/** Milliseconds between two tries: the first time, and at most. */
const [firstPauseMs, longestPauseMs] = [20, 500];

/** The commit that a ref names; null when there is no such ref. Throws an `InputError` for one that is damaged. */
export async function readRef(repository: Pick<Repository, 'gitDir'>, ref: string): Promise<string | null> {
  // Asked often: the file of a ref tells it without a process; whatever is not as usual, git is asked.
  const { gitDir } = repository;
  const isPlain = ref.startsWith('refs/heads/') || ref.startsWith('refs/backlog/');
  const quick = isPlain ? quickRef({ gitDir, commonDir: gitDir }, ref) : null;
  if (quick) return quick;
  // Git removes the log of a ref with it: one that is left tells of a ref that was lost.
  if (quick === '' && lastLogged(gitDir, ref) === null) return null;
  const question = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  const result = await refs(repository, { allow: [1, 128] }, ...question);
  if (result.exitCode === 0) return textOf(result);
  if (isPlain && (quick !== '' || result.exitCode !== 1 || lastLogged(gitDir, ref) !== null))
    throw damaged(gitDir, ref, result.stderr);
  return null;
}

/** A ref is there, and names nothing: a power loss may leave its file empty. It is never taken for one that is not there. */
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
 * Writes refs in one transaction, by compare-and-swap; what they are to name is in the target then. Returns false, with nothing written, when one of them no longer
 * names what its change replaces. Waits for locks of other processes; throws a `RefsBlocked` that names what is in the
 * way when that stays for longer than `waitMs`.
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
  // We wait ourselves: git would say for each ref, and for packed refs, anew how long.
  const atOnce = ['core.filesRefLockTimeout=0', 'core.packedRefsTimeout=0'].flatMap((setting) => ['-c', setting]);
  const order = [...atOnce, 'update-ref', '--no-deref', '-m', 'backlog', '-z', '--stdin'];
  const began = performance.now();
  for (const nextPause = pauses(firstPauseMs, longestPauseMs); ;) {
    const { exitCode, stderr } = await refs(repository, { input, allow: [1, 128] }, ...order);
    if (exitCode === 0) return true;
    const now = await Promise.all(changes.map(async ({ ref }) => readRef(repository, ref)));
    if (changes.every(({ to }, index) => now[index] === to)) return true; // git broke off after the last rename
    if (changes.some(({ from }, index) => now[index] !== from)) return false;
    const lock = lockIn(stderr);
    if (lock === null) throw refusal(repository, changes, stderr);
    const pause = nextPause();
    if (performance.now() - began + pause > waitMs) throw locked(changes, lock, waitMs);
    await delay(pause);
  }
}

/**
 * Writes a ref whose content is ours to merge: `merge` makes the new commit from the one that is there (null for none),
 * and is asked again whenever another process was faster. `moves` are written in the same transaction. Returns false,
 * with nothing written, when one of those no longer names what it was to replace.
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
    const movedMs = movedTimes * waitMs; // each time that it moved, another process got on
    if (performance.now() - began > movedMs) {
      const seconds = Math.round(movedMs / 1000);
      throw new RefsBlocked(
        `${ref} was moved by other processes again and again, for ${seconds} seconds`,
        'Run again when fewer of them are at work in this repository.',
      );
    }
    await delay(longestPauseMs * Math.random() ** 2);
  }
}

/** Keeps a commit reachable under a ref of ours, in place of what that kept before. */
export async function keepRef(repository: Stores, ref: string, commit: string): Promise<void> {
  await mergeRef(repository, ref, async () => Promise.resolve(commit));
}

/** The lock file that git found where it wanted to make its own; null when it says something else. */
function lockIn(stderr: string): string | null {
  const file = /Unable to create '([^\n]+\.lock)': File exists/.exec(stderr)?.[1];
  if (file !== undefined) return file;
  return /cannot lock references/.test(stderr) ? 'reftable/tables.list.lock' : null; // the other way to keep refs
}

function named(changes: readonly RefChange[]): string {
  const [first, ...more] = changes.map(({ ref }) => ref.replace(/^refs\/heads\//, ''));
  return more.length === 0 ? (first ?? '') : `${first ?? ''} and ${more.length} more`;
}

function locked(changes: readonly RefChange[], lock: string, waitMs: number): RefsBlocked {
  const ref = changes.find((change) => lock.endsWith(`${change.ref}.lock`));
  return new RefsBlocked(
    `git cannot write ${named(ref ? [ref] : changes)}: there is ${lock}, for more than ${Math.round(waitMs / 1000)} seconds`,
    'If no git is at work there, one was killed and left it: remove the file, and run again.',
  );
}

/** What git said when it refused for another reason than a lock. */
function refusal(repository: Pick<Repository, 'gitDir'>, changes: readonly RefChange[], stderr: string): Error {
  const error = new GitError(['update-ref'], stderr, repository.gitDir);
  if (machineTrouble(error) !== null) return error;
  const said = wrongIn(stderr).replace(/^prepare: /, '');
  const [, there, wanted] = /'([^\n']+)' exists; cannot create '([^\n']+)'/.exec(said) ?? [];
  if (there !== undefined && wanted !== undefined) {
    return new RefsBlocked(
      `git cannot make ${wanted} while there is ${there}: the one would lie in the other`,
      'Rename one of them ("git branch -m", or "git update-ref"), and run again.',
    );
  }
  if (/blocking reference|(?:Unable|unable) to (?:create|resolve)/.test(said)) {
    return new RefsBlocked(
      `git cannot write ${named(changes)}: ${said}`,
      'Check who owns the files below .git/refs, and whether they can be written; then run again.',
    );
  }
  return error;
}
