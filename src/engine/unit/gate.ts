import { verdictText } from '../../agents/words/evidence-text.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { mayEndDifferently } from '../../model/failure.ts';
import { treeDigest } from '../../repo/objects/digest.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { judge } from '../../verify/judge.ts';
import { openJudgeContext } from '../judging/judge-context.ts';
import { type Driving, end } from './driving.ts';
import type { KeptWork } from '../../queue/units.ts';

/** What came of asking whether a gate holds on the branch as it is. */
export type Passed = { readonly kind: 'settled' } | { readonly kind: 'red'; readonly feedback: string };

/**
 * Judges a gate on the tip: green, it is done without a change; with a human criterion open, it waits for a person; red
 * and strict, it goes on to an agent with what was seen; red and only a warning, it is done, and said.
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
    nextSession,
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
    // A yes is to the branch as it was seen.
    approvals: (row.keptWork?.approvals ?? []).filter((approval) => approval.digest === treeDigest(tree)),
    look: 'trial',
  });
  driver.checkouts.record(unit.id, attempt.id, verdict.criteria);
  const red = verdict.criteria.find((criterion) => criterion.failure !== null);
  if (!red) {
    const waiting = verdict.criteria.filter((criterion) => criterion.verdict === 'awaiting').length;
    if (waiting === 0) {
      end(it, 'passed', null, { to: 'done', why: 'the gate holds', keptWork: null, crashes: 0 });
      return { kind: 'settled' };
    }
    const keptWork: KeptWork = {
      purpose: 'land',
      attempt: attempt.id,
      tree,
      commit: attempt.baseCommit,
      baseCommit: attempt.baseCommit,
      baseTree: tree,
      feedback: null,
      approvals: [],
      digest: treeDigest(tree),
    };
    end(it, 'awaiting', null, { to: 'awaiting', why: 'everything else holds; the gate waits for a person', keptWork });
    return { kind: 'settled' };
  }
  const failure = red.failure ?? { reason: 'no-proof' };
  const gate = unit.gate === null ? undefined : run.config.gates[unit.gate];
  const why = describeFailure(failure);
  if (gate?.strictness === 'warn') {
    run.emit({ type: 'notice', text: `${unit.title} is red, and only warns: ${why}` });
    end(it, 'warned', failure, { to: 'done', why: `red, but only a warning: ${why}`, keptWork: null });
    return { kind: 'settled' };
  }
  if ((gate?.repairs ?? 0) === 0 || !mayEndDifferently(failure)) {
    end(it, 'failed', failure, { to: 'failed', why, failure, keptWork: null });
    return { kind: 'settled' };
  }
  return { kind: 'red', feedback: verdictText(verdict) };
}
