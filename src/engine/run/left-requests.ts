import type { Database } from '../../queue/database.ts';
import { openRequests } from '../../queue/requests.ts';
import { applyPersonsWord } from './people.ts';

/**
 * Does what people asked a run for that ended, or was killed, before it heard them. Call it while holding the queue's
 * lock and with no run at work, once the queue is up to date with the specs.
 */
export function applyLeftRequests(database: Database, at: number): void {
  for (const request of openRequests(database))
    applyPersonsWord({ database, at, run: null, request, stopWork: null, tell: null });
}
