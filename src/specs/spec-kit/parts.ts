import type { Heading, ListItem, RootContent } from 'mdast';
import { readBox } from '../format/boxes.ts';
import { nextHeading } from '../format/openings.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/** A phase or another section of `tasks.md`, a user story of `spec.md`, or the whole of it. */
export interface Part {
  readonly source: Source;
  readonly heading: Heading;
  readonly title: string;
  readonly nodes: readonly RootContent[];
  readonly start: number;
  readonly end: number;
  /** The number of its user story; null without one. */
  readonly story: string | null;
  /** The number of its phase. */
  readonly phase: string | null;
}

const storyTitle = /^(?:user story|ユーザーストーリー|用户故事)\s*(\d+[a-z]?)\s*(?:[-–—:：]\s*)?(.*)$/iu;
const phaseTitle = /^(?:phase|フェーズ|阶段)\s*(\d[\d.]*[a-z]?|[A-Z](?![\p{L}\p{N}]))\s*[-–—:：]?\s*(.*)$/iu;

/** The whole of `spec.md`, as one part. */
export function wholeOf(source: Source): Part {
  const { children } = parseMarkdown(source.text);
  const found = children.find((node): node is Heading => node.type === 'heading' && node.depth === 1);
  const heading = found ?? (children[0] === undefined ? null : emptyHeading(children[0]));
  const title =
    found === undefined ? '' : fold(plainText(found)).replace(/^(?:feature )?spec(?:ification)?\s*[:：]\s*/i, '');
  const none: Heading = { type: 'heading', depth: 1, children: [] };
  const part = { source, heading: heading ?? none, title, nodes: children, story: null, phase: null };
  return { ...part, start: 0, end: source.text.length };
}

/** The user stories of `spec.md`. */
export function storiesOf(source: Source): Part[] {
  return headed(source, (title) => storyTitle.test(title)).map((part) => {
    const [, number = '', title = ''] = storyTitle.exec(part.title) ?? [];
    return { ...part, title: cleaned(title) || part.title, story: number };
  });
}

/** The phases of `tasks.md`, and the sections of tasks that are outside of phases, in the order of the file. */
export function phasesOf(tasks: Source): Part[] {
  const phases = titledPhases(tasks);
  return [...phases, ...otherSections(tasks, phases)].toSorted((a, b) => a.start - b.start);
}

function titledPhases(tasks: Source): Part[] {
  const phases = headed(tasks, (title) => phaseTitle.test(title)).filter((part) =>
    /\bT\d{3}|\[[ xX]\]/.test(textOf(part)),
  );
  const depth = Math.min(...phases.map(({ heading }) => heading.depth));
  return phases
    .filter(({ heading }) => heading.depth === depth)
    .flatMap((part) => {
      const [, phase = '', said = ''] = phaseTitle.exec(part.title) ?? [];
      const [, number, title] = storyTitle.exec(said) ?? [];
      const story = number ?? onlyStoryIn(part.nodes);
      return [{ ...part, phase, story, title: cleaned(title ?? said) || part.title }];
    });
}

/** The user story that the tasks among nodes name, if it is a single one. */
function onlyStoryIn(nodes: readonly RootContent[]): string | null {
  const texts = listItems(nodes).map((item) => plainText(item).slice(0, 200));
  const named = new Set(texts.flatMap((text) => /\[US(\d+[a-z]?)\]/i.exec(text)?.[1] ?? []));
  return named.size === 1 ? ([...named][0] ?? null) : null;
}

/** Sections that explain tasks, or ask about the file itself: what looks like a task there is an example, or a question. */
const aboutTasks =
  /^(?:dependenc|parallel|notes?\b|format|path conventions|implementation strategy)|\bexamples?\b|\bchecklist\b/i;

/**
 * The sections outside of phases that have tasks: items with a box and a number (`T001`), or with a box if no task of the file
 * has a number. Each goes up to the next one; what stands before any heading is a section, too.
 */
function otherSections(tasks: Source, phases: readonly Part[]): Part[] {
  const { children } = parseMarkdown(tasks.text);
  const isTask = taskIn(tasks, children);
  const inPhase = (node: RootContent): boolean =>
    phases.some(({ start, end }) => startOffset(node) >= start && startOffset(node) < end);
  const groups: { readonly heading: Heading | null; readonly nodes: RootContent[] }[] = [{ heading: null, nodes: [] }];
  for (const node of children.filter((one) => !inPhase(one))) {
    if (node.type === 'heading') groups.push({ heading: node, nodes: [] });
    else groups.at(-1)?.nodes.push(node);
  }
  return groups.flatMap(({ heading, nodes }): Part[] => {
    const title = heading === null ? '' : fold(plainText(heading));
    const [first, last] = [nodes[0], nodes.at(-1)];
    if (!first || !last || aboutTasks.test(title) || !listItems(nodes).some(isTask)) return [];
    const from = heading ?? emptyHeading(first);
    const [, said] = /^tasks?\b\W*(.*)$/i.exec(title) ?? [];
    return [
      {
        ...{ source: tasks, heading: from, nodes, story: onlyStoryIn(nodes), phase: null },
        title: cleaned(said ?? title) || title || 'Tasks',
        start: startOffset(from),
        end: endOffset(last),
      },
    ];
  });
}

/** A function that tells the tasks of a file from other items. */
function taskIn({ text }: Source, nodes: readonly RootContent[]): (item: ListItem) => boolean {
  const isBoxed = (item: ListItem): boolean => readBox(text.slice(startOffset(item)).slice(0, 200)) !== null;
  const isNumbered = (item: ListItem): boolean =>
    isBoxed(item) && /^[\W_]*(?:\[.?\][\W_]*)?T\d{3}/.test(plainText(item).slice(0, 50));
  return listItems(nodes).some(isNumbered) ? isNumbered : isBoxed;
}

/** The heading of a section that has none. */
function emptyHeading({ position }: RootContent): Heading {
  const start = position?.start;
  return { type: 'heading', depth: 1, children: [], ...(start ? { position: { start, end: start } } : {}) };
}

/** The sections with a title that fits, each up to the next heading of its level or above. */
export function headed(source: Source, isWanted: (title: string) => boolean): Part[] {
  const { children } = parseMarkdown(source.text);
  return children.flatMap((heading, at): Part[] => {
    if (heading.type !== 'heading') return [];
    const title = fold(plainText(heading));
    if (!isWanted(title)) return [];
    const end = nextHeading(children, at, heading.depth);
    const after = children[end];
    return [
      {
        ...{ source, heading, title, nodes: children.slice(at + 1, end), story: null, phase: null },
        start: startOffset(heading),
        end: after ? startOffset(after) : source.text.length,
      },
    ];
  });
}

function cleaned(title: string): string {
  const plain = title.replace(/\((?:priority:\s*)?P\d\)/i, '').replace(/\bMVP\b/, '');
  return trimmedEnd(plain, /[^\p{L}\p{N})\]"'`.!?]/u).trim();
}

export function textOf({ source, start, end }: Part): string {
  return source.text.slice(start, end);
}

/** Length of its heading, in characters. */
export function headingLength({ heading }: Part): number {
  return endOffset(heading) - startOffset(heading);
}
