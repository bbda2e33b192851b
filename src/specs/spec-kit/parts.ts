import type { Heading, RootContent } from 'mdast';
import { nextHeading } from '../format/openings.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/** A phase of `tasks.md`, or a user story of `spec.md`. */
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

/** The user stories of `spec.md`. */
export function storiesOf(source: Source): Part[] {
  return headed(source, (title) => storyTitle.test(title)).map((part) => {
    const [, number = '', title = ''] = storyTitle.exec(part.title) ?? [];
    return { ...part, title: cleaned(title) || part.title, story: number };
  });
}

/** The phases of `tasks.md`. */
export function phasesOf(tasks: Source): Part[] {
  const phases = headed(tasks, (title) => phaseTitle.test(title)).filter((part) =>
    /\bT\d{3}|\[[ xX]\]/.test(textOf(part)),
  );
  const depth = Math.min(...phases.map(({ heading }) => heading.depth));
  return phases
    .filter(({ heading }) => heading.depth === depth)
    .flatMap((part) => {
      const [, phase = '', said = ''] = phaseTitle.exec(part.title) ?? [];
      const [, number, title] = storyTitle.exec(said) ?? [];
      const texts = listItems(part.nodes).map((item) => plainText(item).slice(0, 200));
      const named = new Set(texts.flatMap((text) => /\[US(\d+[a-z]?)\]/i.exec(text)?.[1] ?? []));
      const story = number ?? (named.size === 1 ? [...named][0] : undefined) ?? null;
      return [{ ...part, phase, story, title: cleaned(title ?? said) || part.title }];
    });
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
