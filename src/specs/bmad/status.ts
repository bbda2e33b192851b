import type { Mark } from '../format/mark.ts';
import { knownState, stateNamed, statusWords } from '../format/statuses.ts';
import type { StatusNames } from '../format/status-mark.ts';
import type { Source } from '../text/source.ts';

/** A status in a text. */
export interface Said {
  /** Offsets in the file of its words. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A line such as `Status: done`, `**Status:** Done`, `- **Status**: Done` or `> Status: Done`. */
const lines =
  /^([^\S\r\n]*(?:[-*+>][^\S\r\n]+)?)[*_]{0,3}(?:Story )?Status[*_]{0,3}[^\S\r\n]*[:：][*_]{0,3}([^\r\n]*)/gim;
/** A heading `## Status` with the status below it, or `## Status: Done`. */
const section =
  /^#{2,4}[^\S\r\n]+Status[^\S\r\n]*(?:#+[^\S\r\n]*)?(?::([^\r\n]*)|(?:\r\n?|\n)(?:[^\S\r\n]*(?:\r\n?|\n))*([^\r\n]*))/im;

/** A range of a file. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The first status in a range of a text: of a line, else of a section. What `criteria` say of a status is none. */
export function statusIn(text: string, { start, end }: Range, criteria: readonly Range[] = []): Said | null {
  const within = withoutAsides(text.slice(start, end));
  for (const found of within.matchAll(lines)) {
    const [whole, marker = '', value = ''] = found;
    const at = start + found.index + whole.length - value.length;
    const said = words(text.slice(at, at + value.length), at);
    const isCriterion = criteria.some((range) => at >= range.start && at < range.end);
    const isOwn = !isCriterion || (!/[-*+]/.test(marker) && knownState(said.text) !== null);
    if (isOwn && !/^[1-5]\d\d(?!\d)/.test(said.text)) return said;
  }
  const found = section.exec(within);
  const value = found?.[1] ?? found?.[2] ?? '';
  if (found === null || /^\s*(?:#|\||$)/.test(value)) return null;
  const at = start + found.index + found[0].length - value.length;
  return words(text.slice(at, at + value.replace(/\s#+\s*$/, '').length), at);
}

/** A text with blanks in place of comments and of code. */
function withoutAsides(text: string): string {
  if (!/<!--|```|~~~/.test(text)) return text;
  const blank = (aside: string): string => aside.replace(/[^\r\n]/g, ' ');
  let plain = '';
  let at = 0;
  for (let open = text.indexOf('<!--'); open >= 0; open = text.indexOf('<!--', at)) {
    const end = text.indexOf('-->', open + 4);
    if (end < 0) break;
    plain += text.slice(at, open) + blank(text.slice(open, end + 3));
    at = end + 3;
  }
  let fence: string | null = null;
  return (plain + text.slice(at))
    .split(/(?<=\n|\r(?!\n))/)
    .map((line) => {
      const marks = /^\s{0,3}(```|~~~)/.exec(line.slice(0, 20))?.[1] ?? null;
      if (marks === null) return fence === null ? line : blank(line);
      fence = fence === null ? marks : fence === marks ? null : fence;
      return blank(line);
    })
    .join('');
}

/** The words of a value at an offset, without markup and comments around them. */
export function words(value: string, offset: number): Said {
  const bare = value.slice(0, 500).replace(/<!--.*$/s, '');
  const before = /^[\s*_`"'>-]*/.exec(bare)?.[0].length ?? 0;
  const text = bare.slice(before).replace(/[\s*_`"'|]+$/, '');
  return { start: offset + before, end: offset + before + text.length, text };
}

/** The mark of a status. A remark behind it stays. */
export function markOf({ file, text }: Source, said: Said, of: string): Mark {
  const isDone = stateNamed(said.text) === 'done';
  const { done, open } = namesLike(said.text);
  const end = said.start + statusWords(said.text).length;
  // Below an empty value there is no space yet.
  const space = said.text === '' && /[:*]$/.test(text.slice(0, said.start)) ? ' ' : '';
  return {
    ...{ file, start: said.start, end, isDone, of },
    done: `${space}${done}`,
    open: isDone ? open : text.slice(said.start, end),
  };
}

/** The words for a finished and an approved story, with a capital if a status has one. */
export function namesLike(status: string): StatusNames {
  const isUpper = /^\P{L}*\p{Lu}/u.test(status);
  return isUpper ? { done: 'Done', open: 'Approved' } : { done: 'done', open: 'ready-for-dev' };
}

/** The mark of a unit without a status: a new line at the end of the line at an offset, `gap` lines below it. */
export function missingMark({ file, text }: Source, at: number, line: string, of: string, gap: 1 | 2): Mark {
  const offset = at + (/^[^\S\r\n]*/.exec(text.slice(at, at + 1000))?.[0].length ?? 0);
  const eol = /^\r\n?/.exec(text.slice(offset, offset + 2))?.[0] ?? '\n';
  return { file, start: offset, end: offset, isDone: false, done: `${eol.repeat(gap)}${line}`, open: '', of };
}

/** The range of the line around a status, from its beginning to its line end. */
export function lineAround(text: string, { start, end }: Range): Range {
  const isInside = (char: string | undefined): boolean => char !== undefined && char !== '\n' && char !== '\r';
  let [from, to] = [start, end];
  while (isInside(text[from - 1])) from--;
  while (isInside(text[to])) to++;
  return { start: from, end: to };
}
