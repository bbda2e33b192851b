import type { Mark } from '../format/mark.ts';
import { stateNamed } from '../format/statuses.ts';
import type { Source } from '../text/source.ts';

/** A status in a text. */
export interface Said {
  /** Offsets in the file of its words. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A line such as `Status: done`, `**Status:** Done`, `- **Status**: Done` or `> Status: Done`. */
const line = /^(?:[^\S\n]*(?:[-*+>][^\S\n]+)?[*_]{0,3}(?:Story )?Status[*_]{0,3}[^\S\n]*[:：][*_]{0,3})([^\n]*)/im;
/** A heading `## Status` with the status below it, or `## Status: Done`. */
const section = /^#{2,4}[^\S\n]+Status[^\S\n]*(?::([^\n]*)|\r?\n(?:[^\S\n]*\r?\n)*([^\n]*))/im;

/** The first status between two offsets: of a line, else of a section. */
export function statusIn(text: string, start: number, end: number): Said | null {
  const within = text.slice(start, end);
  for (const pattern of [line, section]) {
    const found = pattern.exec(within);
    if (!found) continue;
    const value = found[1] ?? found[2] ?? '';
    if (pattern === section && /^\s*(?:#|\||$)/.test(value)) continue;
    return words(value, start + found.index + found[0].length - value.length);
  }
  return null;
}

/** The words of a value at an offset, without markup and comments around them. */
export function words(value: string, offset: number): Said {
  const bare = value.slice(0, 500).replace(/<!--.*$/s, '');
  const before = /^[\s*_`"'>-]*/.exec(bare)?.[0].length ?? 0;
  const text = bare.slice(before).replace(/[\s*_`"'|]+$/, '');
  return { start: offset + before, end: offset + before + text.length, text };
}

/** The mark of a status. */
export function markOf({ file, text }: Source, said: Said, of: string): Mark {
  const isDone = stateNamed(said.text) === 'done';
  const isUpper = /^\P{L}*\p{Lu}/u.test(said.text);
  // Below an empty value there is no space yet.
  const space = said.text === '' && /[:*]$/.test(text.slice(0, said.start)) ? ' ' : '';
  return {
    ...{ file, start: said.start, end: said.end, isDone, of },
    done: `${space}${isUpper ? 'Done' : 'done'}`,
    open: isDone ? (isUpper ? 'Approved' : 'ready-for-dev') : said.text,
  };
}

/** The mark of a unit without a status: a new line at the end of another one, `gap` lines below it. */
export function missingMark({ file, text }: Source, offset: number, line: string, of: string, gap: 1 | 2): Mark {
  const eol = text.startsWith('\r\n', offset) ? '\r\n' : '\n';
  return { file, start: offset, end: offset, isDone: false, done: `${eol.repeat(gap)}${line}`, open: '', of };
}
