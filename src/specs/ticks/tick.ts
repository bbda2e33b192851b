import { criteriaHash, type Draft, marksOf } from '../format/draft.ts';
import { edited } from '../format/mark.ts';
import { parseGroup } from '../format/parse-group.ts';
import { groupsOf } from '../formats/formats.ts';
import type { Source } from '../text/source.ts';

/** A unit as it was judged: its text may be older or newer in a version of its files. */
export interface Judged {
  readonly key: string;
  readonly criteriaHash: string;
}

/**
 * Sets every mark of one unit in its files, and returns those that changed. Only the characters of marks change. None
 * where the files do not hold this unit with these very criteria (their text is newer or older than the judged one), or
 * when nothing was left to tick.
 */
export async function tickUnit(sources: readonly Source[], unit: Judged): Promise<Source[]> {
  const draft = (await draftsOf(sources)).find((one) => nameOf(judged(one)) === nameOf(unit));
  const open = Map.groupBy(draft ? marksOf(draft).filter(({ isDone }) => !isDone) : [], ({ file }) => file);
  return sources.flatMap(({ file, text }) => {
    const edits = (open.get(file) ?? []).map((mark) => ({ ...mark, text: mark.done }));
    return edits.length === 0 ? [] : [{ file, text: edited(text, edits) }];
  });
}

/** What a version of some files says of its units. */
export interface Ticks {
  /** Whether it says that the unit is done; null when it does not hold the unit with these criteria. */
  of(unit: Judged): boolean | null;
}

/** Reads a version of some files once for all of their units. */
export async function readTicks(sources: readonly Source[]): Promise<Ticks> {
  const known = new Map<string, boolean>();
  for (const draft of await draftsOf(sources)) {
    const name = nameOf(judged(draft));
    if (!known.has(name)) known.set(name, draft.isDone);
  }
  return { of: (unit) => known.get(nameOf(unit)) ?? null };
}

async function draftsOf(sources: readonly Source[]): Promise<Draft[]> {
  return (await groupsOf(sources)).flatMap((group) => parseGroup(group).drafts);
}

function judged({ key, criteria }: Draft): Judged {
  return { key, criteriaHash: criteriaHash(criteria.map(({ criterion }) => criterion)) };
}

function nameOf({ key, criteriaHash: hash }: Judged): string {
  return `${hash} ${key.toLowerCase()}`;
}
