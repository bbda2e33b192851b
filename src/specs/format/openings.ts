import type { Blockquote, List, ListItem, Paragraph, PhrasingContent, RootContent } from 'mdast';
import { endOffset, plainText, startOffset } from '../text/markdown.ts';
import { readHeadingBox } from './boxes.ts';
import { isNonGoal, isReferences, mayMeanRegion, opensRegion } from './region-names.ts';

/*
 * Where the regions of a Markdown text are that contain acceptance criteria: below a heading or a label that says so, and each scenario.
 */

const none: ReadonlySet<string> = new Set();

/** A part of a text with criteria. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly nodes: readonly RootContent[];
  /** True within a list or a quote. */
  readonly isNested: boolean;
}

const scenario = /^(?:scenario(?: outline)?|ac[- ]?\d+|criterion \d+)\b/i;

/** True for a heading that is a criterion by itself, with what is below it. */
export function isScenario(node: RootContent): boolean {
  if (node.type !== 'heading' || node.depth < 3) return false;
  const title = plainText(node).trim();
  return scenario.test(title) || readHeadingBox(`# ${title}`) !== null;
}

/** The regions in neighbouring nodes, also within quotes and list items; `also` as in `opensRegion`. */
export function regionsIn(nodes: readonly RootContent[], also: ReadonlySet<string>): Region[] {
  const stream = nodes.flatMap((node): RootContent[] => (node.type === 'paragraph' ? cutAtLabels(node, also) : [node]));
  const regions: Region[] = [];
  for (let at = 0; at < stream.length;) {
    const node = stream[at];
    if (node === undefined) break;
    const opened = openedAt(stream, at, also);
    if (opened !== null) regions.push(...partsOf(stream, at, opened));
    else if (node.type === 'blockquote') regions.push(...nested(node, regionsIn(node.children, also)));
    else if (node.type === 'list') regions.push(...regionsInItems(node, also));
    at = opened?.end ?? at + 1;
  }
  return regions;
}

/** A region without the sections in it that say what is not asked: "### Out of scope". These stay in the text around it. */
function partsOf(nodes: readonly RootContent[], at: number, opened: Opened): Region[] {
  const titled = (node: RootContent): boolean => node.type === 'heading' && isNonGoal(plainText(node));
  const whole: Region = { start: opened.start, end: opened.until, nodes: opened.nodes, isNested: false };
  if (nodes[at]?.type !== 'heading' || !opened.nodes.some(titled)) return [whole];
  const parts: Region[] = [];
  let from = at + 1;
  const close = (end: number): void => {
    const first = from === at + 1 ? nodes[at] : nodes[from];
    if (first === undefined || (from > at + 1 && from >= end)) return;
    parts.push({ ...whole, start: startOffset(first), end: endOf(nodes, end), nodes: nodes.slice(from, end) });
  };
  for (let next = from; next < opened.end;) {
    const node = nodes[next];
    if (node?.type !== 'heading' || !titled(node)) {
      next++;
      continue;
    }
    close(next);
    next = Math.min(nextHeading(nodes, next, node.depth), opened.end);
    from = next;
  }
  close(opened.end);
  return parts;
}

interface Opened {
  readonly start: number;
  /** Offset of its end. */
  readonly until: number;
  /** The index of the node after the region. */
  readonly end: number;
  readonly nodes: readonly RootContent[];
}

/** The region that begins with a node; null if none does. */
function openedAt(nodes: readonly RootContent[], at: number, also: ReadonlySet<string>): Opened | null {
  const node = nodes[at];
  if (node === undefined) return null;
  const start = startOffset(node);
  const upTo = (end: number, first: readonly RootContent[]): Opened => ({
    ...{ start, end, until: endOf(nodes, end) },
    nodes: [...first, ...nodes.slice(at + 1, end)],
  });
  const upToLabel = (first: readonly RootContent[]): Opened => {
    const end = nextLabel(nodes, at);
    const before = beforeLabel(nodes[end]);
    const opened = upTo(end, first);
    if (before === null) return opened;
    return { ...opened, until: endOffset(before), nodes: [...opened.nodes, before] };
  };
  if (isScenario(node)) return upTo(nextHeading(nodes, at, 6), [node]);
  if (node.type === 'heading')
    return opensRegion(plainText(node), also) ? upTo(nextHeading(nodes, at, node.depth), []) : null;
  if (node.type === 'html') {
    const title = titleIn(node.value);
    if (title === null || !opensRegion(title.text, also)) return null;
    const rest = { ...node, value: title.rest };
    return upToLabel([rest]);
  }
  const label = labelOf(node);
  if (label !== null && opensRegion(label.label, also)) {
    if (label.rest !== null && isReferences(plainText(label.rest))) return null; // "**AC:** 1, 3" names those of another place
    return upToLabel(label.rest === null ? [] : [label.rest]);
  }
  const line = lineBeforeList(node, nodes[at + 1]);
  if (line === null || !opensRegion(line, also)) return null;
  const isListed = ({ type }: RootContent): boolean => type === 'list' || type === 'table';
  const end = nextOf(nodes, at, (one) => !isListed(one));
  return { ...upTo(end, []), start: Math.max(start, endOffset(node) - line.length) };
}

/** The last line of a paragraph above a list or table, if it ends in a colon. */
export function lineBeforeList(node: RootContent, next: RootContent | undefined): string | null {
  if (node.type !== 'paragraph' || (next?.type !== 'list' && next?.type !== 'table')) return null;
  const last = node.children.at(-1);
  if (last?.type !== 'text' || !/[:：]$/.test(last.value)) return null;
  const line = last.value.slice(last.value.lastIndexOf('\n') + 1);
  return node.children.length === 1 || line.length < last.value.length ? line : null;
}

/** The title that a block of HTML begins with, as text, and what is behind it; null without one. */
export function titleIn(html: string): { readonly text: string; readonly rest: string } | null {
  const found = /<(summary|h[1-6])\b[^<>]*>(.*?)<\/\1>/is.exec(html.slice(0, 500));
  if (found === null) return null;
  return { text: found[2]?.replace(/<[^<>]*>/g, '') ?? '', rest: html.slice(found.index + found[0].length) };
}

/** The regions in list items. A label alone in its item stands for the items after it. */
function regionsInItems(list: List, also: ReadonlySet<string>): Region[] {
  const items = list.children;
  const labels = items.map(labelOfItem);
  const opens = labels.map((label) => label?.rest === null && opensRegion(label.label, also));
  return items.flatMap((item, at): Region[] => {
    const isAlone = opens[at] === true && item.children.length === 1;
    const end = isAlone ? nextLabelled(labels, at) : at + 1;
    if (end > at + 1) {
      const position = { start: items[at + 1]?.position?.start, end: items[end - 1]?.position?.end };
      const rest = { ...list, children: items.slice(at + 1, end), position: position as List['position'] };
      return [{ start: startOffset(item), end: endOffset(rest), nodes: [rest as List], isNested: true }];
    }
    const [first, ...others] = item.children;
    // A remark such as "- **Quality gates:** as before" states none.
    if (others.length === 0 && labels[at]?.rest && !isCriteria(labels[at].label)) return [];
    // The first line of an item with a box is a task, not a label.
    const own =
      first?.type === 'paragraph' && typeof item.checked === 'boolean' ? cutAtLabels(first, also).slice(1) : null;
    return nested(item, regionsIn(own === null ? item.children : [...own, ...others], also));
  });
}

/** The index of the next item with a label, or the end. */
function nextLabelled(labels: readonly unknown[], at: number): number {
  let next = at + 1;
  while (next < labels.length && labels[next] === null) next++;
  return next;
}

/** True for a name of criteria themselves. */
function isCriteria(label: string): boolean {
  return opensRegion(label) && !/^\W*quality/i.test(label);
}

function labelOfItem({ checked, children }: ListItem): ReturnType<typeof labelOf> {
  const [first] = children;
  return first === undefined || typeof checked === 'boolean' ? null : labelOf(first);
}

/** Regions in a node. One that is all of it has its range, with its marker. */
function nested(node: Blockquote | ListItem, regions: readonly Region[]): Region[] {
  const [first] = node.children;
  return regions.map((region) => {
    const isAll = first !== undefined && region.start === startOffset(first) && region.end === endOffset(node);
    return { ...region, start: isAll ? startOffset(node) : region.start, isNested: true };
  });
}

function endOf(nodes: readonly RootContent[], end: number): number {
  const last = nodes[end - 1];
  return last ? endOffset(last) : 0;
}

/** The index of the next heading of `depth` or above; the number of nodes if there is none. */
export function nextHeading(nodes: readonly RootContent[], at: number, depth: number): number {
  return nextOf(nodes, at, (node) => node.type === 'heading' && node.depth <= depth);
}

/** The end of a region below a label: the next heading, label or rule. */
function nextLabel(nodes: readonly RootContent[], at: number): number {
  const ends = (node: RootContent): boolean =>
    node.type === 'heading' ||
    node.type === 'thematicBreak' ||
    isOtherLabel(node) ||
    beforeLabel(node) !== null ||
    (node.type === 'html' && /<\/details>|<(?:summary|h[1-6])\b/i.test(node.value));
  return nextOf(nodes, at, ends);
}

/** The index of the first node after `at` that fits, or the end. */
function nextOf(nodes: readonly RootContent[], at: number, isWanted: (node: RootContent) => boolean): number {
  let next = at + 1;
  for (let node = nodes[next]; node !== undefined && !isWanted(node); node = nodes[next]) next++;
  return Math.min(next, nodes.length);
}

/** The lines of a paragraph before its first label that ends a region; null if there is none after its first line. */
function beforeLabel(node: RootContent | undefined): Paragraph | null {
  if (node?.type !== 'paragraph' || isOtherLabel(node)) return null;
  const { children } = node;
  const at = children.findIndex(
    (child, index) => index > 0 && isLabelAt(children, index) && !isNumber(plainText(child)),
  );
  return at < 0 ? null : paragraphOf(children.slice(0, at));
}

/** True for a label that is not the number of a criterion, such as `**AC1:**`. */
function isOtherLabel(node: RootContent): boolean {
  const label = labelOf(node)?.label;
  return label !== undefined && !isNumber(label);
}

function isNumber(label: string): boolean {
  return /^(?:ac|criterion|scenario)[-_ #]{0,2}\d/i.test(label.trim());
}

/** A paragraph that begins with bold text and a colon, or is all bold: the label, and the rest as a paragraph. */
export function labelOf(node: RootContent): { readonly label: string; readonly rest: Paragraph | null } | null {
  if (node.type !== 'paragraph') return null;
  const [first, ...others] = node.children;
  if (first?.type !== 'strong') return null;
  const label = plainText(first);
  const after = others.map(plainText).join('');
  const isLabel = /[:：]\s*$/.test(label) || /^\s*(?:\([^)]*\)\s*)?[:：]/.test(after) || after.trim() === '';
  if (!isLabel) return null;
  const hasRest = after.replace(/^\s*(?:\([^)]*\)\s*)?[:：]?/, '').trim() !== '';
  if (!hasRest || others.length === 0) return { label, rest: null };
  const position = { start: others[0]?.position?.start, end: node.position?.end } as Paragraph['position'];
  return { label, rest: { type: 'paragraph', children: others, ...(position ? { position } : {}) } };
}

/** A paragraph, cut before each line that begins with a label, if one of them opens a region, or may mean one. */
export function cutAtLabels(paragraph: Paragraph, also: ReadonlySet<string> = none): Paragraph[] {
  const { children } = paragraph;
  const starts = children.flatMap((_node, index) => (index > 0 && isLabelAt(children, index) ? [index] : []));
  const cuts = [0, ...starts].map((start, index) => paragraphOf(children.slice(start, starts[index])));
  const opens = cuts.some((one) => {
    const label = labelOf(one);
    return label !== null && (opensRegion(label.label, also) || mayMeanRegion(label.label, also));
  });
  return opens && starts.length > 0 ? cuts : [paragraph];
}

function paragraphOf(children: readonly PhrasingContent[]): Paragraph {
  const position = { start: children[0]?.position?.start, end: children.at(-1)?.position?.end };
  return { type: 'paragraph', children: [...children], position: position as Paragraph['position'] };
}

/** True for bold text at the beginning of a line that ends in a colon, or is all of the line; not amid a sentence. */
function isLabelAt(nodes: readonly PhrasingContent[], at: number): boolean {
  const [before, node, after] = [nodes[at - 1], nodes[at], nodes[at + 1]];
  if (node?.type !== 'strong') return false;
  const said = before === undefined ? '' : plainText(before);
  if (before?.type !== 'break' && !/\n\s*$/.test(said.slice(-200))) return false;
  const label = plainText(node).trim();
  if (/^\p{Ll}/u.test(label) && /[\p{L}\p{N},]\s*$/u.test(said.slice(-200))) return false;
  if (/[:：]$/.test(label) || after === undefined || after.type === 'break') return true;
  const behind = after.type === 'text' ? after.value.slice(0, 200) : 'x';
  if (/^\s?(?:\([^)]{0,100}\)\s*)?(?:[:：]|\n)/.test(behind)) return true;
  return behind.trim() === '' && nodes[at + 2] === undefined;
}
