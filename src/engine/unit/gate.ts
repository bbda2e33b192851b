import { verdictText } from '../../agents/words/evidence-text.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import type { gateOutcomes } from '../../model/event.ts';
import { mayEndDifferently } from '../../model/failure.ts';
import { treeDigest } from '../../repo/objects/digest.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { atOnce } from '../../util/process/turn.ts';
import { judge } from '../../verify/judge.ts';
import { ConfirmedReviews } from '../judging/confirmed-reviews.ts';
import { openJudgeContext } from '../judging/judge-context.ts';
import { type Driving, emit, end, keptWorkOf } from './driving.ts';

/** The result of judging a gate on the branch's tip. */
export type Passed = { readonly kind: 'settled' } | { readonly kind: 'red'; readonly feedback: string };

/**
 * Judges a gate on the tip. If it passes, it is done without a change; with an open human criterion, it waits for a
 * person. If it fails, a strict gate goes to an agent, and one that only warns is done with a notice.
 */
export async function passGate(it: Driving, nextSession: () => number): Promise<Passed> {
  const { driver, row, attempt } = it;
  const { run } = driver;
  const unit = row.spec;
  const tree = attempt.baseTree;
  const files = new Set((await listTree(run.repository, tree)).map((entry) => entry.path));
  const judgeContext = openJudgeContext(run, driver.checkouts, {
    unit,
    attempt: attempt.id,
    attemptNumber: attempt.number,
    baseTree: tree,
    change: { before: tree, after: tree },
    earlier: [],
    nextSession,
    confirmed: new ConfirmedReviews(run.repository),
    onNeeded: (number) => driver.checkouts.need([number]),
    turn: atOnce,
  });
  const verdict = await judge(judgeContext, {
    unit,
    baseTree: tree,
    baseFiles: files,
    ownFiles: new Set(),
    candidate: {
      ...{ tree, tipTree: tree, unrestoredTree: tree, restored: [], files: [], allFiles: files },
      ...{ judges: [], openTree: tree, outside: [], coreTree: tree },
    },
    projectChecks: run.projectChecks,
    earlier: [],
    // An approval is valid only for the seen branch.
    approvals: (row.keptWork?.approvals ?? []).filter((approval) => approval.digest === treeDigest(tree)),
    look: 'trial',
  });
  driver.checkouts.record(unit.id, attempt.id, verdict.criteria);
  const red = verdict.criteria.find((criterion) => criterion.failure !== null);
  const tell = (outcome: (typeof gateOutcomes)[number]): void => {
    const met = verdict.criteria.filter((criterion) => criterion.verdict === 'met').length;
    const of = { phase: unit.gate ?? '', outcome, met, of: verdict.criteria.length };
    emit(it, { type: 'gate-judged', unit: unit.id, attempt: attempt.id, ...of });
  };
  if (!red) {
    const waiting = verdict.criteria.filter((criterion) => criterion.verdict === 'awaiting').length;
    tell(waiting === 0 ? 'passed' : 'awaiting');
    if (waiting === 0) {
      end(it, 'passed', null, { to: 'done', why: 'the gate holds', keptWork: null, crashes: 0 });
      return { kind: 'settled' };
    }
    const keptWork = { ...keptWorkOf(it, 'land', { tree, commit: attempt.baseCommit }), digest: treeDigest(tree) };
    end(it, 'awaiting', null, { to: 'awaiting', why: 'everything else passes; the gate waits for a person', keptWork });
    return { kind: 'settled' };
  }
  const failure = red.failure ?? { reason: 'no-proof' };
  const gate = unit.gate === null ? undefined : run.config.gates[unit.gate];
  const why = describeFailure(failure);
  if (gate?.strictness === 'warn') {
    tell('warned');
    emit(it, { type: 'notice', text: `${unit.title} fails, but only warns: ${why}` });
    end(it, 'warned', failure, { to: 'done', why: `failed, but only a warning: ${why}`, keptWork: null });
    return { kind: 'settled' };
  }
  if ((gate?.repairs ?? 0) === 0 || !mayEndDifferently(failure)) {
    tell('failed');
    end(it, 'failed', failure, { to: 'failed', why, failure, keptWork: null });
    return { kind: 'settled' };
  }
  tell('red');
  return { kind: 'red', feedback: verdictText(verdict) };
}
