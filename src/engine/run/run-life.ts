import { ToldError } from '../../model/diagnostic.ts';
import type { Failure } from '../../model/failure.ts';
import { exitCodes, type RunOutcome } from '../../model/exit-code.ts';
import type { RunId, UnitId } from '../../model/ids.ts';
import { listSome } from '../../model/list-some.ts';
import { reasonsOf } from '../../model/reasons.ts';
import { isSettled, type UnitSpec } from '../../model/unit.ts';
import type { Truth } from '../../queue/sync.ts';
import { capsTold } from '../context/run-settings.ts';
import type { TicksApart } from '../context/tick-place.ts';
import { closeAccounts, runSpending } from '../../queue/budget.ts';
import type { Database } from '../../queue/database.ts';
import { endRun, insertRun, readRuns } from '../../queue/runs.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { type BranchState, branchRef } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { closingAfter } from '../../util/closing.ts';
import { systemClock } from '../../util/time/clock.ts';
import { plural } from '../../util/text/plural.ts';
import { failpoint } from '../../util/failpoint.ts';
import { readHandOff } from '../project/last-hand-off.ts';
import { Board } from '../crew/board.ts';
import { type ApartBranch, prepareApart } from '../judging/apart-branch.ts';
import { type Landed, tickApartInRun } from '../judging/apart-ticks.ts';
import { expectedTip, prepareBranch } from '../judging/branch.ts';
import { Integration, uncheckedOf } from '../judging/integration.ts';
import { Checkouts } from '../checks/checkouts.ts';
import { atDeadline } from '../context/deadline.ts';
import { writeAccount } from '../crew/write-account.ts';
import { drain, type Drained } from './drain.ts';
import { redOnBase } from '../checks/environment.ts';
import { openHands } from './hands.ts';
import { Interrupted } from '../context/interrupted.ts';
import { countNotWork, notWorkLine } from '../project/not-work.ts';
import { tickLate } from '../judging/late-ticks.ts';
import { fatalError, orDamage } from '../context/machine.ts';
import { fromData } from '../jobs/error-data.ts';
import type { Executor } from '../jobs/executor.ts';
import { keepLedger, ledgerRef } from '../project/recovery-ledger.ts';
import { unsandboxed } from '../boxes/launch.ts';
import { keepKnown } from '../project/known-groups.ts';
import { outcomeOf } from '../project/outcome.ts';
import { cacheFolder, projectMark } from '../project/project.ts';
import { readAgain } from './read-again.ts';
import { quotasOf, reclaim } from '../boxes/reclaim.ts';
import type { Opened } from './opened.ts';
import { type LeadWork, openRun, type Run, tellCompanions } from './run.ts';
import { apartAt } from '../project/tick-place.ts';
import { needsTicking, readTruth } from '../project/truth.ts';
import { clearCache } from '../boxes/workshop.ts';

/** The queue at the start of a run. */
export interface Beginning {
  readonly rows: readonly UnitRow[];
  /** Number of open units. */
  readonly open: number;
  readonly state: BranchState;
  /** The branch in the specs' own repository; null if ticks are not apart. */
  readonly apart: ApartBranch | null;
  readonly isAskedFor: (unit: UnitId) => boolean;
  /** Number of units in progress in a killed run. */
  readonly crashed: number;
  /** Number of units restored from the ledger of a lost queue. */
  readonly remembered: number;
  /** Null for a run of units. */
  readonly lead: LeadWork | null;
}

/** Runs from the first event to the last: prepares the branch, drains the queue, and records the end. */
export async function goThrough(
  opened: Opened,
  beginning: Beginning,
): Promise<{ readonly outcome: RunOutcome; readonly comeBackAt: number | null }> {
  const { id, database, settings, fleet, launcher, request, end } = opened;
  const tip = expectedTip(beginning.state);
  const agent = fleet.casting.defaultName;
  const runRow = { id, startedAt: systemClock.now(), endedAt: null, branch: settings.branch, tip, agent };
  insertRun(database, { ...runRow, tier: launcher.tier, outcome: null, exitCode: null }, { ...settings, agent });
  return closingAfter(async (atEnd) => {
    try {
      return await through(opened, beginning, tip, atEnd);
    } catch (caught) {
      const error = await orDamage(unexpected(caught), opened.project.asker, request.stop);
      end.come({ kind: 'fatal', error }); // ends active preparations
      recordHalt(database, id, tip, error);
      throw error;
    }
  });
}

/** A run that has begun tells its end; that it is stopped is expected where that can happen, and nowhere else. */
function unexpected(caught: unknown): unknown {
  const isStop = caught instanceof Interrupted && caught.reason.kind === 'stopped';
  return isStop ? new Error('Internal error: the run was stopped where nothing expects it', { cause: caught }) : caught;
}

/** Opens the parts of the run, drains the queue, and records the end. */
async function through(
  opened: Opened,
  beginning: Beginning,
  tip: string,
  atEnd: (close: () => void | Promise<unknown>) => void,
): ReturnType<typeof goThrough> {
  const { id, project, repository, database, settings, fleet, egress, request, end } = opened;
  const board = new Board(readHandOff(project.state));
  atEnd(
    database.listen((event) => {
      board.hear(event);
      request.onEvent(event);
    }),
  );
  const ledger = keepLedger({
    repository,
    database,
    mark: projectMark(project),
    canCostMoney: () => fleet.canCostMoney,
  });
  atEnd(async () => ledger.stop());
  const { deadline } = settings;
  if (deadline !== null) atEnd(atDeadline(deadline, () => end.come({ kind: 'time' })));
  const run = openRun(opened, beginning.isAskedFor, board);
  atEnd(() => run.outputs.close());
  atEnd(async () => closed(run.executor));
  atEnd(async () => run.agents.close());
  atEnd(async () => run.overlaps.close());
  failpoint('run opened');
  const outcomes = new Set<RunOutcome>();
  tellBeginning(run, opened, beginning, tip);
  tellCompanions(run);
  const drained = await (beginning.lead === null
    ? work(run, opened, beginning, outcomes)
    : led(run, beginning.lead, request, outcomes));
  if (!end.signal.aborted && !end.isTimeOver && !request.stop.aborted) await writeAccount(run);
  await run.agents.close();
  await run.overlaps.close();
  if (end.fatal !== null) throw end.fatal.error; // of an agent that ended after the drain
  const touched = readUnits(database).filter(
    (row) => row.state !== 'retired' && beginning.isAskedFor(row.spec.id) && !drained.isLeft(row.spec.id),
  );
  const isOpen = touched.some((row) => !isSettled(row.state));
  if (request.stop.aborted && isOpen) outcomes.add(request.stopOutcome());
  else if (end.isTimeOver && isOpen) {
    outcomes.add('cap-reached');
    const text = 'The time limit of this run is reached. The next run continues from here.';
    run.emit({ type: 'notice', text, isLimit: true });
  }
  const outcome = outcomeOf(touched, outcomes);
  const exitCode = exitCodes[outcome];
  const last = (await readRef(repository, branchRef(settings.branch))) ?? tip;
  await egress.close();
  if (egress.refused.size > 0)
    run.emit({
      type: 'notice',
      text: `Commands tried to reach hosts outside of the network policy: ${[...egress.refused].slice(0, 20).join(', ')}.`,
    });
  failpoint('ledger');
  const notWritten = await ledger.close();
  if (notWritten !== null)
    run.emit({
      type: 'notice',
      text: `The ledger (${ledgerRef}) for rebuilding a lost queue was not written: ${notWritten}. The next run writes it.`,
    });
  failpoint('clear cache');
  const left = await clearCache(cacheFolder(project));
  if (left !== null) run.emit({ type: 'notice', text: left });
  closeAccounts(database);
  const { spentMicroUsd, possibleMicroUsd } = runSpending(database, id);
  run.emit({ type: 'run-ended', run: id, outcome, exitCode, costMicroUsd: spentMicroUsd, possibleMicroUsd });
  endRun(database, id, { at: systemClock.now(), outcome, exitCode, tip: last });
  failpoint('run ended');
  await closed(run.executor);
  // An urgent end skips this: the next run catches up.
  if (!end.signal.aborted)
    await reclaim({
      project,
      repository,
      ticks: run.ticks,
      database,
      branch: settings.branch,
      quotas: quotasOf(project),
      isDry: false,
    });
  return { outcome, comeBackAt: drained.comeBackAt };
}

/** Closes the executor; throws what went wrong. A lost worker leaves nothing to close. */
async function closed(executor: Executor): Promise<void> {
  const left = await executor.close();
  if (left?.kind === 'broken') throw fromData(left.error);
}

/** Records a halt by the machine or a bug. If even that fails, the next run sees a run without an end. */
function recordHalt(database: Database, run: RunId, tip: string, error: unknown): void {
  const isBug = !(fatalError(error) instanceof ToldError);
  const [outcome, exitCode] = isBug ? ['bug', exitCodes.bug] : ['halted', exitCodes['bad-input']];
  try {
    endRun(database, run, { at: systemClock.now(), outcome, exitCode, tip });
  } catch {
    // The disk that ended the run may refuse this, too.
  }
}

function tellBeginning(run: Run, opened: Opened, beginning: Beginning, tip: string): void {
  const { fleet, launcher, refused } = opened;
  const { crashed, remembered, rows, open, lead } = beginning;
  run.emit({
    type: 'run-started',
    run: run.id,
    branch: run.settings.branch,
    tip,
    agent: fleet.title,
    tier: launcher.tier,
    units: rows.length,
    open,
    maxAgents: run.settings.maxAgents,
    caps: capsTold(run.settings),
    ...(lead === null ? {} : { isLed: true }),
  });
  const notice = (text: string): void => run.emit({ type: 'notice', text });
  if (crashed > 0)
    notice(
      `The previous run was killed, or could not record its end; ${crashed === 1 ? 'one unit was' : `${crashed} units were`} at work.`,
    );
  if (remembered > 0)
    notice(`This queue is new; the ledger (${ledgerRef}) restored the results of ${plural(remembered, 'unit')}.`);
  if (launcher.tier === 'none') notice(unsandboxed(refused));
  for (const text of fleet.exposed) notice(text);
  if (run.ticks.kind === 'nowhere')
    notice(
      `What lands is ticked in no file, since ${run.ticks.why}: only the queue and the landing records know that it is done.`,
    );
  const aside = notWorkLine(countNotWork(opened.specs.notWork));
  if (aside !== null) notice(aside);
  const stopped = rows.filter(({ state }) => state === 'not-runnable');
  const { reasons, isWhole } = reasonsOf(stopped.map(({ spec, why }) => ({ key: spec.key, why: why ?? '' })));
  for (const { units, why } of reasons) notice(`${units} cannot run: ${why}`);
  if (!isWhole) notice(`${plural(stopped.length, 'unit')} cannot run; "backlog check" says why.`);
}

/** Lets the lead do its work. It starts nothing once the run ends, and what it was stopped by is the run's outcome. */
async function led(
  run: Run,
  lead: LeadWork,
  { stop, stopOutcome }: Opened['request'],
  outcomes: Set<RunOutcome>,
): Promise<Pick<Drained, 'comeBackAt' | 'isLeft'>> {
  let comeBackAt: number | null = null;
  try {
    await lead(run);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const { reason } = error;
    if (reason.kind === 'stopped') {
      if (run.end.isTimeOver) outcomes.add('cap-reached');
    } else {
      run.emit({ type: 'notice', text: `The lead was interrupted: ${reason.why}.` });
      outcomes.add(
        reason.kind === 'limited' ? 'provider-limit' : reason.kind === 'budget' ? 'cap-reached' : 'bad-input',
      );
      if (reason.kind === 'limited') comeBackAt = reason.until;
    }
  }
  if (stop.aborted) outcomes.add(stopOutcome());
  return { comeBackAt, isLeft: () => false };
}

/** Prepares and verifies the branch, then drains the queue onto it. */
async function work(
  run: Run,
  opened: Opened,
  beginning: Beginning,
  outcomes: Set<RunOutcome>,
): Promise<Pick<Drained, 'comeBackAt' | 'isLeft'>> {
  const { estimates } = opened;
  const { settings, emit, database } = run;
  const { deadline, maxParkMs } = settings;
  const checkouts = new Checkouts(run);
  const red = await beforeAnybody(run, checkouts, opened, beginning);
  if (red === 'stopped') return { comeBackAt: null, isLeft: () => false };
  if (red) {
    emit({ type: 'environment-red', failure: red });
    outcomes.add('units-failed');
    return { comeBackAt: null, isLeft: () => false };
  }
  const previous = readRuns(database).find((row) => row.id !== run.id);
  const before =
    run.config.integration === undefined || previous === undefined ? [] : await uncheckedOf(run, previous.id);
  const integration = new Integration(run, checkouts, before);
  const silence = database.listen((event) => integration.hear(event));
  const hands = openHands({ run, checkouts, readAgain: () => readAgain(run, opened) });
  const limits = { deadline, maxParkMs, isAskedFor: beginning.isAskedFor };
  const drained = await drain(run, hands, limits, estimates);
  silence();
  const { stop, stopOutcome } = opened.request;
  const checked = await integration.finish(run.end.signal.aborted || stop.aborted);
  if (checked.isBroken) outcomes.add('units-failed');
  if (checked.isCut && run.end.fatal === null) {
    emit({
      type: 'notice',
      text: `The last integration checks were not made: ${run.end.why ?? 'the run was stopped'}.`,
    });
    outcomes.add(stop.aborted ? stopOutcome() : 'cap-reached');
  }
  checkouts.tellNeeded();
  for (const outcome of drained.outcomes) outcomes.add(outcome);
  return drained;
}

/**
 * Prepares the branch: updates it, ticks late landings, and runs the project checks. Returns a failure, or that the run
 * was stopped, which tells nothing about the branch.
 */
async function beforeAnybody(
  run: Run,
  checkouts: Checkouts,
  opened: Opened,
  beginning: Beginning,
): Promise<Failure | 'stopped' | null> {
  const { repository, known } = opened;
  const { projectChecks, emit, settings } = run;
  const { state } = beginning;
  try {
    const signal = run.end.closing;
    const of = { repository, branch: settings.branch, state, run: run.id, projectChecks, checkouts, emit, signal };
    const prepared = await prepareBranch(of);
    if (prepared.kind === 'red') return prepared.failure;
    const { units } = run.asked;
    if (beginning.apart !== null) await prepareApart(run, beginning.apart, checkouts);
    const apart = await apartAt(run.ticks, settings.branch);
    const { specsPath } = run;
    const now = await readTruth({ repository, tip: prepared.tip, specsPath, apart, units, known });
    keepKnown(opened.database, known);
    const wrong = units.filter((unit) => needsTicking(now(unit)));
    if (run.ticks.kind === 'apart') await setRight(run, run.ticks, wrong, now);
    else await tickLate(run, checkouts, wrong);
    return await redOnBase(run, checkouts, prepared.tip);
  } catch (error) {
    if (error instanceof Interrupted && error.reason.kind === 'stopped') return 'stopped';
    throw error;
  }
}

/** Writes ticks to the specs' own repository that an earlier run could not write. */
async function setRight(
  run: Run,
  place: TicksApart,
  units: readonly UnitSpec[],
  truth: (unit: UnitSpec) => Truth,
): Promise<void> {
  const ticked: Landed[] = [];
  const unticked: Landed[] = [];
  for (const unit of units) {
    const said = truth(unit);
    if (said.isDone && said.commit !== null) ticked.push({ unit, commit: said.commit });
    if (!said.isDone && said.tickLeftBy !== undefined) unticked.push({ unit, commit: said.tickLeftBy });
  }
  if (units.length === 0) return;
  const keys = await tickApartInRun(run, place, { ticked, unticked });
  if (keys.length > 0)
    run.emit({ type: 'notice', text: `Ticked in ${place.repository.root} what landed before: ${listSome(keys, 10)}.` });
}
