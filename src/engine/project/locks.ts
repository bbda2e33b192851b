import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { refused } from '../../model/refusal.ts';
import { databaseName } from '../../queue/database.ts';
import { Lock } from '../../queue/lock.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { sha256 } from '../../util/values/hash.ts';
import { pauses } from '../../util/time/pauses.ts';
import { isWorkedOn, workFile } from './at-work.ts';
import type { Project } from './project.ts';
import { ensureState } from './state-place.ts';

/** The lock for landing on a branch, beside its refs. */
export function branchLockFile(repository: Repository, branch: string): string {
  return path.join(repository.gitDir, 'backlog', `${sha256(branch).slice(0, 16)}.lock`);
}

/** The lock for writing a queue. Read commands hold it while they update the queue. */
function queueFile(project: Project): string {
  return path.join(project.state, 'queue.lock');
}

/** Milliseconds for which another process may hold a lock just to test it. */
const momentMs = 500;
/** Milliseconds to wait for commands that update a queue. */
const patienceMs = 60_000;

/** Takes a lock, or throws an `InputError` with `message`. */
export function takeLock(file: string, message: string): Lock {
  const lock = Lock.take(file, momentMs);
  if (!lock) throw refused('already-running', { what: message });
  return lock;
}

/** Takes a queue for a run or a verb that judges; waits for read commands, and refuses with `message` if another holds it. */
export async function takeForWork(
  project: Project,
  message: string,
  signal: AbortSignal | null,
): Promise<{ release(): void }> {
  ensureState(project);
  const work = takeLock(workFile(project), message);
  try {
    const queue = await takeWithin(queueFile(project), () => false, signal);
    return {
      release: () => {
        queue?.release();
        work.release();
      },
    };
  } catch (error) {
    work.release();
    throw error;
  }
}

/** Takes a queue briefly to update it, waiting for other commands; null while a run is active, which keeps it current. */
export async function takeForMoment(project: Project): Promise<Lock | null> {
  const isKept = (): boolean => isWorkedOn(project) && existsSync(path.join(project.state, databaseName));
  return takeWithin(queueFile(project), isKept, null);
}

/**
 * Does what reads specs or the configuration and writes them: adding units, merging, settings. Of two at once, one would write over
 * what the other one wrote.
 */
export async function oneAtATime<T>(
  project: Project,
  action: () => Promise<T>,
  signal: AbortSignal | null = null,
): Promise<T> {
  const file = path.join(ensureState(project), 'followups.lock');
  const lock = await takeWithin(
    file,
    () => false,
    signal,
    'other commands have been writing specs or the configuration',
  );
  try {
    return await action();
  } finally {
    lock?.release();
  }
}

async function takeWithin(
  file: string,
  isVain: () => boolean,
  signal: AbortSignal | null,
  what = 'other commands have been at the queue',
): Promise<Lock | null> {
  const until = Date.now() + patienceMs;
  for (const pause = pauses(20, 300); ;) {
    const lock = Lock.take(file);
    if (lock !== null) return lock;
    if (isVain()) return null;
    if (Date.now() >= until) throw refused('busy', { what });
    await delay(pause());
    signal?.throwIfAborted();
  }
}
