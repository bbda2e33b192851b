import type { Heading, RootContent } from 'mdast';
import { opensRegion } from '../format/region-names.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import { type State, titleState } from '../format/title-says.ts';
import { type Content, contentOf } from './states.ts';

/** A heading with what is below it. */
export interface Section {
  /** Null for the text before the first heading. */
  readonly heading: Heading | null;
  /** Without its state, a strike and a box. */
  readonly title: string;
  readonly state: State | null;
  readonly content: Content;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  /** The nodes that belong to no section inside. */
  readonly own: readonly RootContent[];
  /** All nodes, with headings, but its own heading. */
  readonly all: readonly RootContent[];
  readonly inside: readonly Section[];
}

interface Growing extends Section {
  end: number;
  content: Content;
  state: State | null;
  readonly own: RootContent[];
  readonly all: RootContent[];
  readonly inside: Growing[];
}

/** Titles of parts of a task, which are no tasks themselves. */
const parts =
  /^(?:where|what|why|how|problem|solution|fix|impact|details?|steps|implementation|tests?|testing|verification|approach|proposal|description|rationale|files(?: (?:involved|to change))?|context)$/i;

/**
 * The sections of a file. Headings that name a part of what is around them, such as "Acceptance criteria", open none. The
 * title of the whole file says nothing of its tasks.
 */
export function outlineOf(nodes: readonly RootContent[]): Section {
  const root = growing(null, 0);
  let open: Growing[] = [root];
  for (const node of nodes) {
    if (node.type === 'heading') {
      open = open.filter(({ depth }) => depth < node.depth);
      const parent = open.at(-1) ?? root;
      const title = fold(plainText(node));
      const isRegion = opensRegion(title) && contentOf(title).kind !== 'criteria';
      const isPart = isRegion || (parent.depth > 1 && parts.test(title.replace(/[:：]$/, '')));
      if (!isPart) {
        add(open, node);
        const section = growing(node, node.depth);
        parent.inside.push(section);
        open.push(section);
        continue;
      }
    }
    add(open, node);
    open.at(-1)?.own.push(node);
  }
  const [whole, ...others] = root.inside.filter(({ depth }) => depth === 1);
  if (whole && others.length === 0) [whole.content, whole.state] = [{ kind: 'tasks' }, null];
  return root;
}

function add(open: readonly Growing[], node: RootContent): void {
  for (const section of open) {
    section.all.push(node);
    section.end = endOffset(node);
  }
}

function growing(heading: Heading | null, depth: number): Growing {
  const said = titleState(heading === null ? '' : bare(fold(plainText(heading))));
  return {
    ...{ heading, depth, title: said.title, state: said.state },
    content: said.state?.kind === 'dropped' ? { kind: 'not-work', why: 'cancelled tasks' } : contentOf(said.title),
    start: heading === null ? 0 : startOffset(heading),
    end: heading === null ? 0 : endOffset(heading),
    ...{ own: [], all: [], inside: [] },
  };
}

/** A title without a box, and without marks of a strike that is none. */
function bare(title: string): string {
  return title.replace(/^\[[ xX]?\]\s+/, '');
}
