import type { UnitId } from '../model/ids.ts';
import type { Parallelism } from '../model/parallelism.ts';
import {
  beginningsOf,
  compilePattern,
  type CompiledPattern,
  compiledOverlap,
  isLargePattern,
} from '../model/path-pattern.ts';
import type { PlanUnit } from './plan-unit.ts';
import { specificFiles } from './specific-files.ts';

/** Why two units must not run in parallel. */
export type Conflict =
  | { readonly kind: 'overlap'; readonly with: UnitId; readonly what: string }
  | { readonly kind: 'exclusive'; readonly with: UnitId; readonly name: string }
  | { readonly kind: 'alone'; readonly with: UnitId };

/** What keeps a unit apart from others, with compiled patterns. */
export interface Reach {
  readonly unit: PlanUnit;
  /** Paths that nobody else may write at the same time. */
  readonly writes: readonly Compiled[];
  /** Other paths that it declares: units bet on them, but a contract is not read while it may be written. */
  readonly bets: readonly Compiled[];
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

/** What keeps a unit apart from others; a research unit writes only its answer. */
export function reachOf(unit: PlanUnit, parallelism: Parallelism): Reach {
  const { writes, bets } = writesOf(unit, parallelism);
  const contracts = unit.contracts.map(compile);
  const isLarge =
    Math.max(writes.length + bets.length, contracts.length) > Math.sqrt(maxPairs) ||
    [...writes, ...bets, ...contracts].some(({ compiled }) => isLargePattern(compiled));
  return { unit, writes, bets, contracts, isLarge };
}

function writesOf({ touches, kind }: PlanUnit, parallelism: Parallelism): Pick<Reach, 'writes' | 'bets'> {
  switch (parallelism) {
    case 'careful':
      return { writes: touches.length === 0 && kind !== 'research' ? anything : touches.map(compile), bets: [] };
    case 'balanced': {
      const { files, others } = specificFiles(touches);
      return { writes: files.map(compile), bets: others.map(compile) };
    }
    case 'eager':
      return { writes: [], bets: touches.map(compile) };
  }
}

/** Why the first must not run in parallel with the second; null if it may. */
export function conflictOf(mine: Reach, theirs: Reach): Conflict | null {
  const { unit } = mine;
  const other = theirs.unit;
  if (unit.runsAlone || other.runsAlone) return { kind: 'alone', with: other.id };
  const name = unit.exclusive.find((one) => other.exclusive.includes(one));
  if (name !== undefined) return { kind: 'exclusive', with: other.id, name };
  const meets = firstMeeting(mine.writes, theirs.writes);
  if (meets) {
    const [a, b] = meets;
    return { kind: 'overlap', with: other.id, what: a === b || b === '**' ? a : b };
  }
  // A contract is not read while it is being written.
  const contract = contractMeeting(mine, theirs) ?? contractMeeting(theirs, mine);
  return contract ? { kind: 'overlap', with: other.id, what: contract[0] } : null;
}

function contractMeeting({ contracts }: Reach, { writes, bets }: Reach): readonly [string, string] | null {
  return firstMeeting(contracts, writes) ?? firstMeeting(contracts, bets);
}

function firstMeeting(some: readonly Compiled[], others: readonly Compiled[]): readonly [string, string] | null {
  const [first, other] = [some[0], others[0]];
  if (first && other && some.length * others.length > maxPairs) return [first.pattern, other.pattern];
  for (const a of some) {
    for (const b of others) if (a === b || compiledOverlap(a.compiled, b.compiled)) return [a.pattern, b.pattern];
  }
  return null;
}
