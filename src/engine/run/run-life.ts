import PQueue from 'p-queue';
import path from 'node:path';
import type { Event } from '../../model/event.ts';
import { InputError } from '../../model/diagnostic.ts';
import type { Failure } from '../../model/failure.ts';
import { exitCodes, type RunOutcome } from '../../model/exit-code.ts';
import type { AttemptId, RunId, UnitId } from '../../model/ids.ts';
import type { RecordedEvent } from '../../model/event.ts';
import { isSettled } from '../../model/unit.ts';
import { closeAccounts, openBudget, runSpending } from '../../queue/budget.ts';
import type { Database } from '../../queue/database.ts';
import { appendEvent } from '../../queue/events.ts';
import { endRun, insertRun } from '../../queue/runs.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { type BranchState, branchRef } from '../../repo/branch.ts';
import { readRef } from '../../repo/refs.ts';
import type { Repository } from '../../repo/repository.ts';
import type { Choice } from '../../sandbox/choose.ts';
import type { Egress } from '../../sandbox/egress.ts';
import type { Launcher } from '../../sandbox/launcher.ts';
import type { SpecFolder } from '../../specs/read.ts';
import { systemClock } from '../../util/clock.ts';
import { plural } from '../../util/plural.ts';
import { Cores } from '../../util/cores.ts';
import { failpoint } from '../../util/failpoint.ts';
import type { Redactor } from '../../util/redact.ts';
import { Board } from '../crew/board.ts';
import { askedFor } from '../context/scope.ts';
import { type AttemptJob, type AttemptTools, executeAttempt, releaseAttempt } from '../attempt/attempt.ts';
import { expectedTip, prepareBranch } from '../judging/branch.ts';
import { Checkouts } from '../checks/checkouts.ts';
import { atDeadline } from '../context/deadline.ts';
import { drain, type Drained } from './drain.ts';
import { redOnBase } from '../checks/environment.ts';
import type { Estimates } from './estimates.ts';
import type { Fleet } from '../crew/fleet.ts';
import { openHands } from './hands.ts';
import { Interrupted } from '../context/interrupted.ts';
import { tickLate } from '../judging/late-ticks.ts';
import { orDamage, troubleIn } from '../context/machine.ts';
import { keepLedger, ledgerRef } from '../project/ledger.ts';
import { unsandboxed } from '../boxes/launch.ts';
import { LocalExecutor } from '../attempt/local-executor.ts';
import { outcomeOf } from '../project/outcome.ts';
import { Outputs } from '../boxes/outputs.ts';
import { cacheFolder, type Project, projectMark, specsPath } from '../project/project.ts';
import { readAgain } from './read-again.ts';
import { quotasOf, reclaim } from '../boxes/reclaim.ts';
import type { Run } from './run.ts';
import type { RunEnd } from '../context/run-end.ts';
import type { RunSettings } from '../context/run-settings.ts';
import { readTip } from '../context/target.ts';
import { Train } from '../judging/train.ts';
import { lacksTick, readTruth } from '../project/truth.ts';
import { clearCache, openBoxes } from '../boxes/workshop.ts';

/** A run that may begin: under its locks, with its agents and its sandbox. */
export interface Opened {
  readonly id: RunId;
  readonly project: Project;
  readonly repository: Repository;
  readonly specs: SpecFolder;
  readonly database: Database;
  readonly settings: RunSettings;
  readonly fleet: Fleet;
  readonly launcher: Launcher;
  readonly refused: Choice['refused'];
  readonly redactor: Redactor;
  readonly egress: Egress;
  readonly estimates: Estimates;
  readonly end: RunEnd;
  readonly request: {
    readonly onEvent: (event: RecordedEvent) => void;
    readonly stop: AbortSignal;
    readonly stopOutcome: () => Extract<RunOutcome, 'interrupted' | 'terminated'>;
  };
}

/** What the queue held when the run began. */
export interface Beginning {
  readonly rows: readonly UnitRow[];
  /** Units to do. */
  readonly open: number;
  readonly state: BranchState;
  readonly isAskedFor: (unit: UnitId) => boolean;
  /** Units that a killed run had at work. */
  readonly crashed: number;
  /** Units of which a lost queue knew something. */
  readonly remembered: number;
}

/** From the first event to the last: prepares the branch, drains, and records how it ended. */
export async function goThrough(
  opened: Opened,
  beginning: Beginning,
): Promise<{ readonly outcome: RunOutcome; readonly comeBackAt: number | null }> {
  const { id, project, repository, database, settings, fleet, launcher, egress, request, end } = opened;
  const clock = systemClock;
  const cache = cacheFolder(project);
  const tip = expectedTip(beginning.state);
  const agent = fleet.casting.defaultName;
  const runRow = { id, startedAt: clock.now(), endedAt: null, branch: settings.branch, tip, agent };
  insertRun(database, { ...runRow, tier: launcher.tier, outcome: null, exitCode: null }, { ...settings, agent });
  const board = new Board();
  const stopListening = database.listen((event) => {
    board.hear(event);
    request.onEvent(event);
  });
  const ledger = keepLedger({
    repository,
    database,
    mark: projectMark(project),
    canCostMoney: () => fleet.canCostMoney,
  });
  const { deadline } = settings;
  const forget = deadline === null ? () => {} : atDeadline(deadline, () => end.come({ kind: 'time' }));
  const run = openRun(opened, beginning.isAskedFor, board);
  try {
    failpoint('run opened');
    const outcomes = new Set<RunOutcome>();
    tellBeginning(run, opened, beginning, tip);
    const drained = await work(run, opened, beginning, outcomes);
    const touched = readUnits(database).filter(
      (row) => row.state !== 'retired' && beginning.isAskedFor(row.spec.id) && !drained.isLeft(row.spec.id),
    );
    const isOpen = touched.some((row) => !isSettled(row.state));
    if (request.stop.aborted && isOpen) outcomes.add(request.stopOutcome());
    else if (end.isTimeOver && isOpen) {
      outcomes.add('cap-reached');
      run.emit({ type: 'notice', text: 'The time of this run is over. The next run goes on from here.' });
    }
    const outcome = outcomeOf(touched, outcomes);
    const exitCode = exitCodes[outcome];
    const last = (await readRef(repository, branchRef(settings.branch))) ?? tip;
    await egress.close();
    if (egress.refused.size > 0)
      run.emit({
        type: 'notice',
        text: `Commands asked for hosts that they may not reach: ${[...egress.refused].slice(0, 20).join(', ')}.`,
      });
    failpoint('ledger');
    const notWritten = await ledger.close();
    if (notWritten !== null)
      run.emit({
        type: 'notice',
        text: `The ledger (${ledgerRef}), which a lost queue is rebuilt from, was not written: ${notWritten}. The next run writes it.`,
      });
    failpoint('clear cache');
    const left = await clearCache(cache);
    if (left !== null) run.emit({ type: 'notice', text: left });
    closeAccounts(database);
    const { spentMicroUsd, possibleMicroUsd } = runSpending(database, id);
    run.emit({ type: 'run-ended', run: id, outcome, exitCode, costMicroUsd: spentMicroUsd, possibleMicroUsd });
    endRun(database, id, { at: clock.now(), outcome, exitCode, tip: last });
    failpoint('run ended');
    await run.boxes.close();
    run.outputs.close();
    // Who wants the end now does not wait for that: the next run does the same when it begins.
    if (!end.signal.aborted)
      await reclaim({
        project,
        repository,
        database,
        branch: settings.branch,
        quotas: quotasOf(project),
        isDry: false,
      });
    return { outcome, comeBackAt: drained.comeBackAt };
  } catch (caught) {
    const error = await orDamage(repository.root, caught);
    end.come({ kind: 'fatal', error }); // whatever is still being made for this run ends
    recordHalt(database, id, tip, error);
    await egress.close().catch(() => undefined); // what ended the run is told, and not what follows from it
    throw error;
  } finally {
    forget();
    await run.boxes.close();
    await ledger.stop();
    stopListening();
  }
}

/** Says that the machine, or a bug, ended a run; where not even that can be written, the next run finds it without an end. */
function recordHalt(database: Database, run: RunId, tip: string, error: unknown): void {
  const isBug = !(error instanceof InputError) && troubleIn(error) === null;
  const [outcome, exitCode] = isBug ? ['bug', exitCodes.bug] : ['halted', exitCodes['bad-input']];
  try {
    endRun(database, run, { at: systemClock.now(), outcome, exitCode, tip });
  } catch {
    // The disk that ended it takes no word of it, either.
  }
}

function openRun(opened: Opened, isAskedFor: Run['isAskedFor'], board: Board): Run {
  const { id, project, repository, specs, database, settings, launcher, fleet, redactor, end } = opened;
  const { config } = project;
  const clock = systemClock;
  const cache = cacheFolder(project);
  const mark = projectMark(project);
  const timeoutMs = settings.attemptTimeoutMs;
  const asked = { files: specs.files.map((file) => file.file), units: specs.units };
  return {
    id,
    settings,
    config,
    database,
    repository,
    launcher,
    cores: new Cores(),
    fleet,
    train: new Train(),
    sessions: new Map(),
    pinned: new Map(),
    maps: new Map(),
    stops: new Map(),
    readers: new PQueue({ concurrency: settings.maxAgents }),
    board,
    clock,
    emit: (event: Event): void => database.write(() => appendEvent(database, clock.now(), id, event)),
    specsPath: specsPath(project, repository),
    asked,
    isAskedFor,
    projectChecks: Object.entries(config.checks).map(([name, command]) => ({ name, command })),
    cache,
    mark,
    outputs: new Outputs(path.join(project.state, 'runs', id, 'output')),
    ...openBoxes({
      ...{ config, repository, launcher, cache, mark, timeoutMs, signal: end.signal },
      branchTree: async () => (await readTip({ repository, settings })).tree,
      touchesOf: (unit) => askedFor(asked.units).byId.get(unit)?.touches ?? [],
    }),
    redactor,
    budget: (of) => {
      const { caps, isUnmetered } = settings;
      return openBudget(database, { ...of, run: id, caps, isUnmetered, now: () => clock.now() });
    },
    end,
  };
}

function tellBeginning(run: Run, opened: Opened, beginning: Beginning, tip: string): void {
  const { fleet, launcher, refused } = opened;
  const { crashed, remembered, rows, open } = beginning;
  run.emit({
    type: 'run-started',
    run: run.id,
    branch: run.settings.branch,
    tip,
    agent: fleet.title,
    tier: launcher.tier,
    units: rows.length,
    open,
  });
  const notice = (text: string): void => run.emit({ type: 'notice', text });
  if (crashed > 0)
    notice(
      `The run before this one was killed, or could not write how it ended; ${crashed === 1 ? 'one unit was' : `${crashed} units were`} at work then.`,
    );
  if (remembered > 0)
    notice(
      `This queue is new; the ledger of an earlier one (${ledgerRef}) knows how ${plural(remembered, 'unit')} ended.`,
    );
  if (launcher.tier === 'none') notice(unsandboxed(refused));
  for (const text of fleet.exposed) notice(text);
  for (const row of rows.filter((r) => r.state === 'not-runnable'))
    notice(`${row.spec.key} cannot run: ${row.why ?? ''}`);
}

/** Prepares the branch, makes sure that it is green, and drains the queue onto it. */
async function work(
  run: Run,
  opened: Opened,
  beginning: Beginning,
  outcomes: Set<RunOutcome>,
): Promise<Pick<Drained, 'comeBackAt' | 'isLeft'>> {
  const { estimates } = opened;
  const { settings, emit } = run;
  const { deadline, maxParkMs } = settings;
  const checkouts = new Checkouts(run);
  const red = await beforeAnybody(run, checkouts, opened, beginning);
  if (red === 'stopped') return { comeBackAt: null, isLeft: () => false };
  if (red) {
    emit({ type: 'environment-red', failure: red });
    outcomes.add('units-failed');
    return { comeBackAt: null, isLeft: () => false };
  }
  const tools = attemptTools(run);
  const work = {
    execute: (job: AttemptJob, signal: AbortSignal) => executeAttempt(job, tools, signal),
    release: (attempt: AttemptId) => releaseAttempt(attempt, tools),
  };
  const executor = new LocalExecutor(settings.maxAgents, work, run.end.signal);
  const hands = openHands({ run, checkouts, executor, readAgain: () => readAgain(run, opened) });
  const limits = { deadline, maxParkMs, isAskedFor: beginning.isAskedFor };
  try {
    const drained = await drain(run, hands, limits, estimates);
    for (const outcome of drained.outcomes) outcomes.add(outcome);
    return drained;
  } finally {
    await executor.close();
  }
}

/**
 * What has to be before anybody works: the branch is up to date, boxes that landed late are ticked, and the project's
 * checks are green. Returns what is not, or that the run was stopped meanwhile, which says nothing about the branch.
 */
async function beforeAnybody(
  run: Run,
  checkouts: Checkouts,
  opened: Opened,
  beginning: Beginning,
): Promise<Failure | 'stopped' | null> {
  const { repository } = opened;
  const { projectChecks, emit, settings } = run;
  const { state } = beginning;
  try {
    const signal = run.end.closing;
    const of = { repository, branch: settings.branch, state, run: run.id, projectChecks, checkouts, emit, signal };
    const prepared = await prepareBranch(of);
    if (prepared.kind === 'red') return prepared.failure;
    const { units } = run.asked;
    const now = await readTruth({ repository, tip: prepared.tip, specsPath: run.specsPath, units });
    const late = units.filter((unit) => lacksTick(now(unit)));
    await tickLate(run, checkouts, late);
    return await redOnBase(run, checkouts, prepared.tip);
  } catch (error) {
    if (error instanceof Interrupted && error.reason.kind === 'stopped') return 'stopped';
    throw error;
  }
}

function attemptTools(run: Run): AttemptTools {
  return {
    repository: run.repository,
    launcher: run.launcher,
    cores: run.cores,
    agent: (job) => run.fleet.named(job.agent),
    budget: (job) => run.budget(job),
    emit: (job, event) => run.sessions.get(job.attempt)?.hear(event),
    takeWords: (job) => run.sessions.get(job.attempt)?.takeWords() ?? [],
    now: () => run.clock.now(),
    workspaces: path.join(run.cache, 'work'),
    mark: run.mark,
    boxes: run.boxes,
    redactor: run.redactor,
    outputs: run.outputs,
  };
}
