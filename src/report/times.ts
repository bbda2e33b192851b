import type { AttemptId } from '../model/ids.ts';
import type { Activity, Course } from './course.ts';
import type { Doing, Part } from './partition.ts';

/** Work of agents and commands, in ms. */
export interface Busy {
  readonly agentsMs: number;
  readonly checksMs: number;
}

/** What became of the attempts that ended; null for one that did not. */
export type AttemptEnds = ReadonlyMap<AttemptId, { readonly outcome: string | null }>;

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
 * True for what units that come one after the other would not have done: checks that nobody needed, work that was given up
 * because of a conflict, and what was done after a conflict, to merge work that was kept. Whether a unit was met already
 * had to be known in any case, but not by an agent that worked meanwhile.
 */
export function isBet(
  { attempt, isNeeded, kind, ran }: Activity,
  { conflicts }: Pick<Course, 'conflicts'>,
  ends: AttemptEnds,
): boolean {
  if (!isNeeded) return true;
  if (attempt === null) return false;
  const conflictAt = conflicts.get(attempt);
  const outcome = ends.get(attempt)?.outcome ?? null;
  if (conflictAt === undefined ? outcome === 'misfit' : ran.from >= conflictAt) return true;
  return outcome === 'already-met' && kind === 'agent';
}

export function timesOf(
  course: Pick<Course, 'activities' | 'conflicts'>,
  parts: Iterable<readonly Part[]>,
  ends: AttemptEnds,
): Times {
  const groups = Map.groupBy(course.activities, (activity) => isBet(activity, course, ends));
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
