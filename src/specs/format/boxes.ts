import type { ListItem, Nodes } from 'mdast';
import { splitFrontMatter } from '../text/front-matter.ts';
import { fold, parseMarkdown, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import type { Mark } from './mark.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/** A box at the beginning of a list item, also one that GitHub does not show as a box, such as `[-]` or `[ ]*`. */
export interface Box {
  readonly state: 'open' | 'done' | 'started' | 'not-applicable';
  /** True for `[-]`: of a task, Kiro and others mean that it is begun; elsewhere it is taken back. */
  readonly isDashed?: true;
  /** True for `[ ]*`, by which Kiro marks optional tasks. */
  readonly isOptional: boolean;
  /** Offsets in the text of the item: of the characters between the brackets, and of the text after the box. */
  readonly start: number;
  readonly end: number;
  readonly textStart: number;
  /** Emphasis that begins before the box, as in `**[ ] Title**`; omitted for none. */
  readonly lead?: string;
  /** The characters for done and open, if those are not `x` and a blank. */
  readonly done?: string;
  readonly open?: string;
}

const marker = /^[^\S\n]*(?:[-*+]|\d{1,9}[.)])[^\S\n]+/;
/** The marker of an item, and emphasis before its box. */
const leading = /^([^\S\n]*(?:[-*+]|\d{1,9}[.)])[^\S\n]+)(\*\*|__)(?=\[)/;
const box =
  /^\[( ?|\u3000|[xX~✓✔✅-]|[nN]\/?[aA])\](\*?)(?:(?=\s|$)|(?<=\[[ xX]\])(?=[\p{L}\p{N}`~"'_<“„«]|\*\*))[^\S\n]*/u;
const states: Readonly<Record<string, Box['state']>> = {
  '': 'open',
  ' ': 'open',
  '\u3000': 'open',
  '~': 'started',
  '-': 'started',
};

function stateOf(inside: string): Box['state'] {
  return states[inside] ?? (/^n/i.test(inside) ? 'not-applicable' : 'done');
}

/** The box of a list item; null without one. `raw` begins with the item's marker. */
export function readBox(raw: string): Box | null {
  const lead = leading.exec(raw)?.[2] ?? '';
  const before = lead === '' ? marker.exec(raw)?.[0] : leading.exec(raw)?.[0];
  const found = before === undefined ? null : box.exec(raw.slice(before.length, before.length + 100));
  if (before === undefined || found === null) return null;
  const [whole, inside = '', star] = found;
  const start = before.length + 1;
  return {
    state: stateOf(inside),
    isOptional: star === '*',
    start,
    end: start + inside.length,
    textStart: before.length + whole.length,
    ...(inside === '-' ? { isDashed: true } : {}),
    ...(lead === '' ? {} : { lead }),
  };
}

/** True for a box that says that its item is not to be done, also by `[-]`. */
export function isWaiving(found: Box | null): boolean {
  return found !== null && (found.state === 'not-applicable' || found.isDashed === true);
}

/** The box of a heading, as in `### [ ] Title`; null without one. `raw` begins with the heading's marker. */
export function readHeadingBox(raw: string): Box | null {
  const [before] = /^#{1,6}[^\S\n]+(?=\[)/.exec(raw.slice(0, 40)) ?? [];
  const found = before === undefined ? null : readBox(`- ${raw.slice(before.length, before.length + 100)}`);
  if (before === undefined || found === null) return null;
  const by = before.length - '- '.length;
  return { ...found, start: found.start + by, end: found.end + by, textStart: found.textStart + by };
}

/** Signs that stand for an open box, and those that always stand for a done one. Others only adorn a list. */
const openSign = /^(?:☐|⬜|🔲|◻|❌|✗)\uFE0F?/u;
const doneSign = /^(?:☑|✅|✔)\uFE0F?/u;

/**
 * The box of a list item that is a sign, such as "⬜" or "✅"; null without one. `isTracked`: a list in which some signs are
 * open; elsewhere "✅" may only adorn what is still to be done.
 */
export function readSign(raw: string, isTracked: boolean): Box | null {
  const before = marker.exec(raw)?.[0];
  return before === undefined ? null : signAt(raw, before.length, isTracked);
}

function signAt(raw: string, start: number, isTracked: boolean): Box | null {
  const rest = raw.slice(start, start + 20);
  const [open] = openSign.exec(rest) ?? [];
  const [done] = doneSign.exec(rest) ?? [];
  const sign = open ?? done;
  if (sign === undefined || (!isTracked && !/^[☐☑⬜🔲◻]/u.test(sign))) return null;
  const end = start + sign.length;
  const textStart = end + (/^[^\S\n]*/.exec(raw.slice(end, end + 20))?.[0].length ?? 0);
  const state = open === undefined ? 'done' : 'open';
  return { state, isOptional: false, start, end, textStart, done: '☑', open: open ?? '☐' };
}

/** True if a sign in some items says that one of them is open, or is one that is always a box. */
export function isTracked(raws: readonly string[]): boolean {
  return raws.some((raw) => /^[☐☑⬜🔲◻❌✗]/u.test(raw.slice(marker.exec(raw)?.[0].length ?? 0)));
}

/** The box in a cell of a table that has nothing else; null without one. `start` is the cell's offset. */
export function readCell(cell: string, start: number): Box | null {
  const [blank = ''] = /^[\s|]*/.exec(cell) ?? [];
  const said = trimmedEnd(cell.slice(blank.length), /[\s|]/);
  const at = start + blank.length;
  const found = /^\[( ?|\u3000|[xX~✓✔✅-]|[nN]\/?[aA])\]$/.exec(said);
  if (found) {
    const [, inside = ''] = found;
    const place = { start: at + 1, end: at + 1 + inside.length, textStart: at + said.length };
    return {
      state: stateOf(inside),
      isOptional: false,
      ...place,
      ...(inside === '-' ? { isDashed: true } : {}),
    };
  }
  const sign = said === '' || said.length > 3 ? null : signAt(said, 0, true);
  if (sign === null || sign.end !== said.length) return null;
  return { ...sign, start: at, end: at + said.length, textStart: at + said.length };
}

/** The text of an item without its box, which Markdown takes away only if GitHub shows it as one. */
export function withoutBox({ checked }: ListItem, text: string): string {
  return typeof checked === 'boolean' ? text : text.replace(box, '');
}

/** The mark of a list item's box; null if it has none, or does not apply. `offset` is the offset of the item in the file. */
export function boxMark(file: string, offset: number, found: Box | null, of: string): Mark | null {
  if (found === null || found.state === 'not-applicable') return null;
  const isDone = found.state === 'done';
  return {
    file,
    start: offset + found.start,
    end: offset + found.end,
    isDone,
    done: found.done ?? 'x',
    open: found.open ?? ' ',
    of,
  };
}

/** All boxes of list items in a Markdown file; not text that only looks like one, such as code. */
export function boxesIn(source: Source): Mark[] {
  const { file, text } = source;
  const split = splitFrontMatter(source);
  if ('severity' in split) return [];
  const items: ListItem[] = [];
  const visit = (node: Nodes): void => {
    if (node.type === 'listItem') items.push(node);
    if ('children' in node) node.children.forEach(visit);
  };
  visit(parseMarkdown(split.body));
  return items.flatMap((item) => {
    const start = startOffset(item) + split.bodyOffset;
    const line = /^.*/.exec(text.slice(start, start + 10_000))?.[0] ?? '';
    const found = readBox(line);
    return boxMark(file, start, found, fold(line.slice(found?.textStart))) ?? [];
  });
}
