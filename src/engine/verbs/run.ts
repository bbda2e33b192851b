import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Diagnostic, hasErrors, InputError } from '../../model/diagnostic.ts';
import type { RecordedEvent } from '../../model/event.ts';
import { exitCodes, type RunOutcome } from '../../model/exit-code.ts';
import { runId, type UnitId } from '../../model/ids.ts';
import { toUsd } from '../../model/money.ts';
import type { Report } from '../../model/report.ts';
import { isSettled } from '../../model/unit.ts';
import type { Database } from '../../queue/database.ts';
import type { Lock } from '../../queue/lock.ts';
import { readRunAttempts } from '../../queue/attempts.ts';
import { acceptProposals } from '../../queue/proposals.ts';
import { isClaimed, syncUnits } from '../../queue/sync.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { checkBranch, compareBranch } from '../../repo/refs/branch.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { SpecFolder } from '../../specs/units/read.ts';
import { systemClock } from '../../util/time/clock.ts';
import { failpoint } from '../../util/failpoint.ts';
import { Interrupted } from '../context/interrupted.ts';
import { RunEnd } from '../context/run-end.ts';
import { startThroughHelper } from '../../util/process/run-process.ts';
import { expectedTip, expectedTree } from '../judging/branch.ts';
import { readEstimates } from '../run/estimates.ts';
import { requireAgent } from '../crew/casting.ts';
import { Fleet } from '../crew/fleet.ts';
import { type AgentCost, expectedCost } from '../crew/agent-cost.ts';
import { openLauncher, projectRedactor } from '../boxes/launch.ts';
import { applyLeftRequests } from '../run/left-requests.ts';
import { restoreLedger } from '../project/ledger.ts';
import { branchLockFile, takeForWork, takeLock } from '../project/locks.ts';
import { outcomeOf } from '../project/outcome.ts';
import {
  cacheFolder,
  makeCacheFolder,
  openProject,
  openTarget,
  type Project,
  projectMark,
  readProjectSpecs,
  requireUnchanged,
  shownFrom,
  specsPlace,
  usableSpecs,
} from '../project/project.ts';
import { quotasOf, reclaim } from '../boxes/reclaim.ts';
import { resume } from '../run/resume.ts';
import type { Opened } from '../run/opened.ts';
import { goThrough } from '../run/run-life.ts';
import { runSettings, type Wishes } from '../context/run-settings.ts';
import { select } from '../context/selection.ts';
import { dependedOn, lookAround, openCurrent, rememberSight, type Sight } from '../project/stamp.ts';
import { openQueue } from '../project/state-place.ts';
import { lacksTick, readTruth } from '../project/truth.ts';
import { configProblems } from '../project/config-problems.ts';
import { openEgress } from '../boxes/workshop.ts';
import { uncommittedWarnings } from '../project/uncommitted.ts';
import { changedProgram, requireConsent, saidWith } from '../consent/consent.ts';
import { failedStates } from './ask.ts';
import { bringHome, mergeLine, writeReport } from './report.ts';
import { mergeCommits } from '../project/spec-merge.ts';
import type { Typed } from '../project/typed.ts';
import { type Asked, askedBy, giveConsent } from './trust.ts';
import { orAborted } from '../../util/time/aborted.ts';

/** What a person asks of a run. */
export interface RunRequest extends Wishes {
  readonly folder: string;
  readonly agent: string | null;
  readonly allowUnsandboxed: boolean;
  /** Digests of what the user agrees to in the configuration; null where they name none. */
  readonly trust: readonly string[] | null;
  /** Asked once where the configuration needs consent that was not given; true keeps it. */
  readonly agree: (asked: Asked) => Promise<boolean>;
  readonly strict: boolean;
  readonly record: string | null;
  readonly onEvent: (event: RecordedEvent) => void;
  /** Told before anything starts, and before money is asked for. */
  readonly warn: (warnings: readonly Diagnostic[]) => void;
  /** Asked once when the run can cost money and something is to be done; false ends it before anything starts. */
  readonly confirm: (estimate: Estimate) => Promise<boolean>;
  /** Nothing new starts once it aborts. */
  readonly stop: AbortSignal;
  /** Everything ends once it aborts. */
  readonly kill: AbortSignal;
  /** How what is printed is typed where the person is. */
  readonly typed: Typed;
  /** What a stopped run is called: Ctrl-C, or the end of a job. */
  readonly stopOutcome: () => Extract<RunOutcome, 'interrupted' | 'terminated'>;
}

/** What a person is told before money is spent. */
export interface Estimate {
  readonly units: number;
  readonly agent: string;
  readonly cost: AgentCost;
  /** What they cost going by units so far, or a guess going by prices; null when nothing is known. */
  readonly costUsd: number | null;
  readonly isFromHistory: boolean;
  readonly capUsd: number | null;
}

/** A unit that a run leaves as it is. */
export type Left = Pick<UnitRow, 'state'> & {
  readonly key: string;
  /** True when the branch claims that it is done, and no record does. */
  readonly isClaim: boolean;
};

/** How a run ended. */
export interface RunResult {
  readonly outcome: RunOutcome | 'declined';
  readonly exitCode: number;
  readonly report: Report | null;
  /** Absolute path of `report.md`. */
  readonly reportFile: string | null;
  /** True when there was nothing to do. */
  readonly isIdle: boolean;
  readonly branch: string;
  /** How to look at the branch, share it and, last, merge it; empty when the user's own branch has all of it. */
  readonly bringHome: readonly string[];
  /** Units that it was asked for and left as they are: given up before, or waiting for a person. */
  readonly left: readonly Left[];
  /** When a provider lets us go on, in ms since the epoch; null when nobody said. */
  readonly comeBackAt: number | null;
}

/** Drains a specs folder. Throws an `InputError` for what the user has to correct; everything else is in the result. */
export async function runBacklog(request: RunRequest): Promise<RunResult> {
  const quick = nothingToDo(request);
  if (quick) return quick;
  const end = new RunEnd(request);
  try {
    return await begun(request, end);
  } catch (error) {
    // Stopped before its first event: nothing was begun, and nothing is to be told.
    if (!(error instanceof Interrupted) || error.reason.kind !== 'stopped' || !end.closing.aborted) throw error;
    return ended({ outcome: request.stopOutcome(), isIdle: false, branch: '', left: [] });
  }
}

async function begun(request: RunRequest, end: RunEnd): Promise<RunResult> {
  const project = await openTrusted(request, end);
  const sight = lookAround(project.folder, dependedOn(project));
  const repository = await openTarget(project);
  await requireUnchanged(project);
  const specs = usableSpecs(project, await readProjectSpecs(project, repository));
  end.closing.throwIfAborted();
  const broken = specs.units.filter((unit) => hasErrors(unit.problems));
  if (request.strict && broken.length > 0) {
    const problems = broken.flatMap((unit) => unit.problems);
    throw new InputError(shownFrom(project, problems));
  }
  const branch = request.into ?? project.config.into;
  await checkBranch(repository, branch);

  const queueLock = await takeForWork(project, `another run is at work on ${request.folder}`, end.closing);
  let branchLock: Lock | null = null;
  let database: Database | null = null;
  let closeHelper = async (): Promise<void> => {};
  try {
    const message = `another run is landing on ${branch} of ${repository.root}`;
    branchLock = takeLock(branchLockFile(repository, branch), message);
    database = openQueue(project, { isChecked: true });
    closeHelper = await startThroughHelper();
    return await locked({ request, end, project, repository, specs, sight, branch, database });
  } finally {
    await closeHelper();
    database?.close();
    branchLock?.release();
    queueLock.release();
  }
}

/** Opens the project once the user agreed to all that its configuration asks for. */
async function openTrusted(request: RunRequest, end: RunEnd): Promise<Project> {
  const said = saidWith(request);
  const project = await openProject(request.folder, said);
  const problems = await configProblems(project, [
    ...(request.agent === null ? [] : (['agent'] as const)),
    ...(request.into === null ? [] : (['into'] as const)),
  ]);
  if (problems.length > 0) throw new InputError(problems);
  requireAgent(project.config, request.agent, process.env);
  if (project.consent.withheld.length === 0) return project;
  const asked = askedBy(project.consent);
  if (project.consent.isMismatch || !(await orAborted(end.closing, request.agree(asked)))) requireConsent(project);
  await giveConsent(request.folder, asked.digest);
  const opened = await openProject(request.folder, said);
  requireConsent(opened);
  return opened;
}

interface Locked {
  readonly request: RunRequest;
  readonly end: RunEnd;
  readonly project: Project;
  readonly repository: Repository;
  readonly specs: SpecFolder;
  /** How everything looked before it was read. */
  readonly sight: Sight | null;
  readonly branch: string;
  readonly database: Database;
}

/** Under the locks: puts right what a dead run left, brings the queue up to date, and goes through what is open. */
async function locked(it: Locked): Promise<RunResult> {
  const { request, end, project, repository, specs, branch, database } = it;
  const { config } = project;
  const clock = systemClock;
  const mark = projectMark(project);
  const cache = cacheFolder(project);

  const found = await resume({ database, repository, run: null, now: clock.now(), mark, cache });
  await makeCacheFolder(project);
  await reclaim({ project, repository, database, branch, quotas: quotasOf(project), isDry: false });
  end.closing.throwIfAborted();
  const place = specsPlace(project, repository);
  const state = await compareBranch(repository, branch, async (ours, theirs) =>
    mergeCommits(repository, place, ours, theirs),
  );
  const truth = await readTruth({
    repository,
    tip: expectedTip(state),
    tree: expectedTree(state),
    specsPath: place.path,
    units: specs.units,
  });
  failpoint('sync');
  syncUnits(database, { units: specs.units, truth, at: clock.now(), run: null });
  const remembered = await restoreLedger(repository, database, mark, specs.units, clock.now());
  applyLeftRequests(database, clock.now());
  failpoint('synced');
  if (request.withFollowups) acceptProposals(database, clock.now(), null);
  const selected = select(specs.units, config.phases, request.selection);
  const isAskedFor = (unit: UnitId): boolean => selected === null || selected.has(unit);
  const rows = readUnits(database).filter((row) => row.state !== 'retired');
  const open = rows.filter((row) => !isSettled(row.state) && isAskedFor(row.spec.id));
  const isNothingToLand = state.kind !== 'merge' && !specs.units.some((unit) => lacksTick(truth(unit)));
  if (open.length === 0 && isNothingToLand) {
    const outcome = outcomeOf(
      rows.filter((row) => isAskedFor(row.spec.id)),
      new Set(),
    );
    const isSeenWhole = branch === config.into && specs.units.every((unit) => unit.prompt === null);
    const isAhead = state.kind === 'current' && state.tip !== repository.head;
    rememberSight(database, dependedOn(project), isSeenWhole ? it.sight : null, isAhead);
    const home = isAhead ? [mergeLine(branch === config.into ? null : branch, request.typed)] : [];
    return { ...ended({ outcome, isIdle: true, branch, left: leftOf(rows, isAskedFor) }), bringHome: home };
  }

  end.closing.throwIfAborted();
  rememberSight(database, dependedOn(project), null); // from here on it changes
  const id = runId(new Date(clock.now()), randomBytes(2).toString('hex'));
  const settings = runSettings(config, request, clock.now());
  const redactor = projectRedactor(project, process.env);
  const egress = openEgress(cache, mark);
  const { launcher, refused, isReachable, askProgram } = await openLauncher(project, {
    folder: cache,
    allowUnsandboxed: request.allowUnsandboxed,
    redactor,
    egress,
    signal: end.signal,
  });
  end.closing.throwIfAborted();
  const gathering = Fleet.gather({
    config,
    configBase: project.configBase,
    configRoot: project.configRoot,
    flag: request.agent,
    units: open.map((row) => row.spec),
    sessions: path.join(project.state, 'runs', id, 'sessions'),
    recordInto: request.record === null ? null : path.resolve(request.record),
    env: process.env,
    caps: settings.caps,
    isUnmetered: settings.isUnmetered,
    isOffline: false,
    isReachable,
    askProgram,
    isChanged: (agent) => changedProgram(project, agent),
  });
  const fleet = await orAborted(end.signal, gathering); // it may ask a provider that does not answer
  end.closing.throwIfAborted();
  request.warn(
    await uncommittedWarnings(
      project,
      repository,
      open.map((row) => row.spec),
    ),
  );
  const estimates = readEstimates(database);
  const estimate = estimateOf(open, fleet, estimates.usualCost, settings.caps.run);
  const isAsked = estimate.cost === 'priced' || estimate.cost === 'unknown';
  if (isAsked && !(await orAborted(end.closing, request.confirm(estimate))))
    return ended({ outcome: 'declined', isIdle: false, branch, left: [] });
  const opened: Opened = { ...it, id, settings, fleet, launcher, refused, redactor, egress, estimates };
  const life = await goThrough(opened, { rows, open: open.length, state, isAskedFor, crashed: found, remembered });
  failpoint('report');
  const lines = await bringHome({ project, repository, branch, typed: request.typed });
  const written = await writeReport({ project, repository, database, run: id, bringHome: lines });
  failpoint('reported');
  const { comeBackAt, outcome } = life;
  // Of those that were given up before, the ones that nobody had tried again meanwhile.
  const tried = new Set(readRunAttempts(database, id).map((attempt) => attempt.unit));
  const left = leftOf(rows, isAskedFor).filter(
    ({ state, id: unit }) => failedStates.includes(state) && !tried.has(unit),
  );
  return {
    ...ended({ outcome, isIdle: false, branch, left }),
    ...written,
    bringHome: lines,
    comeBackAt,
  };
}

/** The end of a run on a folder in which nothing is open, and nothing has changed since that was seen; else null. */
function nothingToDo(request: RunRequest): RunResult | null {
  const { only, exclude, phases, labels } = request.selection;
  const isPart = [only, exclude, phases, labels].some((list) => list.length > 0);
  const isSaid = [request.into, request.agent].some((said) => said !== null);
  if (isPart || isSaid || request.strict || request.withFollowups) return null;
  const current = openCurrent(request.folder);
  if (!current) return null;
  try {
    const rows = readUnits(current.database).filter((row) => row.state !== 'retired');
    if (current.isRunning || current.isAhead === null || rows.some((row) => !isSettled(row.state))) return null;
    const outcome = outcomeOf(rows, new Set());
    const home = current.isAhead ? [mergeLine(null, request.typed)] : [];
    return { ...ended({ outcome, isIdle: true, branch: '', left: leftOf(rows, () => true) }), bringHome: home };
  } finally {
    current.database.close();
  }
}

/** Units that no run goes on with by itself. */
export function leftOf(
  rows: readonly UnitRow[],
  isAskedFor: (unit: UnitId) => boolean,
): readonly (Left & { readonly id: UnitId })[] {
  return rows
    .filter(({ spec, state }) => isAskedFor(spec.id) && isSettled(state) && state !== 'done' && state !== 'proposed')
    .map((row) => ({ id: row.spec.id, key: row.spec.key, state: row.state, isClaim: isClaimed(row) }));
}

function ended(it: Pick<RunResult, 'outcome' | 'isIdle' | 'branch' | 'left'>): RunResult {
  const exitCode = it.outcome === 'declined' ? exitCodes['bad-input'] : exitCodes[it.outcome];
  return { ...it, exitCode, report: null, reportFile: null, bringHome: [], comeBackAt: null };
}

function estimateOf(open: readonly UnitRow[], fleet: Fleet, usualCost: number | null, cap: number | null): Estimate {
  const units = open.map((row) => row.spec);
  const { kind, microUsd } = expectedCost(fleet.casting, fleet.prices, units, usualCost);
  return {
    units: open.length,
    agent: fleet.casting.defaultName,
    cost: kind,
    costUsd: microUsd === null ? null : toUsd(microUsd),
    isFromHistory: usualCost !== null,
    capUsd: cap === null ? null : toUsd(cap),
  };
}
