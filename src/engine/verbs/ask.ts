import { setTimeout as delay } from 'node:timers/promises';
import type { UnitId } from '../../model/ids.ts';
import { type Database, openDatabase } from '../../queue/database.ts';
import { addRequest, type Request, requestAnswer, type RequestAnswer, type RequestVerb } from '../../queue/requests.ts';
import { readUnit, readUnitsIn, type UnitRow } from '../../queue/units.ts';
import { personName } from '../../repo/git/person.ts';
import { applyPersonsWord } from '../run/people.ts';
import { pauses } from '../../util/time/pauses.ts';
import { isWorkedOn } from '../project/at-work.ts';
import { openCurrent } from '../project/stamp.ts';
import { findUnits } from './find-units.ts';
import type { Queue } from './queue.ts';

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

/** What a person wants to be done with units. */
export interface Wish {
  readonly folder: string;
  readonly verb: RequestVerb;
  /** Names; `failed` for all units that were given up. */
  readonly units: readonly string[] | 'failed';
  readonly message: string;
  /** See `Request.digest`. */
  readonly digest?: string;
}

/**
 * Asks for the same thing to be done with units: applied at once, or left for the run at work to apply. Throws an
 * `InputError` when one of the names is not known; then nothing was asked.
 */
export async function askFor(request: Wish): Promise<readonly Asked[]> {
  const { folder } = request;
  const current = openCurrent(folder);
  try {
    if (current?.isRunning === true) return await askRun(request, current);
  } finally {
    current?.database.close();
  }
  return withQueue(folder, async ({ project, database, isRunning }) => {
    if (isRunning) return askRun(request, { database, state: project.state });
    const { rows, requests } = await record(request, database, database);
    const answers = requests.map((one) => apply(database, one));
    return askedOf(database, request.verb, rows, answers, true);
  });
}

/** Leaves requests for the run at work, and waits for it. */
async function askRun(
  request: Wish,
  { database, state }: { readonly database: Database; readonly state: string },
): Promise<Asked[]> {
  const writer = openDatabase(state);
  try {
    const { rows, requests } = await record(request, database, writer);
    // The run may have ended before it heard this: whoever holds the lock then does what was left.
    const hurry = async (): Promise<void> => (isWorkedOn({ state }) ? undefined : withQueue(request.folder, () => {}));
    const answers = await answersOf(writer, requests, hurry);
    return askedOf(writer, request.verb, rows, answers, !isWorkedOn({ state }));
  } finally {
    writer.close();
  }
}

/** Writes down what a person wants of each unit. Throws an `InputError` when one of the names is not known. */
async function record(
  { folder, verb, units, message, digest }: Wish,
  database: Database,
  writer: Database,
): Promise<{ readonly rows: readonly UnitRow[]; readonly requests: readonly Request[] }> {
  const by = await personName(folder);
  const rows = units === 'failed' ? readUnitsIn(database, failedStates) : findUnits(database, units);
  const requests = rows.map((row): Request => {
    // Who names no change means the one that "backlog review" shows now, whatever it is when this is applied.
    const shown = verb === 'approve' ? (row.keptWork?.digest ?? null) : null;
    const request = { verb, unit: row.spec.id, message, by, digest: digest ?? shown };
    return { ...request, id: addRequest(writer, Date.now(), request) };
  });
  return { rows, requests };
}

function askedOf(
  database: Database,
  verb: RequestVerb,
  rows: readonly UnitRow[],
  answers: readonly (RequestAnswer | null)[],
  isIdle: boolean,
): Asked[] {
  return rows.map((row, index) => ({
    ...{ verb, unit: row.spec.id, key: row.spec.key, isIdle },
    answer: answers[index] ?? null,
    state: readUnit(database, row.spec.id)?.state ?? row.state,
  }));
}

/** What reads specs is loaded where it is needed. */
async function withQueue<T>(folder: string, action: (queue: Queue) => Promise<T> | T): Promise<T> {
  return (await import('./queue.ts')).withQueue(folder, action);
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
  const [until, pause] = [Date.now() + patienceMs, pauses(100, 500)];
  for (; answers.includes(null) && Date.now() < until; answers = look()) {
    await delay(pause());
    await hurry();
  }
  return answers;
}
