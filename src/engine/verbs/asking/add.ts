import { existsSync } from 'node:fs';
import path from 'node:path';
import { keyProblem } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import { type Database, databaseName, openDatabase } from '../../../queue/database.ts';
import { Lock } from '../../../queue/lock.ts';
import { addRequest } from '../../../queue/requests.ts';
import { transition } from '../../../queue/transitions.ts';
import type { Draft } from '../../../specs/format/draft.ts';
import { followupsName, isFollowups } from '../../../specs/followups/format.ts';
import { appendFollowup, followupText, type NewFollowup } from '../../../specs/followups/append.ts';
import { printable } from '../../../util/text/printable.ts';
import { suggest } from '../../../specs/text/suggest.ts';
import type { Asker } from '../../context/asker.ts';
import { isWorkedOn } from '../../project/at-work.ts';
import { ensureState } from '../../project/state-place.ts';
import { openProject, type Project, readProjectSpecs } from '../../project/project.ts';
import { findUnit } from '../queue/find-units.ts';
import { withQueue } from '../queue/queue.ts';
import { verb, type Zod } from '../verb.ts';

/** A followup as it was read back. */
export interface Added {
  readonly kind: 'added';
  readonly key: string;
  /** Absolute path of the file that holds it now. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** False when it has no criteria yet: it is noted, but not runnable. */
  readonly isRunnable: boolean;
}

interface Place {
  readonly folder: string;
  readonly file: string;
}

const list = (z: Zod) => z.array(z.string()).readonly().default([]);
const place = (z: Zod) => ({
  folder: z.string(),
  /** Which followups.md, relative to the specs folder. */
  file: z.string().default(followupsName),
});

/** Appends a followup to a file of the specs folder, validated by the run's own parser. */
export const add = verb(
  (z) =>
    z.strictObject({
      ...{ ...place(z), title: z.string(), body: z.string().default('') },
      ...{ criteria: list(z), checks: list(z), depends: list(z), touches: list(z) },
    }),
  async (asker, { folder, file, ...followup }) => append(asker, { folder, file }, { ...followup, claims: [] }),
);

/** Accepts a unit that an agent proposed: it becomes a followup, and the proposal is settled. */
export const accept = verb(
  (z) => z.strictObject({ ...place(z), proposal: z.string(), checks: list(z) }),
  async (asker, { proposal, checks, ...at }) => {
    const proposed = await withQueue(asker, at.folder, ({ database }) => {
      const { spec, state } = findUnit(database, proposal);
      if (state !== 'proposed') throw refused('not-proposed', { key: spec.key, state });
      return spec;
    });
    const added = await append(asker, at, {
      title: printable(proposed.title),
      body: printable(proposed.body),
      claims: proposed.criteria.map((criterion) => criterion.text),
      ...{ criteria: [], checks, depends: [], touches: [] },
    });
    const database = openDatabase((await openProject(asker, at.folder)).state);
    try {
      transition(database, Date.now(), null, { unit: proposed.id, to: 'retired', why: `added as ${added.key}` });
    } finally {
      database.close();
    }
    return added;
  },
);

async function append(asker: Asker, { folder, file }: Place, followup: NewFollowup): Promise<Added> {
  const project = await openProject(asker, folder);
  if (!isFollowups(file)) throw refused('not-followups', { file });
  if (path.isAbsolute(file) || file.split('/').includes('..')) throw refused('outside-folder', { file });
  if (followup.title.trim() === '') throw refused('no-title');
  const specs = await readProjectSpecs(project, null);
  const known = specs.units.map((unit) => unit.key);
  for (const dependency of followup.depends) {
    const problem = keyProblem(dependency);
    if (problem !== null) throw refused('bad-dependency', { name: dependency, problem });
    if (known.some((key) => key.toLowerCase() === dependency.toLowerCase())) continue;
    throw refused('unknown-dependency', { name: dependency, similar: suggest(dependency, known) });
  }
  const queue = queueOfRun(project); // it may refuse, so it is opened before anything is written
  let draft: Draft;
  try {
    draft = await oneAtATime(project, async () => appendFollowup({ folder: project.folder, file, followup }));
    if (queue !== null)
      addRequest(queue, Date.now(), { verb: 'sync', unit: null, message: '', by: asker.name, digest: null });
  } finally {
    queue?.close();
  }
  return {
    kind: 'added',
    key: draft.key,
    file: path.join(project.folder, file),
    line: draft.line,
    text: followupText(followup),
    isRunnable: draft.criteria.length > 0,
  };
}

/** Milliseconds to wait for others who add. */
const patienceMs = 60_000;

/** Adding reads the file and writes it again: of two at once, one would be lost. */
async function oneAtATime<T>(project: Project, action: () => Promise<T>): Promise<T> {
  const file = path.join(ensureState(project), 'followups.lock');
  const lock = Lock.take(file, patienceMs);
  if (!lock) throw refused('busy', { what: 'other commands have been adding followups' });
  try {
    return await action();
  } finally {
    lock.release();
  }
}

/** The queue of an active run, which has to be told of additions; null without one: the next run reads them anyway. */
function queueOfRun(project: Project): Database | null {
  if (!existsSync(path.join(project.state, databaseName)) || !isWorkedOn(project)) return null;
  return openDatabase(project.state);
}
