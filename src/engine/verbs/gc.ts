import { inputError } from '../../model/diagnostic.ts';
import { quotasOf, reclaim, type Reclaimed } from '../boxes/reclaim.ts';
import { noRepository } from './no-repository.ts';
import { withQueue } from './queue.ts';

/** Gives back what a folder's runs no longer need. Throws an `InputError` while a run is at work. */
export async function collectGarbage(options: {
  readonly folder: string;
  readonly isDry: boolean;
  /** True: also everything that set-up installed, and all transcripts. */
  readonly isAll: boolean;
}): Promise<Omit<Reclaimed, 'blocked'>> {
  return withQueue(options.folder, async ({ project, repository, database, isRunning }) => {
    if (isRunning) {
      throw inputError(
        'already-running',
        `a run is at work on ${options.folder}`,
        'Wait for it to end; it gives back by itself what it no longer needs.',
      );
    }
    if (!repository) throw noRepository(options.folder);
    const usual = quotasOf(project);
    const quotas = options.isAll ? { ...usual, setUpBytes: 0, runs: 0 } : usual;
    const { isDry } = options;
    const branch = project.config.into;
    const { blocked, ...reclaimed } = await reclaim({ project, repository, database, branch, quotas, isDry });
    if (blocked !== null) throw blocked;
    return reclaimed;
  });
}
