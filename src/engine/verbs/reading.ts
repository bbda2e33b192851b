import type { Database } from '../../queue/database.ts';
import type { Repository } from '../../repo/repository.ts';
import { openCurrent } from '../project/stamp.ts';

/** A queue to look at. */
export interface Reading {
  readonly database: Database;
  /** True when a run is at work. */
  readonly isRunning: boolean;
  /** Null when the folder is in no repository. */
  readonly repository: () => Promise<Repository | null>;
}

/**
 * Gives `action` a queue to look at: as it is while a run is at work, which keeps it up to date, or while nothing has
 * changed since it was brought up to date. Otherwise it is brought up to date first.
 */
export async function readQueue<T>(folder: string, action: (reading: Reading) => Promise<T> | T): Promise<T> {
  const current = openCurrent(folder);
  // What reads specs and starts git is loaded where it is needed.
  const longWay = async (): Promise<typeof import('./queue.ts')> => import('./queue.ts');
  if (current === null) {
    const { withQueue } = await longWay();
    return withQueue(folder, (queue) =>
      action({ ...queue, repository: async () => Promise.resolve(queue.repository) }),
    );
  }
  try {
    const repository = async (): Promise<Repository | null> => {
      const [{ repositoryOf }, { openProject }] = [await longWay(), await import('../project/project.ts')];
      return repositoryOf(await openProject(folder));
    };
    return await action({ ...current, repository });
  } finally {
    current.database.close();
  }
}
