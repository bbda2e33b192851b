/** A change of lines: those of the base from `start` to before `end` are replaced; none for an insertion before `start`. */
export interface LineChange {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/**
 * Merges two changes of a text. Where git sees a conflict because they touch, but neither changes what the other one
 * changes, both are made: edits of adjacent lines, and insertions at the same place, ours first. Null if they overlap, or
 * if it is doubtful that both insertions are wanted.
 */
export function mergeLines(
  base: readonly string[],
  ours: readonly LineChange[],
  theirs: readonly LineChange[],
): string[] | null {
  const merged: string[] = [];
  let at = 0;
  for (const region of regionsOf(ours, theirs)) {
    const lines = mergeRegion(base, region);
    if (lines === null) return null;
    merged.push(...base.slice(at, region.start), ...lines);
    at = region.end;
  }
  return [...merged, ...base.slice(at)];
}

/** Changes that touch each other, and the lines of the base from the first one to the last. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly ours: readonly LineChange[];
  readonly theirs: readonly LineChange[];
}

function regionsOf(ours: readonly LineChange[], theirs: readonly LineChange[]): Region[] {
  const regions: Region[] = [];
  const left = new Set(ours);
  for (const change of [...ours, ...theirs].toSorted(byPlace)) {
    const last = regions.at(-1);
    const before = last !== undefined && change.start <= last.end ? regions.pop() : undefined;
    const isOurs = left.has(change);
    regions.push({
      start: before?.start ?? change.start,
      end: Math.max(before?.end ?? 0, change.end),
      ours: [...(before?.ours ?? []), ...(isOurs ? [change] : [])],
      theirs: [...(before?.theirs ?? []), ...(isOurs ? [] : [change])],
    });
  }
  return regions;
}

const byPlace = (a: LineChange, b: LineChange): number => a.start - b.start || a.end - b.end;

function mergeRegion(base: readonly string[], region: Region): string[] | null {
  const { ours, theirs } = region;
  const [left, right] = [changed(base, region, ours), changed(base, region, theirs)];
  if (theirs.length === 0) return left;
  if (ours.length === 0 || isEqual(left, right)) return right;
  if (ours.some((one) => theirs.some((other) => !fit(one, other)))) return null;
  return changed(base, region, [...ours, ...theirs].toSorted(byPlace)); // at one place ours stays first
}

/** True if both can be made: neither changes what the other one does. */
function fit(one: LineChange, other: LineChange): boolean {
  if (one.end > other.start && other.end > one.start) return false;
  const isSamePlace = one.start === one.end && other.start === other.end && one.start === other.start;
  return !isSamePlace || !(isShared(one.lines[0], other.lines[0]) || isShared(one.lines.at(-1), other.lines.at(-1)));
}

/** True for a line that says something, and would be there twice. */
function isShared(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one === other && /\w|[\u0080-\uffff]/.test(one);
}

/** The region with these changes, which are in order and do not overlap. */
function changed(
  base: readonly string[],
  { start, end }: Pick<Region, 'start' | 'end'>,
  changes: readonly LineChange[],
): string[] {
  const lines: string[] = [];
  let at = start;
  for (const change of changes) {
    lines.push(...base.slice(at, change.start), ...change.lines);
    at = change.end;
  }
  return [...lines, ...base.slice(at, end)];
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}
