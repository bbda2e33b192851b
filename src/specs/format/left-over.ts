import type { ParsedCriterion } from './criterion.ts';
import type { Draft } from './draft.ts';

/** What is known of a unit before it is a draft. */
type Standing = Pick<Draft, 'isDone'> & { readonly hold?: string | null };

/**
 * The unit that is judged by what no unit of its list names, by place; -1 without units. It belongs to the last one. While that
 * is done and another is not, nobody would judge it, so the last open one borrows it (`Draft.borrowed`).
 */
export function heirOf(units: readonly Standing[]): number {
  const last = units.length - 1;
  if (units[last]?.isDone !== true) return last;
  const free = units.findLastIndex(({ isDone, hold = null }) => !isDone && hold === null);
  const open = free >= 0 ? free : units.findLastIndex(({ isDone }) => !isDone);
  return open >= 0 ? open : last;
}

/** Criteria of another unit, with their places behind `own`: their boxes stay with the other one. */
export function borrowed(criteria: readonly ParsedCriterion[], own: number): ParsedCriterion[] {
  return criteria.map((one, index) => ({
    ...one,
    criterion: { ...one.criterion, position: own + index, isTicked: null },
    mark: null,
  }));
}
