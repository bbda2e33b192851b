import type { Criterion, UnitSpec } from '../../model/unit.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { checkOfUnit } from '../../verify/judge-context.ts';
import { readOutcome } from '../../verify/runs/outcome.ts';
import { apart } from '../checks/apart.ts';
import { CheckRunner } from '../jobs/check-runner.ts';
import { takeForWork } from '../project/locks.ts';
import { openTarget, type Project } from '../project/project.ts';

/**
 * Runs the checks of units on HEAD, in the sandbox as a run would, each command once, and returns those that pass. Records
 * nothing.
 */
export async function greenAtBase(
  project: Project,
  units: readonly UnitSpec[],
  allowUnsandboxed: boolean,
  signal: AbortSignal,
): Promise<{ readonly unit: UnitSpec; readonly criterion: Criterion }[]> {
  const lock = await takeForWork(project, 'a run is active here', signal);
  try {
    const repository = await openTarget(project);
    const tree = await treeOf(repository, repository.head);
    const around = { project, repository, branch: project.config.into, tree, allowUnsandboxed, signal };
    return await apart(around, async (means) => {
      const runner = new CheckRunner(means);
      const { checkTimeoutMs: timeoutMs } = means.settings;
      const known = new Map<string, boolean>();
      const green: { readonly unit: UnitSpec; readonly criterion: Criterion }[] = [];
      for (const unit of units)
        for (const criterion of unit.criteria) {
          if (criterion.command === null) continue;
          const check = checkOfUnit(unit, criterion.command);
          const name = JSON.stringify(check);
          const job = { tree, tip: repository.head, check, on: 'base', unit: null, touches: [], timeoutMs } as const;
          const isGreen =
            known.get(name) ?? readOutcome((await runner.run({ ...job, isTraced: false })).end).kind === 'green';
          known.set(name, isGreen);
          if (isGreen) green.push({ unit, criterion });
        }
      return green;
    });
  } finally {
    lock.release();
  }
}
