import type { UnitState } from './unit.ts';

/** The command that goes on with a unit. */
export type WayOn = 'retry' | 'unblock' | 'adopt' | 'review' | 'check' | 'run';

/** The command that goes on with a unit; null where somebody is at work on it, or where nothing is to be done. */
export function wayOn(unit: { readonly state: UnitState; readonly isClaim: boolean }): WayOn | null {
  switch (unit.state) {
    case 'failed':
    case 'quarantined':
    case 'cancelled':
      return 'retry';
    case 'blocked':
      return 'unblock';
    case 'not-runnable':
      return 'check';
    case 'awaiting':
      return unit.isClaim ? 'adopt' : 'review';
    case 'parked':
    case 'ready':
    case 'waiting':
      return 'run';
    case 'working':
    case 'judging':
    case 'done':
    case 'proposed':
    case 'retired':
      return null;
  }
}
