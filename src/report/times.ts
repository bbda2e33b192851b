import type { AttemptId } from '../model/ids.ts';
import type { Activity, Course } from './course.ts';
import type { Doing, Part } from './partition.ts';

/** Work of agents and commands, in ms. */
export interface Busy {
  readonly agentsMs: number;
  readonly checksMs: number;
}

/** How each attempt ended; null for one that has not. */
export type Outcomes = ReadonlyMap<AttemptId, string | null>;

/** Where a run's time went, in ms summed over its agents, commands and units. */
export interface Times {
  /** What one agent and one command at a time would have had to do. */
  readonly busy: Busy;
  /** The rest of their work: done again after a conflict, begun early, or on what did not land. */
  readonly bets: Busy;
  /** Time in which a unit did nothing but wait for this. */
  readonly waits: {
    readonly placesMs: number;
    readonly coresMs: number;
    readonly limitsMs: number;
    readonly mergeQueueMs: number;
    readonly peopleMs: number;
  };
}

/**
 * True for what units that come one after the other would not have done: checks that nobody needed, and the work of an
 * attempt that conflicted. Whether a unit was met already had to be known in any case, but not by an agent that worked
 * meanwhile.
 */
export function isBet({ attempt, isNeeded, kind }: Activity, outcomes: Outcomes): boolean {
  const outcome = attempt === null ? null : outcomes.get(attempt);
  return !isNeeded || outcome === 'misfit' || (outcome === 'already-met' && kind === 'agent');
}

export function timesOf(
  { activities }: Pick<Course, 'activities'>,
  parts: Iterable<readonly Part[]>,
  outcomes: Outcomes,
): Times {
  const groups = Map.groupBy(activities, (activity) => isBet(activity, outcomes));
  const all = [...parts].flat();
  const sumOf = (doing: Doing): number =>
    all.reduce((sum, part) => sum + (part.doing === doing ? part.to - part.from : 0), 0);
  return {
    busy: busyOf(groups.get(false) ?? []),
    bets: busyOf(groups.get(true) ?? []),
    waits: {
      placesMs: sumOf('place'),
      coresMs: sumOf('cores'),
      limitsMs: sumOf('limit'),
      mergeQueueMs: sumOf('merge-queue'),
      peopleMs: sumOf('people'),
    },
  };
}

export function busyOf(activities: readonly Activity[]): Busy {
  const sumOf = (kind: Activity['kind']): number =>
    activities.reduce((sum, one) => sum + (one.kind === kind ? one.ran.to - one.ran.from - one.limitedMs : 0), 0);
  return { agentsMs: sumOf('agent'), checksMs: sumOf('check') };
}
