import type { Paragraph, PhrasingContent, RootContent, Strong } from 'mdast';
import { opensRegion } from '../format/region-names.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';

/** A labelled value, as in "**Status:** open". */
export interface Field {
  /** In lower case, without a colon. */
  readonly label: string;
  /** Its first line, as plain text. */
  readonly value: string;
  /** Offset of the value in the parsed text. */
  readonly start: number;
  readonly end: number;
}

const plainLabel =
  /^(?:status|state|depends(?: on)?|blocked by|waiting on|priority|effort|severity|where|what|why|fix|fix (?:shape|sketch)|(?:acceptance|success|exit|completion) criteria|acceptance|definition of done|done (?:when|criteria))$/i;

/**
 * The nodes of a task with each labelled line as a paragraph of its own that begins with its bold label, so that regions of
 * criteria among them are found: labels without bold, several in one paragraph, and those of list items.
 */
export function fieldStream(nodes: readonly RootContent[]): RootContent[] {
  return nodes.flatMap((node): RootContent[] => {
    if (node.type === 'paragraph') return labelled(node);
    if (node.type !== 'list') return [node];
    const read = node.children.map((item) => {
      const [first, ...rest] = item.children;
      if (first?.type !== 'paragraph') return null;
      const labels = labelled(first).map(labelIn);
      const isField = labels[0] !== null || labels.some((label) => label !== null && opensRegion(label));
      return isField ? fieldStream([first, ...rest]) : null;
    });
    if (read.every((one) => one === null)) return [node];
    return node.children.flatMap((item, index) => read[index] ?? [{ ...node, children: [item] }]);
  });
}

/** The fields among the nodes of a stream. */
export function fieldsOf(stream: readonly RootContent[]): Field[] {
  return stream.flatMap((node): Field[] => {
    const label = labelIn(node);
    if (label === null || node.type !== 'paragraph') return [];
    const [first, ...rest] = node.children;
    if (!first) return [];
    const value = rest
      .map(plainText)
      .join('')
      .replace(/^\s*[:：]?\s*/, '');
    return [{ label, value: value.split('\n')[0]?.trim() ?? '', start: endOffset(first), end: endOffset(node) }];
  });
}

/** The bold label at the beginning of a paragraph, in lower case; null without one. */
function labelIn(node: RootContent | undefined): string | null {
  if (node?.type !== 'paragraph') return null;
  const [first, second] = node.children;
  if (first?.type !== 'strong') return null;
  const said = fold(plainText(first));
  const isLabel =
    /[:：]$/.test(said) || (second?.type === 'text' && /^\s?(?:\([^)]{0,100}\)\s*)?[:：]/.test(second.value));
  return isLabel && said.length <= 60 ? said.replace(/\s*[:：]$/, '').toLowerCase() : null;
}

/** A paragraph, cut before each of its lines that begins with a label. */
function labelled(paragraph: Paragraph): Paragraph[] {
  const pieces = paragraph.children.flatMap((node, index) => {
    const before = paragraph.children[index - 1];
    return lines(node, before === undefined || before.type === 'break');
  });
  const groups: PhrasingContent[][] = [[]];
  for (const [index, node] of pieces.entries()) {
    const before = pieces[index - 1];
    const isLineStart = before === undefined || before.type === 'break' || endsInLineEnd(plainText(before));
    if (isLineStart && index > 0 && labelIn({ type: 'paragraph', children: pieces.slice(index, index + 2) }) !== null)
      groups.push([]);
    groups.at(-1)?.push(node);
  }
  return groups.map((children): Paragraph => {
    const [first, last] = [children[0], children.at(-1)];
    if (!first?.position || !last?.position) return paragraph;
    return { type: 'paragraph', children, position: { start: first.position.start, end: last.position.end } };
  });
}

function endsInLineEnd(text: string): boolean {
  return text.slice(text.trimEnd().length).includes('\n');
}

/** A text node, cut into its lines, with labels that are not bold as if they were. */
function lines(node: PhrasingContent, isLineStart: boolean): PhrasingContent[] {
  if (node.type !== 'text' || !node.position) return [node];
  const raw = node.value;
  const offset = startOffset(node);
  // Escapes, entities and indents shift what is written against what is meant; after its first line, such a text stays whole.
  const isExact = endOffset(node) - offset === raw.length;
  const { position } = node;
  const place = (start: number, end: number) => ({
    start: { ...position.start, offset: offset + start },
    end: { ...position.end, offset: offset + end },
  });
  const found: PhrasingContent[] = [];
  let at = 0;
  for (const line of isExact ? raw.split(/(?<=\n)/) : [raw]) {
    const label = /^[^\S\n]*([A-Za-z][A-Za-z ]{1,30}?)[:：](?=\s|$)/.exec(line);
    if (label?.[1] !== undefined && (at > 0 || isLineStart) && (plainLabel.test(label[1]) || opensRegion(label[1]))) {
      const strong: Strong = {
        type: 'strong',
        children: [{ type: 'text', value: label[0].trim() }],
        position: place(at, at + label[0].length),
      };
      const rest = line.slice(label[0].length);
      found.push(strong);
      if (rest !== '')
        found.push({
          type: 'text',
          value: rest,
          position: place(at + label[0].length, isExact ? at + line.length : endOffset(node) - offset),
        });
    } else
      found.push({
        type: 'text',
        value: line,
        position: place(at, isExact ? at + line.length : endOffset(node) - offset),
      });
    at += line.length;
  }
  return found;
}
