import type { ListItem, Nodes, RootContent } from 'mdast';
import { readBox } from '../format/boxes.ts';
import { checksIn } from '../format/checks.ts';
import { knownUnitKeys } from '../format/unit-keys.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { hasTaskSections } from '../todo/todo.ts';

/**
 * True if a `followups.md` is written in the style of another project, and none of its items in ours: its tasks are sections
 * or items without a box, or what is done is struck through or below "Done". An item in our style has keys, a nested check or
 * nested criteria. `body` is the text that was parsed.
 */
export function isForeign(source: Source, body: string, nodes: readonly RootContent[]): boolean {
  const items = listItems(nodes);
  const hasBox = (item: ListItem): boolean => readBox(body.slice(startOffset(item)).slice(0, 200)) !== null;
  const isStruck = (item: ListItem): boolean => {
    const first = item.children[0];
    return first?.type === 'paragraph' && first.children.some((node) => node.type === 'delete');
  };
  if (items.some((item) => isOwn(item))) return false;
  if (items.some(isStruck) || hasTaskSections(source, body, nodes)) return true;
  if (items.some((item) => isNested(item.children, hasBox))) return false;
  if (
    nodes.some(
      (node) => node.type === 'heading' && node.depth > 1 && /^\W*(?:done|completed|resolved)\b/i.test(plainText(node)),
    )
  )
    return true;
  return items.length === 0
    ? nodes.some((node) => node.type === 'heading' && node.depth > 1)
    : items.every((item) => !hasBox(item));
}

/** True for an item with a key or a check among its nested items. */
function isOwn({ children }: ListItem): boolean {
  return listItems(children).some((item) => {
    const first = item.children[0];
    if (first?.type !== 'paragraph') return false;
    const key = /^([a-z-]+):/.exec(plainText(first))?.[1];
    return (key !== undefined && knownUnitKeys.includes(key)) || checksIn([first]).commands.length > 0;
  });
}

function isNested(nodes: readonly Nodes[], has: (item: ListItem) => boolean): boolean {
  return nodes.some(
    (node) => (node.type === 'listItem' && has(node)) || ('children' in node && isNested(node.children, has)),
  );
}

/** True for a file in the style of another project, to which no followup can be appended. */
export function isForeignFile(source: Source): boolean {
  const split = splitFrontMatter(source);
  return !('severity' in split) && isForeign(source, split.body, parseMarkdown(split.body).children);
}
