/**
 * A text without the characters at its end that fit an expression for one character. An expression for all of them, such as
 * `/x+$/`, would look at each run of them anywhere once for each character of the run.
 */
export function trimmedEnd(text: string, fits: RegExp): string {
  let end = text.length;
  while (end > 0) {
    const pair = text.codePointAt(end - 2) ?? 0;
    const start = end - (pair > 0xffff ? 2 : 1);
    if (!fits.test(text.slice(start, end))) break;
    end = start;
  }
  return text.slice(0, end);
}
