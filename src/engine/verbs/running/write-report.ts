import path from 'node:path';
import type { RecordedEvent } from '../../../model/event.ts';
import type { RunId } from '../../../model/ids.ts';
import type { Integrated } from '../../../model/integration.ts';
import { type Report, reportSchema } from '../../../model/report.ts';
import { readRunAttempts } from '../../../queue/attempts.ts';
import { readBets } from '../../../queue/bets.ts';
import { readSessions } from '../../../queue/sessions.ts';
import { readSpending } from '../../../queue/budget.ts';
import type { Database } from '../../../queue/database.ts';
import { readSince } from '../../../queue/events.ts';
import { readVerdicts } from '../../../queue/evidence.ts';
import { readRun } from '../../../queue/runs.ts';
import { readUnits } from '../../../queue/units.ts';
import { branchRef, isAncestor } from '../../../repo/refs/branch.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import { mergeStep } from '../../../report/account.ts';
import { buildReport } from '../../../report/build.ts';
import { courseOf } from '../../../report/course.ts';
import { handOffOf } from '../../../report/hand-off.ts';
import { historyOf } from '../../../report/history.ts';
import { reduce } from '../../../report/reduce.ts';
import { reporters } from '../../../report/reporters.ts';
import { emptyRunState, type RunState } from '../../../report/run-state.ts';
import { triesOf } from '../../../report/tries.ts';
import { writeConfined } from '../../../util/files/confined-file.ts';
import type { TickPlace } from '../../context/tick-place.ts';
import { restoredEvidence } from '../../project/kept-evidence.ts';
import { type Project, specsPath } from '../../project/project.ts';
import { writeHandOff } from '../../project/last-hand-off.ts';
import { layShown } from '../../project/shown-files.ts';
import type { Typed } from '../../project/typed.ts';
import { isClaimed } from '../../../queue/sync.ts';
import { laySchema } from '../../project/shown-schema.ts';
import { type Began, savedByBets } from '../../run/saved.ts';
import { reportDiffs } from './report-diffs.ts';
import { pastReports } from './report-past.ts';
import { shellWord } from '../../../util/text/shell-word.ts';

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
  readonly typed: Typed;
  readonly began: Began;
}): Promise<{ readonly report: Report; readonly reportFile: string }> {
  const { database, run } = options;
  const row = readRun(database, run);
  if (!row || row.endedAt === null) throw new Error(`Internal error: run ${run} has not ended`);
  const attempts = Map.groupBy(readRunAttempts(database, run), (attempt) => attempt.unit);
  const units = readUnits(database).map((unit) => ({ ...unit, verdicts: readVerdicts(database, unit.spec) }));
  const unknown = units.flatMap((unit) => (unit.verdicts.length === 0 ? (unit.landedCommit ?? []) : []));
  const restored = await restoredEvidence(options.repository, unknown);
  const specs = specsPath(options.project, options.repository);
  const course = courseOf(readSince(database, run, 0));
  const diffs = await reportDiffs(options.repository, units, new Set(attempts.keys()));
  const ends = new Map([...attempts.values()].flat().map((attempt) => [attempt.id, attempt]));
  const built = reportSchema.parse(
    buildReport({
      run: {
        id: row.id,
        outcome: row.outcome ?? 'crashed',
        exitCode: row.exitCode ?? 1,
        startedAt: new Date(row.startedAt).toISOString(),
        endedAt: new Date(row.endedAt).toISOString(),
        branch: row.branch,
        ...(specs === null ? {} : { specs }),
        ...(options.typed.isNamed ? { named: specs ?? options.project.folder } : {}),
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
        diff: diffs.get(unit.spec.id) ?? null,
        digest: unit.state === 'awaiting' ? (unit.keptWork?.digest ?? null) : null,
      })),
      sessions: readSessions(database, { run }),
      state: stateOf(database, run),
      course,
      tries: triesOf(readSince(database, run, 0)),
      spending: readSpending(database, { run }),
      bets: readBets(database, Number.MAX_SAFE_INTEGER, run),
      savedMs: savedByBets(course, ends, options.began),
      bringHome: options.bringHome,
      account: accountIn(readSince(database, run, 0)),
      integration: integratedIn(readSince(database, run, 0)),
    }),
  );
  const { folder, state } = options.project;
  const handOff = handOffOf(built, readSince(database, run, 0));
  writeHandOff(state, handOff);
  const report = { ...built, handOff, history: historyOf([...pastReports(database, state, run), built]) };
  for (const format of formats) {
    const name = reportName(run, format);
    writeConfined(state, name, inFormat(report, format, path.join(state, 'runs', run)));
    if (format !== 'md')
      await layShown(folder, name, inFormat(report, format, path.join(folder, '.backlog/runs', run)));
  }
  await laySchema(folder);
  const shown = await layShown(folder, reportName(run, 'md'), inFormat(report, 'md', folder));
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
  readonly ticks: TickPlace;
  readonly typed: Typed;
}): Promise<string[]> {
  const { project, repository, branch, ticks, typed } = options;
  const name = shellWord(branch);
  const into = branch === project.config.into ? [] : ['--into', branch];
  const lines: string[] = [];
  if (await isAhead(repository, branch)) {
    const git = gitAt(repository, typed);
    lines.push(
      `Look at it: ${git} log -p HEAD..${name}`,
      `Push it with its records: ${typed.command('push', ...into)}`,
    );
  }
  if (ticks.kind === 'apart' && (await isAhead(ticks.repository, branch)))
    lines.push(`Push the ticks: ${gitAt(ticks.repository, typed)} push origin ${name}`);
  return lines.length === 0 ? [] : [...lines, mergeStep(typed.command('merge', ...into))];
}

/** True if the branch has commits that HEAD lacks. */
async function isAhead(repository: Repository, branch: string): Promise<boolean> {
  const tip = await readRef(repository, branchRef(branch));
  return tip !== null && !(await isAncestor(repository, tip, repository.head));
}

/** How git is typed for a repository from where the person is. */
function gitAt({ root }: Repository, { from }: Typed): string {
  const isInside = from !== null && !/^\.\.(?:\/|$)/.test(path.relative(root, from));
  return isInside ? 'git' : `git -C ${shellWord(from === null ? root : path.relative(from, root))}`;
}

/** How a branch is merged; null for the one of the configuration. */
export function mergeLine(branch: string | null, typed: Typed): string {
  return mergeStep(typed.command('merge', ...(branch === null ? [] : ['--into', branch])));
}

/** The formats in which each run leaves its report. */
const formats = ['json', 'html', 'md'] as const;

/** Where a report lies, below the state folder and below what is shown. */
export function reportName(run: RunId, format: string): string {
  return `runs/${run}/report.${format}`;
}

function inFormat(report: Report, format: string, folder: string): string {
  return reporters.ofReports(format)(report, folder);
}

function accountIn(events: Iterable<RecordedEvent>): Report['account'] {
  let found: Report['account'] = null;
  for (const { event } of events)
    if (event.type === 'account-written') found = { agent: event.agent, text: event.text };
  return found;
}

function integratedIn(events: Iterable<RecordedEvent>): Integrated[] {
  const found: Integrated[] = [];
  for (const { event } of events) if (event.type === 'integration-checked') found.push(event);
  return found;
}

/** What a run has come to, from all its events. */
function stateOf(database: Database, run: RunId): RunState {
  let state = emptyRunState();
  for (const event of readSince(database, run, 0)) state = reduce(state, event);
  return state;
}
