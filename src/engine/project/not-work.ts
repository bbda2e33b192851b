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
  const said = counts.map(({ why, count }) => `${count} ${count === 1 ? oneOf(why) : why}`);
  return said.length === 0 ? null : `not work: ${said.join(', ')}`;
}

/** The singular of a noun with what is said of it: "notes on stories", "criteria that do not apply", "boxes outside of tasks". */
function oneOf(plural: string): string {
  return plural
    .replace(/criteria|\w+?(?:ies|xes|ches|s)\b/, (noun) =>
      noun === 'criteria'
        ? 'criterion'
        : noun
            .replace(/ies$/, 'y')
            .replace(/(x|ch)es$/, '$1')
            .replace(/s$/, ''),
    )
    .replace(/\bthat do\b/, 'that does')
    .replace(/\bthat are\b/, 'that is')
    .replace(/\bthat name\b/, 'that names');
}
