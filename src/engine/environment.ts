import type { EnvironmentRed } from '../model/failure.ts';
import { treeOf } from '../repo/tree.ts';
import { checkFailure } from '../verify/judge.ts';
import type { Checkouts } from './checkouts.ts';
import type { Run } from './run.ts';

/** The first of the project's checks, or its set-up, that is red before anybody worked; null when none is. */
export async function redOnBase(run: Run, checkouts: Checkouts, tip: string): Promise<EnvironmentRed | null> {
  const tree = await treeOf(run.repository, tip);
  if (run.setUp) {
    await run.setUp.trust(tree);
    const failed = await checkouts.with(tree, {}, async (_box, failure) => Promise.resolve(failure));
    if (failed) return { reason: 'environment', command: failed.command, excerpt: failed.excerpt };
  }
  run.boxes.stock(tree);
  for (const check of run.projectChecks) {
    const of = { unit: null, attempt: null };
    const evidence = await checkouts.check(tree, { command: check.command, cwd: '' }, 'base', of);
    if (checkFailure(check.name, evidence))
      return { reason: 'environment', command: check.command, excerpt: evidence.excerpt };
  }
  return null;
}
