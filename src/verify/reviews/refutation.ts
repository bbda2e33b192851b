import type { CommandEvidence } from '../../model/evidence.ts';
import { isProgramMissing, readOutcome } from '../runs/outcome.ts';

/**
 * What a reviewer's command shows. `shown`: it fails with the change and passes without it, so the claim is refuted
 * whatever other reviewers say. `vote`: it fails both times, with different output: one reviewer's vote. `nothing`: it
 * fails the same way on any tree, or did not run to its end.
 */
export type Refutation = 'shown' | 'vote' | 'nothing';

/** Runs the command with the change, without it and, if that shows something, with the change once more. */
export async function tryRefutation(
  run: (on: 'base' | 'candidate', again: boolean) => Promise<CommandEvidence>,
): Promise<Refutation> {
  const isRed = (end: CommandEvidence): boolean => readOutcome(end).kind === 'red' && !isProgramMissing(end);
  const after = await run('candidate', false);
  if (!isRed(after)) return 'nothing';
  const before = await run('base', false);
  if (readOutcome(before).kind === 'green') return isRed(await run('candidate', true)) ? 'shown' : 'nothing';
  return before.exitCode === after.exitCode && before.digest === after.digest ? 'nothing' : 'vote';
}
