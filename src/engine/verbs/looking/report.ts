import path from 'node:path';
import type { RunId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import { type Report, reportSchema } from '../../../model/report.ts';
import { type Database, openForReading } from '../../../queue/database.ts';
import { readRuns, type RunRow } from '../../../queue/runs.ts';
import { readConfined } from '../../../util/files/confined-file.ts';
import { openProject, type Project } from '../../project/project.ts';
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
    const row = ofQueue(project, (database) =>
      run === null ? newest(database) : database && findRun(database, folder, run),
    );
    if (!row) throw refused('no-run', { folder });
    const file = reportFile(project, row.id);
    const read = wholeReport(project, row);
    return { kind: 'report' as const, report: read, file, folder: path.dirname(file) };
  },
);

/** The report of the newest run that has one; null if there is none, or if it cannot be read. */
export function latestReport(project: Project): Report | null {
  const row = ofQueue(project, newest);
  try {
    return row && readReport(project, row.id);
  } catch {
    return null;
  }
}

function ofQueue<T>(project: Project, read: (database: Database | null) => T): T {
  const database = openForReading(project.state);
  try {
    return read(database);
  } finally {
    database?.close();
  }
}

/** The newest run that came to an end, which has a report; null if there is none. */
export function newest(database: Database | null): RunRow | null {
  const rows = database === null ? [] : readRuns(database);
  return rows.find(({ endedAt, outcome }) => endedAt !== null && outcome !== 'crashed') ?? null;
}

/** Where a report lies that people read. */
function reportFile(project: Project, run: RunId): string {
  return path.join(project.state, 'runs', run, 'report.md');
}

/** The report of a run. Refuses where there is none, or where it is damaged. */
export function wholeReport(project: Project, { id, endedAt }: RunRow): Report {
  let read: Report | null;
  try {
    read = readReport(project, id);
  } catch {
    throw refused('report-damaged', { run: id, file: reportFile(project, id) });
  }
  if (read === null) throw refused('no-report', { run: id, isAtWork: endedAt === null });
  return read;
}

/** Throws if the file is not a report; null if there is none. */
export function readReport(project: Project, run: RunId): Report | null {
  const bytes = readConfined(project.state, reportName(run, 'json'), maxReportBytes);
  return bytes === null ? null : reportSchema.parse(JSON.parse(bytes.toString('utf8')));
}
