import { fold } from '../text/markdown.ts';

/** A task of a todo.txt file: `x (A) 2011-03-03 2011-03-02 text +project @context key:value`. */
export interface Line {
  /** The offset of its first column. */
  readonly first: number;
  /** Offsets in the file, without blanks before it and the line end. */
  readonly start: number;
  readonly end: number;
  /** By an "x" in the first column. */
  readonly isDone: boolean;
  /** True for a line that begins like a done one, but with a blank before its "x", or a large one. */
  readonly isUnclear: boolean;
  /** The end of "x " and the day after it. */
  readonly markEnd: number;
  readonly priority: string | null;
  /** What follows "x", priority and dates. */
  readonly text: string;
  readonly textStart: number;
  /** Without values, contexts and checks. */
  readonly title: string;
  /** Projects and contexts. */
  readonly labels: readonly string[];
  /** The values of `key:value`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly commands: readonly string[];
  /** True if it has anything that is only in this format, whether it is done or not. */
  readonly isMarked: boolean;
}

const head = /^(x\s+(?:\d{4}-\d\d-\d\d\s+)?|X\s+\d{4}-\d\d-\d\d\s+)?(?:\(([A-Z])\)\s+)?((?:\d{4}-\d\d-\d\d\s+){0,2})/;
const check = /(?:^|\s)checks?:\s?(`[^`\n]*`)/g;

/** The lines of a file that are not blank. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  const ends = /[\r\n]/g;
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  while (start < text.length) {
    ends.lastIndex = start;
    const end = ends.exec(text)?.index ?? text.length;
    const line = text.slice(start, end);
    if (line.trim() !== '') lines.push(lineOf(line, start));
    start = end + 1;
  }
  return lines;
}

function lineOf(line: string, start: number): Line {
  const lead = line.length - line.trimStart().length;
  const [whole, mark = '', priority, dates = ''] = head.exec(line.slice(lead)) ?? ['', ''];
  const textAt = whole === '' ? 0 : lead + whole.length;
  const text = line.slice(textAt).trimEnd();
  const commands = [...text.matchAll(check)].map((found) => found[1]?.slice(1, -1) ?? '');
  const plain = text.replace(check, ' ');
  const labels: string[] = [];
  const values = new Map<string, string[]>();
  const title: string[] = [];
  for (const word of plain.split(/\s+/)) {
    const label = /^[+@](\S*[\p{L}\p{N}]\S*)$/u.exec(word)?.[1];
    const [, key, value] = /^([A-Za-z][\w-]*):(?!\/)([^\s:]+)$/.exec(word) ?? [];
    if (label !== undefined) labels.push(label);
    else if (key !== undefined && value !== undefined) {
      const same = values.get(key.toLowerCase());
      if (same) same.push(value);
      else values.set(key.toLowerCase(), [value]);
    } else title.push(word);
  }
  const isDone = lead === 0 && mark.startsWith('x');
  return {
    ...{ isDone, isUnclear: mark !== '' && !isDone },
    ...{ first: start, start: start + lead, end: start + line.length, markEnd: start + lead + mark.length },
    ...{ priority: priority ?? null, text, textStart: start + textAt },
    ...{ title: fold(title.join(' ')) || fold(text), labels, values, commands },
    isMarked: priority !== undefined || dates !== '' || labels.length > 0 || commands.length > 0 || values.has('id'),
  };
}

/** True if lines are tasks of this format; most files of that name are free text. */
export function isTodoTxt(lines: readonly Line[]): boolean {
  const marked = lines.filter(({ isMarked }) => isMarked).length;
  const isOther = ({ text, isMarked }: Line): boolean => !isMarked && /^(?:[-*#=>]|\d+[.)]\s|\s)|[:：]$/.test(text);
  return marked > 0 && marked * 2 >= lines.length && lines.filter(isOther).length * 5 <= lines.length;
}
