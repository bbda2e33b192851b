import type { EnvironmentRed } from '../../model/failure.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { showing } from '../../verify/runs/excerpt.ts';
import { type Outcome, readOutcome, runPatiently } from '../../verify/runs/outcome.ts';
import type { Checkouts } from './checkouts.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';

/** The first project check, or the set-up, that fails on the base commit; null if all pass. */
export async function redOnBase(
  run: Target & Pick<Scope, 'projectChecks'>,
  checkouts: Checkouts,
  tip: string,
): Promise<EnvironmentRed | null> {
  const tree = await treeOf(run.repository, tip);
  const setUpFailure = await checkouts.setUp(tree);
  if (setUpFailure) {
    const { command, excerpt } = setUpFailure;
    return { reason: 'environment', command, excerpt, ...showing(excerpt) };
  }
  for (const check of run.projectChecks) {
    const of = { unit: null, attempt: null };
    const command = { command: check.command, cwd: '' };
    const evidence = await runPatiently((again) => checkouts.check(tree, command, 'base', of, { again }));
    const outcome = readOutcome(evidence);
    if (outcome.kind !== 'green') return environmentRed(checkouts.keepOutput(evidence), outcome);
  }
  return null;
}

/** The failure of a check on the base commit. */
export function environmentRed(evidence: CommandEvidence, outcome: Outcome): EnvironmentRed {
  const { command, excerpt, shows, output } = evidence;
  const told = { ...(shows === undefined ? {} : { shows }), ...(output === undefined ? {} : { output }) };
  return {
    reason: 'environment',
    command,
    excerpt,
    ...told,
    ...(outcome.kind === 'unclear' ? { unclear: outcome.why } : {}),
  };
}
