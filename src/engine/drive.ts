import { randomBytes } from 'node:crypto';
import { repairBrief, workBrief } from '../agents/brief.ts';
import { verdictText } from '../agents/evidence-text.ts';
import type { Role } from '../model/agent.ts';
import { describeFailure, type Failure } from '../model/failure.ts';
import type { UnitId } from '../model/ids.ts';
import {
  type AttemptRow,
  claim,
  endAttempt,
  readAttempt,
  recordRepair,
  recordSession,
  recordWork,
} from '../queue/attempts.ts';
import { addProposal } from '../queue/proposals.ts';
import { type KeptWork, readUnit, StaleFence, transition, type Transition, type UnitRow } from '../queue/units.ts';
import { mergeTrees } from '../repo/candidate.ts';
import { listTree, readTreeFile } from '../repo/tree.ts';
import { checkFailure } from '../verify/judge.ts';
import { testsNamedBy } from '../verify/protect.ts';
import type { AttemptJob, AttemptResult } from './attempt.ts';
import type { Checkouts } from './court.ts';
import type { Executor } from './executor.ts';
import { finish, type Finish, type Work } from './finish.ts';
import { Interrupted } from './interrupted.ts';
import type { Run } from './run.ts';

/** Conflicts after which a unit runs alone, and after which it is given up. */
export const conflictsUntilAlone = 2;
const maxConflicts = 5;
/** Milliseconds before a crashed agent is tried again. */
const retryDelayMs = 1000;

/** What driving units needs beside the run. */
export interface Driver {
  readonly run: Run;
  readonly checkouts: Checkouts;
  readonly executor: Executor;
  /** The next result of an attempt. */
  readonly resultOf: (job: AttemptJob) => Promise<AttemptResult>;
  /** Tells the drain that a cap was reached: nothing new starts. */
  readonly onCap: () => void;
  /** True when a person cancelled the unit while it was at work. */
  readonly isCancelled: (unit: UnitId) => boolean;
}

/** Takes a ready unit, on this tip. Without a pause between planning and this, so that no unit is planned twice. */
export function claimUnit(run: Run, row: UnitRow, tip: { readonly commit: string; readonly tree: string }): AttemptRow {
  const { spec, keptWork } = row;
  const role: Role =
    spec.kind === 'research'
      ? 'researcher'
      : row.attempts > 0 && keptWork?.purpose === 'debug'
        ? 'debugger'
        : 'builder';
  const isLanding = keptWork?.purpose === 'land';
  return claim(run.database, {
    at: run.clock.now(),
    run: run.id,
    unit: spec.id,
    role,
    baseCommit: isLanding ? keptWork.baseCommit : tip.commit,
    baseTree: isLanding ? keptWork.baseTree : tip.tree,
    to: isLanding ? 'judging' : 'working',
  });
}

/** Brings a claimed unit to where it can get now: landed, waiting for somebody, or back in the queue. */
export async function driveUnit(driver: Driver, row: UnitRow, attempt: AttemptRow): Promise<void> {
  const { run } = driver;
  const unit = row.spec;
  const kept = row.keptWork;
  const it: Driving = { driver, row, attempt };
  try {
    if (kept?.purpose === 'land') {
      recordWork(run.database, attempt.id, kept);
      settle(it, await finish(run, driver.checkouts, unit, workOf(it, kept, kept.approvals)), null, 0);
    } else if (!(await isAlreadyMet(it))) {
      await work(it);
    }
  } catch (error) {
    if (error instanceof StaleFence) return; // a newer claim has the unit: this one has nothing to say any more
    if (!(error instanceof Interrupted)) throw error;
    interrupted(it, error);
  } finally {
    await driver.executor.release(attempt.id);
  }
}

interface Driving {
  readonly driver: Driver;
  readonly row: UnitRow;
  readonly attempt: AttemptRow;
}

function workOf(
  it: Driving,
  work: { readonly tree: string; readonly commit: string },
  approvals: Work['approvals'],
): Work {
  const { id, number, baseCommit, baseTree } = it.attempt;
  return { attempt: id, attemptNumber: number, tree: work.tree, commit: work.commit, baseCommit, baseTree, approvals };
}

function move(it: Driving, change: Omit<Transition, 'unit' | 'fence'>): void {
  const { run } = it.driver;
  transition(run.database, run.clock.now(), run.id, { unit: it.row.spec.id, fence: it.attempt.fence, ...change });
}

function end(it: Driving, outcome: string, failure: Failure | null, change: Omit<Transition, 'unit' | 'fence'>): void {
  const { run } = it.driver;
  run.database.write(() => {
    endAttempt(run.database, run.clock.now(), it.attempt.id, outcome, failure);
    move(it, change);
  });
}

/**
 * A unit whose criteria are all checks of its own, all green before any work, is shown to a person: it costs nothing,
 * and is never done by itself.
 */
async function isAlreadyMet(it: Driving): Promise<boolean> {
  const { driver, row, attempt } = it;
  const { criteria, id } = row.spec;
  const own = criteria.filter(
    (criterion) => !driver.run.projectChecks.some((check) => check.command === criterion.command),
  );
  if (own.length === 0 || criteria.some((criterion) => criterion.kind !== 'check')) return false;
  const files = new Set((await listTree(driver.run.repository, attempt.baseTree)).map((entry) => entry.path));
  for (const criterion of criteria) {
    const command = criterion.command ?? '';
    const missing = testsNamedBy(command).some((path) => !files.has(path));
    const evidence = await driver.checkouts.check(attempt.baseTree, command, 'base', { unit: id, attempt: attempt.id });
    if (missing || checkFailure(criterion.text, evidence) !== null) return false;
  }
  const why =
    'already met: every check is green before any work. Approve it to tick it as it is, or make its criteria say more';
  const keptWork: KeptWork = {
    purpose: 'land',
    attempt: attempt.id,
    tree: attempt.baseTree,
    commit: attempt.baseCommit,
    baseCommit: attempt.baseCommit,
    baseTree: attempt.baseTree,
    feedback: null,
    approvals: [],
  };
  end(it, 'already-met', null, { to: 'awaiting', why, keptWork });
  return true;
}

async function work(it: Driving): Promise<void> {
  const { driver, row, attempt } = it;
  const { run } = driver;
  const unit = row.spec;
  const cast = run.fleet.cast(attempt.role, unit);
  const startTree = row.keptWork?.purpose === 'debug' ? await debugTree(run, row.keptWork, attempt) : attempt.baseTree;
  let job: AttemptJob = {
    attempt: attempt.id,
    unit: unit.id,
    title: unit.title,
    attemptNumber: attempt.number,
    round: 0,
    role: attempt.role,
    agent: cast.agent.name,
    model: cast.model,
    effort: cast.effort,
    brief: workBrief({
      role: attempt.role,
      unit,
      contracts: await readContracts(run, unit.contracts, attempt.baseTree),
      answers: answersFor(run, unit.depends),
      projectChecks: run.projectChecks,
      feedback: row.keptWork?.feedback ?? null,
      nonce: randomBytes(6).toString('hex'),
    }),
    access: unit.kind === 'research' ? 'read' : 'write',
    answerPath: unit.answer,
    baseCommit: attempt.baseCommit,
    baseTree: attempt.baseTree,
    startTree,
    session: null,
    limits: { turns: run.settings.turns, timeMs: run.settings.attemptTimeoutMs, idleMs: run.settings.idleTimeoutMs },
  };
  for (;;) {
    await driver.executor.submit(job);
    const result = await driver.resultOf(job);
    recordSession(run.database, {
      attempt: attempt.id,
      unit: unit.id,
      role: attempt.role,
      agent: cast.agent.name,
      model: cast.model,
      startedAt: result.startedAt,
      endedAt: result.endedAt,
      usage: result.usage,
      outcome: result.outcome.kind,
    });
    const { outcome } = result;
    if (outcome.kind !== 'work') return withoutWork(it, outcome);
    for (const followup of outcome.followups) addProposal(run.database, run.clock.now(), run.id, unit.id, followup);
    run.database.write(() => {
      recordWork(run.database, attempt.id, outcome);
      run.emit({ type: 'harvested', unit: unit.id, attempt: attempt.id, tree: outcome.tree, files: outcome.files });
      move(it, { to: 'judging', ...(outcome.answer === null ? {} : { answer: outcome.answer }) });
    });
    const finished = await finish(run, driver.checkouts, unit, workOf(it, outcome, []));
    const canRepair = outcome.session !== null && cast.agent.abilities.resume && job.round < run.settings.repairs;
    if (finished.kind !== 'not-done' || !canRepair) return settle(it, finished, outcome, job.round);
    if (finished.verdict.failure)
      run.emit({
        type: 'not-done',
        unit: unit.id,
        attempt: attempt.id,
        failure: finished.verdict.failure,
        next: 'repair',
      });
    recordRepair(run.database, attempt.id);
    move(it, { to: 'working', why: 'repairing' });
    const brief = repairBrief(attempt.role, verdictText(finished.verdict), randomBytes(6).toString('hex'));
    job = { ...job, round: job.round + 1, session: outcome.session, brief };
  }
}

/** What a failed attempt left, on the present base where it merges cleanly; else its own base again. */
async function debugTree(run: Run, kept: KeptWork, attempt: AttemptRow): Promise<string> {
  if (kept.baseCommit === attempt.baseCommit) return kept.tree;
  const merged = await mergeTrees(run.repository, attempt.baseCommit, kept.commit);
  return merged.kind === 'tree' ? merged.tree : attempt.baseTree;
}

async function readContracts(
  run: Run,
  contracts: readonly string[],
  tree: string,
): Promise<{ readonly path: string; readonly text: string | null }[]> {
  return Promise.all(
    contracts.map(async (path) => ({
      path,
      text: (await readTreeFile(run.repository, tree, path))?.toString('utf8') ?? null,
    })),
  );
}

function answersFor(run: Run, depends: readonly UnitId[]): { readonly title: string; readonly text: string }[] {
  return depends.flatMap((id) => {
    const row = readUnit(run.database, id);
    return row?.answer ? [{ title: row.spec.title, text: row.answer }] : [];
  });
}

/** The agent brought no work: what now follows from why. */
function withoutWork(it: Driving, outcome: Exclude<AttemptResult['outcome'], { kind: 'work' }>): void {
  const { driver, row } = it;
  switch (outcome.kind) {
    case 'blocked':
      return end(
        it,
        'blocked',
        { reason: 'blocked', why: outcome.why },
        { to: 'blocked', why: outcome.why, failure: { reason: 'blocked', why: outcome.why }, keptWork: null },
      );
    case 'limited':
      return end(it, 'limited', null, {
        to: 'parked',
        why: outcome.why,
        parkedUntil: outcome.until,
        waits: row.waits + 1,
      });
    case 'stopped':
      if (driver.isCancelled(row.spec.id))
        return end(it, 'cancelled', null, { to: 'cancelled', why: 'cancelled while it was at work', keptWork: null });
      return end(it, 'stopped', null, { to: 'ready', why: 'the run was stopped' });
    case 'failed': {
      if (outcome.failure.reason === 'budget-spent') {
        driver.onCap();
        return end(it, 'budget-spent', outcome.failure, { to: 'ready', why: describeFailure(outcome.failure) });
      }
      return failedAttempt(it, outcome.failure, null, null);
    }
  }
}

/** An attempt that counts came to nothing: the next one, or the end. */
function failedAttempt(
  it: Driving,
  failure: Failure,
  work: { readonly tree: string; readonly commit: string } | null,
  feedback: string | null,
): void {
  const { driver, row, attempt } = it;
  const { run } = driver;
  const attempts = attempt.number;
  const isLast = attempts >= run.settings.attempts;
  run.emit({
    type: 'not-done',
    unit: row.spec.id,
    attempt: attempt.id,
    failure,
    next: isLast ? 'give-up' : 'new-attempt',
  });
  const keptWork: KeptWork | null = work
    ? {
        purpose: 'debug',
        attempt: attempt.id,
        tree: work.tree,
        commit: work.commit,
        baseCommit: attempt.baseCommit,
        baseTree: attempt.baseTree,
        feedback,
        approvals: [],
      }
    : null;
  const why = describeFailure(failure);
  if (isLast) return end(it, 'failed', failure, { to: 'failed', why, failure, attempts, crashes: 0, keptWork });
  if (work) return end(it, 'failed', failure, { to: 'ready', why, failure, attempts, crashes: 0, keptWork });
  // A crashed or silent agent is tried again after a moment, from the base.
  return end(it, 'failed', failure, {
    to: 'parked',
    why,
    failure,
    attempts,
    crashes: 0,
    keptWork: null,
    parkedUntil: run.clock.now() + retryDelayMs,
  });
}

/** What follows from a judged piece of work. */
function settle(
  it: Driving,
  finished: Finish,
  work: { readonly tree: string; readonly commit: string } | null,
  round: number,
): void {
  const { driver, row, attempt } = it;
  const { run } = driver;
  const made = work ?? row.keptWork;
  if (!made) throw new Error('Internal error: nothing was judged');
  const kept = (purpose: KeptWork['purpose'], feedback: string | null): KeptWork => ({
    purpose,
    attempt: attempt.id,
    tree: made.tree,
    commit: made.commit,
    baseCommit: attempt.baseCommit,
    baseTree: attempt.baseTree,
    feedback,
    approvals: [],
  });
  switch (finished.kind) {
    case 'landed':
      return end(it, 'landed', null, {
        to: 'done',
        why: null,
        landedCommit: finished.commit,
        keptWork: null,
        crashes: 0,
        conflicts: 0,
      });
    case 'awaiting': {
      const human = finished.verdict.criteria.filter((criterion) => criterion.verdict === 'awaiting').length;
      const why = `everything else holds; ${human === 1 ? 'one criterion waits' : `${human} criteria wait`} for a person`;
      return end(it, 'awaiting', null, { to: 'awaiting', why, keptWork: kept('land', null), crashes: 0 });
    }
    case 'misfit': {
      const conflicts = row.conflicts + 1;
      const failure: Failure = finished.verdict?.failure ?? { reason: 'merge-conflict', files: finished.files };
      const why = finished.verdict
        ? `green alone, red together with what landed meanwhile: ${describeFailure(failure)}`
        : describeFailure(failure);
      const isOver = conflicts >= maxConflicts;
      run.emit({
        type: 'not-done',
        unit: row.spec.id,
        attempt: attempt.id,
        failure,
        next: isOver ? 'give-up' : 'rebase',
      });
      const feedback = [
        `An earlier attempt at this unit was good by itself, but does not fit what landed meanwhile. ${why}`,
        ...(finished.verdict ? [verdictText(finished.verdict)] : []),
        `What the others changed:\n${finished.otherSide}`,
      ].join('\n\n');
      return end(it, 'misfit', failure, {
        to: isOver ? 'failed' : 'ready',
        why,
        failure,
        conflicts,
        keptWork: kept('rebase', feedback),
        crashes: 0,
      });
    }
    case 'not-done': {
      const failure = finished.verdict.failure ?? { reason: 'no-proof' };
      const note =
        round > 0 ? `It was repaired ${round === 1 ? 'once' : `${round} times`}, and is still not accepted.\n\n` : '';
      failedAttempt(it, failure, made, note + verdictText(finished.verdict));
      return;
    }
  }
}

/** Judging was interrupted: the work is kept, and judged when that is possible again. */
function interrupted(it: Driving, error: Interrupted): void {
  const { driver, row, attempt } = it;
  const { run } = driver;
  const made = readAttempt(run.database, attempt.id);
  const keptWork: KeptWork | null =
    made?.workTree && made.workCommit
      ? {
          purpose: 'land',
          attempt: attempt.id,
          tree: made.workTree,
          commit: made.workCommit,
          baseCommit: attempt.baseCommit,
          baseTree: attempt.baseTree,
          feedback: null,
          approvals: row.keptWork?.approvals ?? [],
        }
      : row.keptWork;
  const { reason } = error;
  switch (reason.kind) {
    case 'limited':
      return end(it, 'limited', null, {
        to: 'parked',
        why: reason.why,
        parkedUntil: reason.until,
        waits: row.waits + 1,
        keptWork,
      });
    case 'budget':
      driver.onCap();
      return end(it, 'budget-spent', null, { to: 'ready', why: `judging it waits for money: ${reason.why}`, keptWork });
    case 'stopped':
      if (driver.isCancelled(row.spec.id))
        return end(it, 'cancelled', null, { to: 'cancelled', why: 'cancelled while it was judged' });
      return end(it, 'stopped', null, { to: 'ready', why: 'the run was stopped', keptWork });
  }
}
