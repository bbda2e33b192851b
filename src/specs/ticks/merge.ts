import type { Group, Reader } from '../format/format.ts';
import { parseGroup } from '../format/parse-group.ts';
import type { Source } from '../text/source.ts';
import { findMarks, type Owned, withMarks, withoutTicks } from './marks.ts';
import { mergeSegments } from './segments.ts';

/*
 * Merging specs by meaning. A tick says something of a text, and is no text itself: the texts are merged without ticks,
 * and then ticked again. A tick stays only on its own text, and who takes one back wins.
 */

/** Files that are read together, in three versions; each has the files that are there in it. */
export interface Versions {
  readonly base: readonly Source[];
  readonly ours: readonly Source[];
  readonly theirs: readonly Source[];
}

/** The merge of three versions of files; null when their texts conflict. Line ends are those of `ours`. */
export function mergeSpecs(reader: Reader, versions: Versions): Source[] | null {
  const bare = (sources: readonly Source[]): Source[] => withoutTicks({ reader, sources });
  const { base, ours, theirs } = versions;
  const merged = mergeTexts(reader, { base: bare(base), ours: bare(ours), theirs: bare(theirs) });
  return merged === null ? null : tickAgain(reader, versions, merged);
}

/**
 * Texts without ticks, merged; null when they conflict. Line ends are those of `ours`. `settled`: files that are merged
 * already; null for one that the merge does not have.
 */
export function mergeTexts(
  reader: Reader,
  versions: Versions,
  settled: ReadonlyMap<string, string | null> = new Map(),
): Source[] | null {
  const [base, ours, theirs] = [versions.base, versions.ours, versions.theirs].map(textsOf);
  if (!base || !ours || !theirs) return null;
  const merged: Source[] = [];
  /** What the units of the base are compared with. */
  const common: Source[] = [];
  let isByItems = false;
  for (const file of new Set([...ours.keys(), ...theirs.keys(), ...settled.keys()])) {
    const known = settled.get(file);
    const one =
      known === undefined
        ? mergeFile(
            reader,
            file,
            [base, ours, theirs].map((texts) => texts.get(file)),
          )
        : { text: known, was: null };
    if (one === null) return null;
    if (one.text !== null) merged.push({ file, text: one.text });
    const was = one.was ?? base.get(file);
    if (was !== undefined) common.push({ file, text: was });
    isByItems ||= one.was !== null;
  }
  return !isByItems || isMergeOf(reader, merged, { ...versions, base: common }) ? merged : null;
}

function textsOf(sources: readonly Source[]): Map<string, string> {
  return new Map(sources.map(({ file, text }) => [file, text]));
}

interface MergedFile {
  /** Null where the merge does not have the file. */
  readonly text: string | null;
  /** What the sides have in common, where the merge had to look at items; else null. */
  readonly was: string | null;
}

/** One file; null for a conflict. A side that does not have it gives no text. */
function mergeFile(reader: Reader, file: string, texts: readonly (string | undefined)[]): MergedFile | null {
  const [base, ours, theirs] = texts;
  const [was, here, there] = texts.map((text) => text?.replaceAll('\r\n', '\n'));
  const isWindows = ours?.includes('\r\n') === true;
  const withOurs = (text: string): string => (isWindows ? text.replaceAll('\n', '\r\n') : text);
  if (there === was || there === here) return { text: ours ?? null, was: null };
  if (here === was) return { text: isWindows && there !== undefined ? withOurs(there) : (theirs ?? null), was: null };
  if (here === undefined || there === undefined) return null;
  const common = was ?? commonStart(here, there);
  const text = mergeItems(reader, file, common, here, there);
  return text === null ? null : { text: withOurs(text), was: base ?? common };
}

/** Merges the items and blocks of three texts. */
function mergeItems(reader: Reader, file: string, base: string, ours: string, theirs: string): string | null {
  const [was, here, there] = [base, ours, theirs].map((text) => reader.segments({ file, text }));
  const merged = was && here && there ? mergeSegments(was, here, there) : null;
  if (merged === null) return null;
  const lines = merged.map((segment, index) =>
    segment.endsWith('\n') || index === merged.length - 1 ? segment : `${segment}\n`,
  );
  const text = lines.join('');
  return ours.endsWith('\n') && !text.endsWith('\n') ? `${text}\n` : text;
}

/** The whole lines that two texts begin with alike. */
function commonStart(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return one.slice(0, one.lastIndexOf('\n', at - 1) + 1);
}

type Unit = Readonly<Record<string, string>>;

/**
 * True when files read as a merge of the others: they have the units of both sides, each as the side has it that changed
 * it, and none that one of them took out. Of a unit that both changed, each part is looked at like that.
 */
function isMergeOf(reader: Reader, merged: readonly Source[], { base, ours, theirs }: Versions): boolean {
  const [now, was, here, there] = [merged, base, ours, theirs].map((sources) => unitsOf({ reader, sources }));
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

/** What each unit of some files asks, part by part; null when two of them have one key. */
function unitsOf(group: Group): ReadonlyMap<string, Unit> | null {
  const { drafts } = parseGroup(group);
  const units = new Map<string, Unit>();
  for (const { key, title, body, keys, criteria } of drafts) {
    const asks = criteria.map(({ criterion: { hash } }) => [`criterion ${hash}`, hash]);
    const said = Object.entries(keys).map(([name, value]) => [`key ${name}`, JSON.stringify(value)]);
    units.set(key.toLowerCase(), Object.fromEntries([['title', title], ['body', body], ...said, ...asks]) as Unit);
  }
  return units.size === drafts.length ? units : null;
}

/** Ticks merged files without ticks: each mark as the versions that have it say. */
export function tickAgain(reader: Reader, { base, ours, theirs }: Versions, merged: readonly Source[]): Source[] {
  const marksOf = (sources: readonly Source[]): ReadonlyMap<string, readonly Owned[]> =>
    Map.groupBy(findMarks({ reader, sources }), ({ of }) => of);
  const [was, here, there] = [marksOf(base), marksOf(ours), marksOf(theirs)];
  const marks = [...marksOf(merged)].flatMap(([of, found]) => {
    const groups = [was.get(of), here.get(of), there.get(of)] as const;
    // One text several times, and not as often everywhere: which is which is not known. A tick must be on all of them.
    const isPaired = groups.every((group) => group === undefined || group.length === found.length);
    return found.flatMap(({ mark }, index) => {
      const [before, mine, yours] = isPaired
        ? groups.map((group) => group?.[index])
        : [undefined, ...groups.slice(1).map(openest)];
      const written = writtenBy(before, mine, yours);
      return written === null ? [] : [{ ...mark, written }];
    });
  });
  return withMarks(merged, marks, ({ written }) => written);
}

function openest(group: readonly Owned[] | undefined): Owned | undefined {
  return group?.find((one) => one.written === null) ?? group?.[0];
}

/** How a mark is set; null for an open one. */
function writtenBy(before: Owned | undefined, ours: Owned | undefined, theirs: Owned | undefined): string | null {
  if (!ours || !theirs) return (ours ?? theirs)?.written ?? null;
  if (ours.written !== null && theirs.written !== null) return ours.written;
  // They differ. Where it was open, somebody ticked it; where it was ticked, or nobody knows, it stays open.
  return before?.written === null ? (ours.written ?? theirs.written) : null;
}
