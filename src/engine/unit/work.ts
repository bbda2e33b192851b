import { withoutWork } from './unfinished.ts';
import { randomBytes } from 'node:crypto';
import { repairBrief } from '../../agents/words/brief.ts';
import type { Overlap } from '../../agents/words/overlaps.ts';
import { failureText, verdictText } from '../../agents/words/evidence-text.ts';
import { addressesIn, unseenIn } from '../../agents/words/web.ts';
import { type Failure, mayEndDifferently } from '../../model/failure.ts';
import { formatUsd } from '../../model/money.ts';
import { holdForJudging, isCapped } from '../../queue/budget.ts';
import { type AttemptRow, readAttempts, recordRepair, recordWork } from '../../queue/attempts.ts';
import { proposedBy } from '../../queue/proposals.ts';
import type { KeptWork } from '../../queue/units.ts';
import { recordReach } from '../../queue/transitions.ts';
import { commitTree, editTree, writeBlob } from '../../repo/objects/tree.ts';
import { toJsonSchema } from '../jobs/answer-schema.ts';
import { type Link, noOffers } from '../jobs/executor.ts';
import type { Harvested, OrderJob, OrderResult } from '../jobs/job.ts';
import { workMessage } from '../jobs/execute-order.ts';
import { researchSchema } from '../crew/research.ts';
import { failpoint } from '../../util/failpoint.ts';
import { briefFor } from '../crew/briefing.ts';
import type { BaseRuns } from './base-runs.ts';
import { finish } from '../judging/finish.ts';
import type { Cast } from '../crew/fleet.ts';
import { type Driving, emit, end, keptWorkOf, move, workOf } from './driving.ts';
import { Interrupted } from '../context/interrupted.ts';
import { judgingCost } from '../crew/guess.ts';
import { keepWork } from '../project/kept-work.ts';
import { isCutShort, limitsOf } from '../crew/limits.ts';
import { networkWith } from '../project/network.ts';
import { asHeard, beginSession, sessionName, type Word } from '../crew/sessions.ts';
import { propose } from '../judging/propose.ts';
import { proposedInSpecs } from '../judging/proposed-specs.ts';
import { runStages } from '../crew/stages.ts';
import { failedAttempt, failureOf, gaveUp, keptToMerge, mayMerge, settle } from './settle.ts';
import { goOnMerging, jobToMerge, keptForMerge, leftMarkers, openMerge } from './merging.ts';
import { mergeWork } from '../project/spec-merge.ts';
import { specsPlaceOf } from '../project/specs-place.ts';
import type { JudgingRun } from '../judging/work.ts';

/** True for unfinished work, which the next agent finds in the workspace. */
export function isBegun(kept: KeptWork | null): kept is KeptWork {
  return kept?.purpose === 'debug' || kept?.purpose === 'repair';
}

/**
 * Has the unit's agent work until its work is landed, rejected without a repair, or left unfinished. `red`: why the
 * unit's gate failed. Throws `StageFailed`, `StaleFence`, `Interrupted` if the work cannot be judged now, and
 * `AlreadyMetError` once `base` shows that nothing was to be done.
 */
export async function work(
  begun: Driving,
  { red = null, base: begunRuns = null }: { readonly red?: string | null; readonly base?: BaseRuns | null } = {},
): Promise<void> {
  let it = begun;
  let base = begunRuns;
  const { driver, row, attempt } = it;
  const { run } = driver;
  const unit = row.spec;
  if (!keepForJudging(it)) return;
  const cast = run.fleet.cast(attempt.role, unit);
  const notes = await runStages({ run, unit, attempt, tree: attempt.baseTree }, row.attempts);
  base?.throwIfMet();
  let merging = row.keptWork?.purpose === 'merge' ? await openMerge(run, unit, row.keptWork, attempt.baseCommit) : null;
  if (merging !== null) it = keptForMerge(it, merging);
  const tree =
    merging?.tree ?? (isBegun(row.keptWork) ? await debugTree(run, row.keptWork, attempt) : attempt.baseTree);
  const budget = run.budget({ unit: unit.id, attempt: attempt.id, role: attempt.role });
  let job: OrderJob = {
    name: sessionName(attempt.id, attempt.role, 1),
    unit: unit.id,
    attempt: attempt.id,
    attemptNumber: attempt.number,
    role: attempt.role,
    lens: null,
    sessionNumber: 1,
    round: 0,
    agent: cast.agent.name,
    model: cast.model,
    effort: cast.effort,
    brief: await briefFor(run, unit, {
      role: attempt.role,
      agent: cast.agent,
      prompt: cast.prompt,
      web: cast.web,
      baseTree: attempt.baseTree,
      notes,
      overlaps: run.overlaps.standing(unit.id),
      feedback: merging === null ? (row.keptWork?.feedback ?? red ?? lastTime(it)) : null,
      merge: merging?.input ?? null,
    }),
    access: unit.kind === 'research' ? 'read' : 'write',
    tools: cast.tools,
    offers: [],
    answerSchema: unit.kind === 'research' ? toJsonSchema(researchSchema) : null,
    limits: limitsOf(run, cast),
    isCapped: budget.isCapped,
    session: null,
    cwd: unit.cwd,
    network: networkWith(run.config, unit.network) ?? null,
    tree,
    tip: attempt.baseCommit,
    workspace: {
      attempt: attempt.id,
      title: unit.title,
      baseCommit: attempt.baseCommit,
      baseTree: attempt.baseTree,
      touches: unit.touches,
      isAnew: false,
    },
  };
  let repaired = 0;
  let wasOutside = false;
  let madeBefore: string | null = null;
  let unheard: readonly Word[] = [];
  const seen: string[] = [...addressesIn(job.brief.own)];
  const stop = run.stops.get(attempt.id)?.signal ?? run.end.signal;
  if (stop.aborted) throw new Interrupted({ kind: 'stopped' });
  run.end.signal.throwIfAborted();
  for (;;) {
    const orderStop = base === null ? stop : AbortSignal.any([stop, base.met]);
    const session = beginSession(run, { ...job, canHear: cast.agent.abilities.inbox });
    run.sessions.set(attempt.id, session);
    for (const word of unheard) if (word.from === 'person') session.say(word);
    const hear: Link['hear'] = (event) => session.hear(event);
    const link: Link = { budget, hear, takeWords: () => session.takeWords().map(asHeard), call: noOffers };
    const { baseCommit, baseTree } = it.attempt;
    const atWork = { unit, attempt: attempt.id, baseCommit, baseTree, tree: job.tree, session, web: cast.web };
    // Between the markers of a conflict, nothing is to be compared.
    const isCompared = job.access === 'write' && merging === null;
    const order = async (): Promise<OrderResult> => run.executor.order(job, link, orderStop);
    const result = await run.overlaps.during(isCompared ? atWork : null, order);
    session.end(result);
    run.sessions.delete(attempt.id);
    unheard = session.takeWords();
    tellUnheard(it, unheard);
    // What an agent was told while it worked is not told again.
    const isTold = cast.agent.abilities.inbox && unheard.every(({ from }) => from === 'person');
    const overlaps = (): readonly Overlap[] => (isTold ? [] : run.overlaps.standing(unit.id));
    if (!stop.aborted) base?.throwIfMet();
    seen.push(...session.sources);
    const isCut = isCutShort(run, { limits: job.limits, cast }, result.outcome);
    const ended = isCut ? ({ kind: 'stopped' } as const) : result.outcome;
    if (ended.kind === 'refused' && repaired < run.settings.repairs && canGoOn(cast, ended.session)) {
      job = goBack(it, cast, job, { ...ended, feedback: failureText(ended.failure), overlaps: overlaps() });
      repaired++;
      continue;
    }
    if (ended.kind !== 'finished') return withoutWork(it, ended);
    const mayRepair = repaired < run.settings.repairs && canGoOn(cast, ended.session);
    const outcome = ended.harvested ? { ...ended, ...ended.harvested, answer: null } : await answered(it, ended.answer);
    const marked = await leftMarkers(run, merging, outcome.tree);
    if (marked.length > 0) {
      const failure: Failure = { reason: 'conflict-markers', files: marked };
      if (!mayRepair) return failedAttempt(it, failure, null, null);
      job = goBack(it, cast, job, { failure, session: ended.session, feedback: failureText(failure), overlaps: [] });
      repaired++;
      continue;
    }
    const notKept = await keepWork(run.repository, attempt.id, outcome.commit, madeBefore);
    madeBefore = outcome.commit;
    failpoint('harvest taken');
    if (cast.web && outcome.answer !== null) tellUnseen(it, unseenIn(outcome.answer, seen));
    const proposed = [
      ...ended.followups,
      ...(await proposedInSpecs(run, unit, { ...outcome, baseTree: it.attempt.baseTree })),
    ];
    propose(
      run,
      proposed.map((followup) => proposedBy(unit.id, followup)),
    );
    run.database.write(() => {
      recordWork(run.database, attempt.id, outcome);
      recordReach(run.database, unit.id, outcome.files);
      run.emit({ type: 'harvested', unit: unit.id, attempt: attempt.id, tree: outcome.tree, files: outcome.files });
      // A person who stopped the unit meanwhile was told so: the work is kept, and not judged now.
      if (!stop.aborted) move(it, { to: 'judging', ...(outcome.answer === null ? {} : { answer: outcome.answer }) });
    });
    if (stop.aborted) throw new Interrupted({ kind: 'stopped' });
    if (notKept !== null) throw new Interrupted({ kind: 'broken', why: notKept });
    const finished = await finish(run, driver.checkouts, unit, workOf(it, outcome, []));
    if (finished.kind === 'not-done') base?.throwIfMet(); // the judge had to know it, too
    const isHopeless =
      finished.kind === 'not-done' && finished.verdict.failure !== null && !mayEndDifferently(finished.verdict.failure);
    if (finished.kind === 'not-done' && !isHopeless) {
      const stall = driver.stalls.check(run, unit.id, finished.verdict);
      if (stall) return gaveUp(it, stall, outcome, verdictText(finished.verdict));
    }
    const isTampered = finished.kind === 'not-done' && finished.verdict.failure?.reason === 'tampered';
    // Paths outside of `touches` are reported to the agent once; then a person is asked.
    const isOutside = finished.kind === 'not-done' && finished.verdict.failure?.reason === 'outside-touches';
    const isAskedTwice = isOutside && wasOutside;
    wasOutside = isOutside;
    if (finished.kind === 'misfit' && mayMerge(it) && canGoOn(cast, ended.session)) {
      const { tip } = finished;
      merging = await openMerge(run, unit, keptToMerge(it, outcome, finished), tip);
      emit(it, { type: 'not-done', unit: unit.id, attempt: attempt.id, failure: failureOf(finished), next: 'merge' });
      it = await goOnMerging(it, merging, tip);
      job = jobToMerge(job, merging, it, { session: ended.session, limits: limitsOf(run, cast), web: cast.web });
      base = null; // they ran on another tree
      repaired = 0;
      continue;
    }
    const canRepair = !isTampered && !isAskedTwice && !isHopeless && mayRepair;
    if (finished.kind !== 'not-done' || !canRepair) return settle(it, finished, outcome, repaired);
    const { failure } = finished.verdict;
    const feedback = verdictText(finished.verdict);
    it = keptForRepair(it, outcome, feedback);
    job = goBack(it, cast, job, { failure, session: ended.session, feedback, overlaps: overlaps() });
    repaired++;
  }
}

/** A research answer as work: a commit on its base, with the answer in its file, if any. */
async function answered(
  { driver: { run }, row, attempt }: Driving,
  given: unknown,
): Promise<Harvested & { answer: string }> {
  const { repository } = run;
  const { data } = researchSchema.safeParse(given);
  const text = data?.answer ?? String(given);
  const answer = run.redactor.text(text.endsWith('\n') ? text : `${text}\n`);
  const path = row.spec.answer;
  const edits =
    path === null
      ? []
      : [{ path, entry: { mode: '100644', object: await writeBlob(repository, Buffer.from(answer)) } }];
  const tree = await editTree(repository, attempt.baseTree, edits);
  const message = workMessage(row.spec.title, attempt.id);
  const commit = await commitTree(repository, { tree, parents: [attempt.baseCommit], message });
  return { tree, commit, files: edits.map((edit) => edit.path), answer };
}

/** True if the session can continue. */
function canGoOn(cast: Cast, session: string | null): boolean {
  return session !== null && cast.agent.abilities.resume;
}

/** Keeps work during its repair: if a kill, limit or cap interrupts it, the next attempt continues from it. */
function keptForRepair(it: Driving, made: Pick<KeptWork, 'tree' | 'commit'>, found: string): Driving {
  const feedback = `The work in the workspace was judged, and its repair was interrupted. Evidence:\n\n${found}`;
  return { ...it, row: { ...it.row, keptWork: keptWorkOf(it, 'repair', made, feedback) } };
}

/** The next round of an attempt: its session continues with the reasons of the rejection. */
function goBack(
  it: Driving,
  cast: Cast,
  job: OrderJob,
  was: {
    readonly failure: Failure | null;
    readonly session: string | null;
    readonly feedback: string;
    readonly overlaps: readonly Overlap[];
  },
): OrderJob {
  const { run } = it.driver;
  const { unit, id: attempt } = it.attempt;
  if (was.failure) emit(it, { type: 'not-done', unit, attempt, failure: was.failure, next: 'repair' });
  const { keptWork } = it.row;
  run.database.write(() => {
    recordRepair(run.database, attempt);
    move(it, { to: 'working', why: 'repairing', keptWork });
  });
  const brief = repairBrief(job.brief, was, randomBytes(6).toString('hex'), cast.web);
  const workspace = job.workspace && { ...job.workspace, isAnew: false };
  return { ...job, round: job.round + 1, session: was.session, brief, limits: limitsOf(run, cast), workspace };
}

/** Why the last failed attempt left no work; null without one. */
function lastTime({ driver, row }: Driving): string | null {
  if (row.attempts === 0) return null;
  const last = readAttempts(driver.run.database, row.spec.id).findLast((attempt) => attempt.outcome === 'failed');
  return last?.failure ? `An earlier attempt left no work to judge. ${failureText(last.failure)}` : null;
}

/** Reports words of a person that came when the agent took no more turn. */
function tellUnheard(it: Driving, words: readonly Word[]): void {
  for (const { text } of words.filter(({ from }) => from === 'person'))
    it.driver.run.emit({
      type: 'notice',
      text: `The agent of ${it.row.spec.key} did not hear "${text}": it had ended. A repair of this attempt begins with it.`,
    });
}

/** Reports cited addresses that no search returned, since agents may invent them. */
function tellUnseen(it: Driving, unseen: readonly string[]): void {
  if (unseen.length === 0) return;
  const { run } = it.driver;
  const text = `The answer of ${it.row.spec.key} cites URLs that are neither in its brief nor in its search results: ${unseen.join(', ')}`;
  run.emit({ type: 'notice', text });
}

/** Reserves money for judging; if a cap does not allow it, returns the unit and reports the cap. */
function keepForJudging(it: Driving): boolean {
  const { run } = it.driver;
  const { id: attempt } = it.attempt;
  const unit = it.row.spec;
  const { casting, prices } = run.fleet;
  const amount = judgingCost(casting, prices, unit, it.row.attempts);
  const { caps, isUnmetered } = run.settings;
  if (amount === 0 || !isCapped(caps)) return true;
  const now = (): number => run.clock.now();
  const purse = { run: run.id, unit: unit.id, attempt, role: 'reviewer', caps, isUnmetered, now } as const;
  if (holdForJudging(run.database, purse, amount)) return true;
  const detail = `${formatUsd(amount)} must be reserved for judging ${unit.key}, but less is left`;
  emit(it, { type: 'cap-reached', detail });
  end(it, 'budget-spent', null, { to: 'ready', why: detail, keptWork: it.row.keptWork });
  return false;
}

/** The work of a failed attempt, merged onto the current base if that succeeds; else that base alone. */
async function debugTree(run: JudgingRun, kept: KeptWork, attempt: AttemptRow): Promise<string> {
  if (kept.baseCommit === attempt.baseCommit) return kept.tree;
  const merged = await mergeWork(run.repository, specsPlaceOf(run), attempt.baseCommit, kept.commit);
  return merged.kind === 'tree' ? merged.tree : attempt.baseTree;
}
