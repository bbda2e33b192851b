import type { RootContent } from 'mdast';
import { splitFrontMatter } from '../text/front-matter.ts';
import { parseMarkdown } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/** The blocks of a Markdown file without its front matter, and the offset in the file that their positions count from. */
export interface Page {
  readonly nodes: readonly RootContent[];
  readonly offset: number;
}

const pages = new WeakMap<Source, Page>();

/** Parses a file, once. Front matter that is invalid is part of the text. */
export function pageOf(source: Source): Page {
  const known = pages.get(source);
  if (known !== undefined) return known;
  const split = splitFrontMatter(source);
  const { body, bodyOffset } = 'severity' in split ? { body: source.text, bodyOffset: 0 } : split;
  const page = { nodes: parseMarkdown(body).children, offset: bodyOffset };
  pages.set(source, page);
  return page;
}
