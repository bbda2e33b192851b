import type { Event, RecordedEvent } from '../model/event.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { UnitState } from '../model/unit.ts';

/** A part of a run's time, in ms since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** An order of an agent, or a run of a check. */
export interface Activity {
  readonly kind: 'agent' | 'check';
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  /** Other units that waited for it. */
  readonly also: readonly UnitId[];
  /** False for a check whose result nobody needed. */
  readonly isNeeded: boolean;
  readonly waited: Stretch;
  readonly ran: Stretch;
  /** The part of `ran` in which it waited for a limit of its provider; its place in there is unknown. */
  readonly limitedMs: number;
}

/** A unit of a run, over time. */
export interface UnitCourse {
  /** Its states, the first one from the start of the run. */
  readonly states: readonly { readonly at: number; readonly state: UnitState | null }[];
  readonly paused: readonly Stretch[];
  /** It waited in the merge queue. */
  readonly queued: readonly Stretch[];
}

/** What happened in a run, and when. */
export interface Course extends Stretch {
  readonly maxAgents: number | null;
  readonly activities: readonly Activity[];
  readonly units: ReadonlyMap<UnitId, UnitCourse>;
  /** When an attempt's work conflicted and was kept to be merged; 0 for one that only merges such work, or of which nothing was left. */
  readonly conflicts: ReadonlyMap<AttemptId, number>;
}

interface Changing {
  readonly states: { at: number; state: UnitState | null }[];
  readonly paused: Stretch[];
  readonly queued: Stretch[];
  pausedAt: number | null;
  queuedAt: number | null;
  /** Attempts whose work goes on in a merge. */
  merging: Set<AttemptId>;
}

type Told<T extends Event['type']> = Extract<Event, { readonly type: T }>;

/** The course of a run from its events. What had not ended when they end goes on up to their end. */
export function courseOf(events: Iterable<RecordedEvent>): Course {
  const units = new Map<UnitId, Changing>();
  const activities: (Activity & { readonly number: number | null })[] = [];
  const needed = new Set<number>();
  const begun = new Map<string, { readonly at: number; readonly event: Told<'agent-started'> }>();
  const conflicts = new Map<AttemptId, number>();
  const merges = ({ unit, attempt }: { unit: UnitId | null; attempt: AttemptId | null }): void => {
    const merging = unit === null ? undefined : units.get(unit)?.merging;
    if (attempt === null || merging === undefined || merging.size === 0 || merging.has(attempt)) return;
    merging.add(attempt);
    conflicts.set(attempt, 0);
  };
  let from: number | null = null;
  let [to, maxAgents] = [0, null as number | null];
  const unitOf = (unit: UnitId): Changing => {
    const fresh = { states: [], paused: [], queued: [], pausedAt: null, queuedAt: null, merging: new Set<AttemptId>() };
    const known = units.get(unit) ?? fresh;
    units.set(unit, known);
    return known;
  };
  for (const { at: toldAt, event } of events) {
    const at = Math.max(to, toldAt); // a clock that was set back adds no time
    to = at;
    from ??= at;
    if (event.type === 'run-ended') break; // what hooks have to tell after it takes no time of the run
    switch (event.type) {
      case 'run-started':
        maxAgents = event.maxAgents ?? null;
        break;
      case 'unit-changed': {
        const unit = unitOf(event.unit);
        if (unit.states.length === 0) unit.states.push({ at: from, state: event.from });
        unit.states.push({ at, state: event.to });
        break;
      }
      case 'unit-paused':
        unitOf(event.unit).pausedAt ??= at;
        break;
      case 'unit-resumed': {
        const unit = unitOf(event.unit);
        unit.paused.push({ from: unit.pausedAt ?? from, to: at });
        unit.pausedAt = null;
        break;
      }
      case 'merge-queue': {
        const unit = unitOf(event.unit);
        if (unit.queuedAt !== null) unit.queued.push({ from: unit.queuedAt, to: at });
        unit.queuedAt = event.step === 'waits' ? at : null;
        break;
      }
      case 'not-done': {
        const { merging } = unitOf(event.unit);
        if (event.next === 'merge') {
          merging.add(event.attempt);
          if (!conflicts.has(event.attempt)) conflicts.set(event.attempt, at);
        } else if (event.next !== 'repair') {
          for (const attempt of merging) conflicts.set(attempt, 0); // nothing of it lands
          merging.clear();
        }
        break;
      }
      case 'landed':
        unitOf(event.unit).merging.clear();
        break;
      case 'agent-started':
        merges(event);
        begun.set(sessionOf(event), { at, event });
        break;
      case 'agent-ended': {
        const key = sessionOf(event);
        activities.push(agent(event, begun.get(key)?.at ?? at, at));
        begun.delete(key);
        break;
      }
      case 'check-ran':
        merges(event);
        activities.push({ ...check(event, at), number: event.number });
        break;
      case 'checks-needed':
        for (const number of event.numbers) needed.add(number);
        break;
      default:
    }
  }
  for (const { at, event } of begun.values()) activities.push(agent(event, at, to));
  for (const unit of units.values()) {
    if (unit.pausedAt !== null) unit.paused.push({ from: unit.pausedAt, to });
    if (unit.queuedAt !== null) unit.queued.push({ from: unit.queuedAt, to });
  }
  return {
    ...{ from: from ?? 0, to, maxAgents, units, conflicts },
    activities: activities.map(({ number, ...one }) => ({ ...one, isNeeded: number === null || needed.has(number) })),
  };
}

function sessionOf({ name, round }: { readonly name: string; readonly round: number }): string {
  return `${round} ${name}`;
}

/** Of an older version, or cut off: all of its time counts as work. */
function agent(
  event: Told<'agent-started'> | Told<'agent-ended'>,
  from: number,
  to: number,
): Activity & { readonly number: null } {
  const { unit, attempt } = event;
  const spent = event.type === 'agent-ended' ? event.spent : undefined;
  const { waitedMs = 0, openedMs = 0, ranMs = to - from, limitedMs = 0 } = spent ?? {};
  const of = { kind: 'agent', unit, attempt, also: [], isNeeded: true, number: null } as const;
  return { ...of, ...placed({ from, to }, waitedMs, openedMs, ranMs), limitedMs };
}

function check(event: Told<'check-ran'>, to: number): Activity {
  const { unit, attempt, also, tookMs } = event;
  const { waitedMs, openedMs, ranMs } = event.spent;
  const of = { kind: 'check', unit, attempt, also, isNeeded: false, limitedMs: 0 } as const;
  return { ...of, ...placed({ from: to - tookMs, to }, waitedMs, openedMs, ranMs) };
}

function placed(
  { from, to }: Stretch,
  waitedMs: number,
  openedMs: number,
  ranMs: number,
): Pick<Activity, 'waited' | 'ran'> {
  const turn = Math.min(to, from + waitedMs);
  const start = Math.min(to, turn + openedMs);
  return { waited: { from, to: turn }, ran: { from: start, to: Math.min(to, start + ranMs) } };
}
