import { failedAttempt } from './settle.ts';
import { waitUntil } from '../../agents/provider/waits.ts';
import { ToldError } from '../../model/diagnostic.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { type Failure, type InTheWay, isInTheWay } from '../../model/failure.ts';
import { readAttempt } from '../../queue/attempts.ts';
import { type KeptWork, readUnit } from '../../queue/units.ts';
import { fatalError, troubleIn } from '../context/machine.ts';
import { fromData } from '../jobs/error-data.ts';
import { StageFailed } from '../crew/stages.ts';
import type { OrderOutcome } from '../jobs/job.ts';
import { afterCrash } from './crash.ts';
import { type Driving, emit, end, isMerge, keptWorkOf } from './driving.ts';
import { Interrupted } from '../context/interrupted.ts';

/** Minimum of the second consecutive wait in ms; doubled for each further one. */
const secondWaitMs = 60_000;

/** Wait in ms before a unit that lost its worker starts again. */
const lostWaitMs = 5000;

/** The end of a wait; consecutive waits for a provider grow, so that no run waits forever. */
function parkedUntil({ row, driver }: Driving, asked: number): number {
  const now = driver.run.clock.now();
  const earliest = row.waits === 0 ? 0 : now + secondWaitMs * 2 ** (row.waits - 1);
  return waitUntil(Math.max(asked, earliest), now);
}

/** Ends an attempt without work, by the agent's outcome. */
export function withoutWork(it: Driving, outcome: Exclude<OrderOutcome, { readonly kind: 'finished' }>): void {
  const { driver, row } = it;
  switch (outcome.kind) {
    case 'blocked':
      // The unit may still be possible, without the merge.
      if (isMerge(it)) return failedAttempt(it, { reason: 'blocked', why: outcome.why }, null, null);
      return end(
        it,
        'blocked',
        { reason: 'blocked', why: outcome.why },
        {
          to: 'blocked',
          why: outcome.why,
          failure: { reason: 'blocked', why: outcome.why },
          keptWork: row.keptWork?.purpose === 'answered' ? row.keptWork : null, // a person's earlier answer
        },
      );
    case 'limited':
      return end(it, 'limited', null, {
        to: 'parked',
        why: outcome.why,
        parkedUntil: parkedUntil(it, outcome.until),
        waits: row.waits + 1,
      });
    case 'lost':
      return endLost(it, outcome.why, row.keptWork);
    case 'broken':
      return endBroken(it, fromData(outcome.error), row.keptWork);
    case 'stopped':
      if (driver.isCancelled(row.spec.id))
        return end(it, 'cancelled', null, { to: 'cancelled', why: 'cancelled while it was at work', keptWork: null });
      return end(it, 'stopped', null, {
        to: 'ready',
        why: driver.run.end.why ?? 'its agent was stopped',
      });
    case 'refused':
      return failedAttempt(it, outcome.failure, null, null);
    case 'failed': {
      if (outcome.failure.reason === 'budget-spent') {
        if (outcome.failure.scope === 'unit') return overItsBudget(it, outcome.failure);
        emit(it, { type: 'cap-reached', detail: describeFailure(outcome.failure) });
        return end(it, 'budget-spent', outcome.failure, { to: 'ready', why: describeFailure(outcome.failure) });
      }
      if (isInTheWay(outcome.failure)) return refused(it, outcome.failure, it.row.keptWork);
      return failedAttempt(it, outcome.failure, null, null);
    }
  }
}

/** The error by which the whole run ends; null if an error ends only its attempt. */
export function fatalOf(error: Error): Error | null {
  if (error instanceof StageFailed || (error instanceof Interrupted && error.reason.kind !== 'broken')) return null;
  const fatal = fatalError(error);
  return fatal instanceof Error ? fatal : error;
}

/**
 * Ends an attempt and the run by an error that is not the unit's: the machine failed, the user has to correct something,
 * or there is a bug. Only a bug counts as a crash of the unit, since it may lie in wait for it in every run.
 */
function endBroken(it: Driving, error: Error, keptWork: KeptWork | null): void {
  const fatal = fatalOf(error) ?? error;
  it.driver.run.end.come({ kind: 'fatal', error: fatal });
  const why = troubleIn(error) ?? error.message;
  end(
    it,
    'broken',
    null,
    fatal instanceof ToldError ? { to: 'ready', why, keptWork } : afterCrash(it.row, why, keptWork),
  );
}

/** The worker of an attempt disappeared: the next one waits, since others may have been lost for the same reason. */
function endLost(it: Driving, why: string, keptWork: KeptWork | null): void {
  const change = afterCrash(it.row, why, keptWork);
  const parked = { to: 'parked', parkedUntil: it.driver.run.clock.now() + lostWaitMs } as const;
  end(it, 'lost', null, change.to === 'ready' ? { ...change, ...parked } : change);
}

/** The agent is unusable, unrelated to the unit: the unit keeps its place and attempts. */
function refused(it: Driving, failure: InTheWay, keptWork: KeptWork | null): void {
  const detail = describeFailure(failure);
  const isAll = failure.reason === 'request-refused' && failure.isFirst;
  const { told } = it.driver;
  emit(it, {
    type: 'request-refused',
    unit: it.row.spec.id,
    detail,
    isAll,
    ...(told.has(detail) ? { isTold: true } : {}),
  });
  told.add(detail);
  end(it, failure.reason, failure, { to: 'ready', why: detail, keptWork });
}

/** The unit spent its cap: it ends, others continue. */
function overItsBudget(it: Driving, failure: Failure): void {
  const why = describeFailure(failure);
  end(it, 'budget-spent', failure, {
    to: 'failed',
    why,
    failure,
    attempts: it.attempt.number,
    keptWork: it.row.keptWork,
  });
}

/** The work of an attempt, to be judged later; else what was kept before. A merge changes the attempt's base. */
function keptOf(it: Driving): KeptWork | null {
  const { database } = it.driver.run;
  const made = readAttempt(database, it.attempt.id);
  const row = readUnit(database, it.row.spec.id) ?? it.row;
  if (!made?.workTree || !made.workCommit) return row.keptWork;
  const work = keptWorkOf({ ...it, attempt: made, row }, 'land', { tree: made.workTree, commit: made.workCommit });
  return { ...work, approvals: row.keptWork?.approvals ?? [] };
}

/**
 * Ends an attempt by an error; its work is kept and judged later. An error that is none of an `Interrupted` ends the run,
 * too.
 */
export function endInterrupted(it: Driving, error: Error): void {
  const { driver, row } = it;
  const { run } = driver;
  const keptWork = keptOf(it);
  if (!(error instanceof Interrupted)) return endBroken(it, error, keptWork);
  const { reason } = error;
  switch (reason.kind) {
    case 'limited':
      return end(it, 'limited', null, {
        to: 'parked',
        why: reason.why,
        parkedUntil: parkedUntil(it, reason.until),
        waits: row.waits + 1,
        keptWork,
      });
    case 'budget':
      emit(it, { type: 'cap-reached', detail: reason.why });
      return end(it, 'budget-spent', null, {
        to: 'ready',
        why: `${keptWork?.purpose === 'land' ? 'judging waits' : 'waits'} for budget: ${reason.why}`,
        keptWork,
      });
    case 'broken':
      return endBroken(it, error, keptWork);
    case 'lost':
      return endLost(it, reason.why, keptWork);
    case 'refused':
      return refused(it, reason.failure, keptWork);
    case 'stopped':
      if (driver.isCancelled(row.spec.id))
        return end(it, 'cancelled', null, {
          to: 'cancelled',
          why: 'cancelled while it was at work',
        });
      return end(it, 'stopped', null, {
        to: 'ready',
        why: run.end.why ?? 'its agent was stopped',
        keptWork,
      });
  }
}
