import { verdictText } from '../../agents/words/evidence-text.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { type Failure, mayEndDifferently } from '../../model/failure.ts';
import type { KeptWork } from '../../queue/units.ts';
import { diffText } from '../../repo/objects/diff.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { type Driving, emit, end, isMerge, keptWorkOf } from './driving.ts';
import { maxDiffBytes } from './merging.ts';
import type { Finish } from '../judging/finish.ts';

/** Conflicts after which a unit runs alone and its work is no longer merged but done again, and after which it fails. */
export const conflictsUntilAlone = 2;
const maxConflicts = 5;

/** True if an agent merges work that conflicts now, instead of doing it again. A researcher changes no files. */
export function mayMerge({ row: { spec, conflicts } }: Pick<Driving, 'row'>): boolean {
  return spec.kind === 'change' && conflicts < conflictsUntilAlone;
}
/** Wait in ms before retrying a crashed agent. */
const retryDelayMs = 1000;
/** Ends an attempt whose work is on the branch. */
export function landed(it: Driving, commit: string): void {
  end(it, 'landed', null, { to: 'done', why: null, landedCommit: commit, keptWork: null, crashes: 0, conflicts: 0 });
}

/** Ends an attempt by the result of judging its work. */
export async function settle(
  it: Driving,
  finished: Finish,
  work: { readonly tree: string; readonly commit: string } | null,
  round: number,
): Promise<void> {
  const { row, attempt } = it;
  const made = work ?? row.keptWork;
  if (!made) throw new Error('Internal error: nothing was judged');
  switch (finished.kind) {
    case 'landed':
      return landed(it, finished.commit);
    case 'awaiting': {
      const human = finished.verdict.criteria.filter((criterion) => criterion.verdict === 'awaiting').length;
      const open = `everything else passes; ${human === 1 ? 'one criterion waits' : `${human} criteria wait`} for a person`;
      const approvals = finished.outdated === null ? [] : [finished.outdated];
      const keptWork = { ...keptWorkOf(it, 'land', made), ...finished.shown, approvals };
      return end(it, 'awaiting', null, { to: 'awaiting', why: finished.why ?? open, keptWork, crashes: 0 });
    }
    case 'misfit': {
      const conflicts = row.conflicts + 1;
      const failure = failureOf(finished);
      const why = finished.verdict
        ? `passes alone, fails with work that landed meanwhile: ${describeFailure(failure)}`
        : describeFailure(failure);
      const isOver = conflicts >= maxConflicts;
      const next = isOver ? 'give-up' : mayMerge(it) ? 'merge' : 'rebase';
      const keptWork =
        next === 'merge'
          ? keptToMerge(it, made, finished)
          : keptWorkOf(it, 'rebase', made, await redoText(it, finished));
      emit(it, { type: 'not-done', unit: row.spec.id, attempt: attempt.id, failure, next });
      const to = isOver ? 'failed' : 'ready';
      return end(it, 'misfit', failure, { to, why, failure, conflicts, keptWork, crashes: 0 });
    }
    case 'not-done': {
      const failure = finished.verdict.failure ?? { reason: 'no-proof' };
      if (failure.reason === 'outside-touches' && finished.shown !== null) {
        const keptWork = { ...keptWorkOf(it, 'land', made), ...finished.shown };
        return end(it, 'awaiting', null, { to: 'awaiting', why: askToTouch(it, failure), keptWork, crashes: 0 });
      }
      const note =
        round > 0 ? `It was repaired ${round === 1 ? 'once' : `${round} times`}, and is still not accepted.\n\n` : '';
      failedAttempt(it, failure, made, note + verdictText(finished.verdict));
      return;
    }
  }
}

type Misfit = Extract<Finish, { kind: 'misfit' }>;

/** The failure of work that conflicts. */
export function failureOf({ verdict, files }: Misfit): Failure {
  return verdict?.failure ?? { reason: 'merge-conflict', files };
}

/** Work that conflicts, for an agent that merges it. */
export function keptToMerge(
  it: Driving,
  made: { readonly tree: string; readonly commit: string },
  { verdict }: Misfit,
): KeptWork {
  return keptWorkOf(it, 'merge', made, verdict && verdictText(verdict));
}

/** What who does the work again has to know. */
async function redoText({ driver: { run }, attempt }: Driving, finished: Misfit): Promise<string> {
  const landed = await diffText(
    run.repository,
    attempt.baseTree,
    await treeOf(run.repository, finished.tip),
    maxDiffBytes,
  );
  return [
    `An earlier attempt at this unit passed alone, but conflicts with work that landed meanwhile. ${describeFailure(failureOf(finished))}`,
    ...(finished.verdict ? [verdictText(finished.verdict)] : []),
    `Changes that landed:\n${landed}`,
  ].join('\n\n');
}

/** The question to a person about work outside of its unit's `touches`. */
function askToTouch({ row }: Driving, failure: Extract<Failure, { reason: 'outside-touches' }>): string {
  const touches = [...row.spec.touches, ...failure.files].map((path) => JSON.stringify(path)).join(', ');
  return `${describeFailure(failure)} Approve it to accept this change as it is, or set in its front matter: touches: [${touches}]`;
}

/** Ends a unit whose cost brings no progress; its work is kept. */
export function gaveUp(
  it: Driving,
  failure: Failure,
  work: { readonly tree: string; readonly commit: string },
  feedback: string,
): void {
  emit(it, { type: 'not-done', unit: it.row.spec.id, attempt: it.attempt.id, failure, next: 'give-up' });
  const why = describeFailure(failure);
  const keptWork = keptWorkOf(it, 'debug', work, feedback);
  end(it, 'failed', failure, { to: 'failed', why, failure, attempts: it.attempt.number, keptWork });
}

/** Maximum attempts of a unit. */
function attemptsOf({ driver: { run }, row: { spec } }: Driving): number {
  const gate = spec.gate === null ? undefined : run.config.gates[spec.gate];
  return gate ? gate.repairs : run.settings.attempts;
}

/** The work of an unfinished repair, for one further attempt; that of an unfinished merge is done again. */
function brokenRepair(it: Driving): KeptWork | null {
  const { keptWork: kept } = it.row;
  if (kept === null || !isMerge(it)) return kept?.purpose === 'repair' ? { ...kept, purpose: 'debug' } : null;
  const { mergedWith: _, ...work } = kept;
  return {
    ...work,
    purpose: 'rebase',
    feedback: [mergeFailed, ...(kept.feedback === null ? [] : [kept.feedback])].join('\n\n'),
  };
}

const mergeFailed =
  'Earlier work on this unit passed alone, but conflicted with work that landed meanwhile, and merging both failed. Do it again on what is in the workspace.';

/** Ends a failed attempt: schedules the next, or ends the unit. */
export function failedAttempt(
  it: Driving,
  failure: Failure,
  work: { readonly tree: string; readonly commit: string } | null,
  feedback: string | null,
): void {
  const { driver, row, attempt } = it;
  const { run } = driver;
  // Tampering gets one fresh start from the base; a second case ends the unit.
  const isTampered = failure.reason === 'tampered';
  const isHopeless = !mayEndDifferently(failure);
  // A merge that fails is not the last word: the unit is done again, alone. The conflict was not its fault, so no attempt is
  // burnt; no work is merged a second time after that.
  const isFailedMerge = isMerge(it) && !isHopeless && row.conflicts < maxConflicts;
  const attempts = isFailedMerge ? row.attempts : attempt.number;
  const isOver = attempt.number >= attemptsOf(it) && !isFailedMerge;
  const isLast = isHopeless || isOver || (isTampered && row.keptWork?.purpose === 'fresh');
  emit(it, {
    type: 'not-done',
    unit: row.spec.id,
    attempt: attempt.id,
    failure,
    next: isLast ? 'give-up' : 'new-attempt',
  });
  // It is not repeated at a cost: a retry judges the same work.
  const purpose = isHopeless ? 'land' : isFailedMerge ? 'rebase' : isTampered ? 'fresh' : 'debug';
  const said = isFailedMerge ? [mergeFailed, ...(feedback === null ? [] : [feedback])].join('\n\n') : feedback;
  const keptWork = work ? keptWorkOf(it, purpose, work, said) : brokenRepair(it);
  const conflicts = isFailedMerge ? Math.max(row.conflicts, conflictsUntilAlone) : row.conflicts;
  const sentence = describeFailure(failure);
  const why = isHopeless && work ? `${sentence} The work is kept: "backlog retry" judges it again.` : sentence;
  if (isLast) return end(it, 'failed', failure, { to: 'failed', why, failure, attempts, crashes: 0, keptWork });
  if (work) return end(it, 'failed', failure, { to: 'ready', why, failure, attempts, crashes: 0, conflicts, keptWork });
  // A crashed or silent agent is retried after a moment, from the base or the work under repair.
  return end(it, 'failed', failure, {
    to: 'parked',
    why,
    failure,
    attempts,
    crashes: 0,
    conflicts,
    keptWork,
    parkedUntil: run.clock.now() + retryDelayMs,
  });
}
