import { describeFailure } from '../../model/describe-failure.ts';
import type { Failure } from '../../model/failure.ts';
import { refusal } from '../../model/refusal.ts';
import { type AttemptId, attemptId, type RunId, type UnitId } from '../../model/ids.ts';
import type { Database } from '../../queue/database.ts';
import { applyRequest, type Request, type RequestAnswer } from '../../queue/requests.ts';
import { isClaimed } from '../../queue/sync.ts';
import { isSettled } from '../../model/unit.ts';
import { readAttempts } from '../../queue/attempts.ts';
import { workRefs } from '../project/kept-work.ts';
import { type KeptWork, readUnit } from '../../queue/units.ts';
import { pauseUnit, refreshReady, transition } from '../../queue/transitions.ts';

/** Applies a request to a unit in one transaction; returns the answer. */
export function applyPersonsWord(options: {
  readonly database: Database;
  readonly at: number;
  readonly run: RunId | null;
  readonly request: Request;
  /** The summary of reading the specs again, for `sync`. */
  readonly outcome?: string;
  /** Ends the agent of a unit in progress; null if no run is active. */
  readonly stopWork: ((unit: UnitId, attempt: AttemptId, isCancelled: boolean) => void) | null;
  /** Sends a message to the agent of an attempt; false if it cannot receive messages. */
  readonly tell: ((attempt: AttemptId, words: string) => boolean) | null;
}): RequestAnswer {
  const { database, at, run, request } = options;
  return applyRequest(database, at, run, request, () => {
    if (request.unit === null || request.verb === 'sync') return options.outcome ?? 'nothing was at work';
    const row = readUnit(database, request.unit);
    if (!row) return refusal('unit-gone', { name: request.unit });
    const unit = row.spec.id;
    const { key } = row.spec;
    const about = { key, state: row.state, isClaim: isClaimed(row) };
    const isAtWork = row.state === 'working' || row.state === 'judging';
    switch (request.verb) {
      case 'retry': {
        if (isAtWork) return refusal('unit-at-work', about);
        if (row.state === 'not-runnable') return refusal('not-runnable', { ...about, why: row.why });
        if (about.isClaim) return refusal('unit-claimed', about);
        if (row.state === 'proposed') return refusal('unit-proposed', about);
        if (row.state === 'retired') return refusal('unit-retired', about);
        if (row.state === 'done') return refusal('unit-done', about);
        // A retry of work that waits for a person asks for different work.
        const dropped = row.state === 'awaiting' && hasOwnWork(row.keptWork) ? row.keptWork : null;
        transition(database, at, run, {
          unit,
          to: 'waiting',
          why: null,
          attempts: 0,
          crashes: 0,
          conflicts: 0,
          waits: 0,
          parkedUntil: null,
          keptWork: row.state !== 'awaiting' && isWorthKeeping(row.keptWork) ? row.keptWork : null,
        });
        refreshReady(database, at, run);
        return dropped === null
          ? row.isPaused
            ? `${key} will be retried once it is resumed: it is paused ("backlog resume ${key}")`
            : `${key} will be retried`
          : `${key} will be retried from the start, without its finished work: commit ${dropped.commit.slice(0, 10)} is still at ${workRefs[0]}${dropped.attempt}`;
      }
      case 'cancel': {
        if (row.state === 'done') return refusal('unit-done', about);
        if (row.state === 'retired') return refusal('unit-retired', about);
        if (row.state === 'cancelled') return `${key} is already cancelled`;
        if (isAtWork) {
          if (row.state === 'judging' || !options.stopWork) return refusal('unit-at-work', about);
          options.stopWork(unit, attemptId(unit, row.fence), true);
          return `${key} is being stopped`;
        }
        transition(database, at, run, { unit, to: 'cancelled', why: `cancelled by ${request.by}` });
        return `${key} is cancelled`;
      }
      case 'pause': {
        if (isSettled(row.state) && row.state !== 'awaiting') return refusal('not-pausable', about);
        if (!pauseUnit(database, at, run, unit, true)) return `${key} is already paused`;
        return isAtWork
          ? `${key} is paused: its current attempt continues and may land; no further attempt starts`
          : `${key} is paused`;
      }
      case 'stop':
        if (row.state !== 'working' || !options.stopWork) return refusal('no-agent-at-work', about);
        pauseUnit(database, at, run, unit, true);
        options.stopWork(unit, attemptId(unit, row.fence), false);
        return `the agent of ${key} is being stopped, and the unit is paused: "backlog resume ${key}" continues it`;
      case 'tell': {
        if (row.state !== 'working' || !options.tell) return refusal('no-agent-at-work', about);
        const isHeard = options.tell(attemptId(unit, row.fence), request.message);
        return isHeard
          ? `the agent of ${key} gets the message at its next turn`
          : refusal('agent-hears-nothing', about);
      }
      case 'resume':
        if (!pauseUnit(database, at, run, unit, false)) return refusal('not-paused', about);
        return isSettled(row.state) && row.state !== 'awaiting'
          ? `${key} is no longer paused; it is ${row.state}`
          : `${key} continues`;
      case 'unblock': {
        const last = readAttempts(database, unit).at(-1);
        if (row.state !== 'blocked' || !last) return refusal('not-blocked', about);
        const before = row.keptWork?.purpose === 'answered' ? [row.keptWork.feedback ?? ''] : [];
        const said = `An earlier attempt stopped and said: ${row.why ?? 'it gave no reason'}\n\nA person answers: ${request.message}`;
        const keptWork: KeptWork = {
          purpose: 'answered',
          attempt: last.id,
          tree: last.baseTree,
          commit: last.baseCommit,
          baseCommit: last.baseCommit,
          baseTree: last.baseTree,
          feedback: [...before, said].join('\n\n'),
          approvals: [],
        };
        transition(database, at, run, { unit, to: 'waiting', why: `answered by ${request.by}`, attempts: 0, keptWork });
        refreshReady(database, at, run);
        return `${key} will be retried with the answer`;
      }
      case 'approve': {
        if (about.isClaim) return refusal('unit-claimed', about);
        if (row.state !== 'awaiting' || !row.keptWork) return refusal('not-awaiting', about);
        const { digest, change } = row.keptWork;
        if (request.digest !== null && digest !== request.digest)
          return refusal('change-differs', { ...about, asked: request.digest, now: digest ?? null });
        const bound = { ...(digest === undefined ? {} : { digest }), ...(change === undefined ? {} : { change }) };
        const keptWork = {
          ...row.keptWork,
          approvals: [...row.keptWork.approvals, { by: request.by, message: request.message, ...bound }],
        };
        transition(database, at, run, { unit, to: 'ready', why: `approved by ${request.by}`, keptWork });
        return `${key} is approved`;
      }
      case 'reject': {
        if (about.isClaim) return refusal('unit-claimed', about);
        if (row.state !== 'awaiting' || !row.keptWork) return refusal('not-awaiting', about);
        const failure: Failure = { reason: 'rejected', by: request.by, message: request.message };
        const keptWork = {
          ...row.keptWork,
          purpose: 'debug' as const,
          approvals: [],
          feedback: `A person looked at the work and rejected it: ${request.message}`,
        };
        const attempts = row.attempts + 1;
        transition(database, at, run, {
          unit,
          to: 'ready',
          why: describeFailure(failure),
          failure,
          attempts,
          keptWork,
        });
        return `${key} is rejected and will be retried`;
      }
    }
  });
}

/** True for unjudged work, an interrupted repair, work to be merged, and a person's answer: none should be repeated. */
function isWorthKeeping(kept: KeptWork | null): boolean {
  return kept !== null && ['land', 'repair', 'merge', 'answered'].includes(kept.purpose);
}

/** False for a gate without a change. */
function hasOwnWork(kept: KeptWork | null): kept is KeptWork {
  return kept !== null && kept.tree !== kept.baseTree;
}
