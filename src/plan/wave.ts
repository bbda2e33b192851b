import type { UnitId } from '../model/ids.ts';
import { patternsOverlap } from '../model/path-pattern.ts';
import { isSettled } from '../model/unit.ts';
import { remainingPaths } from './graph.ts';
import type { PlanLimits, PlanUnit } from './plan-unit.ts';

/** Why a unit does not start now. */
export type Wait =
  | { readonly kind: 'dependency'; readonly on: readonly UnitId[] }
  | { readonly kind: 'phase'; readonly phase: string }
  | { readonly kind: 'overlap'; readonly with: UnitId; readonly what: string }
  | { readonly kind: 'exclusive'; readonly with: UnitId; readonly name: string }
  | { readonly kind: 'alone'; readonly with: UnitId }
  | { readonly kind: 'slots' }
  | { readonly kind: 'barrier' };

/** One scheduling decision. */
export interface Wave {
  readonly start: readonly UnitId[];
  readonly waiting: readonly { readonly unit: UnitId; readonly wait: Wait }[];
}

/**
 * The next wave: which ready units start now, and why every other open unit waits. Pure: the engine, `backlog plan`
 * and the tests call this same function. Longest remaining path first, then priority, then the order of the specs.
 */
export function nextWave(units: readonly PlanUnit[], limits: PlanLimits): Wave {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const running = units.filter((unit) => unit.state === 'working' || unit.state === 'judging');
  const open = units.filter((unit) => unit.state === 'ready' || unit.state === 'waiting');
  const length = remainingPaths(units);
  const order = open.toSorted(
    (a, b) => (length.get(b.id) ?? 0) - (length.get(a.id) ?? 0) || b.priority - a.priority || a.position - b.position,
  );
  const held = openPhase(units, limits.phases);
  const start: PlanUnit[] = [];
  const waiting: { unit: UnitId; wait: Wait }[] = [];
  for (const unit of order) {
    const wait = whyWait(unit);
    if (wait) waiting.push({ unit: unit.id, wait });
    else start.push(unit);
  }
  return { start: start.map((unit) => unit.id), waiting };

  function whyWait(unit: PlanUnit): Wait | null {
    const on = unit.depends.filter((id) => byId.get(id)?.state !== 'done');
    if (on.length > 0) return { kind: 'dependency', on };
    if (held !== null && unit.phase !== null && limits.phases.indexOf(unit.phase) > held) {
      return { kind: 'phase', phase: limits.phases[held] ?? '' };
    }
    if (limits.barrier && running.length > 0) return { kind: 'barrier' };
    for (const other of [...running, ...start]) {
      const conflict = conflictBetween(unit, other);
      if (conflict) return conflict;
    }
    return running.length + start.length >= limits.maxAgents ? { kind: 'slots' } : null;
  }
}

/** Why two units must not run side by side; null when they may. */
export function conflictBetween(unit: PlanUnit, other: PlanUnit): Wait | null {
  if (unit.runsAlone || other.runsAlone) return { kind: 'alone', with: other.id };
  if (unit.exclusive !== null && unit.exclusive === other.exclusive)
    return { kind: 'exclusive', with: other.id, name: unit.exclusive };
  // A unit that does not say what it touches could touch anything; a research unit touches nothing.
  const mine = reach(unit);
  const theirs = reach(other);
  for (const a of mine) {
    for (const b of theirs)
      if (patternsOverlap(a, b)) return { kind: 'overlap', with: other.id, what: a === b || b === '**' ? a : b };
  }
  for (const [reader, writer] of [
    [unit, theirs],
    [other, mine],
  ] as const) {
    for (const contract of reader.contracts) {
      if (writer.some((pattern) => patternsOverlap(pattern, contract)))
        return { kind: 'overlap', with: other.id, what: contract };
    }
  }
  return null;
}

function reach(unit: PlanUnit): readonly string[] {
  if (unit.kind === 'research') return unit.touches;
  return unit.touches.length > 0 ? unit.touches : ['**'];
}

/** Index of the first phase that still has open units; null when none has. */
function openPhase(units: readonly PlanUnit[], phases: readonly string[]): number | null {
  const open = phases.findIndex((phase) => units.some((unit) => unit.phase === phase && !isSettled(unit.state)));
  return open < 0 ? null : open;
}
