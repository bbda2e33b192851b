import { diffText } from '../../repo/objects/diff.ts';
import { printable, printableLine } from '../../util/text/printable.ts';
import { Interrupted } from '../context/interrupted.ts';
import { describeChange, StageFailed } from '../crew/stages.ts';
import type { Context } from './work.ts';

/** The shipper's description of the change; null if the recipe has no shipper, or it failed, which does not stop a landing. */
export async function describe({ run, unit, work }: Context): Promise<string | null> {
  const { attempt: id, attemptNumber: number, tree } = work;
  try {
    const diff = await diffText(run.repository, work.baseTree, tree);
    const said = await describeChange({ run, unit, attempt: { id, number }, tree }, number - 1, diff);
    // No line of it may look like one of our trailers.
    const lines = run.redactor.text(printable(said ?? '')).split('\n');
    return (
      lines
        .filter((line) => !/^\s*backlog-/i.test(line))
        .join('\n')
        .trim() || null
    );
  } catch (error) {
    const isInTheWay =
      error instanceof StageFailed || (error instanceof Interrupted && error.reason.kind !== 'stopped');
    if (!isInTheWay) throw error;
    run.emit({
      type: 'notice',
      text: `${unit.key}: nobody described the change: ${printableLine(error.message, 200)}`,
    });
    return null;
  }
}
