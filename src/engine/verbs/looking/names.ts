import { readRuns } from '../../../queue/runs.ts';
import { readSessions } from '../../../queue/sessions.ts';
import { readUnitNames } from '../../../queue/units.ts';
import { lookAtQueue } from '../queue/reading.ts';
import { verb } from '../verb.ts';

/** The names that can be typed on a queue, as it is: of units, of runs (newest first), and of the agents of the latest run. */
export const names = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }) =>
    lookAtQueue(asker, folder, ({ database }) => {
      const runs = database === null ? [] : readRuns(database).map(({ id }) => id);
      const [latest] = runs;
      return {
        kind: 'names' as const,
        units: database === null ? [] : readUnitNames(database).map(({ key }) => key),
        runs,
        agents:
          database === null || latest === undefined
            ? []
            : readSessions(database, { run: latest }).map(({ name }) => name),
      };
    }),
);
