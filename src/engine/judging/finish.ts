import type { Verdict } from '../../model/evidence.ts';
import { mayEndDifferently } from '../../model/failure.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Approval } from '../../queue/units.ts';
import { type Candidate, makeCandidate } from '../../repo/worktrees/candidate.ts';
import { changeDigest } from '../../repo/objects/digest.ts';
import { landedFiles } from '../../repo/landings/landings.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { failpoint } from '../../util/failpoint.ts';
import { atOnce, type Turn } from '../../util/process/turn.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { JudgeInput } from '../../verify/judge-context.ts';
import { judge } from '../../verify/judge.ts';
import { isRedByDoubt } from '../../verify/runs/outcome.ts';
import { mendManifest } from '../../verify/files/manifest.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import { ConfirmedReviews } from './confirmed-reviews.ts';
import { earlierUnits, joinedOf, rememberReviews, withMerged } from './earlier.ts';
import { openJudgeContext } from './judge-context.ts';
import { describe } from './describe.ts';
import { holdingOf } from './holding.ts';
import { protectionOf } from './protection.ts';
import { tickApartInRun } from './apart-ticks.ts';
import { land, landingCommit } from './landing.ts';
import type { Outcome } from './merge-queue.ts';
import { mergeWork } from '../project/spec-merge.ts';
import { folderOf, specsPlaceOf } from '../project/specs-place.ts';
import { isBug } from '../context/machine.ts';
import { type Target, readTip } from '../context/target.ts';
import { tickEdits } from '../project/tick-edits.ts';
import type { Built, Context, Judged, JudgingRun, Named, Work } from './work.ts';

export type Finish =
  | { readonly kind: 'landed'; readonly commit: string }
  /** A person must approve the change `shown`; `outdated` is an earlier approval of a different change. */
  | {
      readonly kind: 'awaiting';
      readonly verdict: Verdict;
      readonly shown: Named;
      readonly outdated: Approval | null;
      readonly why: string | null;
    }
  /** `shown` is the change including files outside of `touches`, if only those keep it from passing. */
  | { readonly kind: 'not-done'; readonly verdict: Verdict; readonly shown: Named | null }
  /** It conflicts with work that landed meanwhile, in text or in checks that pass separately and fail together. */
  | {
      readonly kind: 'misfit';
      readonly files: readonly string[];
      readonly verdict: Verdict | null;
      /** The commit that it conflicts with. */
      readonly tip: string;
    };

/**
 * Makes a candidate, judges it and lands it. Exactly the judged tree lands, on exactly the tip that it was judged on. Work
 * that passes on the tip enters the merge queue, where it is judged on what is about to land.
 */
export async function finish(run: JudgingRun, checkouts: Checkouts, unit: UnitSpec, work: Work): Promise<Finish> {
  let session = 0;
  const nextSession = (): number => ++session;
  const context = { run, checkouts, unit, work, nextSession, confirmed: new ConfirmedReviews(run.repository) };
  const early = await judgeOn(context, (await readTip(run)).commit, 'first');
  const decided = await decide(context, early);
  if (decided) return decided;
  const described = await describe(context);
  const of = { type: 'merge-queue', unit: unit.id, attempt: work.attempt } as const;
  return run.mergeQueue.run<{ readonly judged: OnTip; readonly commit: string | null }, Finish>({
    readTip: async () => (await readTip(run)).commit,
    bet: async (on, turn) => {
      const built =
        early.kind === 'judged' && early.built.candidate.tip === on ? early.built : await build(context, on);
      if (built.kind === 'conflict')
        return { commit: null, judged: Promise.resolve({ passes: false, result: { judged: built, commit: null } }) };
      const commit = await landingCommit(context, built, described);
      const judging = async (): Promise<Outcome<{ readonly judged: OnTip; readonly commit: string }>> => {
        const judged =
          early.kind === 'judged' && early.built === built ? early : await judgeBuilt(context, built, 'again', turn);
        return { passes: mayLand(run, judged), result: { judged, commit } };
      };
      const judged = judging();
      judged.catch((error: unknown) => turn.stop.aborted && isBug(error) && run.mergeQueue.fail(error));
      return { commit, judged };
    },
    land: async ({ result: { judged, commit } }) => {
      if (judged.kind === 'conflict' || commit === null) throw new Error('Internal error: a conflict cannot land');
      if (!(await land(context, judged, commit))) return null; // another process moved the branch
      if (run.ticks.kind === 'apart') await tickApartInRun(run, run.ticks, { ticked: [{ unit, commit }] });
      return { kind: 'landed', commit };
    },
    fail: async ({ result: { judged } }) => {
      const ended = await decide(context, judged);
      if (ended === null) throw new Error('Internal error: work failed that may land');
      return ended;
    },
    tell: (step) => run.emit({ ...of, step }),
  });
}

type Conflict = Extract<Candidate, { kind: 'conflict' }>;
type OnTip = Judged | Conflict;

async function judgeOn(context: Context, tip: string, look: JudgeInput['look']): Promise<OnTip> {
  const built = await build(context, tip, look);
  return built.kind === 'conflict' ? built : judgeBuilt(context, built, look);
}

/** Makes the candidate of a unit's work on a commit, and looks up the approvals of exactly its change. */
async function build(context: Context, tip: string, look: JudgeInput['look'] = 'again'): Promise<Built | Conflict> {
  const { run, unit, work } = context;
  const { repository } = run;
  const baseFiles = new Set((await listTree(repository, work.baseTree)).map((entry) => entry.path));
  const commands = [
    ...unit.criteria.flatMap((criterion) => (criterion.command === null ? [] : [criterion.command])),
    ...run.projectChecks.map((check) => check.command),
  ];
  failpoint('candidate');
  const candidateWith = async (hold: Parameters<typeof makeCandidate>[1]['hold']): Promise<Candidate> =>
    makeCandidate(repository, {
      tip,
      work,
      protection: async (merging) => protectionOf(run, unit, baseFiles, merging),
      mend: (before, after) => mendManifest(before, after, commands),
      hold,
      tick: (tree) => tickEdits(run.repository, run.specsPath, unit, tree),
      merge: async (ours, theirs) => mergeWork(run.repository, specsPlaceOf(run), ours, theirs, true),
    });
  let checkRuns = 0;
  let candidate = await candidateWith(async (changes) =>
    holdingOf(run, context.checkouts, unit, work, changes, () => void checkRuns++),
  );
  if (candidate.kind === 'conflict') return candidate;
  // An approval of the change with files outside of `touches` opens those paths, for this change only.
  const open =
    candidate.openTree === candidate.tree && candidate.outside.length === 0
      ? null
      : await named(repository, candidate.tipTree, candidate.openUntickedTree);
  if (open !== null && work.approvals.some((approval) => approval.digest === open.digest)) {
    candidate = await candidateWith(async () => () => null);
    if (candidate.kind === 'conflict') return candidate;
  }
  const joinedWith = await earlierUnits(run, { from: work.baseCommit, to: tip, work: work.tree }, candidate.joined);
  const earlier = withMerged(run, joinedWith, work.mergedWith);
  if (look !== 'trial')
    run.emit({
      type: 'candidate',
      unit: unit.id,
      attempt: work.attempt,
      tree: candidate.tree,
      tip,
      restored: [...candidate.restored, ...candidate.judges],
      ...joinedOf(candidate, joinedWith),
    });
  if (look === 'first' && candidate.outside.length > 0)
    run.emit({
      type: 'notice',
      text: `${unit.key}: it also changed what lies outside of its touches: ${printableLine(candidate.outside.join(', '), 1000)}`,
    });
  const shown = await named(repository, candidate.tipTree, candidate.untickedTree);
  return {
    kind: 'built',
    candidate,
    shown,
    open,
    approvals: work.approvals.filter((approval) => approval.digest === shown.digest),
    outdated: work.approvals.findLast((approval) => approval.digest !== shown.digest) ?? null,
    baseFiles,
    joinedWith,
    earlier,
    checkRuns,
  };
}

/** Judges a candidate, in a turn. A verdict that turns out not to be needed is not recorded. */
async function judgeBuilt(
  context: Context,
  built: Built,
  look: JudgeInput['look'],
  turn: Turn = atOnce,
): Promise<Judged> {
  const { run, unit, work } = context;
  const { repository } = run;
  const { candidate } = built;
  const needed = new Set<number>();
  const judgeContext = openJudgeContext(run, context.checkouts, {
    unit,
    ...work,
    change: built.shown.change,
    earlier: built.earlier,
    nextSession: context.nextSession,
    confirmed: context.confirmed,
    onNeeded: (number) => void needed.add(number),
    turn,
  });
  await rememberReviews(run, context.confirmed, built.earlier);
  failpoint('judge');
  const verdict = await judge(judgeContext, {
    unit,
    baseTree: work.baseTree,
    baseFiles: built.baseFiles,
    ownFiles: await landedFiles(repository, folderOf(run.specsPath, [unit]), unit.id, work.baseTree),
    candidate: {
      ...candidate,
      allFiles: new Set((await listTree(repository, candidate.tree)).map((entry) => entry.path)),
    },
    projectChecks: run.projectChecks,
    earlier: built.earlier.map((one) => one.unit),
    approvals: built.approvals,
    look,
  });
  // Units that come one after the other are judged once: the branch does not move meanwhile.
  if (look === 'first') context.checkouts.need(needed);
  if (look !== 'trial' && !turn.stop.aborted) {
    run.emit({
      type: 'judged',
      unit: unit.id,
      attempt: work.attempt,
      tree: candidate.tree,
      outcome: verdict.outcome,
      checkRuns: verdict.checkRuns + built.checkRuns,
      unproven: verdict.unproven,
    });
    context.checkouts.record(unit.id, work.attempt, verdict.criteria);
  }
  return { kind: 'judged', built, verdict };
}

async function named(repository: Target['repository'], before: string, after: string): Promise<Named> {
  return { digest: await changeDigest(repository, before, after), change: { before, after } };
}

function mayLand({ settings }: JudgingRun, { verdict, built }: Judged): boolean {
  return verdict.outcome === 'done' && !(settings.isHeld && built.approvals.length === 0);
}

/** The end that follows from a judged candidate; null if it may land. */
async function decide(context: Context, judged: OnTip): Promise<Finish | null> {
  const { run, work } = context;
  if (judged.kind === 'conflict') return { kind: 'misfit', files: judged.files, verdict: null, tip: judged.tip };
  const { verdict, built } = judged;
  if (mayLand(run, judged)) return null;
  if (verdict.outcome !== 'not-done') {
    const why =
      built.outdated !== null
        ? 'it was approved, but other work landed since and the change is different now (see "backlog review")'
        : verdict.outcome === 'done'
          ? 'all checks pass; it waits for your review'
          : verdict.doubt;
    return { kind: 'awaiting', verdict, shown: built.shown, outdated: built.outdated, why };
  }
  const isOutside = verdict.failure?.reason === 'outside-touches';
  const isHopeless = verdict.failure !== null && !mayEndDifferently(verdict.failure);
  if (built.candidate.tip !== work.baseCommit && !isOutside && !isHopeless && !isRedByDoubt(verdict.criteria)) {
    // The merge fails: is it the work, or only the combination?
    const alone = await judgeOn(context, work.baseCommit, 'trial');
    if (alone.kind === 'judged' && alone.verdict.outcome !== 'not-done') {
      return { kind: 'misfit', files: built.candidate.joined, verdict, tip: built.candidate.tip };
    }
  }
  return { kind: 'not-done', verdict, shown: built.open };
}
