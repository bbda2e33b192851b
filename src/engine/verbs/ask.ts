import { setTimeout as delay } from 'node:timers/promises';
import type { UnitId } from '../../model/ids.ts';
import { openDatabase } from '../../queue/database.ts';
import { addRequest, requestOutcome, type RequestVerb } from '../../queue/requests.ts';
import { readUnit, type UnitRow } from '../../queue/units.ts';
import { personName } from '../../repo/person.ts';
import { applyPersonsWord } from '../people.ts';
import { findUnit, withQueue } from './queue.ts';

/** How long to wait for a run at work to apply a request. */
const patienceMs = 10_000;

/** What came of asking. */
export interface Asked {
  readonly unit: UnitId;
  readonly key: string;
  /** The sentence that tells what came of it; null when the run at work has not said yet. */
  readonly outcome: string | null;
  readonly state: UnitRow['state'];
  /** True when no run is at work, so that nobody goes on with the unit by itself. */
  readonly isIdle: boolean;
}

/** Asks for something to be done with a unit: applied at once, or left for the run at work to apply. */
export async function askFor(options: {
  readonly folder: string;
  readonly verb: RequestVerb;
  readonly unit: string;
  readonly message: string;
  /** See `Request.digest`. */
  readonly digest?: string;
}): Promise<Asked> {
  const { folder, verb, message } = options;
  return withQueue(folder, async ({ project, database, isRunning }) => {
    const row = findUnit(database, options.unit);
    const by = await personName(project.folder);
    // Who names no change means the one that "backlog review" shows now, whatever it is when this is applied.
    const shown = verb === 'approve' ? (row.keptWork?.digest ?? null) : null;
    const request = { verb, unit: row.spec.id, message, by, digest: options.digest ?? shown };
    const writer = isRunning ? openDatabase(project.state) : database;
    try {
      const id = addRequest(writer, Date.now(), request);
      let outcome: string | null = null;
      if (!isRunning) {
        outcome = applyPersonsWord({
          database,
          at: Date.now(),
          run: null,
          request: { ...request, id },
          stopWork: null,
          tell: null,
        });
      } else {
        for (const until = Date.now() + patienceMs; outcome === null && Date.now() < until;) {
          await delay(100);
          outcome = requestOutcome(writer, id);
        }
      }
      return {
        unit: row.spec.id,
        key: row.spec.key,
        outcome,
        state: readUnit(writer, row.spec.id)?.state ?? row.state,
        isIdle: !isRunning,
      };
    } finally {
      if (writer !== database) writer.close();
    }
  });
}
