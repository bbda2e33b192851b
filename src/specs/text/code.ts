import type { Nodes } from 'mdast';
import { endOffset, startOffset, tryMarkdown } from './markdown.ts';

/**
 * A Markdown text with each character of its code, and of the marks around it, replaced by `fill`. Offsets stay. What Markdown
 * does not read as code, such as what is behind a single backtick, stays as it is.
 */
export function withoutCode(text: string, fill = ' '): string {
  if (!/[`~]|^(?: {4}|\t)/m.test(text)) return text;
  const pieces: string[] = [];
  let at = 0;
  const visit = (node: Nodes): void => {
    if (node.type === 'inlineCode' || node.type === 'code') {
      const [start, end] = [Math.max(at, startOffset(node)), endOffset(node)];
      pieces.push(text.slice(at, start), text.slice(start, end).replace(/[^\n]/g, fill));
      at = Math.max(at, end);
    } else if ('children' in node) for (const child of node.children) visit(child);
  };
  const root = tryMarkdown(text);
  if (root !== null) visit(root);
  pieces.push(text.slice(at));
  return pieces.join('');
}
