import path from 'node:path';
import { Lock, workLockName } from '../../queue/lock.ts';

/*
 * Whether a queue is being worked through. This module imports little, since quick commands start with it.
 */

/** The lock of a run, or of a verb that judges, held for its whole duration. */
export function workFile(project: { readonly state: string }): string {
  return path.join(project.state, workLockName);
}

/** True while a run, or a verb that judges, works on a queue. */
export function isWorkedOn(project: { readonly state: string }): boolean {
  return Lock.isHeld(workFile(project));
}
