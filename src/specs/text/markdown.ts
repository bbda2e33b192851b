import type { List, ListItem, Nodes, Root, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFootnoteFromMarkdown } from 'mdast-util-gfm-footnote';
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item';
import { parse, preprocess } from 'micromark';
import { gfmFootnote } from 'micromark-extension-gfm-footnote';
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough';
import { gfmTable } from 'micromark-extension-gfm-table';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';
import { combineExtensions } from 'micromark-util-combine-extensions';
import { type Cut, outline } from './outline.ts';
import { Identifiers, mayBeCostly, paragraphGuard, type Whole } from './paragraphs.ts';
import { TooCostly } from './too-costly.ts';

/*
 * GitHub's Markdown, without links from bare addresses: nothing here needs them, and to look for them takes as long as all
 * the rest. A long text is parsed in parts, since the parser is slow at lists and headings of a long one.
 */

// A single tilde is no strike: `[~]` is a box.
const extension = combineExtensions([
  gfmFootnote(),
  gfmStrikethrough({ singleTilde: false }),
  gfmTable(),
  gfmTaskListItem(),
]);
const mdastExtensions = [
  gfmFootnoteFromMarkdown(),
  gfmStrikethroughFromMarkdown(),
  gfmTableFromMarkdown(),
  gfmTaskListItemFromMarkdown(),
];

/** The last texts, since a reader asks for the same one several times. Their trees are kept only as long as it reads. */
const recent: { readonly text: string; readonly tree: WeakRef<Root> }[] = [];

/**
 * Parses Markdown; every node has its offsets in `text`. The tree must not be changed. Throws `TooCostly` for a text that
 * takes much longer than its size suggests. The markup of a paragraph of more than 20,000 characters may stay text.
 */
export function parseMarkdown(text: string): Root {
  const known = recent.find((one) => one.text === text)?.tree.deref();
  if (known !== undefined) return known;
  const root = parseInParts(text, 1024);
  recent.unshift({ text, tree: new WeakRef(root) });
  recent.length = Math.min(recent.length, 4);
  return root;
}

/** Like `parseMarkdown`, but null for a text that is too costly. */
export function tryMarkdown(text: string): Root | null {
  try {
    return parseMarkdown(text);
  } catch (error) {
    if (error instanceof TooCostly) return null;
    throw error;
  }
}

/** Parses a text in parts of at least `length` characters. */
export function parseInParts(text: string, length: number): Root {
  // The parser leaves a BOM out, and does not count it.
  const start = { offset: text.startsWith('\uFEFF') ? 1 : 0, line: 0, isInList: false, isAfterBlank: false };
  const cuts = text.length <= length && isCheap(text) ? [start] : [start, ...outline(text, length)];
  const texts = cuts.map(({ offset }, index) => text.slice(offset, cuts[index + 1]?.offset));
  const whole = { text, ...definitionsIn(texts), spent: { steps: 0 } };
  const [first, ...parts] = cuts.map((cut, index) => ({
    cut,
    root: parsePart(texts[index] ?? '', { ...whole, offset: cut.offset }),
  }));
  if (first === undefined) throw new Error('Internal error: a text has no parts');
  const root = first.root;
  if (first.cut.offset > 0) move(root, first.cut);
  for (const { cut, root: part } of parts) {
    move(part, cut);
    append(root, part, cut);
  }
  return root;
}

/** True for a text that is too short to take long, and has too few markers to be nested too deeply. */
function isCheap(text: string): boolean {
  return text.length <= 1024 && (text.match(/[>*+-]|[.):][ \t]/g)?.length ?? 0) <= 100;
}

function parsePart(text: string, whole: Whole): Root {
  const isPlain = whole.text.length === text.length && !mayBeCostly(text);
  return fromMarkdown(text, {
    extensions: isPlain ? [extension] : [extension, paragraphGuard(whole)],
    mdastExtensions,
  });
}

/** What the definitions and footnotes of all parts define: each part may refer to those of the others. */
function definitionsIn(parts: readonly string[]): Pick<Whole, 'defined' | 'footnotes'> {
  const found = { defined: new Identifiers(), footnotes: new Identifiers() };
  if (parts.length === 1) return found;
  for (const part of parts) {
    if (!part.includes(']:')) continue;
    const parser: ReturnType<typeof parse> & { gfmFootnotes?: string[] } = parse({ extensions: [extension] });
    parser.defined = found.defined;
    parser.gfmFootnotes = found.footnotes;
    parser.document().write(preprocess()(part, undefined, true));
  }
  return found;
}

/** Moves the nodes of a part to their place in the text. */
function move(node: Nodes, by: Cut): void {
  for (const point of [node.position?.start, node.position?.end]) {
    if (point?.offset === undefined) continue;
    point.offset += by.offset;
    point.line += by.line;
  }
  if ('children' in node) for (const child of node.children) move(child, by);
}

/** Adds the nodes of the part after a cut. */
function append(root: Root, part: Root, { isInList, isAfterBlank }: Cut): void {
  const last = root.children.at(-1);
  const [next, ...others] = part.children;
  if (isInList && last?.type === 'list' && next?.type === 'list') {
    for (const item of next.children) last.children.push(item);
    last.spread = last.spread === true || next.spread === true || isAfterBlank;
    if (last.position && next.position) last.position.end = next.position.end;
    for (const node of others) root.children.push(node);
  } else for (const node of part.children) root.children.push(node);
  if (root.position && part.position) root.position.end = part.position.end;
}

/** The visible text of a node, without markup. */
export function plainText(node: Nodes): string {
  if ('value' in node) return node.value;
  if ('children' in node) return node.children.map(plainText).join('');
  return '';
}

export function startOffset(node: Nodes): number {
  return node.position?.start.offset ?? 0;
}

export function endOffset(node: Nodes): number {
  return node.position?.end.offset ?? 0;
}

/** Folds white space to single blanks. */
export function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A heading and the nodes below it, up to the next heading of the same or a higher level. */
interface Section {
  readonly title: string;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly children: readonly RootContent[];
}

/** The sections with a heading of `depth` in a flat list of nodes. */
export function sections(nodes: readonly RootContent[], depth: number, end: number): Section[] {
  const found: Section[] = [];
  let open: { title: string; start: number; children: RootContent[] } | null = null;
  const close = (at: number): void => {
    if (open) found.push({ title: open.title, depth, start: open.start, end: at, children: open.children });
    open = null;
  };
  for (const node of nodes) {
    if (node.type === 'heading' && node.depth <= depth) {
      close(startOffset(node));
      if (node.depth === depth) open = { title: fold(plainText(node)), start: startOffset(node), children: [] };
    } else if (open) {
      (open as { children: RootContent[] }).children.push(node);
    }
  }
  close(end);
  return found;
}

/** The items of all lists in `nodes`; not of nested lists. */
export function listItems(nodes: readonly RootContent[]): ListItem[] {
  return nodes.filter((node): node is List => node.type === 'list').flatMap((list) => list.children);
}
