import { stripVTControlCharacters } from 'node:util';

/** White space and control characters. */
const blanks = /[\s\p{Cc}]+/gu;
/** Control characters, with which colours begin, and line breaks. */
const breaks = /[\p{Cc}\u2028\u2029]/u;

/**
 * A text on one line, without the colours of a terminal: blanks with a line break or a control character in them become a
 * single blank. Others stay.
 */
export function oneLine(text: string): string {
  if (!breaks.test(text)) return text.trim();
  return stripVTControlCharacters(text)
    .replace(blanks, (blank) => (breaks.test(blank) ? ' ' : blank))
    .trim();
}
