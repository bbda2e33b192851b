import type { ListItem, Nodes, RootContent } from 'mdast';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { readBox } from '../format/boxes.ts';
import { checksIn, isTaken } from '../format/checks.ts';
import { type ParsedCriterion, readItems } from '../format/criterion.ts';
import { edited, type Mark } from '../format/mark.ts';
import { readBlock, readRegions } from '../format/regions.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { fieldsOf, fieldStream } from './fields.ts';
import { containing, isWithin, outermost, type Range } from './ranges.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/** A file while it is read. */
export interface Page {
  readonly source: Source;
  /** The text that is parsed, and its offset in the file. */
  readonly body: string;
  readonly offset: number;
  /** True if "closed" is its word for done. */
  readonly saysClosed: boolean;
}

/** What the sections around a task say of it. */
export interface Around {
  /** The titles of the sections, outermost first. */
  readonly path: readonly string[];
  readonly hold: string | null;
  /** True below "Done". */
  readonly isDone: boolean;
}

/** A task, before it has a key that is unique in its file. */
export interface Task {
  /** The author's own key; null without one. */
  readonly id: string | null;
  readonly title: string;
  /** Offset in the file. */
  readonly start: number;
  readonly body: string;
  readonly criteria: readonly ParsedCriterion[];
  /** See `Draft.borrowed`. */
  readonly borrowed?: readonly ParsedCriterion[];
  readonly marks: readonly Mark[];
  readonly isDone: boolean;
  readonly hold: string | null;
  /** What it says that it depends on, as written. */
  readonly depends: readonly string[];
  /** What it is, and so where its criteria are written. */
  readonly place: 'item' | 'section' | 'row';
  readonly problems: readonly SpecDiagnostic[];
}

/** Why something that looks like a task is none: a noun in the plural. */
export interface NoTask {
  readonly why: string;
  /** The author's own key of a task that is given up; null without one. */
  readonly id?: string | null;
}

/** Criteria, with the ranges of the parsed text that contain them. */
export interface Asked {
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly SpecDiagnostic[];
  readonly cut: readonly Range[];
}

const noCriteria: Asked = { criteria: [], problems: [], cut: [] };

/** Criteria of several places, in the order of their lines. */
export function together(asked: readonly Asked[]): Asked {
  const criteria = asked.flatMap((one) => one.criteria);
  return {
    criteria: criteria
      .toSorted((a, b) => a.criterion.line - b.criterion.line)
      .map((one, position) => renumbered(one, position)),
    problems: asked.flatMap(({ problems }) => problems),
    cut: asked.flatMap(({ cut }) => cut),
  };
}

export function renumbered(one: ParsedCriterion, position: number): ParsedCriterion {
  return { ...one, criterion: { ...one.criterion, position } };
}

/** The criteria among nodes: those of regions such as "Done when:", and items and paragraphs with a check. */
export function askedIn(nodes: readonly RootContent[], page: Page): Asked {
  const stream = fieldStream(nodes);
  const regions = readRegions(stream, page.source, page.offset);
  const isInRegion = isWithin(regions.cut);
  const rest = stream.filter((node) => !isInRegion(node)).map((_node, index, all) => checkedIn(all, index, page));
  return together([regions, ...rest]);
}

/** Criteria of items with a box, and their ranges. */
export function itemsAsked(items: readonly ListItem[], { source, offset }: Page): Asked {
  const criteria = readItems(items, { source, offset });
  const cut = items.map((item) => ({ start: startOffset(item), end: endOffset(item) }));
  return { criteria, problems: criteria.flatMap((one) => one.problems), cut };
}

/** The criteria of the node at an index by its checks, which may be in the nodes behind it. */
function checkedIn(all: readonly RootContent[], index: number, page: Page): Asked {
  const node = all[index];
  if (node?.type === 'paragraph') {
    const next = all[index + 1];
    const nodes = next !== undefined && isTaken(next, node) ? [node, next] : [node];
    if (!beginsCheck(nodes)) return noCriteria;
    const behind = behindCheck(all, index + nodes.length, page);
    if (!hasCheck([...nodes, ...behind])) return noCriteria;
    const one = readBlock(nodes, { source: page.source, offset: page.offset, position: 0, behind });
    return { criteria: [one], problems: one.problems, cut: [] };
  }
  if (node?.type !== 'list') return noCriteria;
  return itemsAsked(
    node.children.filter((item) => boxOf(item, page) === null && hasCheck(item.children)),
    page,
  );
}

/** The nodes from an index on that may belong to a check before them: up to what has a label, a box or a check of its own. */
export function behindCheck(all: readonly RootContent[], from: number, page: Page): RootContent[] {
  let end = from;
  for (let node = all[end]; node !== undefined; node = all[++end])
    if (
      node.type === 'heading' ||
      fieldsOf([node]).length > 0 ||
      boxedItems([node], page).length > 0 ||
      beginsCheck([node]) ||
      isTaken(all[end + 1], node)
    )
      break;
  return all.slice(from, end);
}

/** True for nodes with a check, or one whose command follows. */
function beginsCheck(nodes: readonly Nodes[]): boolean {
  return checksIn(nodes).isDangling || hasCheck(nodes);
}

function hasCheck(nodes: readonly Nodes[]): boolean {
  const { commands, scripts } = checksIn(nodes);
  return commands.length + scripts.length > 0;
}

/** The box of a list item. */
export function boxOf(item: ListItem, { body }: Page): ReturnType<typeof readBox> {
  const start = startOffset(item);
  return readBox(body.slice(start, start + 200));
}

/** The topmost items with a box in some nodes. */
export function boxedItems(nodes: readonly Nodes[], page: Page): ListItem[] {
  return nodes.flatMap((node): ListItem[] => {
    if (node.type === 'listItem' && boxOf(node, page) !== null) return [node];
    return 'children' in node ? boxedItems(node.children, page) : [];
  });
}

/** An item that is struck through as a whole. */
const struckItem = /^([^\S\n]*(?:[-*+]|\d{1,9}[.)])[^\S\n]+)~~([^~]+)~~(?=[^\S\n]*$)/gm;

/** A part of a file as the text of a task: boxes open, statuses and what is in `cut` left out. */
export function textOf({ body, offset }: Page, range: Range, marks: readonly Mark[], cut: readonly Range[]): string {
  const within = (one: Range): boolean => one.start >= range.start && one.end <= range.end;
  const cuts = outermost(cut.filter(within)).map((one) => ({ ...one, text: '' }));
  const cutAround = containing(cuts);
  const opened = marks
    .map((mark) => ({ start: mark.start - offset, end: mark.end - offset, text: mark.done === 'x' ? ' ' : '' }))
    .filter((mark) => within(mark) && cutAround(mark) === undefined);
  const edits = [...cuts, ...opened].map((one) => ({
    ...one,
    start: one.start - range.start,
    end: one.end - range.start,
  }));
  return edited(body.slice(range.start, range.end), edits)
    .replace(/\r\n?/g, '\n')
    .replace(struckItem, '$1$2') // an item that is a task of its own, and done
    .split('\n')
    .map((line) => (/^(?:[-*+]|\d{1,9}[.)])$/.test(line.trim()) ? '' : line.trimEnd()))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The marks that strike some nodes through: `~~` at both ends. None if they contain some. */
export function strikeMarks(nodes: readonly Nodes[], page: Page, of: string): Mark[] {
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (!first || !last) return [];
  const [start, end] = [startOffset(first), endOffset(last)];
  const raw = page.body.slice(start, end);
  const common = { file: page.source.file, done: '~~', open: '', of };
  const at = (place: number, isDone: boolean): Mark => ({
    ...{ ...common, isDone },
    ...{ start: place + page.offset, end: place + page.offset + (isDone ? 2 : 0) },
  });
  if (isStruck(nodes)) return raw.startsWith('~~') ? [at(start, true), at(end - 2, true)] : [];
  if (raw === '' || raw.includes('~~') || /^[\s~]|[\s~]$/.test(raw)) return [];
  // A last backslash would escape the strike, so it is escaped itself.
  const isEscape = (/\\+$/.exec(raw.slice(-1000))?.[0].length ?? 0) % 2 === 1;
  return [at(start, false), { ...at(end, false), done: isEscape ? '\\~~' : '~~' }];
}

/** True if nothing but struck text is in some nodes. */
export function isStruck(nodes: readonly Nodes[]): boolean {
  return nodes.length === 1 && nodes[0]?.type === 'delete';
}

const id =
  /^(?:\[([\p{L}\p{N}][\p{L}\p{N}._-]{0,40})\]|#?([\p{Lu}][\p{L}\p{N}._]*-?[\p{L}\p{N}._-]{0,30}))(?:\s*[:：]|\s+[-–—]|(?<=\]))\s+(?=\S)/u;

/** A title and the key before it: "F-101: Search", "[AUTH-1] Log in", "**T001** Log in"; null without a key. */
export function titleAndId(text: string): { readonly title: string; readonly id: string | null } {
  const found = id.exec(text.slice(0, 100));
  const key = found?.[1] ?? found?.[2] ?? '';
  // Keys have a number; "P1:" is a priority.
  const isKey = /\d/.test(key) && /^\p{Lu}/u.test(key) && !/^P\d$/.test(key) && !/[._-]$/.test(key);
  if (found && isKey) return { title: text.slice(found[0].length), id: key };
  const plain = /^(T\d{3,4}[a-z]?)\s+(?=\S)/.exec(text);
  return plain ? { title: text.slice(plain[0].length), id: plain[1] ?? null } : { title: text, id: null };
}

/** A title of one line for a text: all of it, or its first sentence. */
export function shortened(text: string): string {
  const whole = trimmedEnd(fold(text), /[\s:：]/);
  if (whole.length <= 120) return whole;
  const sentence = /^.{10,118}?(?=[.!?:;](?:\s|$)|\s[-–—]\s|\s\()/u.exec(whole)?.[0];
  if (sentence !== undefined) return sentence;
  return `${whole.slice(0, 118).replace(/\s+\S*$/u, '')} …`;
}

/** The visible text of nodes, folded. */
export function said(nodes: readonly Nodes[]): string {
  return fold(nodes.map(plainText).join(''));
}
