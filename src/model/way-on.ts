import type { UnitState } from './unit.ts';

/** Commands that continue a unit. */
export const waysOn = ['retry', 'unblock', 'adopt', 'review', 'check', 'run'] as const;
export type WayOn = (typeof waysOn)[number];

/** The command that continues a unit; null if it is being worked on, or if nothing is left to do. */
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
