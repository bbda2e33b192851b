import { setTimeout as delay } from 'node:timers/promises';
import type { UnitId } from '../../model/ids.ts';
import { type Database, openDatabase } from '../../queue/database.ts';
import { addRequest, type Request, requestAnswer, type RequestAnswer, type RequestVerb } from '../../queue/requests.ts';
import { readUnit, readUnitsIn, type UnitRow } from '../../queue/units.ts';
import { personName } from '../../repo/person.ts';
import { applyPersonsWord } from '../people.ts';
import { findUnits, withQueue } from './queue.ts';
import { isWorkedOn } from '../at-work.ts';

/** How long to wait for a run at work to apply requests. */
const patienceMs = 10_000;

/** What came of asking for one unit. */
export interface Asked {
  readonly verb: RequestVerb;
  readonly unit: UnitId;
  readonly key: string;
  /** Null when the run at work has not said yet. */
  readonly answer: RequestAnswer | null;
  readonly state: UnitRow['state'];
  /** True when no run is at work, so that nobody goes on with the unit by itself. */
  readonly isIdle: boolean;
}

/** Units that `--failed` means: tried, and given up. */
export const failedStates: readonly UnitRow['state'][] = ['failed', 'quarantined'];

/**
 * Asks for the same thing to be done with units: applied at once, or left for the run at work to apply. Throws an
 * `InputError` when one of the names is not known; then nothing was asked.
 */
export async function askFor(options: {
  readonly folder: string;
  readonly verb: RequestVerb;
  /** Names; `failed` for all units that were given up. */
  readonly units: readonly string[] | 'failed';
  readonly message: string;
  /** See `Request.digest`. */
  readonly digest?: string;
}): Promise<readonly Asked[]> {
  const { folder, verb, message, units } = options;
  return withQueue(folder, async ({ project, database, isRunning }) => {
    const by = await personName(project.folder);
    const rows = units === 'failed' ? readUnitsIn(database, failedStates) : findUnits(database, units);
    const writer = isRunning ? openDatabase(project.state) : database;
    try {
      const requests = rows.map((row): Request => {
        // Who names no change means the one that "backlog review" shows now, whatever it is when this is applied.
        const shown = verb === 'approve' ? (row.keptWork?.digest ?? null) : null;
        const request = { verb, unit: row.spec.id, message, by, digest: options.digest ?? shown };
        return { ...request, id: addRequest(writer, Date.now(), request) };
      });
      // The run may have ended before it heard this: whoever holds the lock then does what was left.
      const hurry = async (): Promise<void> => (isWorkedOn(project) ? undefined : withQueue(folder, () => {}));
      const answers = isRunning
        ? await answersOf(writer, requests, hurry)
        : requests.map((request) => apply(writer, request));
      return rows.map((row, index) => ({
        ...{ verb, unit: row.spec.id, key: row.spec.key },
        answer: answers[index] ?? null,
        state: readUnit(writer, row.spec.id)?.state ?? row.state,
        isIdle: !isRunning,
      }));
    } finally {
      if (writer !== database) writer.close();
    }
  });
}

function apply(database: Database, request: Request): RequestAnswer {
  return applyPersonsWord({ database, at: Date.now(), run: null, request, stopWork: null, tell: null });
}

/** Waits for the run at work to apply requests, as long as a person has patience. `hurry` does it where that is gone. */
async function answersOf(
  database: Database,
  requests: readonly Request[],
  hurry: () => Promise<void>,
): Promise<(RequestAnswer | null)[]> {
  const look = (): (RequestAnswer | null)[] => requests.map(({ id }) => requestAnswer(database, id));
  let answers = look();
  for (const until = Date.now() + patienceMs; answers.includes(null) && Date.now() < until; answers = look()) {
    await delay(100);
    await hurry();
  }
  return answers;
}
