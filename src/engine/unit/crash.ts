import type { KeptWork, UnitRow } from '../../queue/units.ts';
import type { Transition } from '../../queue/transitions.ts';

/** Crashes of a unit in progress after which it is quarantined. */
const maxCrashes = 2;

/**
 * The state of a unit after its run or worker crashed, or a bug met it: it is ready again at no attempt, or quarantined.
 * `why` says what happened, as a sentence about the unit.
 */
export function afterCrash(
  row: Pick<UnitRow, 'crashes'>,
  why: string,
  keptWork: KeptWork | null,
): Pick<Transition, 'to' | 'why' | 'failure' | 'crashes' | 'keptWork'> {
  const crashes = row.crashes + 1;
  if (crashes < maxCrashes) return { to: 'ready', why, crashes, keptWork };
  const often = `crashed ${crashes} times while it was at work: ${why}`;
  return { to: 'quarantined', why: often, failure: { reason: 'quarantined', crashes }, crashes, keptWork };
}
