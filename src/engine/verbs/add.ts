import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { keyProblem } from '../../model/ids.ts';
import { databaseName, openDatabase } from '../../queue/database.ts';
import { Lock } from '../../queue/lock.ts';
import { addRequest } from '../../queue/requests.ts';
import { transition } from '../../queue/transitions.ts';
import { followupsName, isFollowups } from '../../specs/followups/format.ts';
import { appendFollowup, followupText, type NewFollowup } from '../../specs/followups/append.ts';
import { personName } from '../../repo/git/person.ts';
import { printable } from '../../util/text/printable.ts';
import { suggest } from '../../specs/text/suggest.ts';
import { isWorkedOn } from '../project/at-work.ts';
import { ensureState } from '../project/state-place.ts';
import { openProject, type Project, readProjectSpecs } from '../project/project.ts';
import { findUnit } from './find-units.ts';
import { withQueue } from './queue.ts';

/** A followup as it was read back. */
export interface Added {
  readonly key: string;
  /** Absolute path of the file that holds it now. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** False when it has no criteria yet: it is noted, but not runnable. */
  readonly isRunnable: boolean;
}

/** Appends a followup to a file of the specs folder, validated by the run's own parser. */
export async function addFollowup(options: {
  readonly folder: string;
  readonly file: string | null;
  readonly followup: NewFollowup;
}): Promise<Added> {
  const { followup } = options;
  const project = await openProject(options.folder);
  const file = options.file ?? followupsName;
  if (!isFollowups(file)) {
    throw inputError(
      'not-followups',
      `followups are kept in files named ${followupsName}, not in ${file}`,
      `For example: --file backend/${followupsName}`,
    );
  }
  if (path.isAbsolute(file) || file.split('/').includes('..')) {
    throw inputError(
      'outside-folder',
      `${file} is not inside the specs folder`,
      'Name it relative to the specs folder.',
    );
  }
  if (followup.title.trim() === '')
    throw inputError(
      'no-title',
      'a followup needs a title',
      'For example: backlog add "Search ignores accents" --check "npm test"',
    );
  const specs = await readProjectSpecs(project, null);
  const known = specs.units.map((unit) => unit.key);
  for (const dependency of followup.depends) {
    const problem = keyProblem(dependency);
    if (problem !== null) throw inputError('bad-dependency', `${JSON.stringify(dependency)} is not an id: ${problem}`);
    if (known.some((key) => key.toLowerCase() === dependency.toLowerCase())) continue;
    const similar = suggest(dependency, known);
    throw inputError(
      'unknown-dependency',
      `there is no unit "${dependency}"`,
      similar === null ? 'See "backlog list".' : `Did you mean "${similar}"?`,
    );
  }
  const draft = await oneAtATime(project, async () => appendFollowup({ folder: project.folder, file, followup }));
  await tellRun(project);
  return {
    key: draft.key,
    file: path.join(project.folder, file),
    line: draft.line,
    text: followupText(followup),
    isRunnable: draft.criteria.length > 0,
  };
}

/** Milliseconds that one who adds waits for the others. */
const patienceMs = 60_000;

/** Who adds reads the file and writes it anew: two at once would lose one of the two. */
async function oneAtATime<T>(project: Project, action: () => Promise<T>): Promise<T> {
  const file = path.join(ensureState(project), 'followups.lock');
  const lock = Lock.take(file, patienceMs);
  if (!lock) throw inputError('busy', 'others have been adding followups for a minute', 'Try again.');
  try {
    return await action();
  } finally {
    lock.release();
  }
}

/** Lets a run at work know that there is more to read; without one, the next run reads it anyway. */
async function tellRun(project: Project): Promise<void> {
  if (!existsSync(path.join(project.state, databaseName))) return;
  if (!isWorkedOn(project)) return;
  const database = openDatabase(project.state);
  try {
    const by = await personName(project.folder);
    addRequest(database, Date.now(), { verb: 'sync', unit: null, message: '', by, digest: null });
  } finally {
    database.close();
  }
}

/** Takes over what an agent proposed: it becomes a followup, and the proposal is settled. */
export async function acceptProposal(options: {
  readonly folder: string;
  readonly proposal: string;
  readonly file: string | null;
  readonly checks: readonly string[];
}): Promise<Added> {
  const proposed = await withQueue(options.folder, ({ database }) => {
    const row = findUnit(database, options.proposal);
    if (row.state !== 'proposed')
      throw inputError('not-proposed', `${row.spec.key} is not proposed: it is ${row.state}`);
    return row.spec;
  });
  const followup: NewFollowup = {
    title: printable(proposed.title),
    body: printable(proposed.body),
    criteria: [],
    claims: proposed.criteria.map((criterion) => criterion.text),
    checks: options.checks,
    depends: [],
    touches: [],
  };
  const added = await addFollowup({ folder: options.folder, file: options.file, followup });
  const project = await openProject(options.folder);
  const database = openDatabase(project.state);
  try {
    transition(database, Date.now(), null, { unit: proposed.id, to: 'retired', why: `added as ${added.key}` });
  } finally {
    database.close();
  }
  return added;
}
