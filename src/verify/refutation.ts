import type { CommandEvidence } from '../model/evidence.ts';
import { isProgramMissing, readOutcome } from './outcome.ts';

/**
 * What a command says for a refutation. `shown`: it is red with the change and green without it, so the change is at
 * fault, whatever others say. `vote`: it is red both times, but not in the same way: what is new may be wrong, or is
 * only there; that is one reviewer's word. `nothing`: it would end like this on any tree, or did not run to its end.
 */
export type Refutation = 'shown' | 'vote' | 'nothing';

/** Tries the command with the change, without it, and, where that shows something, with the change once more. */
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
