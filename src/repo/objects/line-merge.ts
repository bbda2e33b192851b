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
    append(merged, base, at, region.start);
    append(merged, lines);
    at = region.end;
  }
  append(merged, base, at);
  return merged;
}

/** Adds some of the lines, which may be more than a call takes as arguments. */
function append(to: string[], lines: readonly string[], from = 0, end = lines.length): void {
  for (let index = from; index < end; index++) to.push(lines[index] ?? '');
}

/** Changes that touch each other, and the lines of the base from the first one to the last. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly ours: readonly LineChange[];
  readonly theirs: readonly LineChange[];
}

function regionsOf(ours: readonly LineChange[], theirs: readonly LineChange[]): Region[] {
  const regions: (Region & { end: number; readonly ours: LineChange[]; readonly theirs: LineChange[] })[] = [];
  const left = new Set(ours);
  for (const change of [...ours, ...theirs].toSorted(byPlace)) {
    const last = regions.at(-1);
    const touches = last !== undefined && change.start <= last.end;
    const region = touches ? last : { start: change.start, end: change.end, ours: [], theirs: [] };
    if (!touches) regions.push(region);
    region.end = Math.max(region.end, change.end);
    (left.has(change) ? region.ours : region.theirs).push(change);
  }
  return regions;
}

const byPlace = (a: LineChange, b: LineChange): number => a.start - b.start || a.end - b.end;

function mergeRegion(base: readonly string[], region: Region): string[] | null {
  const { ours, theirs } = region;
  const [left, right] = [changed(base, region, ours), changed(base, region, theirs)];
  if (theirs.length === 0) return left;
  if (ours.length === 0 || isEqual(left, right)) return right;
  if (!allFit(ours, theirs)) return null;
  return changed(base, region, [...ours, ...theirs].toSorted(byPlace)); // at one place ours stays first
}

/** True if each change of one side fits each of the other. Those of a side are in order, and do not overlap. */
function allFit(ours: readonly LineChange[], theirs: readonly LineChange[]): boolean {
  let from = 0;
  for (const one of ours) {
    while ((theirs[from]?.end ?? Infinity) < one.start) from++;
    for (let at = from; at < theirs.length; at++) {
      const other = theirs[at];
      if (other === undefined || other.start > one.end) break;
      if (!fit(one, other)) return false;
    }
  }
  return true;
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
    append(lines, base, at, change.start);
    append(lines, change.lines);
    at = change.end;
  }
  append(lines, base, at, end);
  return lines;
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}
