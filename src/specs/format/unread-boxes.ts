import { locate } from '../../model/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { boxesIn } from './boxes.ts';
import { type Draft, marksOf } from './draft.ts';
import type { NotWork } from './format.ts';

/**
 * The open boxes that are neither a unit, nor a part or criterion of one, in the Markdown files from which open units are read.
 * Somebody may take them for work. Optional ones are left out, and those of which `known` says why they are no work.
 */
export function unreadBoxes(
  drafts: readonly Draft[],
  sources: readonly Source[],
  known: readonly NotWork[],
): NotWork[] {
  const open = drafts.filter(({ isDone, hold }) => !isDone && hold === undefined);
  if (open.length === 0) return [];
  const files = new Set(
    open.flatMap(({ file, criteria }) => [file, ...criteria.flatMap((one) => one.criterion.file ?? [])]),
  );
  const placeOf = (file: string, at: number): string => `${at} ${file}`;
  const read = new Set(drafts.flatMap((draft) => marksOf(draft).map(({ file, start }) => placeOf(file, start))));
  const lines = new Set([
    ...known.map(({ file, line }) => placeOf(file, line)),
    ...drafts.flatMap((draft) =>
      draft.criteria.map(({ criterion }) => placeOf(criterion.file ?? draft.file, criterion.line)),
    ),
  ]);
  /** Most files have no box but those that are read, and are not parsed for others. */
  const mayHaveOther = ({ file, text }: Source): boolean =>
    [...text.matchAll(/\[(?=[ \u3000~-]?\])/g)].some(({ index }) => !read.has(placeOf(file, index + 1)));
  return sources
    .filter((source) => files.has(source.file) && /\.md$/i.test(source.file) && mayHaveOther(source))
    .flatMap((source) =>
      boxesIn(source).flatMap(({ file, start, end, isDone }): NotWork[] => {
        if (isDone || read.has(placeOf(file, start)) || source.text.startsWith(']*', end)) return [];
        const { line } = locate(source.text, start);
        return lines.has(placeOf(file, line)) ? [] : [{ file, line, why: 'boxes outside of tasks and criteria' }];
      }),
    );
}
