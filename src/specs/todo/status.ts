import { limitIn } from '../format/statuses.ts';
import type { Mark } from '../format/mark.ts';
import type { Said } from '../format/title-says.ts';
import type { Page } from './task.ts';

/**
 * The mark that a status is: its words, and a remark that says what is left ("3/5"), are replaced by those for "done" in the same
 * case. Null for one that holds.
 */
export function statusMark(
  { state, start, end }: Said,
  offset: number,
  text: string,
  page: Page,
  of: string,
): Mark | null {
  if (state.kind !== 'open' && state.kind !== 'done') return null;
  const words = text.slice(start, end);
  const isSign = !/\p{L}/u.test(words);
  const cased = (word: string): string => {
    if (words === words.toUpperCase()) return word.toUpperCase();
    return /^\p{Lu}/u.test(words) ? `${word.slice(0, 1).toUpperCase()}${word.slice(1)}` : word;
  };
  const other = /^open$/i.test(words) && page.saysClosed ? 'closed' : 'done';
  const isDone = state.kind === 'done';
  return {
    ...{ file: page.source.file, isDone, of },
    start: offset + start + page.offset,
    end: offset + end + limitIn(text.slice(end)).length + page.offset,
    done: isDone ? words : isSign ? '✅' : cased(other),
    open: isDone ? (isSign ? '⬜' : cased('open')) : `${words}${limitIn(text.slice(end))}`,
  };
}
