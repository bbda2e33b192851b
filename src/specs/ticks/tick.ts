import type { Asked } from '../../model/unit.ts';
import { locate } from '../../model/diagnostic.ts';
import { criteriaHash, type Draft, marksOf } from '../format/draft.ts';
import { formerCriteria } from '../format/former.ts';
import { edited, type Mark } from '../format/mark.ts';
import type { KnownGroups } from '../format/known.ts';
import { parseGroup } from '../format/parse-group.ts';
import { groupsOf } from '../formats/formats.ts';
import type { Source } from '../text/source.ts';

/** A judged unit. Another version of its files may have an older or newer text. */
export interface Judged {
  readonly key: string;
  readonly criteriaHash: string;
  /**
   * How many done units of its files have its key and its criteria: in a list without keys, a task is asked for again by an item
   * like one that is done. Only their marks tell them from each other, so that the done ones count first, wherever they are.
   */
  readonly doneTwins?: number;
}

/** A unit with its format; files are read in that, if it has one. */
type AsRead = Judged & { readonly format?: string | null };

/**
 * Sets every mark of a unit, and returns the changed files. Changes only the characters of marks. Returns no file if none
 * contains this unit with exactly these criteria, if all marks are set, or if the files would then read as something else
 * than the same units with this one done.
 */
export async function tickUnit(sources: readonly Source[], unit: AsRead): Promise<Source[]> {
  return changed(sources, await draftsOf(sources, unit.format ?? null), unit, true);
}

/** Opens every mark of a unit, and returns the changed files; the inverse of `tickUnit`, with the same care. */
export async function untickUnit(sources: readonly Source[], unit: AsRead): Promise<Source[]> {
  return changed(sources, await draftsOf(sources, unit.format ?? null), unit, false);
}

/** The files with all marks of a unit set or open; `before` is what they are parsed to. */
async function changed(
  sources: readonly Source[],
  before: readonly Draft[],
  unit: AsRead,
  isDone: boolean,
): Promise<Source[]> {
  const draft = draftOf(before, unit);
  const edits = (draft ? marksOf(draft) : [])
    .filter((mark) => mark.isDone !== isDone)
    .map((mark) => ({ ...mark, text: isDone ? mark.done : mark.open }));
  const byFile = Map.groupBy(edits, ({ file }) => file);
  const files = sources.flatMap(({ file, text }) => {
    const own = byFile.get(file);
    return own === undefined ? [] : [{ file, text: edited(text, own) }];
  });
  return files.length === 0 || (await readsAs(sources, files, { before, unit, isDone })) ? files : [];
}

/** True if the changed files have the same units with the same texts, of which this one is done, or open. */
async function readsAs(
  sources: readonly Source[],
  files: readonly Source[],
  { before, unit, isDone }: { readonly before: readonly Draft[]; readonly unit: AsRead; readonly isDone: boolean },
): Promise<boolean> {
  const now = new Map(files.map((source) => [source.file, source]));
  const after = await draftsOf(
    sources.map((source) => now.get(source.file) ?? source),
    unit.format ?? null,
  );
  const textOf = (draft: Draft): string => JSON.stringify([judged(draft), draft.title]);
  if (before.length !== after.length) return false;
  if (before.some((draft, index) => textOf(draft) !== textOf(after[index] ?? draft))) return false;
  return draftOf(after, unit)?.isDone === isDone;
}

/** Where a unit that its marks do not say to be done has to be marked by a person, and why. */
export interface RefusedTick {
  readonly file: string;
  readonly line: number;
  /** A clause. */
  readonly why: string;
}

/**
 * What a tick of a unit does: `absent` if the files do not contain it with these criteria, `unmarked` if its format has no marks
 * for it, `done` if it is marked already.
 */
export async function readTickability(
  sources: readonly Source[],
  unit: AsRead,
): Promise<'absent' | 'unmarked' | 'done' | 'possible' | RefusedTick> {
  const drafts = await draftsOf(sources, unit.format ?? null);
  const draft = draftOf(drafts, unit);
  if (draft === undefined) return 'absent';
  if (draft.isDone) return 'done';
  const [first] = marksOf(draft);
  if (first === undefined) return 'unmarked';
  if ((await changed(sources, drafts, unit, true)).length > 0) return 'possible';
  const textOf = (file: string): string => sources.find((source) => source.file === file)?.text ?? '';
  const isStuck = ({ file, start, end, done, isDone }: Mark): boolean =>
    !isDone && textOf(file).slice(start, end) === done;
  const stuck = marksOf(draft).find(isStuck);
  const { file, start } = stuck ?? marksOf(draft).find(({ isDone }) => !isDone) ?? first;
  const why =
    stuck === undefined
      ? 'with its marks set, its files would be read as something else'
      : 'its status cannot be written without another key';
  return { file, line: locate(textOf(file), start).line, why };
}

function draftOf(drafts: readonly Draft[], unit: Judged): Draft | undefined {
  const same = drafts.filter((one) => nameOf(judged(one)) === nameOf(unit));
  return doneFirst(same)[unit.doneTwins ?? 0];
}

/** Units of one name: the done ones, and then the others, each in the order of their files. */
function doneFirst(same: readonly Draft[]): readonly Draft[] {
  if (same.length < 2) return same;
  return same.toSorted((a, b) => Number(b.isDone) - Number(a.isDone));
}

/** A unit in a version of some files. */
export interface VersionUnit extends Asked {
  readonly key: string;
  readonly title: string;
  readonly isDone: boolean;
  /** False if nothing in the files can say whether it is done. */
  readonly isMarked: boolean;
  /** The hashes of its criteria. */
  readonly criteria: readonly string[];
}

/** The ticks in a version of some files. */
export interface Ticks {
  /** In the order of the files. */
  readonly units: readonly VersionUnit[];
  /** True if the unit is marked as done; null if the files do not contain the unit with these criteria, or no mark of it. */
  of(unit: Judged): boolean | null;
  /** How many units with its key and its criteria are done. */
  countDone(unit: Judged): number;
  /** The unit with whatever criteria; null if the files do not contain one with this key, or several. */
  unit(key: string): VersionUnit | null;
}

/** Reads the ticks of all units of some files; with `format`, as files of that. What is `known` is not parsed. */
export async function readTicks(
  sources: readonly Source[],
  format: string | null = null,
  known: KnownGroups | null = null,
): Promise<Ticks> {
  const drafts = await draftsOf(sources, format, known);
  const byName = new Map<string, readonly Draft[]>();
  for (const [name, same] of Map.groupBy(drafts, (draft) => nameOf(judged(draft)))) byName.set(name, doneFirst(same));
  const units = drafts.map(versionOf);
  const byKey = Map.groupBy(units, ({ key }) => key.toLowerCase());
  return {
    units,
    of: (unit) => {
      const draft = byName.get(nameOf(unit))?.[unit.doneTwins ?? 0];
      return draft !== undefined && (draft.isDone || marksOf(draft).length > 0) ? draft.isDone : null;
    },
    countDone: (unit) => (byName.get(nameOf(unit)) ?? []).filter(({ isDone }) => isDone).length,
    unit: (key) => {
      const [unit, other] = byKey.get(key.toLowerCase()) ?? [];
      return unit === undefined || other !== undefined ? null : unit;
    },
  };
}

/** What was parsed last: a tick reads what the one before it wrote. Drafts are kept only as long as something uses them. */
const recent: {
  readonly sources: readonly Source[];
  readonly format: string | null;
  readonly drafts: WeakRef<readonly Draft[]>;
}[] = [];

async function draftsOf(
  sources: readonly Source[],
  format: string | null,
  known: KnownGroups | null = null,
): Promise<readonly Draft[]> {
  const isSame = (one: (typeof recent)[number]): boolean =>
    one.format === format &&
    one.sources.length === sources.length &&
    one.sources.every(({ file, text }, index) => file === sources[index]?.file && text === sources[index].text);
  const before = known === null ? recent.find(isSame)?.drafts.deref() : undefined;
  if (before !== undefined) return before;
  const groups = await groupsOf(sources, format === null ? [] : [format]);
  const drafts = groups.flatMap((group) => (known?.parse(group.format, group) ?? parseGroup(group)).drafts);
  if (known === null) {
    recent.unshift({ sources, format, drafts: new WeakRef(drafts) });
    recent.length = Math.min(recent.length, 2);
  }
  return drafts;
}

function judged({ key, criteria }: Draft): Judged {
  return { key, criteriaHash: criteriaHash(criteria.map(({ criterion }) => criterion)) };
}

function versionOf(draft: Draft): VersionUnit {
  const { key, title, isDone } = draft;
  const criteria = draft.criteria.map(({ criterion }) => criterion);
  const hashes = criteria.map(({ hash }) => hash);
  const isMarked = isDone || marksOf(draft).length > 0;
  const all = { criteria: hashes, criteriaHash: criteriaHash(criteria), ...formerCriteria(criteria) };
  return { key, title, isDone, isMarked, ...all };
}

function nameOf({ key, criteriaHash: hash }: Judged): string {
  return `${hash} ${key.toLowerCase()}`;
}
