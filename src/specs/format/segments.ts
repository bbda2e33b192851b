import type { Nodes } from 'mdast';
import { splitFrontMatter } from '../text/front-matter.ts';
import { startOffset, tryMarkdown } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/**
 * The segments of a Markdown file: list items without nested items, other blocks, and lines of the front matter, each with
 * its trailing white space. Null if the front matter is invalid, or if the file is too costly to parse.
 */
export function segmentsOf(source: Source): string[] | null {
  const split = splitFrontMatter(source);
  if ('severity' in split) return null;
  const tree = tryMarkdown(split.body);
  if (tree === null) return null;
  const { text } = source;
  const starts = new Set([0]);
  for (let at = 0; at < split.bodyOffset; at = text.indexOf('\n', at) + 1 || text.length) starts.add(at);
  starts.add(split.bodyOffset);
  const cutAt = (node: Nodes): void => {
    const offset = startOffset(node) + split.bodyOffset;
    starts.add(text.lastIndexOf('\n', offset - 1) + 1);
  };
  const visit = (node: Nodes): void => {
    if (node.type === 'listItem') cutAt(node);
    if (node.type === 'root') node.children.forEach(cutAt);
    if ('children' in node) node.children.forEach(visit);
  };
  visit(tree);
  const sorted = [...starts].toSorted((a, b) => a - b);
  return sorted.map((start, index) => text.slice(start, sorted[index + 1])).filter((segment) => segment !== '');
}
