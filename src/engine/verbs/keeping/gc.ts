import { quotasOf, reclaim } from '../../boxes/reclaim.ts';
import { tickPlaceOf } from '../../project/tick-place.ts';
import { withIdleQueue } from '../queue/queue.ts';
import { verb } from '../verb.ts';

/** Removes what the runs of a folder no longer need. With `isAll` also everything that set-up installed, and all transcripts. */
export const gc = verb(
  (z) => z.strictObject({ folder: z.string(), isDry: z.boolean().default(false), isAll: z.boolean().default(false) }),
  async (asker, { folder, isDry, isAll }) =>
    withIdleQueue(asker, folder, async ({ project, repository, database }) => {
      const usual = quotasOf(project);
      const quotas = isAll ? { ...usual, setUpBytes: 0, runs: 0 } : usual;
      const branch = project.config.into;
      const ticks = await tickPlaceOf(project, repository);
      const { blocked, ...reclaimed } = await reclaim({ project, repository, ticks, database, branch, quotas, isDry });
      if (blocked !== null) throw blocked;
      return { kind: 'gc' as const, isDry, ...reclaimed };
    }),
);
