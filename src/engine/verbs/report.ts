import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import type { RunId } from '../../model/ids.ts';
import { type Report, reportSchema } from '../../model/report.ts';
import { readRunAttempts } from '../../queue/attempts.ts';
import { readSessions } from '../../queue/sessions.ts';
import { readSpending } from '../../queue/budget.ts';
import { type Database, openForReading } from '../../queue/database.ts';
import { readEvents } from '../../queue/events.ts';
import { readVerdicts } from '../../queue/evidence.ts';
import { readRun, readRuns } from '../../queue/runs.ts';
import { readUnits } from '../../queue/units.ts';
import { branchRef, isAncestor } from '../../repo/branch.ts';
import { landingsRef } from '../../repo/quick-refs.ts';
import { readRef } from '../../repo/refs.ts';
import type { Repository } from '../../repo/repository.ts';
import { buildReport } from '../../report/build.ts';
import { reportMarkdown } from '../../report/markdown.ts';
import { readConfined, writeConfined } from '../../util/confined-file.ts';
import { printableJson } from '../../util/terminal.ts';
import { restoredEvidence } from '../project/kept-evidence.ts';
import { openProject, type Project } from '../project/project.ts';
import { layShown } from '../project/shown-files.ts';
import type { Typed } from '../project/typed.ts';
import { isClaimed } from '../../queue/sync.ts';
import { findRun, noRunYet } from './runs.ts';
import { laySchema } from '../project/shown-schema.ts';
import { shellWord } from '../../util/shell-word.ts';

/**
 * Writes the report of a run that has ended: into the state folder, where it is read again, and for people into the
 * specs folder.
 */
export async function writeReport(options: {
  readonly project: Project;
  readonly repository: Repository;
  readonly database: Database;
  readonly run: RunId;
  /** See `bringHome`. */
  readonly bringHome: readonly string[];
}): Promise<{ readonly report: Report; readonly reportFile: string }> {
  const { database, run } = options;
  const row = readRun(database, run);
  if (!row || row.endedAt === null) throw new Error(`Internal error: run ${run} has not ended`);
  const attempts = Map.groupBy(readRunAttempts(database, run), (attempt) => attempt.unit);
  const sessions = Map.groupBy(readSessions(database, { run }), (session) => session.unit);
  const units = readUnits(database).map((unit) => ({ ...unit, verdicts: readVerdicts(database, unit.spec) }));
  const unknown = units.flatMap((unit) => (unit.verdicts.length === 0 ? (unit.landedCommit ?? []) : []));
  const restored = await restoredEvidence(options.repository, unknown);
  const report = reportSchema.parse(
    buildReport({
      run: {
        id: row.id,
        outcome: row.outcome ?? 'crashed',
        exitCode: row.exitCode ?? 1,
        startedAt: new Date(row.startedAt).toISOString(),
        endedAt: new Date(row.endedAt).toISOString(),
        branch: row.branch,
        tip: row.tip,
        agent: row.agent,
        tier: row.tier,
      },
      units: units.map((unit) => ({
        spec: unit.spec,
        state: unit.state,
        why: unit.why,
        isClaim: isClaimed(unit),
        failure: unit.failure,
        landedCommit: unit.landedCommit,
        answer: unit.answer,
        verdicts: unit.verdicts,
        restored: unit.verdicts.length > 0 ? null : (restored.get(unit.landedCommit ?? '')?.criteria ?? null),
        attempts: attempts.get(unit.spec.id) ?? [],
        sessions: sessions.get(unit.spec.id) ?? [],
      })),
      events: readEvents(database, run),
      spending: readSpending(database, { run }),
      bringHome: options.bringHome,
    }),
  );
  const { folder, state } = options.project;
  const json = `${printableJson(report)}\n`;
  const markdown = reportMarkdown(report);
  writeConfined(state, `runs/${run}/report.json`, json);
  writeConfined(state, `runs/${run}/report.md`, markdown);
  await layShown(folder, `runs/${run}/report.json`, json);
  await laySchema(folder);
  const shown = await layShown(folder, `runs/${run}/report.md`, markdown);
  return { report, reportFile: shown ?? path.join(state, 'runs', run, 'report.md') };
}

/**
 * How to look at the branch, share it and, last, merge it, as it would be typed here; nothing when the user's own has all
 * of it.
 */
export async function bringHome(options: {
  readonly project: Project;
  readonly repository: Repository;
  readonly branch: string;
  readonly typed: Typed;
}): Promise<string[]> {
  const { project, repository, branch, typed } = options;
  const tip = await readRef(repository, branchRef(branch));
  if (tip === null || (await isAncestor(repository, tip, repository.head))) return [];
  const { root } = repository;
  const { from } = typed;
  const isInside = from !== null && !/^\.\.(?:\/|$)/.test(path.relative(root, from));
  const git = isInside ? 'git' : `git -C ${shellWord(from === null ? root : path.relative(from, root))}`;
  return [
    `Look at it: ${git} log -p HEAD..${shellWord(branch)}`,
    `Push it with its records: ${git} push --atomic origin ${shellWord(branch)} ${landingsRef}`,
    mergeLine(branch === project.config.into ? null : branch, typed),
  ];
}

/** How a branch is merged; null for the one of the configuration. */
export function mergeLine(branch: string | null, typed: Typed): string {
  return `Merge it: ${typed.command('merge', ...(branch === null ? [] : ['--into', branch]))}`;
}

/** The most that is read of a report. */
const maxReportBytes = 100 * 1024 * 1024;

/** The report of a run (by the beginning of its id), or of the latest one. */
export async function showReport(options: {
  readonly folder: string;
  readonly run: string | null;
}): Promise<{ readonly report: Report; readonly file: string; readonly markdown: string }> {
  const project = await openProject(options.folder);
  const database = openForReading(project.state);
  try {
    const row = !database
      ? null
      : options.run === null
        ? (readRuns(database).find((run) => run.endedAt !== null && run.outcome !== 'crashed') ?? null)
        : findRun(database, options.run);
    if (!row) throw noRunYet(options.folder);
    const file = path.join(project.state, 'runs', row.id, 'report.md');
    let found: { readonly report: Report; readonly markdown: string } | null;
    try {
      const [json, markdown] = ['json', 'md'].map(
        (ending) =>
          readConfined(project.state, `runs/${row.id}/report.${ending}`, maxReportBytes)?.toString('utf8') ?? null,
      );
      found = json && markdown ? { report: reportSchema.parse(JSON.parse(json)), markdown } : null;
    } catch {
      throw inputError('report-damaged', `the report of run ${row.id} cannot be read`, `Look at ${file} itself.`);
    }
    if (found === null) {
      throw inputError(
        'no-report',
        `run ${row.id} left no report; it ${row.endedAt === null ? 'is still at work' : 'was killed'}`,
        `See "backlog status --run ${row.id}".`,
      );
    }
    return { ...found, file };
  } finally {
    database?.close();
  }
}
