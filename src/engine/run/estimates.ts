import type { UnitKind } from '../../model/unit.ts';
import { type LandedUnit, readLandedUnits } from '../../queue/attempts.ts';
import type { Database } from '../../queue/database.ts';

/** Default estimate in ms, without history. */
const defaultMs = 300_000;
/** Minimum of landed units in a group for using its median. */
const minGroup = 3;

/** The size of a unit. */
export interface Size {
  readonly kind: UnitKind;
  readonly criteria: number;
  /** Of its text. */
  readonly characters: number;
  /** Number of files it is known to change; 0 if unknown. */
  readonly files: number;
}

/** Estimates from landed units. */
export interface Estimates {
  /** Milliseconds. */
  msOf(size: Size): number;
  /** Average cost of a unit in micro-dollars; null if unknown. */
  readonly usualCost: number | null;
  readonly isFromHistory: boolean;
}

/** Computes medians of landed units: by kind and size, else by kind, else of all. */
export function learnEstimates(landed: readonly LandedUnit[]): Estimates {
  const groups = new Map<string, number[]>();
  const add = (key: string, ms: number): void => {
    const group = groups.get(key);
    if (group) group.push(ms);
    else groups.set(key, [ms]);
  };
  for (const unit of landed) {
    add('all', unit.ms);
    add(unit.kind, unit.ms);
    add(sizeKey(unit), unit.ms);
  }
  const medians = new Map([...groups].flatMap(([key, all]) => (all.length < minGroup ? [] : [[key, median(all)]])));
  const costs = landed.flatMap((unit) => (unit.costMicroUsd === null ? [] : [unit.costMicroUsd]));
  const all = groups.get('all') ?? [];
  const overall = all.length === 0 ? defaultMs : median(all);
  return {
    msOf: (size) => medians.get(sizeKey(size)) ?? medians.get(size.kind) ?? overall,
    usualCost: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0) / costs.length,
    isFromHistory: all.length > 0,
  };
}

/** How what units took compares to their estimates: the quarters at the low and the high end. */
export interface Spread {
  readonly low: number;
  readonly high: number;
}

/** Landed units without which a spread would be a guess. */
const minSpread = 5;

/** Null without enough landed units. */
export function spreadOf(landed: readonly LandedUnit[], estimates: Estimates): Spread | null {
  if (landed.length < minSpread) return null;
  const ratios = landed.map((unit) => unit.ms / Math.max(1, estimates.msOf(unit))).toSorted((a, b) => a - b);
  const at = (share: number): number => ratios[Math.floor(ratios.length * share)] ?? 1;
  return { low: at(0.25), high: at(0.75) };
}

export function readEstimates(database: Database): Estimates {
  return learnEstimates(readLandedUnits(database, 500));
}

/** Logarithmic, in steps of two; criteria, files and 2,000 characters of text count alike. */
function sizeKey({ kind, criteria, files, characters }: Size): string {
  return `${kind} ${Math.round(Math.log2(1 + criteria + files + characters / 2000))}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
