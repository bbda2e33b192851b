import { endInterrupted, fatalOf, withoutWork } from './unfinished.ts';
import { isBegun, work } from './work.ts';
import type { Role } from '../../model/agent.ts';
import { type AttemptRow, claim, recordWork } from '../../queue/attempts.ts';
import type { UnitRow } from '../../queue/units.ts';
import { StaleFence } from '../../queue/transitions.ts';
import { changeDigest } from '../../repo/objects/digest.ts';
import { sha256 } from '../../util/values/hash.ts';
import { AlreadyMetError, BaseRuns } from './base-runs.ts';
import { finish } from '../judging/finish.ts';
import { passGate } from './gate.ts';
import { type Driver, type Driving, emit, end, isStopped, keptWorkOf, workOf } from './driving.ts';
import { Interrupted } from '../context/interrupted.ts';
import { proposeLeftIn } from '../judging/left-work.ts';
import { landedMeanwhile } from '../judging/landing.ts';
import { keepWork } from '../project/kept-work.ts';
import { orDamage } from '../context/machine.ts';
import { fromData } from '../jobs/error-data.ts';
import { StageFailed } from '../crew/stages.ts';
import { landed, settle } from './settle.ts';
import type { Crew } from '../crew/crew.ts';
import type { JudgingRun } from '../judging/work.ts';

/** Claims a ready unit on this tip. Synchronous with planning, so that no unit is planned twice. */
export function claimUnit(
  run: JudgingRun,
  row: UnitRow,
  tip: { readonly commit: string; readonly tree: string },
): AttemptRow {
  const { spec, keptWork } = row;
  const kept = isLanding(row) ? keptWork : null;
  return claim(run.database, {
    at: run.clock.now(),
    run: run.id,
    unit: spec.id,
    role: roleOf(run, row),
    baseCommit: kept?.baseCommit ?? tip.commit,
    baseTree: kept?.baseTree ?? tip.tree,
    projectChecks: run.projectChecks.map((check) => check.command),
    configHash: sha256(JSON.stringify(run.config)).slice(0, 32),
    to: kept ? 'judging' : 'working',
  });
}

/** The role that works on a unit. */
export function roleOf(run: Pick<Crew, 'fleet'>, { spec, attempts, keptWork }: UnitRow): Role {
  // With scouts, the answer weighs their findings.
  if (spec.kind === 'research')
    return run.fleet.casting.recipeOf(spec, attempts).recipe.scouts.length > 0 ? 'synthesizer' : 'researcher';
  const isRepair = keptWork?.purpose === 'merge' || (attempts > 0 && isBegun(keptWork));
  return spec.gate !== null || isRepair ? 'debugger' : 'builder';
}

/** True for finished work that only needs judging and landing. */
export function isLanding(row: UnitRow): boolean {
  return row.keptWork?.purpose === 'land' && !isGateAsking(row);
}

/** True for a gate that waited for a person without a change: it is judged again on the current tip. */
function isGateAsking({ spec, keptWork }: UnitRow): boolean {
  return spec.gate !== null && keptWork?.purpose === 'land' && keptWork.tree === keptWork.baseTree;
}

/** Brings a claimed unit as far as possible: landed, waiting for a person, or back in the queue. */
export async function driveUnit(driver: Driver, row: UnitRow, attempt: AttemptRow): Promise<void> {
  const { run } = driver;
  const unit = row.spec;
  const kept = row.keptWork;
  const it: Driving = { driver, row, attempt };
  run.stops.set(attempt.id, new AbortController());
  try {
    if (unit.gate !== null && (kept === null || isGateAsking(row))) {
      let session = 0;
      const passed = await passGate(it, () => ++session);
      if (passed.kind === 'red') await work({ ...it, row: { ...row, keptWork: null } }, { red: passed.feedback });
    } else if (kept?.purpose === 'land') {
      recordWork(run.database, attempt.id, kept);
      const isOwn = kept.commit !== kept.baseCommit; // else the branch keeps it
      const notKept = isOwn ? await keepWork(run.repository, kept.attempt, kept.commit, null) : null;
      if (notKept !== null) throw new Interrupted({ kind: 'broken', why: notKept });
      await settle(it, await finish(run, driver.checkouts, unit, workOf(it, kept, kept.approvals)), null, 0);
    } else if (unit.gate !== null) await work(it);
    else await workUnlessMet(it);
  } catch (caught) {
    if (caught instanceof StaleFence) return; // a newer claim has taken over the unit
    const notice = (text: string): void => run.emit({ type: 'notice', text });
    const met = await orDamage(caught, { env: run.repository.env, notice }, run.end.closing);
    const error = met instanceof Error ? met : new Error(String(met));
    // An error after the branch moved does not revert the landing, nor does one after a person's stop revert that.
    const commit = await landedMeanwhile(run, attempt, unit);
    const fatal = fatalOf(error);
    if (fatal !== null && (commit !== null || isStopped(it))) run.end.come({ kind: 'fatal', error: fatal });
    if (commit !== null) {
      await proposeLeftIn(run.repository, run, unit, commit);
      landed(it, commit);
      run.emit({
        type: 'notice',
        text: `${unit.key}: landed as ${commit.slice(0, 10)}; an error followed`,
      });
    } else if (isStopped(it)) endInterrupted(it, new Interrupted({ kind: 'stopped' }));
    else if (error instanceof StageFailed) withoutWork(it, error.outcome);
    else endInterrupted(it, error);
  } finally {
    run.stops.delete(attempt.id);
    await release(run, attempt);
  }
}

/** Removes what an attempt left behind. An error ends the run, but changes nothing of the unit; a lost worker leaves nothing. */
async function release(run: Driver['run'], attempt: AttemptRow): Promise<void> {
  const left = await run.executor.release(attempt.id);
  if (left?.kind !== 'broken') return;
  const error = fromData(left.error);
  run.end.come({ kind: 'fatal', error: fatalOf(error) ?? error });
}

/**
 * Works on a unit, unless all its criteria are checks that pass before any work: then a person is asked, since nothing is
 * done automatically. That may turn out while the agent works.
 */
async function workUnlessMet(it: Driving): Promise<void> {
  const { run } = it.driver;
  const base = await BaseRuns.begin(it);
  try {
    if (await base.isMet(run.settings.baseWaitMs)) return await endMet(it);
    await work(it, { base });
  } catch (error) {
    if (!(error instanceof AlreadyMetError)) throw error;
    const why = 'every check passes before any work, as it turned out while its agent worked (see `limits.baseWait`)';
    emit(it, { type: 'notice', text: `${it.row.spec.key}: ${why}. What the agent did is not used.` });
    await endMet(it);
  } finally {
    await base.end();
  }
}

async function endMet(it: Driving): Promise<void> {
  const why = 'already met: every check passes before any work. Approve it to tick it, or make its criteria stricter';
  const { baseTree: tree, baseCommit: commit } = it.attempt;
  const digest = await changeDigest(it.driver.run.repository, tree, tree);
  const keptWork = { ...keptWorkOf(it, 'land', { tree, commit }), digest };
  end(it, 'already-met', null, { to: 'awaiting', why, keptWork });
}
