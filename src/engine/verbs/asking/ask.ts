import { setTimeout as delay } from 'node:timers/promises';
import type { UnitId } from '../../../model/ids.ts';
import { type Database, openDatabase } from '../../../queue/database.ts';
import {
  addRequest,
  type Request,
  requestAnswer,
  type RequestAnswer,
  type RequestVerb,
} from '../../../queue/requests.ts';
import { readUnit, readUnitsIn, type UnitRow } from '../../../queue/units.ts';
import type { Asker } from '../../context/asker.ts';
import { applyPersonsWord } from '../../run/people.ts';
import { pauses } from '../../../util/time/pauses.ts';
import { isWorkedOn } from '../../project/at-work.ts';
import { openCurrent } from '../../project/stamp.ts';
import { unitOfAgent } from '../looking/agents.ts';
import { findUnits } from '../queue/find-units.ts';
import type { Queue } from '../queue/queue.ts';
import { type Refused, verb, type Zod } from '../verb.ts';

/** How long to wait for an active run to apply requests. */
const patienceMs = 10_000;

/** Units that `failed` means: tried, and given up. */
export const failedStates: readonly UnitRow['state'][] = ['failed', 'quarantined'];

/** What a verb calls what it did. */
const kinds = {
  approve: 'approved',
  cancel: 'cancelled',
  pause: 'paused',
  reject: 'rejected',
  resume: 'resumed',
  retry: 'retried',
  stop: 'stopped',
  tell: 'told',
  unblock: 'unblocked',
} as const satisfies Partial<Record<RequestVerb, string>>;
type AskVerb = keyof typeof kinds;

/** What came of asking for one unit. */
export type Answer<V extends AskVerb = AskVerb> = {
  readonly verb: V;
  readonly unit: UnitId;
  readonly key: string;
  readonly state: UnitRow['state'];
  /** True when no run is active, so that nothing continues the unit by itself. */
  readonly isIdle: boolean;
} & (
  | { readonly kind: (typeof kinds)[V]; readonly says: string }
  | Refused
  /** The active run has not answered yet; it does it when it can. */
  | { readonly kind: 'pending' }
);

/** An answer for each unit. An unknown name refuses the whole request; then nothing was asked. */
export interface Answered<V extends AskVerb = AskVerb> {
  readonly kind: 'answered';
  readonly answers: readonly Answer<V>[];
}

const names = (z: Zod) => z.array(z.string()).min(1).readonly();
const units = (z: Zod) => ({ folder: z.string(), units: names(z) });
const message = (z: Zod) => z.string().regex(/\S/, 'a message that says something');

export const approve = verb(
  (z) => z.strictObject({ ...units(z), message: z.string().default(''), digest: z.string().nullable().default(null) }),
  async (asker, it) => askFor(asker, 'approve', it),
);
const simply = <V extends AskVerb>(asked: V) =>
  verb(
    (z) => z.strictObject(units(z)),
    async (asker: Asker, it: Wish) => askFor(asker, asked, it),
  );
const withMessage = <V extends AskVerb>(asked: V) =>
  verb(
    (z) => z.strictObject({ ...units(z), message: message(z) }),
    async (asker: Asker, it: Wish & { readonly message: string }) => askFor(asker, asked, it),
  );
export const cancel = simply('cancel');
export const pause = simply('pause');
export const resume = simply('resume');
export const reject = withMessage('reject');
export const unblock = withMessage('unblock');
export const retry = verb(
  (z) => z.strictObject({ folder: z.string(), units: z.union([z.literal('failed'), names(z)]) }),
  async (asker, it) => askFor(asker, 'retry', it),
);
export const tell = verb(
  (z) => z.strictObject({ folder: z.string(), agent: z.string(), message: message(z) }),
  async (asker, { agent, ...it }) =>
    askFor(asker, 'tell', { ...it, units: [await unitOfAgent(asker, it.folder, agent)] }),
);
export const stop = verb(
  (z) => z.strictObject({ folder: z.string(), agent: z.string() }),
  async (asker, { folder, agent }) =>
    askFor(asker, 'stop', { folder, units: [await unitOfAgent(asker, folder, agent)] }),
);

/** What a person wants to be done with units. */
interface Wish {
  readonly folder: string;
  /** Names; `failed` for all units that were given up. */
  readonly units: readonly string[] | 'failed';
  readonly message?: string;
  /** See `Request.digest`. */
  readonly digest?: string | null;
}

/** Asks for the same thing to be done with units: applied at once, or left for the active run to apply. */
async function askFor<V extends AskVerb>(asker: Asker, asked: V, wish: Wish): Promise<Answered<V>> {
  const current = openCurrent(asker, wish.folder);
  try {
    if (current?.isRunning === true) return await askRun(asker, asked, wish, current);
  } finally {
    current?.database.close();
  }
  return withQueue(asker, wish.folder, ({ project, database, isRunning }) => {
    if (isRunning) return askRun(asker, asked, wish, { database, state: project.state });
    const { rows, requests } = record(asker, asked, wish, database, database);
    const applied = requests.map((request) =>
      applyPersonsWord({ database, at: Date.now(), run: null, request, stopWork: null, tell: null }),
    );
    return answersOf(database, asked, rows, applied, true);
  });
}

/** Leaves requests for the active run, and waits for it. */
async function askRun<V extends AskVerb>(
  asker: Asker,
  asked: V,
  wish: Wish,
  { database, state }: { readonly database: Database; readonly state: string },
): Promise<Answered<V>> {
  const writer = openDatabase(state);
  try {
    const { rows, requests } = record(asker, asked, wish, database, writer);
    // The run may have ended before it read this: then whichever process holds the lock applies what was left.
    const hurry = async (): Promise<void> =>
      isWorkedOn({ state }) ? undefined : withQueue(asker, wish.folder, () => {});
    const applied = await waitFor(writer, requests, hurry);
    return answersOf(writer, asked, rows, applied, !isWorkedOn({ state }));
  } finally {
    writer.close();
  }
}

/** Writes down what a person wants of each unit. Refuses when one of the names is not known. */
function record(
  asker: Asker,
  asked: AskVerb,
  wish: Wish,
  database: Database,
  writer: Database,
): { readonly rows: readonly UnitRow[]; readonly requests: readonly Request[] } {
  const rows = wish.units === 'failed' ? readUnitsIn(database, failedStates) : findUnits(database, wish.units);
  const requests = rows.map((row): Request => {
    // Without a digest an approval means the change that "backlog review" shows now, whatever it is when it is applied.
    const shown = asked === 'approve' ? (row.keptWork?.digest ?? null) : null;
    const request = {
      ...{ verb: asked, unit: row.spec.id, message: wish.message ?? '', by: asker.name },
      digest: wish.digest ?? shown,
    };
    return { ...request, id: addRequest(writer, Date.now(), request) };
  });
  return { rows, requests };
}

function answersOf<V extends AskVerb>(
  database: Database,
  asked: V,
  rows: readonly UnitRow[],
  applied: readonly (RequestAnswer | null)[],
  isIdle: boolean,
): Answered<V> {
  const answers = rows.map((row, index): Answer<V> => {
    const { id, key } = row.spec;
    const about = { verb: asked, unit: id, key, isIdle, state: readUnit(database, id)?.state ?? row.state };
    const answer = applied[index] ?? null;
    if (answer === null) return { ...about, kind: 'pending' };
    if (answer.refusal === null) return { ...about, kind: kinds[asked], says: answer.outcome };
    const { code, ...said } = answer.refusal;
    return { ...about, kind: 'refused', reason: code, ...said };
  });
  return { kind: 'answered', answers };
}

/** What reads specs is loaded where it is needed. */
async function withQueue<T>(asker: Asker, folder: string, action: (queue: Queue) => Promise<T> | T): Promise<T> {
  return (await import('../queue/queue.ts')).withQueue(asker, folder, action);
}

/** Waits until the active run has applied requests, or for as long as a person has patience. `hurry` applies them when it is gone. */
async function waitFor(
  database: Database,
  requests: readonly Request[],
  hurry: () => Promise<void>,
): Promise<(RequestAnswer | null)[]> {
  const look = (): (RequestAnswer | null)[] => requests.map(({ id }) => requestAnswer(database, id));
  let answers = look();
  const [until, wait] = [Date.now() + patienceMs, pauses(100, 500)];
  for (; answers.includes(null) && Date.now() < until; answers = look()) {
    await delay(wait());
    await hurry();
  }
  return answers;
}
