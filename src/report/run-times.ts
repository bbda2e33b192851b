import type { UnitId } from '../model/ids.ts';
import { factors, type Report } from '../model/report.ts';
import type { Course } from './course.ts';
import { criticalPath, type Leg, type Linked } from './critical-path.ts';
import { type Doing, partitions } from './partition.ts';
import { type AttemptEnds, timesOf } from './times.ts';

type TimeOf = Pick<Report, 'criticalPath' | 'limitedBy'> & Pick<Report['totals'], 'busy' | 'waits'>;

/** Where the time of a run went, for its report. */
export function timeOf(
  course: Course,
  linked: ReadonlyMap<UnitId, Linked>,
  ends: AttemptEnds,
): TimeOf & { readonly bets: Report['totals']['busy'] } {
  const parts = partitions(course);
  const { legs, by } = criticalPath(course, parts, linked);
  const times = timesOf(course, parts.values(), ends);
  const most = factors.reduce((a, b) => (by[b] > by[a] ? b : a));
  const wallMs = course.to - course.from;
  return {
    ...times,
    criticalPath: legs.map((leg, index) => legOf(leg, legs[index - 1] ?? null, course.from)),
    limitedBy: legs.length === 0 || wallMs === 0 ? null : { factor: most, share: by[most] / wallMs, ms: by },
  };
}

function legOf({ unit, from, to, parts }: Leg, before: Leg | null, start: number): Report['criticalPath'][number] {
  const sumOf = (...doings: readonly Doing[]): number =>
    parts.reduce((sum, part) => sum + (doings.includes(part.doing) ? part.to - part.from : 0), 0);
  return {
    ...{ unit, startMs: from - start, endMs: to - start, waitedFor: before?.link ?? null },
    ...{ agentsMs: sumOf('agent'), checksMs: sumOf('check'), placesMs: sumOf('place'), coresMs: sumOf('cores') },
    ...{ limitsMs: sumOf('limit'), mergeQueueMs: sumOf('merge-queue'), peopleMs: sumOf('people') },
    itselfMs: sumOf('own', 'ready', 'dependencies'),
  };
}
