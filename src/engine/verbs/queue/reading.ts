import { InputError } from '../../../model/diagnostic.ts';
import type { Database } from '../../../queue/database.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import { openForReading } from '../../../queue/database.ts';
import type { SpecFolder } from '../../../specs/units/read.ts';
import type { Asker } from '../../context/asker.ts';
import { isWorkedOn } from '../../project/at-work.ts';
import { isUpToDate, openCurrent } from '../../project/stamp.ts';

/** A queue to look at. */
export interface Reading {
  readonly database: Database;
  /** True when a run is active. */
  readonly isRunning: boolean;
  /** Null when the folder is in no repository. */
  readonly repository: () => Promise<Repository | null>;
  /** Omitted when the specs were not read, since nothing has changed. */
  readonly specs?: SpecFolder;
}

/**
 * Gives `action` a queue to look at: as it is while a run is at work, which keeps it up to date, or while nothing has
 * changed since it was brought up to date. Otherwise it is brought up to date first.
 */
export async function readQueue<T>(
  asker: Asker,
  folder: string,
  action: (reading: Reading) => Promise<T> | T,
): Promise<T> {
  const current = openCurrent(asker, folder);
  // What reads specs and starts git is loaded where it is needed.
  const longWay = async (): Promise<typeof import('./queue.ts')> => import('./queue.ts');
  if (current === null) {
    const { withQueue } = await longWay();
    return withQueue(asker, folder, (queue) =>
      action({ ...queue, repository: async () => Promise.resolve(queue.repository) }),
    );
  }
  try {
    const repository = async (): Promise<Repository | null> => {
      const [{ repositoryOf }, { openProject }] = [await longWay(), await import('../../project/project.ts')];
      return repositoryOf(await openProject(asker, folder));
    };
    return await action({ ...current, repository });
  } finally {
    current.database.close();
  }
}

/** A queue as it was left. */
export interface Left extends Pick<Reading, 'isRunning'> {
  /** Null when there is none yet. */
  readonly database: Database | null;
  /** Whether it is as new as the specs, the branch and the last run; null when that cannot be told. */
  readonly isCurrent: boolean | null;
  /** Absolute path of the state folder. */
  readonly state: string;
}

/** Gives `action` the queue as it is: nothing is brought up to date, put right or written. */
export async function lookAtQueue<T>(asker: Asker, folder: string, action: (left: Left) => T): Promise<T> {
  const current = openCurrent(asker, folder);
  const left: Left = current === null ? await openAsLeft(asker, folder) : { ...current, isCurrent: true };
  try {
    return action(left);
  } finally {
    left.database?.close();
  }
}

/**
 * Gives `action` the queue for what it tells of the past: as `readQueue` does, and as it was left where HEAD has no commit
 * that it could be brought up to date with (before the first one, or on a branch that begins anew), or the folder has no spec.
 */
export async function readPast<T>(
  asker: Asker,
  folder: string,
  action: (past: Omit<Left, 'isCurrent' | 'state'>) => T,
): Promise<T> {
  try {
    return await readQueue(asker, folder, action);
  } catch (error) {
    const code = error instanceof InputError ? error.diagnostics[0]?.code : null;
    if (code !== 'no-commit' && code !== 'no-specs') throw error;
    return lookAtQueue(asker, folder, (left) => {
      if (code === 'no-specs' && left.database === null) throw error;
      return action(left);
    });
  }
}

async function openAsLeft(asker: Asker, folder: string): Promise<Left> {
  const { openProject } = await import('../../project/project.ts');
  const project = await openProject(asker, folder);
  const database = openForReading(project.state);
  const { state } = project;
  if (database === null) return { database, isRunning: false, isCurrent: false, state };
  const isRunning = isWorkedOn(project);
  return { database, state, isRunning, isCurrent: isRunning || isUpToDate(database, project) };
}
