import type { AttemptId } from '../model/ids.ts';
import type { Activity, Course } from './course.ts';
import type { Doing, Part } from './partition.ts';

/** Work of agents and commands, in ms. */
export interface Busy {
  readonly agentsMs: number;
  readonly checksMs: number;
}

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

/** `isUnused`: true for work of an attempt that came to nothing. */
export function timesOf(
  { activities }: Pick<Course, 'activities'>,
  parts: Iterable<readonly Part[]>,
  isUnused: (attempt: AttemptId, kind: Activity['kind']) => boolean,
): Times {
  const isBet = ({ attempt, isNeeded, kind }: Activity): boolean =>
    !isNeeded || (attempt !== null && isUnused(attempt, kind));
  const groups = Map.groupBy(activities, isBet);
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
