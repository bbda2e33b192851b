/*
 * Reads one passage of a program's (readable) output: the lines that belong together, and the place in the code that they
 * name.
 */

/** The explanation of a failure. */
export interface Explanation {
  /** The name of the failed test; null if no test runner printed it. */
  readonly test: string | null;
  /** `file:line`. */
  readonly where: string | null;
  /** The message, in at most `maxLines` lines. */
  readonly lines: readonly string[];
}

export type Reader = (text: string) => Explanation | null;

export const maxLines = 6;
const maxLine = 200;
/** Maximum length of a passage. */
const reach = 8000;

/** Source code quoted beside a message. */
const quotedCode = /^\s*>?\s*\d+ [|│]|^\s+[|│]|^ {2,4}\d+: /;
/** Lines that end a passage of any program: stack traces and rules. */
const ends = /^\s+at |^\s*[❯›] |^\s*# \.\/|^\s*[─⎯=*_-]{5,}|^\s*[─⎯]$|^\s*(?:stacktrace|stack backtrace):/i;

/** The lines that follow an offset, up to the end of the passage. */
export function linesFrom(text: string, at: number, until: RegExp): string[] {
  const lines: string[] = [];
  const last = Math.min(text.length, at + reach);
  for (let from = at; from >= 0 && from <= last && lines.length <= maxLines;) {
    const next = text.indexOf('\n', from);
    const to = next < 0 ? last : Math.min(next, last);
    const line = text.slice(from, to);
    from = to + 1;
    if (until.test(line) || (ends.test(line) && line.trim() !== '')) break;
    if (/^\s*\^[\^~]*$/.test(line)) {
      lines.pop(); // the source line above the mark
      break;
    }
    if (line.trim() !== '' && !quotedCode.test(line) && ![...alone].some((place) => place?.test(line.trim())))
      lines.push(line);
  }
  return lines.slice(0, maxLines).map(shortened);
}

export function shortened(line: string): string {
  return line.trim().slice(0, maxLine);
}

/** Null if there is neither a name nor a message. */
export function found(
  test: string | null | undefined,
  where: string | null | undefined,
  lines: readonly string[],
): Explanation | null {
  const name = test === null || test === undefined ? null : shortened(test);
  const said = lines.map(shortened).filter((line) => line !== '');
  if (name === null && said.length === 0) return null;
  return { test: name, where: where?.replace(/^file:\/\//, '').replace(/^(?:\/ws|\.)\//, '') ?? null, lines: said };
}

export const endOf = (match: RegExpExecArray): number => match.index + match[0].length;

/** The forms in which a line names a place: alone, at its beginning, or as a stack frame. */
const places: readonly RegExp[] = [
  /^(?:at |❯ |# |--> |[╭,]-?─?\[)?\(?(?<file>[^\s:()[\]]+\.\w+):(?<line>\d+)(?::\d+)?[)\]]?(?::in .*)?:?$/,
  /^(?:at|❯|#) .*?[\s(@](?<file>[^\s:()]+\.\w+|file:\/\/[^\s:()]+):(?<line>\d+)(?::\d+)?\)?(?::in .*| \{)?$/,
  /^(?:at|❯) (?<file>file:\/\/[^\s:()]+):(?<line>\d+)/,
  /^# (?<file>[^\s:()]+):(?<line>\d+):in /,
  /^(?<file>[^\s:()[\]]+\.\w+):(?<line>\d+)(?::\d+)?: /,
  /^at .* in (?<file>\S+):line (?<line>\d+)$/,
  /^(?:# )?\((?:in|from) .*file (?<file>\S+), line (?<line>\d+)\)$/,
];
/** The forms in which a line contains nothing but a place. */
const alone: ReadonlySet<RegExp | undefined> = new Set([places[0], places.at(-1)]);

function placeOf(line: string): string | null {
  for (const pattern of places) {
    const groups = pattern.exec(line)?.groups;
    if (groups) return `${groups['file']}:${groups['line']}`;
  }
  return null;
}

/** The first place in the project's own code that a passage names, skipping installed packages. */
export function placeFrom(text: string, at: number, until?: RegExp): string | undefined {
  for (const line of text.slice(at, at + reach).split('\n')) {
    if (until?.test(line) === true) return undefined;
    const place = placeOf(line.trim());
    if (place !== null && !/^node:|node_modules|\/lib\/python|site-packages|^\/usr\/|\/gems\//.test(place))
      return place;
  }
  return undefined;
}

/** The last traceback: the exception that ended the program. */
export function traceback(text: string): Explanation | null {
  const at = text.lastIndexOf('Traceback (most recent call last):');
  if (at < 0) return null;
  const match = /^(?![\s-])\S.*$/m.exec(text.slice(at).replace(/^.*\n/, ''));
  if (!match) return null;
  const files = [...text.slice(at).matchAll(/^ {2}File "([^"]+)", line (\d+)/gm)];
  const own = files.findLast((one) => !/\/lib\/python[\d.]+\/|^</.test(one[1] ?? '')) ?? files.at(-1);
  return found(null, own ? `${own[1]}:${own[2]}` : null, [match[0]]);
}
