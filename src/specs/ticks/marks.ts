import { criteriaHash, marksOf } from '../format/draft.ts';
import type { Group } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { parseGroup } from '../format/parse-group.ts';
import type { Source } from '../text/source.ts';

/** A mark with its owner. */
export interface Owned {
  readonly mark: Mark;
  /** The characters that set it; null for an open one. */
  readonly written: string | null;
  /**
   * Identifies the owner, independently of ticks, white space and position: the unit and the criterion, or the unit with all
   * of its criteria.
   */
  readonly of: string;
  /** The title of the unit; '' for an item of none. */
  readonly title: string;
}

/** The files with all marks open. */
export function withoutTicks({ reader, sources }: Group): Source[] {
  return withMarks(
    sources,
    allMarks({ reader, sources }).filter(({ isDone }) => isDone),
    ({ open }) => open,
  );
}

/** The files with new characters for some marks. */
export function withMarks<M extends Mark>(
  sources: readonly Source[],
  marks: readonly M[],
  written: (mark: M) => string,
): Source[] {
  const byFile = Map.groupBy(marks, ({ file }) => file);
  return sources.map(({ file, text }) => {
    const edits = (byFile.get(file) ?? []).map((mark) => ({ ...mark, text: written(mark) }));
    return { file, text: edited(text, edits) };
  });
}

/** All marks of files that are read together, in order. */
export function findMarks({ reader, sources }: Group): Owned[] {
  const opened = withoutTicks({ reader, sources });
  const owners = ownersOf({ reader, sources: opened });
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  const marks = allMarks({ reader, sources });
  // Opening a mark shifts later offsets, but keeps the order of marks.
  return allMarks({ reader, sources: opened }).flatMap((bare, index) => {
    const mark = marks[index];
    if (mark === undefined) return [];
    const { file, start, end, isDone } = mark;
    return [{ mark, written: isDone ? (texts.get(file)?.slice(start, end) ?? null) : null, ...ownerOf(owners, bare) }];
  });
}

const placeOf = ({ file, start }: Mark): string => `${start} ${file}`;

type Owner = Pick<Owned, 'of' | 'title'>;

function ownerOf(owners: ReadonlyMap<string, Owner>, mark: Mark): Owner {
  return owners.get(placeOf(mark)) ?? { of: JSON.stringify(['', 'item', mark.of]), title: '' };
}

function ownersOf(group: Group): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const { key, title, criteria, marks } of parseGroup(group).drafts) {
    const unit = key.toLowerCase();
    const asked = criteriaHash(criteria.map(({ criterion }) => criterion));
    const own = (mark: Mark, ...of: readonly string[]): unknown =>
      owners.set(placeOf(mark), { of: JSON.stringify([unit, ...of]), title });
    for (const mark of marks) own(mark, 'unit', mark.of, asked);
    for (const { mark, criterion } of criteria) if (mark) own(mark, 'criterion', criterion.hash);
  }
  return owners;
}

/** All marks, without owners; none if the files have an error. */
function allMarks({ reader, sources }: Group): Mark[] {
  const parsed = parseGroup({ reader, sources });
  if (parsed.diagnostics.length > 0) return [];
  const marks = [...parsed.drafts.flatMap(marksOf), ...sources.flatMap((source) => reader.looseMarks(source))];
  const order = new Map(sources.map(({ file }, index) => [file, index]));
  const each = new Map(marks.toReversed().map((mark) => [placeOf(mark), mark]));
  const at = ({ file }: Mark): number => order.get(file) ?? -1;
  return [...each.values()].toSorted((a, b) => at(a) - at(b) || a.start - b.start);
}
