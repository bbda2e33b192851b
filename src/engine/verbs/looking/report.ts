import path from 'node:path';
import { refused } from '../../../model/refusal.ts';
import { type Report, reportSchema } from '../../../model/report.ts';
import { openForReading } from '../../../queue/database.ts';
import { readRuns } from '../../../queue/runs.ts';
import { readConfined } from '../../../util/files/confined-file.ts';
import { openProject } from '../../project/project.ts';
import { findRun } from '../queue/find-run.ts';
import { reportName } from '../running/write-report.ts';
import { verb } from '../verb.ts';

/** The most that is read of a report. */
const maxReportBytes = 100 * 1024 * 1024;

/** The report of a run, by the beginning of its id; null for the newest that has one. */
export const report = verb(
  (z) => z.strictObject({ folder: z.string(), run: z.string().nullable().default(null) }),
  async (asker, { folder, run }) => {
    const project = await openProject(asker, folder);
    const database = openForReading(project.state);
    try {
      const row = !database
        ? null
        : run === null
          ? (readRuns(database).find(({ endedAt, outcome }) => endedAt !== null && outcome !== 'crashed') ?? null)
          : findRun(database, folder, run);
      if (!row) throw refused('no-run', { folder });
      const file = path.join(project.state, 'runs', row.id, 'report.md');
      let read: Report | null;
      try {
        const bytes = readConfined(project.state, reportName(row.id, 'json'), maxReportBytes);
        read = bytes === null ? null : reportSchema.parse(JSON.parse(bytes.toString('utf8')));
      } catch {
        throw refused('report-damaged', { run: row.id, file });
      }
      if (read === null) throw refused('no-report', { run: row.id, isAtWork: row.endedAt === null });
      return { kind: 'report' as const, report: read, file, folder: path.dirname(file) };
    } finally {
      database?.close();
    }
  },
);
