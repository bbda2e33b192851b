import type { InlineCode, ListItem, Paragraph } from 'mdast';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { locate } from '../../model/diagnostic.ts';
import type { Criterion } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import { endOffset, fold, startOffset } from '../text/markdown.ts';
import { boxMark } from './boxes.ts';
import { errorAt, type Source } from '../text/source.ts';
import type { Mark } from './mark.ts';

/** A criterion with its mark. */
export interface ParsedCriterion {
  readonly criterion: Criterion;
  /** Null without a box. */
  readonly mark: Mark | null;
  readonly problems: readonly Diagnostic[];
}

/**
 * Reads a list item as a criterion: a check with ``check: `command` ``, a human criterion with a leading `(human)`, otherwise
 * a claim. `offset` is the offset of the parsed text in the file.
 */
export function parseCriterion(options: {
  readonly item: ListItem;
  readonly source: Source;
  readonly offset: number;
  readonly position: number;
}): ParsedCriterion {
  const { item, source, offset, position } = options;
  const start = startOffset(item) + offset;
  const raw = source.text.slice(start, endOffset(item) + offset);
  const box = /^[^\S\n]*(?:[-*+]|\d+[.)])[^\S\n]+\[([ xX])\][^\S\n]/.exec(raw);
  const hasBox = typeof item.checked === 'boolean' && box !== null;
  const marker = hasBox ? box[0] : (/^[^\S\n]*(?:[-*+]|\d+[.)])[^\S\n]*/.exec(raw)?.[0] ?? '');
  const text = fold(raw.slice(marker.length));
  const code = checkCode(item);
  const command = code === null ? null : code.value.trim();
  const isHuman = /^\(human\)(?=\s|$)/i.test(text);
  const problems: Diagnostic[] = [];
  const problem = (code: string, message: string, hint: string): void => {
    const length = raw.split('\n')[0]?.length ?? 1;
    problems.push(errorAt(source, { offset: start, length }, { code, message, hint }));
  };
  if (text === '' || /^\[[ xX]?\]$/.test(text))
    problem('empty-criterion', 'this criterion says nothing', 'Write what must hold, or remove the item.');
  if (command === '') problem('empty-check', 'this check has no command', 'Write it as: check: `npm test`.');
  if (command === null && /\bcheck:\s*\S/i.test(text) && !isHuman) {
    problem(
      'check-without-backticks',
      'the command of this check is not in backticks',
      'Write it as: check: `npm test`.',
    );
  }
  if (!isHuman && command !== null && /[\r\n]/.test(command)) {
    // Markdown renders the lines as one command, but a shell would run several.
    problem(
      'check-of-lines',
      'the command of this check has several lines',
      'Write it on one line: join commands with "&&" or ";", or put them into a script that is committed.',
    );
  }
  return {
    criterion: {
      position,
      text,
      kind: isHuman ? 'human' : command === null ? 'claim' : 'check',
      command: isHuman ? null : command,
      hash: sha256(text).slice(0, 16),
      isTicked: hasBox ? item.checked === true : null,
      line: locate(source.text, start).line,
    },
    mark: hasBox ? boxMark(source.file, start + box[0].indexOf('[') + 1, item.checked === true, text) : null,
    problems,
  };
}

/** The inline code after "check:" in the first paragraph; null if there is none. */
function checkCode(item: ListItem): InlineCode | null {
  const paragraph = item.children.find((child): child is Paragraph => child.type === 'paragraph');
  if (!paragraph) return null;
  for (const [index, node] of paragraph.children.entries()) {
    const before = paragraph.children[index - 1];
    if (node.type === 'inlineCode' && before?.type === 'text' && /(?:^|[^\w])check:\s*$/i.test(before.value))
      return node;
  }
  return null;
}
