import { conflictsUntilAlone } from './settle.ts';
import type { PlanUnit } from '../plan/plan-unit.ts';
import type { Wait } from '../plan/wave.ts';
import type { UnitRow } from '../queue/units.ts';
import type { UnitId } from '../model/ids.ts';

/** Milliseconds that a unit is expected to take when nothing is known of its kind. */
export const defaultEstimateMs = 300_000;

/** The rows of the queue as the planner sees them. */
export function planUnits(rows: readonly UnitRow[], estimateMs: number): PlanUnit[] {
  return rows
    .filter((row) => row.state !== 'retired' && row.state !== 'proposed')
    .map(({ spec, state, conflicts }, position) => ({
      id: spec.id,
      state,
      kind: spec.kind,
      depends: spec.depends,
      // A research unit reaches just the file in which its answer lands.
      touches: spec.kind === 'research' ? (spec.answer === null ? [] : [spec.answer]) : spec.touches,
      contracts: spec.contracts,
      exclusive: spec.exclusive,
      phase: spec.phase,
      priority: spec.priority,
      position,
      runsAlone: conflicts >= conflictsUntilAlone,
      estimateMs,
    }));
}

/** Why a unit waits, in words. `key` gives the author's name of a unit. */
export function describeWait(wait: Wait, key: (unit: UnitId) => string): string {
  switch (wait.kind) {
    case 'dependency':
      return `waits for ${wait.on.map(key).join(', ')}`;
    case 'phase':
      return `waits until phase "${wait.phase}" is through`;
    case 'overlap':
      return wait.what === '**'
        ? `not beside ${key(wait.with)}: one of them does not say what it touches`
        : `not beside ${key(wait.with)}: both reach ${wait.what}`;
    case 'exclusive':
      return `not beside ${key(wait.with)}: both need "${wait.name}"`;
    case 'alone':
      return `not beside ${key(wait.with)}: one of them has to run alone`;
    case 'slots':
      return 'waits for a free agent';
    case 'barrier':
      return 'waits for the end of the wave';
  }
}
