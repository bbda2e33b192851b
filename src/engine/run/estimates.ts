import type { UnitKind } from '../../model/unit.ts';
import { type LandedUnit, readLandedUnits } from '../../queue/attempts.ts';
import type { Database } from '../../queue/database.ts';

/** Milliseconds that a unit is expected to take when nothing has run yet. */
const defaultMs = 300_000;
/** Landed units that a group needs before its median is believed. */
const minGroup = 3;

/** How much a unit is. */
export interface Size {
  readonly kind: UnitKind;
  readonly criteria: number;
  /** Of its prose. */
  readonly characters: number;
  /** Files that it is known to change; 0 when nobody knows. */
  readonly files: number;
}

/** What units are expected to take, going by what landed before. */
export interface Estimates {
  /** Milliseconds. */
  msOf(size: Size): number;
  /** Micro-dollars; null when nothing is known. */
  readonly usualCost: number | null;
  readonly isFromHistory: boolean;
}

/** Learns from the latest landed units: of the same kind and about the same size, else of the same kind, else of all. */
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

/** The estimates of a queue. */
export function readEstimates(database: Database): Estimates {
  return learnEstimates(readLandedUnits(database, 500));
}

/** Each step is about twice as much to do: criteria, files, and a page of prose count alike. */
function sizeKey({ kind, criteria, files, characters }: Size): string {
  return `${kind} ${Math.round(Math.log2(1 + criteria + files + characters / 2000))}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
