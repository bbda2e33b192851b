/*
 * Texts in the columns of a terminal, where letters of some scripts and emojis take two. They must be printable.
 */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Texts whose letters take a column each: the usual case, also with our signs, which needs no look at each of them. */
const plain = /^[ -~\u00a1-\u00ac\u00ae-\u02ff─-╿…●◌◇↻▲✓✗→]*$/;
/** A letter that takes two columns, or an emoji. */
const wide =
  /^(?:[\p{scx=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Tangut}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|.\ufe0f)/u;
/** Katakana of half the width, and what takes no column of its own. */
const narrow = /^[\uff61-\uff9f·]/;
const none = /^[\p{M}\p{Cc}\p{Cf}]+$/u;

/** The letters of a text as a reader sees them, and the columns that each takes. */
export function lettersOf(text: string): { readonly letter: string; readonly width: number }[] {
  return Array.from(segmenter.segment(text), ({ segment }) => ({
    letter: segment,
    width: none.test(segment) ? 0 : wide.test(segment) && !narrow.test(segment) ? 2 : 1,
  }));
}

/** The columns that a text takes. */
export function widthOf(text: string): number {
  return plain.test(text) ? text.length : lettersOf(text).reduce((sum, { width }) => sum + width, 0);
}

/** A text in at most `width` columns; what is cut off ends with the mark. */
export function cutTo(text: string, width: number, mark = '…'): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  return headOf(text, width - widthOf(mark)) + mark;
}

/** As much of the beginning of a text as fits, without a mark. */
function headOf(text: string, width: number): string {
  if (plain.test(text)) return text.slice(0, Math.max(0, width));
  let [head, taken] = ['', 0];
  for (const { letter, width: more } of lettersOf(text)) {
    taken += more;
    if (taken > width) break;
    head += letter;
  }
  return head;
}

/** A text in exactly `width` columns: cut, or filled with blanks on its right, or on its left. */
export function fitTo(text: string, width: number, { isRight = false, mark = '…' } = {}): string {
  const cut = cutTo(text, width, mark);
  const blanks = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return isRight ? blanks + cut : cut + blanks;
}

/** A text as lines of at most `width` columns, broken at blanks where there are any. */
export function wrapTo(text: string, width: number): string[] {
  const most = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= most) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > most) {
      // A letter of two columns goes into one column, too, or nothing ever would.
      const piece = headOf(line, most) || (lettersOf(line)[0]?.letter ?? line);
      lines.push(piece);
      line = line.slice(piece.length);
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}
