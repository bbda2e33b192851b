import type { List, ListItem, Nodes, Root, RootContent } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

const processor = unified().use(remarkParse).use(remarkGfm).freeze();

/** Markdown → tree; every node has its offsets in `text`. */
export function parseMarkdown(text: string): Root {
  return processor.parse(text);
}

/** The characters of a node without its markup: what a reader sees. */
export function plainText(node: Nodes): string {
  if ('value' in node) return node.value;
  if ('children' in node) return node.children.map(plainText).join('');
  return '';
}

/** Where a node begins in the parsed text. */
export function startOffset(node: Nodes): number {
  return node.position?.start.offset ?? 0;
}

/** Where a node ends in the parsed text. */
export function endOffset(node: Nodes): number {
  return node.position?.end.offset ?? 0;
}

/** White space folded to single blanks. */
export function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A heading and what stands below it, up to the next heading of the same or a higher level. */
interface Section {
  readonly title: string;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly children: readonly RootContent[];
}

/** All sections of a flat list of nodes that a heading of `depth` opens. */
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

/** The items of all lists that stand directly among `nodes`. */
export function listItems(nodes: readonly RootContent[]): ListItem[] {
  return nodes.filter((node): node is List => node.type === 'list').flatMap((list) => list.children);
}
