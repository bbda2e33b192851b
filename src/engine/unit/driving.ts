import { endAttempt, type AttemptRow } from '../../queue/attempts.ts';
import type { KeptWork, UnitRow } from '../../queue/units.ts';
import { transition, type Transition } from '../../queue/transitions.ts';
import type { Failure } from '../../model/failure.ts';
import type { UnitId } from '../../model/ids.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { StallDetector } from './stall-detector.ts';
import { Interrupted } from '../context/interrupted.ts';
import { releaseHold } from '../../queue/budget.ts';
import type { JudgingRun, Work } from '../judging/work.ts';
import type { Emit } from '../../model/event.ts';

export interface Driver {
  readonly run: JudgingRun;
  readonly checkouts: Checkouts;
  readonly stalls: StallDetector;
  /** Messages about unusable agents that were shown. */
  readonly told: Set<string>;
  /** True if a person cancelled the unit in progress. */
  readonly isCancelled: (unit: UnitId) => boolean;
}

/** A claimed unit in progress. */
export interface Driving {
  readonly driver: Driver;
  readonly row: UnitRow;
  readonly attempt: AttemptRow;
}

/** True for work that conflicted, and that an agent merged or is to merge. */
export function isMerge({ row }: Pick<Driving, 'row'>): boolean {
  return row.keptWork?.mergedWith !== undefined || row.keptWork?.purpose === 'merge';
}

/** The work of this attempt, for the judge. */
export function workOf(
  it: Driving,
  work: { readonly tree: string; readonly commit: string },
  approvals: Work['approvals'],
): Work {
  const { id, number, baseCommit, baseTree } = it.attempt;
  const mergedWith = it.row.keptWork?.mergedWith ?? [];
  return {
    ...{ attempt: id, attemptNumber: number, tree: work.tree, commit: work.commit },
    ...{ baseCommit, baseTree, approvals, mergedWith },
  };
}

/** Work of this attempt, for a later attempt or for a person. */
export function keptWorkOf(
  { attempt: { id, baseCommit, baseTree }, row }: Driving,
  purpose: KeptWork['purpose'],
  { tree, commit }: { readonly tree: string; readonly commit: string },
  feedback: string | null = null,
): KeptWork {
  const mergedWith = purpose === 'rebase' || purpose === 'fresh' ? undefined : row.keptWork?.mergedWith;
  return {
    ...{ purpose, attempt: id, tree, commit, baseCommit, baseTree, feedback, approvals: [] },
    ...(mergedWith === undefined ? {} : { mergedWith }),
  };
}

/** True once a person has stopped or cancelled the attempt. */
export function isStopped({ driver, attempt }: Driving): boolean {
  return driver.run.stops.get(attempt.id)?.signal.aborted ?? false;
}

function throwIfStopped(it: Driving): void {
  if (isStopped(it)) throw new Interrupted({ kind: 'stopped' });
}

/** Emits how the attempt goes on or ends, before that is recorded. Throws as `move` does. */
export function emit(it: Driving, event: Parameters<Emit>[0]): void {
  throwIfStopped(it);
  it.driver.run.emit(event);
}

/** Ends of an attempt that a stop does not change. */
const stopped = ['stopped', 'cancelled', 'landed'];

/**
 * Changes the unit's state under this claim. Throws `StaleFence` if a newer claim has it, and `Interrupted` once a person
 * has stopped the attempt: what was answered to that person holds.
 */
export function move(it: Driving, change: Omit<Transition, 'unit' | 'fence'>): void {
  throwIfStopped(it);
  setState(it, change);
}

function setState(it: Driving, change: Omit<Transition, 'unit' | 'fence'>): void {
  const { run } = it.driver;
  transition(run.database, run.clock.now(), run.id, { unit: it.row.spec.id, fence: it.attempt.fence, ...change });
}

/** Ends the attempt and changes the unit's state, in one transaction. Throws as `move` does. */
export function end(
  it: Driving,
  outcome: string,
  failure: Failure | null,
  change: Omit<Transition, 'unit' | 'fence'>,
): void {
  const { run } = it.driver;
  if (!stopped.includes(outcome)) throwIfStopped(it);
  run.database.write(() => {
    endAttempt(run.database, run.clock.now(), it.attempt.id, outcome, failure);
    releaseHold(run.database, it.attempt.id);
    setState(it, { waits: 0, ...change }); // only consecutive waits count
  });
}
