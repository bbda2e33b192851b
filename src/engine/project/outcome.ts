import { gravest, type RunOutcome } from '../../model/exit-code.ts';
import { isSettled } from '../../model/unit.ts';
import type { UnitRow } from '../../queue/units.ts';

/** The outcome of a run, from the units' states and the reasons that stopped it. */
export function outcomeOf(rows: readonly UnitRow[], stops: ReadonlySet<RunOutcome>): RunOutcome {
  const outcomes = new Set(stops);
  for (const { state, spec, isPaused } of rows) {
    if (isPaused && !isSettled(state)) outcomes.add('waiting-for-person');
    switch (state) {
      case 'failed':
      case 'blocked':
      case 'quarantined':
        outcomes.add('units-failed');
        break;
      case 'not-runnable':
        // Nobody asks for what its author holds back, such as a draft.
        if (spec.hold === null) outcomes.add('units-failed');
        break;
      case 'awaiting':
        outcomes.add('waiting-for-person');
        break;
      case 'parked':
        outcomes.add('provider-limit');
        break;
      case 'working':
      case 'judging':
        throw new Error(`Internal error: the run ended while ${spec.key} was at work`);
      case 'proposed':
      case 'waiting':
      case 'ready':
      case 'done':
      case 'cancelled':
      case 'retired':
        break;
    }
  }
  // Units that wait forever (for example, on a cancelled one) are not done either.
  const isStuck = outcomes.size === 0 && rows.some((row) => row.state === 'waiting' || row.state === 'ready');
  if (isStuck) outcomes.add('units-failed');
  return gravest(outcomes);
}
