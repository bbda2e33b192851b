import { formatRange } from '../duration.ts';
import type { RunState } from '../run-state.ts';
import type { Known } from './known.ts';
import { shortUsd } from './rows.ts';
import { countsOf } from './view.ts';

/** How far a run is, in one line: `3 of 24 landed, 5 running, 14 waiting, 1 failed, $5.62, 10 to 14 min left`. */
export function summaryOf(state: RunState, known: Known): string {
  const { done, all, running, waiting, failed, needYou } = countsOf(state);
  const spent = Math.max(known.spentMicroUsd, state.money.spentMicroUsd);
  return [
    ...[`${done} of ${all} landed`, `${running} running`, `${waiting} waiting`],
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(needYou === 0 ? [] : [`${needYou} need you`]),
    ...(spent === 0 ? [] : [shortUsd(spent)]),
    ...(known.left === null ? [] : [`${formatRange(known.left.fromMs, known.left.toMs)} left`]),
  ].join(', ');
}
