import type { Group, Reader } from '../format/format.ts';
import { parseGroup } from '../format/parse-group.ts';
import type { Source } from '../text/source.ts';
import { findMarks, type Owned, withMarks, withoutTicks } from './marks.ts';
import { mergeSegments } from './segments.ts';

/*
 * Merges specs by meaning. Ticks are statements about a text, not part of it: the texts are merged without ticks, and then
 * ticked again. A tick stays only on its own text, and an untick wins over a tick.
 */

/** Three versions of files that are read together. A version may lack some of them. */
export interface Versions {
  readonly base: readonly Source[];
  readonly ours: readonly Source[];
  readonly theirs: readonly Source[];
}

/** Merges three versions of files; null if their texts conflict. Keeps the line ends of `ours`. */
export function mergeSpecs(reader: Reader, versions: Versions): Source[] | null {
  const bare = (sources: readonly Source[]): Source[] => withoutTicks({ reader, sources });
  const { base, ours, theirs } = versions;
  const merged = mergeTexts(reader, { base: bare(base), ours: bare(ours), theirs: bare(theirs) });
  return merged === null ? null : tickAgain(reader, versions, merged);
}

/**
 * Merges texts without ticks; null if they conflict. Keeps the line ends of `ours`. `settled` has files that are already
 * merged; null for one that the merge removes.
 */
export function mergeTexts(
  reader: Reader,
  versions: Versions,
  settled: ReadonlyMap<string, string | null> = new Map(),
): Source[] | null {
  const [base, ours, theirs] = [versions.base, versions.ours, versions.theirs].map(textsOf);
  if (!base || !ours || !theirs) return null;
  const merged: Source[] = [];
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
  /** Null if the merge removes the file. */
  readonly text: string | null;
  /** The common base of a merge by items; otherwise null. */
  readonly was: string | null;
}

/** Merges one file; null for a conflict. A side without the file has no text. */
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

/** The common leading lines of two texts. */
function commonStart(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return one.slice(0, one.lastIndexOf('\n', at - 1) + 1);
}

type Unit = Readonly<Record<string, string>>;

/**
 * True if the merged files contain the units of both sides, each as in the side that changed it, and no unit that a side
 * removed. A unit that both sides changed is compared part by part.
 */
function isMergeOf(reader: Reader, merged: readonly Source[], { base, ours, theirs }: Versions): boolean {
  const [now, was, here, there] = [merged, base, ours, theirs].map((sources) => unitsOf({ reader, sources }));
  if (!now || !was || !here || !there) return false;
  const keys = [now, was, here, there].flatMap((units) => [...units.keys()]);
  return keys.every((key) => {
    const [is, before, mine, yours] = [now, was, here, there].map((units) => units.get(key));
    if (isEqual(mine, yours) || isEqual(before, yours)) return isEqual(is, mine);
    if (isEqual(before, mine)) return isEqual(is, yours);
    if (!is || !before || !mine || !yours) return false; // removed and changed, or added twice
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

/** The parts of each unit; null if two units have the same key. */
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

/**
 * Sets the marks of merged files without ticks, each as in the versions that contain it. If a version had one of the files
 * under another name (`isMoved`), a unit that has another title there may be another one: its ticks there say nothing.
 */
export function tickAgain(
  reader: Reader,
  { base, ours, theirs }: Versions,
  merged: readonly Source[],
  isMoved = false,
): Source[] {
  const marksOf = (sources: readonly Source[]): ReadonlyMap<string, readonly Owned[]> =>
    Map.groupBy(findMarks({ reader, sources }), ({ of }) => of);
  const [was, here, there] = [marksOf(base), marksOf(ours), marksOf(theirs)];
  const marks = [...marksOf(merged)].flatMap(([of, found]) => {
    const groups = [was.get(of), here.get(of), there.get(of)] as const;
    // If the number of equal texts differs between versions, they cannot be paired. Then all of them must be ticked.
    const isPaired = groups.every((group) => group === undefined || group.length === found.length);
    return found.flatMap(({ mark, title }, index) => {
      const said = (one: Owned | undefined): Owned | undefined =>
        isMoved && one !== undefined && one.written !== null && one.title !== title ? undefined : one;
      const [before, mine, yours] = isPaired
        ? groups.map((group) => group?.[index])
        : [undefined, ...groups.slice(1).map(openest)];
      const written = writtenBy(before, said(mine), said(yours));
      return written === null ? [] : [{ ...mark, written }];
    });
  });
  return withMarks(merged, marks, ({ written }) => written);
}

function openest(group: readonly Owned[] | undefined): Owned | undefined {
  return group?.find((one) => one.written === null) ?? group?.[0];
}

/** The characters that set a mark; null for an open one. */
function writtenBy(before: Owned | undefined, ours: Owned | undefined, theirs: Owned | undefined): string | null {
  if (!ours || !theirs) return (ours ?? theirs)?.written ?? null;
  if (ours.written !== null && theirs.written !== null) return ours.written;
  // They differ: one side ticked an open mark, or one side unticked it. In doubt it stays open.
  return before?.written === null ? (ours.written ?? theirs.written) : null;
}
