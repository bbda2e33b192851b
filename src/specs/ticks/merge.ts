import { type Box, findBoxes, withoutTicks, write } from './boxes.ts';
import { parseSpecFile } from '../formats/parse.ts';
import { mergeSegments, segmentsOf } from './segments.ts';
import type { Source } from '../text/source.ts';

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

/** Texts without ticks, merged; null when they conflict. Line ends are those of `ours`. */
export function mergeTexts(file: string, base: string | null, ours: string, theirs: string): string | null {
  const isWindows = ours.includes('\r\n');
  const withOurs = (text: string): string => (isWindows ? text.replaceAll('\n', '\r\n') : text);
  const [was, here, there] = [base, ours, theirs].map((text) => text?.replaceAll('\r\n', '\n'));
  if (here === undefined || there === undefined) return null;
  if (there === was || there === here) return ours;
  if (here === was) return isWindows ? withOurs(there) : theirs;
  const merged = mergeItems(file, was ?? commonStart(here, there), here, there);
  return merged === null ? null : withOurs(merged);
}

/** Merges the items and blocks of three texts. */
function mergeItems(file: string, base: string, ours: string, theirs: string): string | null {
  const [was, here, there] = [base, ours, theirs].map((text) => segmentsOf({ file, text }));
  const merged = was && here && there ? mergeSegments(was, here, there) : null;
  if (merged === null) return null;
  const lines = merged.map((segment, index) =>
    segment.endsWith('\n') || index === merged.length - 1 ? segment : `${segment}\n`,
  );
  const text = lines.join('');
  const ended = ours.endsWith('\n') && !text.endsWith('\n') ? `${text}\n` : text;
  return isMergeOf(file, ended, { base, ours, theirs }) ? ended : null;
}

/** The whole lines that two texts begin with alike. */
function commonStart(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return one.slice(0, one.lastIndexOf('\n', at - 1) + 1);
}

type Unit = Readonly<Record<string, string>>;

/**
 * True when a text reads as a merge of the others: it has the units of both sides, each as the side has it that changed
 * it, and none that one of them took out. Of a unit that both changed, each part is looked at like that.
 */
function isMergeOf(
  file: string,
  merged: string,
  { base, ours, theirs }: { readonly base: string; readonly ours: string; readonly theirs: string },
): boolean {
  const [now, was, here, there] = [merged, base, ours, theirs].map((text) => unitsOf(file, text));
  if (!now || !was || !here || !there) return false;
  const keys = [now, was, here, there].flatMap((units) => [...units.keys()]);
  return keys.every((key) => {
    const [is, before, mine, yours] = [now, was, here, there].map((units) => units.get(key));
    if (isEqual(mine, yours) || isEqual(before, yours)) return isEqual(is, mine);
    if (isEqual(before, mine)) return isEqual(is, yours);
    if (!is || !before || !mine || !yours) return false; // taken out by one, and changed by the other; or two new ones
    const parts = new Set([is, before, mine, yours].flatMap((unit) => Object.keys(unit)));
    return [...parts].every((part) => {
      if (mine[part] === yours[part] || before[part] === yours[part]) return is[part] === mine[part];
      return before[part] === mine[part] ? is[part] === yours[part] : part === 'body';
    });
  });
}

function isEqual(one: Unit | undefined, other: Unit | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other));
}

/** What each unit of a text asks, part by part; null when two of them have one key. */
function unitsOf(file: string, text: string): ReadonlyMap<string, Unit> | null {
  const { drafts } = parseSpecFile({ file, text });
  const units = new Map<string, Unit>();
  for (const { key, title, body, keys, criteria } of drafts) {
    const asks = criteria.map(({ criterion: { hash } }) => [`criterion ${hash}`, hash]);
    const said = Object.entries(keys).map(([name, value]) => [`key ${name}`, JSON.stringify(value)]);
    units.set(key.toLowerCase(), Object.fromEntries([['title', title], ['body', body], ...said, ...asks]) as Unit);
  }
  return units.size === drafts.length ? units : null;
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
