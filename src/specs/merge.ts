import { type Box, findBoxes, withoutTicks, write } from './boxes.ts';
import { criteriaHash } from './draft.ts';
import { parseSpecFile } from './parse.ts';
import type { Source } from './source.ts';

/*
 * Merging specs by meaning. A tick says something of a text, and is no text itself: the texts are merged without ticks,
 * and then ticked again. A tick stays only on its own text, and who takes one back wins.
 */

/** One file in three versions; a version is null where it does not have the file. */
export interface Versions {
  /** Relative to the specs folder. */
  readonly file: string;
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** The merge of three versions of one file; null when their texts conflict. Line ends are those of `ours`. */
export function mergeSpec(versions: Versions & { readonly ours: string; readonly theirs: string }): string | null {
  const { file, base, ours, theirs } = versions;
  const bare = (text: string): string => withoutTicks({ file, text });
  const text = mergeTexts(file, base === null ? null : bare(base), bare(ours), bare(theirs));
  return text === null ? null : tickAgain(versions, text);
}

/** Texts without ticks, merged; null when they conflict. */
export function mergeTexts(file: string, base: string | null, ours: string, theirs: string): string | null {
  const [was, here, there] = [base, ours, theirs].map((text) => text?.replaceAll('\r\n', '\n'));
  if (there === was || there === here) return ours;
  if (here === was) return ours.includes('\r\n') ? (there ?? '').replaceAll('\n', '\r\n') : theirs;
  return appendedByBoth(file, base, ours, theirs);
}

/** Both added units at the same place, and changed nothing else: first ours, then theirs. */
function appendedByBoth(file: string, base: string | null, ours: string, theirs: string): string | null {
  const newline = ours.includes('\r\n') ? '\r\n' : '\n';
  const here = ours.split(/\r?\n/);
  const there = theirs.split(/\r?\n/);
  const was = base === null ? here.slice(0, sameLines(here, there)) : base.split(/\r?\n/);
  const before = Math.min(sameLines(was, here), sameLines(was, there));
  const rest = was.slice(before).toReversed();
  const after = Math.min(...[here, there].map((lines) => sameLines(rest, lines.slice(before).toReversed())));
  if (after < rest.length) return null; // one of them changed what was there
  const added = [here, there].map((lines) => lines.slice(before, lines.length - after));
  while (added[0]?.at(-1) === '') added[0].pop();
  const text = [...was.slice(0, before), ...added.flat(), ...was.slice(was.length - after)].join(newline);
  const merged = ours.endsWith('\n') && !text.endsWith('\n') ? text + newline : text;
  return holdsBoth(file, merged, [ours, theirs]) ? merged : null;
}

/** How many lines two texts begin with alike. */
function sameLines(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((line, index) => line !== other[index]);
  return end < 0 ? one.length : end;
}

/** True when a text has the units of both sides, each as its side has it, and no others. */
function holdsBoth(file: string, merged: string, sides: readonly string[]): boolean {
  const unitsOf = (text: string): string[] =>
    parseSpecFile({ file, text }).drafts.map(({ key, title, body, keys, criteria }) =>
      JSON.stringify([key.toLowerCase(), title, body, keys, criteriaHash(criteria.map((c) => c.criterion))]),
    );
  const found = unitsOf(merged);
  const keys = new Set(parseSpecFile({ file, text: merged }).drafts.map(({ key }) => key.toLowerCase()));
  const wanted = new Set(sides.flatMap(unitsOf));
  return found.length === wanted.size && keys.size === found.length && found.every((unit) => wanted.has(unit));
}

/** Ticks a merged text without ticks: each box as the versions that have it say. */
export function tickAgain({ file, base, ours, theirs }: Versions, merged: string): string {
  const boxesOf = (text: string | null): ReadonlyMap<string, readonly Box[]> =>
    Map.groupBy(text === null ? [] : findBoxes({ file, text } satisfies Source), (box) => box.of);
  const [was, here, there] = [boxesOf(base), boxesOf(ours), boxesOf(theirs)];
  const marks = [...boxesOf(merged)].flatMap(([of, boxes]) => {
    const groups = [was.get(of), here.get(of), there.get(of)] as const;
    // One text several times, and not as often everywhere: which is which is not known. A tick must be on all of them.
    const isPaired = groups.every((group) => group === undefined || group.length === boxes.length);
    return boxes.flatMap(({ offset }, index) => {
      const [before, mine, yours] = isPaired
        ? groups.map((group) => group?.[index])
        : [undefined, ...groups.slice(1).map(openest)];
      const mark = markOf(before, mine, yours);
      return mark === null ? [] : [{ offset, mark }];
    });
  });
  return write(merged, marks);
}

function openest(group: readonly Box[] | undefined): Box | undefined {
  return group?.find((box) => box.mark === null) ?? group?.[0];
}

/** How a box is marked; null for an open one. */
function markOf(before: Box | undefined, ours: Box | undefined, theirs: Box | undefined): string | null {
  if (!ours || !theirs) return (ours ?? theirs)?.mark ?? null;
  if (ours.mark !== null && theirs.mark !== null) return ours.mark;
  // They differ. Where it was open, somebody ticked it; where it was ticked, or nobody knows, it stays open.
  return before?.mark === null ? (ours.mark ?? theirs.mark) : null;
}
