import type { UnitId } from '../../model/ids.ts';
import type { Exclusive } from '../../plan/exclusive.ts';
import type { PlanUnit } from '../../plan/plan-unit.ts';
import type { Conflict } from '../../plan/conflict.ts';
import type { Wait } from '../../plan/schedule.ts';
import { eachPlanned, type PlannedRow } from '../../queue/units.ts';
import type { Database } from '../../queue/database.ts';
import type { Estimates } from './estimates.ts';
import { conflictsUntilAlone } from '../unit/settle.ts';

/** A row of the queue for the planner. Its touched paths are the declared and the observed ones. */
export function planUnit(row: PlannedRow, estimates: Estimates, exclusive: Exclusive): PlanUnit {
  const { spec, state, conflicts } = row;
  const touches = touchesOf(row);
  return {
    id: spec.id,
    state,
    kind: spec.kind,
    depends: spec.depends,
    touches,
    contracts: spec.contracts,
    exclusive: exclusive.namesOf(spec.exclusive, touches),
    phase: spec.phase,
    priority: spec.priority,
    position: row.position,
    runsAlone: conflicts >= conflictsUntilAlone,
    isPaused: row.isPaused,
    estimateMs: estimates.msOf(sizeOf(row)),
  };
}

/** What the estimate of a unit goes by. */
export function sizeOf({ spec, criteria, characters, reached }: PlannedRow): Parameters<Estimates['msOf']>[0] {
  return { kind: spec.kind, criteria, characters, files: Math.max(reached.length, spec.touches.length) };
}

/** A research unit only touches the file of its answer. */
function touchesOf({ spec, reached }: PlannedRow): readonly string[] {
  if (spec.kind === 'research') return spec.answer === null ? [] : [spec.answer];
  const learned = reached.filter((file) => !/[*?{]/.test(file));
  return learned.length === 0 ? spec.touches : [...new Set([...spec.touches, ...learned])];
}

/** All units for the planner, streamed. */
export function* planUnits(database: Database, estimates: Estimates, exclusive: Exclusive): Generator<PlanUnit> {
  for (const row of eachPlanned(database)) yield planUnit(row, estimates, exclusive);
}

/** Why a unit waits, as text. `key` returns a unit's key. */
export function describeWait(wait: Wait, key: (unit: UnitId) => string): string {
  switch (wait.kind) {
    case 'dependency':
      return `waits for ${wait.on.map(key).join(', ')}`;
    case 'phase':
      return `waits for the end of phase "${wait.phase}"`;
    case 'paused':
      return 'is paused: "backlog resume" continues it';
    case 'overlap':
    case 'exclusive':
    case 'alone':
      return `cannot run beside ${key(wait.with)}: ${describeConflict(wait)}`;
    case 'slots':
      return 'waits for a free agent';
    case 'barrier':
      return 'waits for the end of the wave';
  }
}

/** Why two units never run at the same time, as text. */
export function describeConflict(conflict: Conflict): string {
  switch (conflict.kind) {
    case 'overlap':
      return conflict.what === '**' ? 'one of them declares no "touches"' : `both touch ${conflict.what}`;
    case 'exclusive':
      return `both need "${conflict.name}"`;
    case 'alone':
      return 'one of them must run alone';
  }
}
