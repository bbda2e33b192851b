import path from 'node:path';
import { Lock } from '../../queue/lock.ts';

/*
 * Whether a queue is worked through now. This file imports little: it is what quick commands start with.
 */

/** The lock of whoever works through a queue: a run, or a verb that judges. It is held for as long as that takes. */
export function workFile(project: { readonly state: string }): string {
  return path.join(project.state, 'runner.lock');
}

/** True while a run is at work on a queue, or a verb that judges. */
export function isWorkedOn(project: { readonly state: string }): boolean {
  return Lock.isHeld(workFile(project));
}
