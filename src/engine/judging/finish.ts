import { diffText } from '../../repo/objects/diff.ts';
import type { Verdict } from '../../model/evidence.ts';
import { mayEndDifferently } from '../../model/failure.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Approval } from '../../queue/units.ts';
import { type Candidate, makeCandidate } from '../../repo/worktrees/candidate.ts';
import { changeDigest } from '../../repo/objects/digest.ts';
import { landedFiles } from '../../repo/landings/landings.ts';
import { listTree, treeOf } from '../../repo/objects/tree.ts';
import { failpoint } from '../../util/failpoint.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { JudgeInput } from '../../verify/judge-context.ts';
import { judge } from '../../verify/judge.ts';
import { isRedByDoubt } from '../../verify/runs/outcome.ts';
import { mendManifest } from '../../verify/files/manifest.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import { openJudgeContext } from './judge-context.ts';
import { describe } from './describe.ts';
import { holdingOf } from './holding.ts';
import { protectionOf } from './protection.ts';
import { tickApartInRun } from './apart-ticks.ts';
import { land } from './landing.ts';
import { mergeWork } from '../project/spec-merge.ts';
import { folderOf, specsPlaceOf } from '../project/specs-place.ts';
import { type Target, readTip } from '../context/target.ts';
import { tickEdits } from '../project/tick-edits.ts';
import type { Context, Judged, JudgingRun, Named, Work } from './work.ts';

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
      readonly otherSide: string;
    };

/**
 * Makes a candidate, judges it and lands it. Exactly the judged tree lands, on exactly the tip that it was judged on; if
 * the tip moves meanwhile, a new candidate is judged.
 */
export async function finish(run: JudgingRun, checkouts: Checkouts, unit: UnitSpec, work: Work): Promise<Finish> {
  let session = 0;
  const nextSession = (): number => ++session;
  const context = { run, checkouts, unit, work, nextSession };
  const early = await judgeOn(context, (await readTip(run)).commit, 'first');
  const decided = await decide(context, early);
  if (decided) return decided;
  const described = await describe(context);
  const landNext = async (): Promise<Finish> => {
    let judged = early;
    for (;;) {
      const tip = (await readTip(run)).commit;
      if (judged.kind === 'conflict' || judged.candidate.tip !== tip) {
        judged = await judgeOn(context, tip, 'again');
        const late = await decide(context, judged);
        if (late) return late;
      }
      if (judged.kind === 'conflict') throw new Error('Internal error: a conflict was not decided');
      const commit = await land(context, judged, described);
      if (commit !== null) {
        if (run.ticks.kind === 'apart') await tickApartInRun(run, run.ticks, { ticked: [{ unit, commit }] });
        return { kind: 'landed', commit };
      } // Another process moved the branch: judge again.
    }
  };
  const of = { type: 'merge-queue', unit: unit.id, attempt: work.attempt } as const;
  return run.mergeQueue.run(landNext, (step) => run.emit({ ...of, step }));
}

type OnTip =
  | ({ readonly kind: 'judged' } & Judged)
  | { readonly kind: 'conflict'; readonly tip: string; readonly files: readonly string[] };

async function judgeOn(context: Context, tip: string, look: JudgeInput['look']): Promise<OnTip> {
  const isTrial = look === 'trial';
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
      merge: async (ours, theirs) => mergeWork(run.repository, specsPlaceOf(run), ours, theirs),
    });
  let runs = 0;
  let candidate = await candidateWith(async (changes) =>
    holdingOf(run, context.checkouts, unit, work, changes, () => void runs++),
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
  if (!isTrial)
    run.emit({
      type: 'candidate',
      unit: unit.id,
      attempt: work.attempt,
      tree: candidate.tree,
      tip,
      restored: [...candidate.restored, ...candidate.judges],
    });
  if (look === 'first' && candidate.outside.length > 0)
    run.emit({
      type: 'notice',
      text: `${unit.key}: it also changed what lies outside of its touches: ${printableLine(candidate.outside.join(', '), 1000)}`,
    });
  // An approval is valid for exactly one change.
  const shown = await named(repository, candidate.tipTree, candidate.untickedTree);
  const approvals = work.approvals.filter((approval) => approval.digest === shown.digest);
  const outdated = work.approvals.findLast((approval) => approval.digest !== shown.digest) ?? null;
  const { change } = shown;
  const judgeContext = openJudgeContext(run, context.checkouts, {
    unit,
    ...work,
    change,
    nextSession: context.nextSession,
  });
  failpoint('judge');
  const verdict = await judge(judgeContext, {
    unit,
    baseTree: work.baseTree,
    baseFiles,
    ownFiles: await landedFiles(repository, folderOf(run.specsPath, [unit]), unit.id, work.baseTree),
    candidate: {
      ...candidate,
      allFiles: new Set((await listTree(repository, candidate.tree)).map((entry) => entry.path)),
    },
    projectChecks: run.projectChecks,
    approvals,
    look,
  });
  if (!isTrial)
    run.emit({
      type: 'judged',
      unit: unit.id,
      attempt: work.attempt,
      tree: candidate.tree,
      outcome: verdict.outcome,
      checkRuns: verdict.checkRuns + runs,
      unproven: verdict.unproven,
    });
  if (!isTrial) context.checkouts.record(unit.id, work.attempt, verdict.criteria);
  return { kind: 'judged', candidate, verdict, shown, open, approvals, outdated };
}

async function named(repository: Target['repository'], before: string, after: string): Promise<Named> {
  return { digest: await changeDigest(repository, before, after), change: { before, after } };
}

/** The end that follows from a judged candidate; null if it may land. */
async function decide(context: Context, judged: OnTip): Promise<Finish | null> {
  const { run, work } = context;
  const otherSide = async (tip: string): Promise<string> =>
    diffText(run.repository, work.baseTree, await treeOf(run.repository, tip), 60_000);
  if (judged.kind === 'conflict')
    return { kind: 'misfit', files: judged.files, verdict: null, otherSide: await otherSide(judged.tip) };
  const { verdict, candidate } = judged;
  if (verdict.outcome !== 'not-done') {
    const isHeld = run.settings.isHeld && judged.approvals.length === 0;
    if (verdict.outcome === 'done' && !isHeld) return null;
    const why =
      judged.outdated !== null
        ? 'it was approved, but other work landed since and the change is different now (see "backlog review")'
        : verdict.outcome === 'done'
          ? 'all checks pass; it waits for your review'
          : verdict.doubt;
    return { kind: 'awaiting', verdict, shown: judged.shown, outdated: judged.outdated, why };
  }
  const isOutside = verdict.failure?.reason === 'outside-touches';
  const isHopeless = verdict.failure !== null && !mayEndDifferently(verdict.failure);
  if (candidate.tip !== work.baseCommit && !isOutside && !isHopeless && !isRedByDoubt(verdict.criteria)) {
    // The merge fails: is it the work, or only the combination?
    const alone = await judgeOn(context, work.baseCommit, 'trial');
    if (alone.kind === 'judged' && alone.verdict.outcome !== 'not-done') {
      return { kind: 'misfit', files: [], verdict, otherSide: await otherSide(candidate.tip) };
    }
  }
  return { kind: 'not-done', verdict, shown: judged.open };
}
