import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { parseDuration } from '../../model/config.ts';
import { InputError } from '../../model/diagnostic.ts';
import type { Event, RecordedEvent } from '../../model/event.ts';
import { exitCodes, type RunOutcome } from '../../model/exit-code.ts';
import { runId, type UnitId } from '../../model/ids.ts';
import { fromUsd } from '../../model/money.ts';
import type { Report } from '../../model/report.ts';
import { isSettled } from '../../model/unit.ts';
import { averageUnitUsd } from '../../queue/attempts.ts';
import { runBudget } from '../../queue/budget.ts';
import { type Database, openDatabase, stateFolder } from '../../queue/database.ts';
import { appendEvent } from '../../queue/events.ts';
import { Lock } from '../../queue/lock.ts';
import { endRun, insertRun } from '../../queue/runs.ts';
import { syncUnits, type Truth } from '../../queue/sync.ts';
import { readUnits } from '../../queue/units.ts';
import { branchRef, checkBranch, compareBranch, readRef } from '../../repo/branch.ts';
import type { Repository } from '../../repo/repository.ts';
import { treeOf } from '../../repo/tree.ts';
import { systemClock } from '../../util/clock.ts';
import { checkFailure } from '../../verify/judge.ts';
import { fromAgent } from '../agent-events.ts';
import type { AttemptTools } from '../attempt.ts';
import { expectedTip, prepareBranch } from '../branch.ts';
import { Checkouts } from '../court.ts';
import { drain } from '../drain.ts';
import { Fleet } from '../fleet.ts';
import { tickLate } from '../late-ticks.ts';
import { branchLockFile, queueLockFile, takeLock } from '../locks.ts';
import { outcomeOf } from '../outcome.ts';
import { LocalExecutor } from '../local-executor.ts';
import {
  cacheFolder,
  makeCacheFolder,
  openProject,
  openTarget,
  type Project,
  projectMark,
  readProjectSpecs,
  shownFrom,
  specsPath,
  usableSpecs,
} from '../project.ts';
import { defaultQuotas, reclaim } from '../reclaim.ts';
import { resume } from '../resume.ts';
import type { Run, RunSettings } from '../run.ts';
import { Train } from '../train.ts';
import { openLauncher, projectRedactor, unsandboxed } from '../launch.ts';
import type { SetUp } from '../set-up.ts';
import { readTruth } from '../truth.ts';
import { clearCache, openBoxes, openEgress } from '../workshop.ts';
import { bringHome, writeReport } from './report.ts';

/** What a person asks of a run; what is null comes from the configuration. */
export interface RunRequest {
  readonly folder: string;
  readonly agent: string | null;
  readonly into: string | null;
  readonly maxAgents: number | null;
  readonly barrier: boolean;
  /** True: what is verified waits for a person before it lands. */
  readonly isHeld: boolean;
  readonly budgetUsd: number | null;
  readonly allowUnsandboxed: boolean;
  readonly strict: boolean;
  readonly record: string | null;
  /** Units that may run; null for all. */
  readonly only: ReadonlySet<UnitId> | null;
  readonly onEvent: (event: RecordedEvent) => void;
  /** Asked once when the run can cost money and something is to be done; false ends it before anything starts. */
  readonly confirm: (estimate: Estimate) => Promise<boolean>;
  /** Nothing new starts once it aborts. */
  readonly stop: AbortSignal;
  /** Everything ends once it aborts. */
  readonly kill: AbortSignal;
  /** What a stopped run is called: Ctrl-C, or the end of a job. */
  readonly stopOutcome: () => Extract<RunOutcome, 'interrupted' | 'terminated'>;
}

/** What a person is told before money is spent. */
export interface Estimate {
  readonly units: number;
  readonly agent: string;
  /** What a unit cost on average so far, or a guess going by prices; null when nothing is known. */
  readonly unitUsd: number | null;
  readonly isFromHistory: boolean;
  readonly capUsd: number | null;
}

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
  /** How to look at the branch, and how to take it home. */
  readonly bringHome: readonly string[];
}

/** How long a run waits for parked units before it ends and says when to come back. */
const maxParkMs = 5 * 60_000;

function ms(duration: string): number {
  const parsed = parseDuration(duration);
  if (parsed === null) throw new Error(`Internal error: duration was not validated: ${duration}`);
  return parsed;
}

/** Drains a specs folder. Throws an `InputError` for what the user has to correct; everything else is in the result. */
export async function runBacklog(request: RunRequest): Promise<RunResult> {
  const project = await openProject(request.folder);
  const { config } = project;
  const repository = await openTarget(project);
  const specs = usableSpecs(project, await readProjectSpecs(project, repository));
  const broken = specs.units.filter((unit) => unit.problems.some((problem) => problem.severity === 'error'));
  if (request.strict && broken.length > 0) {
    throw new InputError(
      shownFrom(
        project,
        broken.flatMap((unit) => unit.problems),
      ),
    );
  }
  const branch = request.into ?? config.into;
  await checkBranch(repository, branch);

  const queueLock = takeLock(queueLockFile(project), `another run is at work on ${request.folder}`);
  let branchLock: Lock | null = null;
  let database: Database | null = null;
  try {
    branchLock = takeLock(
      branchLockFile(repository, branch),
      `another run is landing on ${branch} of ${repository.root}`,
    );
    database = openDatabase(project.folder);
    return await locked({ request, project, repository, specs, branch, database });
  } finally {
    database?.close();
    branchLock?.release();
    queueLock.release();
  }
}

async function locked(it: {
  readonly request: RunRequest;
  readonly project: Project;
  readonly repository: Repository;
  readonly specs: Awaited<ReturnType<typeof readProjectSpecs>>;
  readonly branch: string;
  readonly database: Database;
}): Promise<RunResult> {
  const { request, project, repository, specs, branch, database } = it;
  const { config } = project;
  const clock = systemClock;
  const id = runId(new Date(clock.now()), randomBytes(2).toString('hex'));
  const runFolder = path.join(stateFolder(project.folder), 'runs', id);
  const cache = cacheFolder(project);
  const mark = projectMark(project);
  const inSpecs = specsPath(project, repository);

  const found = await resume({ database, repository, run: null, now: clock.now(), mark, cache });
  await makeCacheFolder(project);
  await reclaim({ project, repository, database, branch, quotas: defaultQuotas, isDry: false });
  const state = await compareBranch(repository, branch);
  const truth = await readTruth({ repository, tip: expectedTip(state), specsPath: inSpecs, units: specs.units });
  syncUnits(database, { units: specs.units, files: specs.files, truth, at: clock.now(), run: null });
  const rows = readUnits(database).filter((row) => row.state !== 'retired');
  const open = rows.filter((row) => !isSettled(row.state));
  const wanted = specs.units.filter((unit) => open.some((row) => row.spec.id === unit.id));

  const settings: RunSettings = {
    branch,
    maxAgents: request.maxAgents ?? config.limits.maxAgents,
    barrier: request.barrier,
    isHeld: request.isHeld,
    attempts: config.limits.attempts,
    repairs: config.limits.repairs,
    attemptTimeoutMs: ms(config.limits.attemptTimeout),
    checkTimeoutMs: ms(config.limits.checkTimeout),
    idleTimeoutMs: ms(config.limits.idleTimeout),
    turns: config.limits.turns,
    budgetCap:
      (request.budgetUsd ?? config.limits.budgetUsd ?? null) === null
        ? null
        : fromUsd(request.budgetUsd ?? config.limits.budgetUsd ?? 0),
    maxParkMs,
  };
  if (open.length === 0 && state.kind !== 'merge' && !specs.units.some((unit) => lacksTick(truth(unit)))) {
    const outcome = outcomeOf(rows, new Set());
    return {
      outcome,
      exitCode: exitCodes[outcome],
      report: null,
      reportFile: null,
      isIdle: true,
      branch,
      bringHome: [],
    };
  }
  const redactor = projectRedactor(project, process.env);
  const egress = openEgress(cache, mark);
  const { launcher, refused } = await openLauncher(project, {
    folder: cache,
    allowUnsandboxed: request.allowUnsandboxed,
    redactor,
    egress,
  });
  const fleet = await Fleet.gather({
    config,
    configBase: project.configBase,
    flag: request.agent,
    units: wanted,
    sessions: path.join(runFolder, 'sessions'),
    recordInto: request.record === null ? null : path.resolve(request.record),
    env: process.env,
  });
  if (fleet.canCostMoney) {
    const capUsd = request.budgetUsd ?? config.limits.budgetUsd ?? null;
    const average = averageUnitUsd(database);
    if (
      !(await request.confirm({
        units: open.length,
        agent: fleet.defaultName,
        unitUsd: average ?? fleet.guessedUnitUsd,
        isFromHistory: average !== null,
        capUsd,
      }))
    ) {
      return {
        outcome: 'declined',
        exitCode: exitCodes['bad-input'],
        report: null,
        reportFile: null,
        isIdle: false,
        branch,
        bringHome: [],
      };
    }
  }

  const projectChecks = Object.entries(config.checks).map(([name, command]) => ({ name, command }));
  const startedAt = clock.now();
  const runRow = {
    id,
    startedAt,
    endedAt: null,
    branch,
    tip: expectedTip(state),
    agent: fleet.defaultName,
    tier: launcher.tier,
    outcome: null,
    exitCode: null,
  };
  insertRun(database, runRow, { ...settings, agent: fleet.defaultName });
  database.listener = request.onEvent;
  const emit = (event: Event): void => database.write(() => appendEvent(database, clock.now(), id, event));
  const timeoutMs = settings.attemptTimeoutMs;
  const { setUp, boxes } = openBoxes({ config, repository, launcher, cache, mark, timeoutMs, signal: request.kill });
  const run: Run = {
    id,
    settings,
    config,
    database,
    repository,
    launcher,
    fleet,
    train: new Train(),
    clock,
    emit,
    specsPath: inSpecs,
    specFiles: specs.files.map((file) => file.file),
    units: specs.units,
    projectChecks,
    cache,
    mark,
    boxes,
    setUp,
    redactor,
    kill: request.kill,
  };
  const checkouts = new Checkouts(run);
  emit({
    type: 'run-started',
    run: id,
    branch,
    tip: runRow.tip,
    agent: fleet.defaultName,
    tier: launcher.tier,
    units: rows.length,
    open: open.length,
  });
  if (found > 0)
    emit({
      type: 'notice',
      text: `The run before this one was killed; ${found === 1 ? 'one unit was' : `${found} units were`} at work then.`,
    });
  if (launcher.tier === 'none') emit({ type: 'notice', text: unsandboxed(refused) });
  for (const text of fleet.exposed) emit({ type: 'notice', text });
  for (const row of rows.filter((r) => r.state === 'not-runnable'))
    emit({ type: 'notice', text: `${row.spec.key} cannot run: ${row.why ?? ''}` });

  const outcomes = new Set<RunOutcome>();
  const prepared = await prepareBranch({ repository, branch, state, run: id, projectChecks, checkouts, emit });
  if (prepared.kind === 'ready') {
    const now = await readTruth({ repository, tip: prepared.tip, specsPath: inSpecs, units: specs.units });
    await tickLate(
      run,
      checkouts,
      specs.units.filter((unit) => lacksTick(now(unit))),
    );
  }
  const red = prepared.kind === 'red' ? prepared.failure : await redOnBase(run, checkouts, prepared.tip, setUp);
  if (red) {
    emit({ type: 'environment-red', failure: red });
    outcomes.add('units-failed');
  } else {
    const executor = new LocalExecutor(settings.maxAgents, attemptTools(run));
    for (const outcome of await drain({ run, checkouts, executor, stop: request.stop, only: request.only }))
      outcomes.add(outcome);
  }
  const { only } = request;
  const after = readUnits(database).filter(
    (row) => row.state !== 'retired' && (only === null || only.has(row.spec.id)),
  );
  if (request.stop.aborted && after.some((row) => !isSettled(row.state))) outcomes.add(request.stopOutcome());
  const outcome = outcomeOf(after, outcomes);
  const exitCode = exitCodes[outcome];
  const tip = (await readRef(repository, branchRef(branch))) ?? runRow.tip;
  await egress.close();
  if (egress.refused.size > 0)
    emit({
      type: 'notice',
      text: `Commands asked for hosts that they may not reach: ${[...egress.refused].slice(0, 20).join(', ')}.`,
    });
  await clearCache(cache);
  emit({ type: 'run-ended', run: id, outcome, exitCode, costMicroUsd: null });
  endRun(database, id, { at: clock.now(), outcome, exitCode, tip });
  await boxes.close();
  await reclaim({ project, repository, database, branch, quotas: defaultQuotas, isDry: false });
  const written = await writeReport({ project, repository, database, run: id });
  return { outcome, exitCode, ...written, isIdle: false, branch, bringHome: bringHome(branch, repository.root) };
}

function lacksTick(truth: Truth): boolean {
  return truth.isDone && truth.isTickMissing === true;
}

/** The first of the project's checks that is red before anybody worked; null when none is. */
async function redOnBase(
  run: Run,
  checkouts: Checkouts,
  tip: string,
  setUp: SetUp | null,
): Promise<Extract<Event, { type: 'environment-red' }>['failure'] | null> {
  const tree = await treeOf(run.repository, tip);
  if (setUp) {
    await setUp.trust(tree);
    const failed = await checkouts.with(tree, {}, async (_box, failure) => Promise.resolve(failure));
    if (failed) return { reason: 'environment', command: failed.command, excerpt: failed.excerpt };
  }
  run.boxes.stock(tree);
  for (const check of run.projectChecks) {
    const evidence = await checkouts.check(tree, { command: check.command, cwd: '' }, 'base', {
      unit: null,
      attempt: null,
    });
    if (checkFailure(check.name, evidence))
      return { reason: 'environment', command: check.command, excerpt: evidence.excerpt };
  }
  return null;
}

function attemptTools(run: Run): AttemptTools {
  return {
    repository: run.repository,
    launcher: run.launcher,
    agent: (job) => run.fleet.named(job.agent),
    budget: (attempt) =>
      runBudget(run.database, { run: run.id, attempt, cap: run.settings.budgetCap, now: () => run.clock.now() }),
    emit: (job, event) => run.emit(fromAgent(job, event)),
    now: () => run.clock.now(),
    workspaces: path.join(run.cache, 'work'),
    mark: run.mark,
    boxes: run.boxes,
    redactor: run.redactor,
  };
}
