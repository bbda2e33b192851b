import type { RunId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import type { Report } from '../../../model/report.ts';
import { type Database, openForReading } from '../../../queue/database.ts';
import { readRuns, type RunRow } from '../../../queue/runs.ts';
import { accountSince, compareReports, type Comparison, type Since } from '../../../report/several.ts';
import { openProject, type Project } from '../../project/project.ts';
import { findRun } from '../queue/find-run.ts';
import { verb } from '../verb.ts';
import { newest, readReport, wholeReport } from './report.ts';

/** The most runs that one account is made of, the newest ones. */
const mostRuns = 500;

/** What differs between two runs, by the beginnings of their ids, or the newest that has a report; the earlier one comes first. */
export const compare = verb(
  (z) => z.strictObject({ folder: z.string(), runs: z.tuple([z.string(), z.string().nullable()]) }),
  async (asker, { folder, runs: names }): Promise<Comparison & { readonly kind: 'comparison' }> => {
    const project = await openProject(asker, folder);
    const rows = ofQueue(
      project,
      (database) => names.map((name) => (name === null ? newestOf(database, folder) : findRun(database, folder, name))),
      folder,
    );
    const [before, after] = rows.toSorted((a, b) => a.startedAt - b.startedAt).map((row) => wholeReport(project, row));
    if (before === undefined || after === undefined) throw new Error('Internal error: two runs were asked for');
    return { kind: 'comparison', ...compareReports(before, after) };
  },
);

/** What the runs that began since a time (ms since the epoch) did together. */
export const since = verb(
  (z) => z.strictObject({ folder: z.string(), since: z.number() }),
  async (asker, { folder, since: from }): Promise<Since & { readonly kind: 'since' }> => {
    const project = await openProject(asker, folder);
    const rows = ofQueue(project, readRuns, folder)
      .filter(({ startedAt }) => startedAt >= from)
      .slice(0, mostRuns)
      .toReversed();
    const read = rows.map((row) => ({ id: row.id, report: reportOf(project, row.id) }));
    return {
      kind: 'since',
      ...accountSince(
        read.flatMap(({ report }) => report ?? []),
        read.flatMap(({ id, report }) => (report === null ? [id] : [])),
      ),
    };
  },
);

function newestOf(database: Database, folder: string): RunRow {
  const row = newest(database);
  if (row === null) throw refused('no-run', { folder });
  return row;
}

function ofQueue<T>(project: Project, read: (database: Database) => T, folder: string): T {
  const database = openForReading(project.state);
  if (database === null) throw refused('no-run', { folder });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

/** The report of a run; null if there is none that can be read. */
function reportOf(project: Project, run: RunId): Report | null {
  try {
    return readReport(project, run);
  } catch {
    return null;
  }
}
