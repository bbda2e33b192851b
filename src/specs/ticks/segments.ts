/*
 * A three-way merge of segments (`Reader.segments`). Only two changes of the same segment conflict; changes of adjacent
 * segments do not, unlike changes of adjacent lines in git.
 */

/** The changes of one side to the base. */
interface Side {
  /** For each segment of the base, its new text; null if it was removed. */
  readonly now: readonly (string | null)[];
  /** The segments that were inserted before each segment of the base, and after the last. */
  readonly added: readonly (readonly string[])[];
}

/** Merges three sequences; null if both sides changed the same segment differently, or if the sequences are too long. */
export function mergeSegments(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): string[] | null {
  const [here, there] = [sideOf(base, ours), sideOf(base, theirs)];
  if (here === null || there === null) return null;
  const merged: string[] = [];
  for (let at = 0; at <= base.length; at++) {
    for (const segment of bothAdded(here.added[at] ?? [], there.added[at] ?? [])) merged.push(segment);
    const [was, mine, yours] = [base[at], here.now[at], there.now[at]];
    const isTheirs = isSame(mine, was);
    if (!isTheirs && !isSame(yours, was) && !isSame(mine, yours)) return null;
    // A change of text wins over a change of white space.
    const now = isTheirs && (mine === was || !isSame(yours, was)) ? yours : mine;
    if (typeof now === 'string') merged.push(now);
  }
  return merged;
}

/** Trailing white space only separates segments. */
function isSame(one: string | null | undefined, other: string | null | undefined): boolean {
  return one?.trimEnd() === other?.trimEnd();
}

/** Ours, then theirs, without duplicates. Deeper segments belong to the item before, so they go first. */
function bothAdded(ours: readonly string[], theirs: readonly string[]): string[] {
  const twice = new Map<string, number>();
  for (const one of ours) twice.set(one.trimEnd(), (twice.get(one.trimEnd()) ?? 0) + 1);
  const left = theirs.filter((one) => {
    const count = twice.get(one.trimEnd()) ?? 0;
    twice.set(one.trimEnd(), count - 1);
    return count <= 0;
  });
  return depth(left[0]) > depth(ours[0]) ? [...left, ...ours] : [...ours, ...left];
}

function depth(segment: string | undefined): number {
  return segment === undefined ? -1 : segment.search(/\S/);
}

function sideOf(base: readonly string[], side: readonly string[]): Side | null {
  const pairs = common(base, side);
  if (pairs === null) return null;
  const now: (string | null)[] = base.map(() => null);
  const added: string[][] = Array.from({ length: base.length + 1 }, () => []);
  let [i, k] = [0, 0];
  for (const [atBase, atSide] of [...pairs, [base.length, side.length] as const]) {
    // Between two common segments, a segment at the place of another one is its new text.
    for (; i < atBase && k < atSide && depth(base[i]) === depth(side[k]); i++, k++) now[i] = side[k] ?? null;
    for (const segment of side.slice(k, atSide)) added[atBase]?.push(segment);
    if (atBase < base.length) now[atBase] = side[atSide] ?? null;
    [i, k] = [atBase + 1, atSide + 1];
  }
  return { now, added };
}

/** Maximum size of the table that compares two sequences. */
const maxCells = 4_000_000;

/** The index pairs of a longest common subsequence; null if the table would exceed `maxCells`. */
function common(one: readonly string[], other: readonly string[]): (readonly [number, number])[] | null {
  const texts = new Map<string, number>();
  const numbered = (segments: readonly string[]): number[] =>
    segments.map((segment) => {
      const text = segment.trimEnd();
      const number = texts.get(text) ?? texts.size;
      texts.set(text, number);
      return number;
    });
  const [left, right] = [numbered(one), numbered(other)];
  const most = Math.min(left.length, right.length);
  let before = 0;
  while (before < most && left[before] === right[before]) before++;
  let after = 0;
  while (after < most - before && left[left.length - 1 - after] === right[right.length - 1 - after]) after++;
  const [rows, columns] = [left.length - before - after, right.length - before - after];
  if (rows * columns > maxCells) return null;
  // Length of the longest common subsequence from each pair of places on.
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const lengthAt = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  const isPair = (row: number, column: number): boolean => left[before + row] === right[before + column];
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--)
      lengths[row * width + column] = isPair(row, column)
        ? lengthAt(row + 1, column + 1) + 1
        : Math.max(lengthAt(row, column + 1), lengthAt(row + 1, column));
  const pairs: [number, number][] = Array.from({ length: before }, (_, index) => [index, index]);
  for (let row = 0, column = 0; row < rows && column < columns;) {
    if (isPair(row, column)) pairs.push([before + row++, before + column++]);
    else if (lengthAt(row + 1, column) >= lengthAt(row, column + 1)) row++;
    else column++;
  }
  for (let index = after; index > 0; index--) pairs.push([left.length - index, right.length - index]);
  return pairs;
}
