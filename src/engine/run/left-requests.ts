import type { Database } from '../../queue/database.ts';
import { openRequests } from '../../queue/requests.ts';
import { applyPersonsWord } from './people.ts';

/**
 * Applies requests that were left by a run that ended or was killed. Requires the queue's lock, no active run, and a
 * synced queue.
 */
export function applyLeftRequests(database: Database, at: number): void {
  for (const request of openRequests(database))
    applyPersonsWord({ database, at, run: null, request, stopWork: null, tell: null });
}
