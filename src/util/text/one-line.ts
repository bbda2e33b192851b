import { stripVTControlCharacters } from 'node:util';

/** White space and control characters. */
const blanks = /[\s\p{Cc}]+/gu;

/**
 * A text on one line, without the colours of a terminal: blanks with a line break or a control character in them become a
 * single blank. Others stay.
 */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(blanks, (blank) => (/[\p{Cc}\u2028\u2029]/u.test(blank) ? ' ' : blank))
    .trim();
}
