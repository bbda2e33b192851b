import type { UnitSpec } from '../../model/unit.ts';
import { moveBranch } from '../../repo/refs/branch.ts';
import { commitTree, editTree } from '../../repo/objects/tree.ts';
import { readOutcome, runPatiently } from '../../verify/runs/outcome.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { JudgingRun } from './work.ts';
import { tellUnticked, tickEdits } from '../project/tick-edits.ts';
import { readTip } from '../context/target.ts';

/**
 * Ticks units that landed before their specs were committed, once the branch has the text, and tells of those that it cannot tick. The tree is judged by the
 * project's checks like any that lands; if one fails, the boxes stay open.
 */
export async function tickLate(run: JudgingRun, checkouts: Checkouts, units: readonly UnitSpec[]): Promise<void> {
  if (units.length === 0) return;
  const { repository } = run;
  const tip = await readTip(run);
  let { tree } = tip;
  const ticked: string[] = [];
  for (const unit of units) {
    const edits = await tickEdits(repository, run.specsPath, unit, tree);
    if (edits.length === 0) await tellUnticked(run, repository, run.specsPath, unit, tree);
    else ticked.push(unit.key);
    tree = await editTree(repository, tree, edits);
  }
  if (tree === tip.tree) return;
  for (const check of run.projectChecks) {
    const command = { command: check.command, cwd: '' };
    const of = { unit: null, attempt: null };
    const evidence = await runPatiently((again) => checkouts.check(tree, command, 'candidate', of, { again }));
    if (readOutcome(evidence).kind !== 'green') return;
  }
  run.end.closing.throwIfAborted();
  const names = ticked.join(', ');
  const message = `Tick what landed before: ${names}\n\nBacklog-Run: ${run.id}\n`;
  const commit = await commitTree(repository, { tree, parents: [tip.commit], message });
  if (await moveBranch(repository, run.settings.branch, commit, tip.commit)) {
    run.emit({ type: 'notice', text: `Ticked what landed before its spec was committed: ${names}.` });
  }
}
