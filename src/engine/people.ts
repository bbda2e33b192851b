import { describeFailure, type Failure } from '../model/failure.ts';
import { type AttemptId, attemptId, type RunId, type UnitId } from '../model/ids.ts';
import type { Database } from '../queue/database.ts';
import { applyRequest, type Request } from '../queue/requests.ts';
import { isClaimed } from '../queue/sync.ts';
import { isSettled } from '../model/unit.ts';
import { readAttempts } from '../queue/attempts.ts';
import { type KeptWork, pauseUnit, readUnit, refreshReady, transition } from '../queue/units.ts';

function claimed(key: string): string {
  return `the branch claims that ${key} is done: answer with "backlog adopt ${key}" or "backlog adopt --refuse ${key}"`;
}

/** What a request does to a unit, in one transaction; returns the sentence that tells its outcome. */
export function applyPersonsWord(options: {
  readonly database: Database;
  readonly at: number;
  readonly run: RunId | null;
  readonly request: Request;
  /** What came of reading the specs again, for `sync`. */
  readonly outcome?: string;
  /** Ends the agent of a unit that is at work; null when no run is at work. */
  readonly stopWork: ((unit: UnitId, attempt: AttemptId, isCancelled: boolean) => void) | null;
  /** Says something to the agent of an attempt; false when it takes no words while it works. */
  readonly tell: ((attempt: AttemptId, words: string) => boolean) | null;
}): string {
  const { database, at, run, request } = options;
  return applyRequest(database, at, run, request, () => {
    if (request.unit === null || request.verb === 'sync') return options.outcome ?? 'nothing was at work';
    const row = readUnit(database, request.unit);
    if (!row) return `there is no unit ${request.unit}`;
    const unit = row.spec.id;
    const { key } = row.spec;
    const isAtWork = row.state === 'working' || row.state === 'judging';
    switch (request.verb) {
      case 'retry': {
        if (isAtWork) return `${key} is at work already`;
        if (row.state === 'not-runnable') return `${key} cannot run: ${row.why ?? ''}; correct its spec`;
        if (isClaimed(row)) return claimed(key);
        if (row.state === 'proposed') return `${key} is only proposed; add it with "backlog add"`;
        if (row.state === 'retired') return `${key} is retired: its spec is gone`;
        if (row.state === 'done') return `${key} is done; untick its boxes, or change its text, to have it done again`;
        transition(database, at, run, {
          unit,
          to: 'waiting',
          why: null,
          attempts: 0,
          crashes: 0,
          conflicts: 0,
          waits: 0,
          parkedUntil: null,
          // Work that only could not be judged is judged again.
          keptWork: row.state === 'failed' && row.keptWork?.purpose === 'land' ? row.keptWork : null,
        });
        refreshReady(database, at, run);
        return `${key} is tried again`;
      }
      case 'cancel': {
        if (row.state === 'done' || row.state === 'retired')
          return `${key} is ${row.state}; there is nothing to cancel`;
        if (row.state === 'cancelled') return `${key} is cancelled already`;
        if (row.state === 'judging') return `${key} is being judged just now; try again in a moment`;
        if (isAtWork) {
          if (!options.stopWork) return `${key} is at work`;
          options.stopWork(unit, attemptId(unit, row.fence), true);
          return `${key} is being stopped`;
        }
        transition(database, at, run, { unit, to: 'cancelled', why: `cancelled by ${request.by}` });
        return `${key} is cancelled`;
      }
      case 'pause': {
        if (isSettled(row.state) && row.state !== 'awaiting')
          return `${key} is ${row.state}; there is nothing to pause`;
        if (!pauseUnit(database, at, run, unit, true)) return `${key} is paused already`;
        return isAtWork ? `${key} is paused: what is at work ends, nothing new starts` : `${key} is paused`;
      }
      case 'stop':
        if (row.state !== 'working' || !options.stopWork) return `${key} has no agent at work that could be stopped`;
        pauseUnit(database, at, run, unit, true);
        options.stopWork(unit, attemptId(unit, row.fence), false);
        return `the agent of ${key} is being stopped, and the unit is paused: "backlog resume ${key}" lets it go on`;
      case 'tell': {
        if (row.state !== 'working' || !options.tell) return `${key} has no agent at work that could hear it`;
        const isHeard = options.tell(attemptId(unit, row.fence), request.message);
        return isHeard
          ? `the agent of ${key} hears it at its next turn`
          : `the agent of ${key} takes no words while it works`;
      }
      case 'resume':
        return pauseUnit(database, at, run, unit, false) ? `${key} goes on` : `${key} is not paused`;
      case 'unblock': {
        const last = readAttempts(database, unit).at(-1);
        if (row.state !== 'blocked' || !last) return `${key} is not blocked: it is ${row.state}`;
        const keptWork: KeptWork = {
          purpose: 'answered',
          attempt: last.id,
          tree: last.baseTree,
          commit: last.baseCommit,
          baseCommit: last.baseCommit,
          baseTree: last.baseTree,
          feedback: `An earlier attempt stopped and said: ${row.why ?? 'it gave no reason'}\n\nA person answers: ${request.message}`,
          approvals: [],
        };
        transition(database, at, run, { unit, to: 'waiting', why: `answered by ${request.by}`, attempts: 0, keptWork });
        refreshReady(database, at, run);
        return `${key} is tried again with the answer`;
      }
      case 'approve': {
        if (isClaimed(row)) return claimed(key);
        if (row.state !== 'awaiting' || !row.keptWork) return `${key} does not wait for approval: it is ${row.state}`;
        const { digest, change } = row.keptWork;
        if (request.digest !== null && digest !== request.digest)
          return `${key} is another change than the one that you saw; look again with "backlog review ${unit}"`;
        const bound = { ...(digest === undefined ? {} : { digest }), ...(change === undefined ? {} : { change }) };
        const keptWork = {
          ...row.keptWork,
          approvals: [...row.keptWork.approvals, { by: request.by, message: request.message, ...bound }],
        };
        transition(database, at, run, { unit, to: 'ready', why: `approved by ${request.by}`, keptWork });
        return `${key} is approved`;
      }
      case 'reject': {
        if (isClaimed(row)) return claimed(key);
        if (row.state !== 'awaiting' || !row.keptWork) return `${key} does not wait for approval: it is ${row.state}`;
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
        return `${key} goes back to work`;
      }
    }
  });
}
