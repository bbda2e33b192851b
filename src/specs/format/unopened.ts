import type { RootContent } from 'mdast';
import { endOffset, plainText, startOffset } from '../text/markdown.ts';
import { cutAtLabels, labelOf, lineBeforeList, nextHeading, type Region, titleIn } from './openings.ts';
import { mayMeanRegion } from './region-names.ts';

/**
 * The headings and labels outside of regions that may mean one, by their words, and have something below them. The title of the
 * text is none, and neither is one around a region, which says what its criteria are.
 */
export function unopenedIn(
  nodes: readonly RootContent[],
  regions: readonly Region[],
  also: ReadonlySet<string>,
): RootContent[] {
  const overlaps = (start: number, end: number): boolean =>
    regions.some((region) => region.start < end && region.end > start);
  const visit = (stream: readonly RootContent[], isTop: boolean): RootContent[] =>
    stream
      .flatMap((node): RootContent[] => (node.type === 'paragraph' ? cutAtLabels(node, also) : [node]))
      .flatMap((node, at, all): RootContent[] => {
        if (node.type === 'blockquote') return visit(node.children, false);
        if (node.type === 'list') return node.children.flatMap((item) => visit(item.children, false));
        const title = titleOf(node, all[at + 1]);
        if (title === null || !mayMeanRegion(title, also)) return [];
        if (isTop && at === 0 && node.type === 'heading' && node.depth === 1) return [];
        const end = node.type === 'heading' ? nextHeading(all, at, node.depth) : at + 2;
        const below = all.slice(at + 1, end);
        const hasContent = (node.type === 'paragraph' && labelOf(node)?.rest) || below.some(isContent);
        const last = node.type === 'heading' ? below.at(-1) : node;
        return hasContent && !overlaps(startOffset(node), endOffset(last ?? node)) ? [node] : [];
      });
  return visit(nodes, true);
}

function titleOf(node: RootContent, next: RootContent | undefined): string | null {
  if (node.type === 'heading') return plainText(node);
  if (node.type === 'html') return titleIn(node.value)?.text ?? null;
  const title = labelOf(node)?.label ?? lineBeforeList(node, next);
  return title !== null && title.trim().split(/\s+/).length <= mostWords ? title : null;
}

/** The most words of a label; a sentence tells something else. */
const mostWords = 8;

function isContent({ type }: RootContent): boolean {
  return type === 'list' || type === 'table' || type === 'paragraph';
}
