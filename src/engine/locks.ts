import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import { Lock } from '../queue/lock.ts';
import type { Repository } from '../repo/repository.ts';
import { sha256 } from '../util/hash.ts';
import type { Project } from './project.ts';

/** The lock that only one runner of a repository's branch can hold; it lives beside the refs that it guards. */
export function branchLockFile(repository: Repository, branch: string): string {
  return path.join(repository.gitDir, 'backlog', `${sha256(branch).slice(0, 16)}.lock`);
}

/** The lock that only one writer of a queue can hold. */
export function queueLockFile(project: Project): string {
  return path.join(project.state, 'runner.lock');
}

/** Milliseconds for which commands that only look may hold a lock. */
const momentMs = 500;

/** Takes a lock, or throws an `InputError` that says who has it. */
export function takeLock(file: string, message: string): Lock {
  const lock = Lock.take(file, momentMs);
  if (!lock) throw inputError('already-running', message, 'Wait for it to end, or watch it with "backlog status".');
  return lock;
}
