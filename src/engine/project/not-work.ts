import type { SpecFolder } from '../../specs/units/read.ts';

/** What looks like work but is none: a noun in the plural, and the number of places. */
export interface NotWorkCount {
  readonly why: string;
  readonly count: number;
}

/** The counts of what is no work, in the order in which it is found. */
export function countNotWork(all: SpecFolder['notWork']): readonly NotWorkCount[] {
  return [...Map.groupBy(all, ({ why }) => why)].map(([why, places]) => ({ why, count: places.length }));
}

/** The same on a line; null if there is nothing of the kind. */
export function notWorkLine(counts: readonly NotWorkCount[]): string | null {
  return counts.length === 0 ? null : `not work: ${counts.map(({ why, count }) => `${count} ${why}`).join(', ')}`;
}
