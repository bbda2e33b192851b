import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import type { UnitId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import { type Database, databaseName, openForReading } from '../../../queue/database.ts';
import type { Lock } from '../../../queue/lock.ts';
import { syncUnits, type Truth } from '../../../queue/sync.ts';
import type { UnitRow } from '../../../queue/units.ts';
import { findRepository, type Repository } from '../../../repo/git/repository.ts';
import type { KnownGroups } from '../../../specs/format/known.ts';
import type { SpecFolder } from '../../../specs/units/read.ts';
import {
  cacheFolder,
  openProject,
  openTarget,
  type Project,
  projectMark,
  readProjectSpecs,
  specsPath,
  usableSpecs,
} from '../../project/project.ts';
import { requirePlace, tellWithheld } from '../../consent/consent.ts';
import type { Asker } from '../../context/asker.ts';
import { applyLeftRequests } from '../../run/left-requests.ts';
import { restoreLedger } from '../../project/recovery-ledger.ts';
import { takeForMoment } from '../../project/locks.ts';
import { resume } from '../../run/resume.ts';
import { ensureState, openQueue } from '../../project/state-place.ts';
import { tickPlaceOf } from '../../project/tick-place.ts';
import { dependedOn, lookAround, rememberSight, type Sight } from '../../project/stamp.ts';
import { keepKnown, openKnown } from '../../project/known-groups.ts';
import { readTruth } from '../../project/truth.ts';
import { expectedBranch } from './expected.ts';

/** A specs folder's queue, brought up to date unless a run is active on it. */
export interface Queue {
  readonly project: Project;
  /** Null when the folder is in no repository. */
  readonly repository: Repository | null;
  readonly specs: SpecFolder;
  readonly database: Database;
  /** True when a run is active: then only it writes. */
  readonly isRunning: boolean;
  /** True when nothing can be written there: the queue is shown as it was left. */
  readonly isReadOnly: boolean;
}

/**
 * Opens the queue and gives it to `action`. With no active run the specs are synced first, under the lock; with one,
 * the queue is only read.
 */
export async function withQueue<T>(asker: Asker, folder: string, action: (queue: Queue) => Promise<T> | T): Promise<T> {
  const project = await openProject(asker, folder);
  requirePlace(project);
  tellWithheld(project);
  const repository = await repositoryOf(project);
  const asked = dependedOn(project);
  const sight = lookAround(project.folder, asked, asker.env);
  const { known, close } = openKnown(project.state);
  try {
    const specs = usableSpecs(project, await readProjectSpecs(project, repository, { known }));
    return await withSpecs({ project, repository, specs, known, folder, sight, asked }, action);
  } finally {
    close();
  }
}

interface Looking {
  readonly project: Project;
  readonly repository: Repository | null;
  readonly specs: SpecFolder;
  readonly known: KnownGroups;
  /** As the asker named it. */
  readonly folder: string;
  readonly asked: ReturnType<typeof dependedOn>;
  readonly sight: Sight | null;
}

async function withSpecs<T>(
  { project, repository, specs, known, folder, asked, sight }: Looking,
  action: (queue: Queue) => Promise<T> | T,
): Promise<T> {
  const lock = await takeOrRead(project);
  const isReadOnly = lock === 'read-only';
  let database: Database | null = null;
  try {
    database = lock && !isReadOnly ? openQueue(project) : openForReading(project.state);
    if (!database) throw refused('no-queue', { folder });
    if (lock && !isReadOnly) {
      await bringUpToDate(database, project, repository, specs, known);
      keepKnown(database, known);
      // What a prompt file says is not seen from outside.
      rememberSight(database, asked, specs.units.some((unit) => unit.prompt !== null) ? null : sight);
    }
    return await action({ project, repository, specs, database, isRunning: lock === null, isReadOnly });
  } finally {
    database?.close();
    if (lock && lock !== 'read-only') lock.release();
  }
}

/** The same for what needs the repository, and no run beside it. */
export async function withIdleQueue<T>(
  asker: Asker,
  folder: string,
  action: (queue: Queue & { readonly repository: Repository }) => Promise<T> | T,
): Promise<T> {
  return withQueue(asker, folder, (queue) => {
    const { repository } = queue;
    if (queue.isRunning) throw refused('already-running', { what: `a run is active on ${folder}` });
    if (!repository) throw refused('no-repository', { folder });
    return action({ ...queue, repository });
  });
}

/** The repository of a project; null when it is in none. Refuses to take another one for that of the configuration. */
export async function repositoryOf(project: Project): Promise<Repository | null> {
  requirePlace(project);
  return (await findRepository(project.target, project.asker.env)) === null ? null : openTarget(project);
}

/** The lock of the queue; null when a run has it; `read-only` where the disk takes no lock, but there is a queue. */
async function takeOrRead(project: Project): Promise<Lock | 'read-only' | null> {
  try {
    accessSync(ensureState(project), constants.W_OK); // a lock on a disk that takes nothing holds nobody
    return await takeForMoment(project);
  } catch (error) {
    if (!existsSync(path.join(project.state, databaseName))) throw error;
    return 'read-only';
  }
}

async function bringUpToDate(
  database: Database,
  project: Project,
  repository: Repository | null,
  specs: SpecFolder,
  known: KnownGroups,
): Promise<void> {
  const now = Date.now();
  const ticks = repository && (await tickPlaceOf(project, repository));
  if (repository) {
    const [mark, cache] = [projectMark(project), cacheFolder(project)];
    await resume({
      database,
      repository,
      apart: ticks?.kind === 'apart' ? ticks.repository : null,
      run: null,
      now,
      mark,
      cache,
      units: specs.units,
      specsPath: specsPath(project, repository),
    });
  }
  const truth =
    repository && ticks
      ? await readTruth({
          repository,
          ...(await expectedBranch(project, repository, ticks)),
          specsPath: specsPath(project, repository),
          units: specs.units,
          known,
        })
      : ticksAlone;
  syncUnits(database, { units: specs.units, truth, at: now, run: null });
  if (repository) await restoreLedger(repository, database, projectMark(project), specs.units, now);
  applyLeftRequests(database, now);
}

/** Outside of a repository only the boxes can tell. */
function ticksAlone(unit: { readonly isTicked: boolean }): Truth {
  return unit.isTicked ? { isDone: true, commit: null, how: 'its boxes are ticked' } : { isDone: false, why: null };
}

/** Author's names by id, for sentences about units. */
export function keysOf(rows: readonly UnitRow[]): (unit: UnitId) => string {
  const keys = new Map(rows.map((row) => [row.spec.id, row.spec.key]));
  return (unit) => keys.get(unit) ?? unit;
}
