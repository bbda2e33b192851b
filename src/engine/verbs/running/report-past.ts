import type { RunId } from '../../../model/ids.ts';
import type { Database } from '../../../queue/database.ts';
import { readRuns } from '../../../queue/runs.ts';
import { mostRuns, type PastReport, pastSchema } from '../../../report/history.ts';
import { PathRefused, readConfined } from '../../../util/files/confined-file.ts';
import { parseJson } from '../../../util/text/json.ts';

/** The most that is read of one earlier report. */
const maxBytes = 50 * 1024 * 1024;

/** The reports of the last runs on this queue before one, the oldest first; those that cannot be read are left out. */
export function pastReports(database: Database, state: string, before: RunId): PastReport[] {
  const runs = readRuns(database);
  const earlier = runs.slice(runs.findIndex(({ id }) => id === before) + 1).slice(0, mostRuns - 1);
  return earlier.toReversed().flatMap(({ id }) => {
    try {
      const bytes = readConfined(state, `runs/${id}/report.json`, maxBytes);
      return bytes === null ? [] : (pastSchema.safeParse(parseJson(bytes.toString('utf8'))).data ?? []);
    } catch (error) {
      if (error instanceof PathRefused) return [];
      throw error;
    }
  });
}
