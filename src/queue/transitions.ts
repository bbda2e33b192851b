import { nameOf, type UnitName } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import type { RunId, UnitId } from '../model/ids.ts';
import type { UnitState } from '../model/unit.ts';
import type { Database, SqlValue } from './database.ts';
import { appendEvent } from './events.ts';
import { type KeptWork, readUnit } from './units.ts';

/** A write of an earlier claim than the unit's current one; its work no longer counts. */
export class StaleFence extends Error {
  constructor(unit: UnitId, fence: number) {
    super(`a newer claim than ${fence} holds ${unit}`);
    this.name = 'StaleFence';
  }
}

/** The fields that a transition changes beside the state; omitted ones stay. */
export interface Transition {
  readonly unit: UnitId;
  readonly to: UnitState;
  readonly why?: string | null;
  readonly failure?: Failure | null;
  /** The claim that writes; a newer one invalidates it (`StaleFence`). Omitted by the holder of the run lock. */
  readonly fence?: number;
  readonly attempts?: number;
  readonly crashes?: number;
  readonly conflicts?: number;
  readonly waits?: number;
  readonly parkedUntil?: number | null;
  readonly keptWork?: KeptWork | null;
  readonly landedCommit?: string | null;
  readonly answer?: string | null;
}

/** Changes a unit's state and records the event, in one transaction. `why` and `failure` are cleared unless given. */
export function transition(database: Database, at: number, run: RunId | null, change: Transition): void {
  database.write(() => {
    const before = database.get('select key, title, state, why, fence from units where id = ?', change.unit) as
      (UnitName & { state: UnitState; why: string | null; fence: number }) | undefined;
    if (!before) throw new Error(`Internal error: no unit ${change.unit}`);
    if (change.fence !== undefined && before.fence !== change.fence) throw new StaleFence(change.unit, change.fence);
    const sets: [string, SqlValue][] = [
      ['state', change.to],
      ['why', change.why ?? null],
      ['failure', change.failure ? JSON.stringify(change.failure) : null],
      ['changed_at', at],
    ];
    if (change.attempts !== undefined) sets.push(['attempts', change.attempts]);
    if (change.crashes !== undefined) sets.push(['crashes', change.crashes]);
    if (change.conflicts !== undefined) sets.push(['conflicts', change.conflicts]);
    if (change.waits !== undefined) sets.push(['waits', change.waits]);
    if (change.parkedUntil !== undefined) sets.push(['parked_until', change.parkedUntil]);
    if (change.keptWork !== undefined)
      sets.push(['kept_work', change.keptWork ? JSON.stringify(change.keptWork) : null]);
    if (change.landedCommit !== undefined) sets.push(['landed_commit', change.landedCommit]);
    if (change.answer !== undefined) sets.push(['answer', change.answer]);
    database.run(
      `update units set ${sets.map(([column]) => `${column} = ?`).join(', ')} where id = ?`,
      ...sets.map(([, value]) => value),
      change.unit,
    );
    if (before.state !== change.to || before.why !== (change.why ?? null)) {
      appendEvent(database, at, run, {
        type: 'unit-changed',
        unit: change.unit,
        ...nameOf(before),
        from: before.state,
        to: change.to,
        why: change.why ?? null,
        ...(change.to === 'parked' && typeof change.parkedUntil === 'number' ? { until: change.parkedUntil } : {}),
      });
    }
    if (change.to === 'done') refreshDependents(database, at, run, change.unit, true);
    else if (before.state === 'done') refreshDependents(database, at, run, change.unit, false);
    if (change.to === 'waiting') refresh(database, at, run, becomesReady, 'id = ? and +state = ?', [change.unit]);
  });
}

/** Pauses or resumes a unit; true if that changed something. */
export function pauseUnit(database: Database, at: number, run: RunId | null, unit: UnitId, isPaused: boolean): boolean {
  return database.write(() => {
    const changed = database.run(
      'update units set paused_at = ? where id = ? and (paused_at is null) = ?',
      ...[isPaused ? at : null, unit, isPaused ? 1 : 0],
    );
    if (changed > 0) {
      const name = database.get('select key, title from units where id = ?', unit) as UnitName;
      appendEvent(database, at, run, { type: isPaused ? 'unit-paused' : 'unit-resumed', unit, ...name });
    }
    return changed > 0;
  });
}

/** Adds to the known paths that a unit changes; beyond a hundred, stores none. */
export function recordReach(database: Database, unit: UnitId, files: readonly string[]): void {
  database.write(() => {
    const row = readUnit(database, unit);
    const reached = [...new Set([...(row?.reached ?? []), ...files])];
    if (reached.length > maxReached || reached.length === row?.reached.length) return;
    database.run('update units set reached = ? where id = ?', JSON.stringify(reached), unit);
  });
}

const maxReached = 100;

const becomesReady = { from: 'waiting', to: 'ready' } as const;
const becomesWaiting = { from: 'ready', to: 'waiting' } as const;
type Move = typeof becomesReady | typeof becomesWaiting;

/** Moves units between `waiting` and `ready` by their dependencies. Call it in a write transaction. */
export function refreshReady(database: Database, at: number, run: RunId | null): void {
  for (const move of [becomesReady, becomesWaiting]) refresh(database, at, run, move, 'state = ?', []);
}

/** The same for the dependents of a unit that became done or not done. */
function refreshDependents(database: Database, at: number, run: RunId | null, unit: UnitId, isDone: boolean): void {
  const which = 'id in (select unit from dependencies where depends_on = ?) and +state = ?';
  refresh(database, at, run, isDone ? becomesReady : becomesWaiting, which, [unit]);
}

function refresh(
  database: Database,
  at: number,
  run: RunId | null,
  move: Move,
  which: string,
  parameters: readonly SqlValue[],
): void {
  // Units mostly land in order, so the last of many dependencies is checked first.
  const open = `((select 1 from dependencies d left join units u on u.id = d.depends_on
    where d.unit = units.id and (u.id is null or u.state <> 'done') order by d.depends_on desc limit 1) is not null)`;
  const dependencyWhy = 'a dependency is not done';
  const { from, to } = move;
  const where = to === 'ready' ? `not ${open}` : open;
  const rows = database.all(
    `select id, key, title, why from units where ${which} and ${where} order by position`,
    ...parameters,
    from,
  ) as (UnitName & { id: UnitId; why: string | null })[];
  for (const row of rows) {
    const why = to === 'waiting' ? dependencyWhy : row.why === dependencyWhy ? null : row.why;
    database.run('update units set state = ?, why = ?, changed_at = ? where id = ?', to, why, at, row.id);
    appendEvent(database, at, run, { type: 'unit-changed', unit: row.id, ...nameOf(row), from, to, why });
  }
}
