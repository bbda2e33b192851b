import type { List, ListItem, Nodes, Root, RootContent } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

const processor = unified().use(remarkParse).use(remarkGfm).freeze();

/** Parses Markdown; every node has its offsets in `text`. */
export function parseMarkdown(text: string): Root {
  return processor.parse(text);
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
