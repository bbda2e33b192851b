import type { UnitId } from '../model/ids.ts';
import {
  beginningsOf,
  compilePattern,
  type CompiledPattern,
  compiledOverlap,
  isLargePattern,
} from '../model/path-pattern.ts';
import type { PlanUnit } from './plan-unit.ts';

/** Why two units must not run in parallel. */
export type Conflict =
  | { readonly kind: 'overlap'; readonly with: UnitId; readonly what: string }
  | { readonly kind: 'exclusive'; readonly with: UnitId; readonly name: string }
  | { readonly kind: 'alone'; readonly with: UnitId };

/** The paths that a unit may reach, with compiled patterns. */
export interface Reach {
  readonly unit: PlanUnit;
  readonly writes: readonly Compiled[];
  readonly contracts: readonly Compiled[];
  /** True if it has too many patterns to compare with another large unit: such pairs never run in parallel. */
  readonly isLarge: boolean;
}

interface Compiled {
  readonly pattern: string;
  readonly compiled: CompiledPattern;
  readonly beginnings: readonly (readonly string[])[];
}

function compile(pattern: string): Compiled {
  const compiled = compilePattern(pattern);
  return { pattern, compiled, beginnings: beginningsOf(compiled) };
}

/** Pairs of patterns above which two units count as conflicting without comparison. */
const maxPairs = 100_000;
/** A unit without `touches` may change anything. */
const anything = [compile('**')];

/** The paths that a unit may reach; a research unit writes only its answer. */
export function reachOf(unit: PlanUnit): Reach {
  const isUnknown = unit.touches.length === 0 && unit.kind !== 'research';
  const [writes, contracts] = [isUnknown ? anything : unit.touches.map(compile), unit.contracts.map(compile)];
  const isLarge =
    Math.max(writes.length, contracts.length) > Math.sqrt(maxPairs) ||
    [...writes, ...contracts].some(({ compiled }) => isLargePattern(compiled));
  return { unit, writes, contracts, isLarge };
}

/** Why the first must not run in parallel with the second; null if it may. */
export function conflictOf(mine: Reach, theirs: Reach): Conflict | null {
  const { unit } = mine;
  const other = theirs.unit;
  if (unit.runsAlone || other.runsAlone) return { kind: 'alone', with: other.id };
  if (unit.exclusive !== null && unit.exclusive === other.exclusive)
    return { kind: 'exclusive', with: other.id, name: unit.exclusive };
  const meets = firstMeeting(mine.writes, theirs.writes);
  if (meets) {
    const [a, b] = meets;
    return { kind: 'overlap', with: other.id, what: a === b || b === '**' ? a : b };
  }
  // A contract is not read while it is being written.
  const contract = firstMeeting(mine.contracts, theirs.writes) ?? firstMeeting(theirs.contracts, mine.writes);
  return contract ? { kind: 'overlap', with: other.id, what: contract[0] } : null;
}

function firstMeeting(some: readonly Compiled[], others: readonly Compiled[]): readonly [string, string] | null {
  const [first, other] = [some[0], others[0]];
  if (first && other && some.length * others.length > maxPairs) return [first.pattern, other.pattern];
  for (const a of some) {
    for (const b of others) if (a === b || compiledOverlap(a.compiled, b.compiled)) return [a.pattern, b.pattern];
  }
  return null;
}
