import type { Nodes } from 'mdast';
import { endOffset, startOffset } from '../text/markdown.ts';

/** A part of a text, by offsets or lines. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Ranges without those inside of others, sorted. */
export function outermost<R extends Range>(ranges: readonly R[]): R[] {
  let reached = -1;
  return ranges
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .filter(({ end }) => {
      if (end <= reached) return false;
      reached = end;
      return true;
    });
}

/** Finds the range that contains another one. Ranges inside of others, and their order, make no difference. */
export function containing<R extends Range>(ranges: readonly R[]): (range: Range) => R | undefined {
  const sorted = outermost(ranges);
  return ({ start, end }) => {
    let [low, high] = [0, sorted.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((sorted[middle]?.start ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    const found = sorted[low];
    return found && start >= found.start && end <= found.end ? found : undefined;
  };
}

/** True for nodes inside of ranges. */
export function isWithin(ranges: readonly Range[]): (node: Nodes) => boolean {
  const find = containing(ranges);
  return (node) => find({ start: startOffset(node), end: endOffset(node) }) !== undefined;
}
