import { type Diagnostic, hasErrors, InputError } from '../../../model/diagnostic.ts';
import { problemsOf, type UnitSpec } from '../../../model/unit.ts';
import type { Database } from '../../../queue/database.ts';
import { syncUnits, type Truth } from '../../../queue/sync.ts';
import { branchRef, checkBranch } from '../../../repo/refs/branch.ts';
import { requireHistory } from '../../../repo/refs/shallow.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import type { KnownGroups } from '../../../specs/format/known.ts';
import type { SpecFolder } from '../../../specs/units/read.ts';
import { branchLockFile, takeForWork, takeLock } from '../../project/locks.ts';
import type { TickPlace } from '../../context/tick-place.ts';
import {
  openTarget,
  type Project,
  readProjectSpecs,
  requireUnchanged,
  shownFrom,
  specsPath,
  usableSpecs,
} from '../../project/project.ts';
import { keepKnown, type OpenKnown, openKnown } from '../../project/known-groups.ts';
import { apartAt, tickPlaceOf } from '../../project/tick-place.ts';
import { dependedOn, rememberSight } from '../../project/stamp.ts';
import { openQueue } from '../../project/state-place.ts';
import { readTruth } from '../../project/truth.ts';
import { applyLeftRequests } from '../../run/left-requests.ts';
import type { Zod } from '../verb.ts';

/** A branch and a queue under our locks. */
export interface Taken {
  readonly project: Project;
  readonly repository: Repository;
  readonly ticks: TickPlace;
  readonly specs: SpecFolder;
  readonly branch: string;
  readonly database: Database;
  /** What is known of spec files by their text. */
  readonly known: KnownGroups;
}

/** Input of every verb that runs checks or lands. */
export const workInput = (z: Zod) => ({
  folder: z.string(),
  /** The branch; null for the one of the configuration. */
  into: z.string().nullable().default(null),
  allowUnsandboxed: z.boolean().default(false),
  /** Digests of what the user agrees to in the configuration; null where they name none. */
  trust: z.array(z.string()).readonly().nullable().default(null),
});

/** What a branch and a queue are taken for. */
interface Wanted {
  /** As the person named it. */
  readonly folder: string;
  readonly into: string | null;
  /** What is in the way, when something is: "a run". */
  readonly other: string;
  readonly signal: AbortSignal;
  /** True: a spec with an error ends it. */
  readonly isStrict?: boolean;
  /** True: the database is checked for damage. */
  readonly isChecked?: boolean;
  /** True: a folder without a spec is no error. */
  readonly mayBeEmpty?: boolean;
}

/** Takes the queue and the branch of a project for a run, or for a verb that judges. Refuses while another one has them. */
export async function withBranch<T>(
  project: Project,
  wanted: Wanted,
  action: (taken: Taken) => Promise<T>,
): Promise<T> {
  const repository = await openTarget(project);
  await requireUnchanged(project);
  const opened = openKnown(project.state);
  try {
    const { known } = opened;
    const read = await readProjectSpecs(project, repository, { known, signal: wanted.signal });
    const isMeant = ({ code }: Diagnostic): boolean => wanted.mayBeEmpty !== true || code !== 'no-specs';
    const specs = usableSpecs(project, { ...read, diagnostics: read.diagnostics.filter(isMeant) });
    return await withSpecs({ project, repository, specs, opened, wanted }, action);
  } finally {
    opened.close();
  }
}

interface Looking extends Pick<Taken, 'project' | 'repository' | 'specs'> {
  readonly opened: OpenKnown;
  readonly wanted: Wanted;
}

async function withSpecs<T>(
  { project, repository, specs, opened, wanted }: Looking,
  action: (taken: Taken) => Promise<T>,
): Promise<T> {
  wanted.signal.throwIfAborted();
  const broken = specs.units.map(problemsOf).flatMap((problems) => (hasErrors(problems) ? problems : []));
  if (wanted.isStrict === true && broken.length > 0) throw new InputError(shownFrom(project, broken));
  const branch = wanted.into ?? project.config.into;
  await checkBranch(repository, branch);
  await requireHistory(repository, branchRef(branch));
  const ticks = await tickPlaceOf(project, repository);
  if (ticks.kind === 'apart') await checkBranch(ticks.repository, branch);
  const queueLock = await takeForWork(project, `${wanted.other} is active on ${wanted.folder}`, wanted.signal);
  try {
    const landing = `${wanted.other} is landing on ${branch} of ${repository.root}`;
    const branchLock = takeLock(branchLockFile(repository, branch), landing);
    try {
      const database = openQueue(project, { isChecked: wanted.isChecked === true, isLocked: true });
      try {
        opened.useQueue(database);
        return await action({ project, repository, ticks, specs, branch, database, known: opened.known });
      } finally {
        database.close();
      }
    } finally {
      branchLock.release();
    }
  } finally {
    queueLock.release();
  }
}

/** Brings the queue up to date with the specs and what the branch says at a commit; returns what it says. */
export async function syncWith(taken: Taken, tip: string | null): Promise<(unit: UnitSpec) => Truth> {
  const { project, repository, database, ticks, branch, known } = taken;
  const { units } = taken.specs;
  const apart = await apartAt(ticks, branch);
  const truth = await readTruth({ repository, tip, specsPath: specsPath(project, repository), apart, units, known });
  keepKnown(database, known);
  syncUnits(database, { units, truth, at: Date.now(), run: null });
  applyLeftRequests(database, Date.now());
  rememberSight(database, dependedOn(project), null);
  return truth;
}
