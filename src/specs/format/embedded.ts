import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { type Json, rangesIn } from '../text/json-tree.ts';
import { parseMarkdown } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { boxMark, readBox } from './boxes.ts';
import { checksIn } from './checks.ts';
import { criterionOf, type ParsedCriterion } from './criterion.ts';
import { edited, type Mark } from './mark.ts';
import { opensRegion } from './region-names.ts';
import { readRegions } from './regions.ts';

/*
 * Criteria in the strings of a JSON file. They have the line of their string, and their boxes are characters of the string,
 * which may be escaped.
 */

/** The criteria in a text, and the text without them. */
export interface Embedded {
  readonly criteria: readonly ParsedCriterion[];
  /** All problems, also those of the criteria. */
  readonly problems: readonly SpecDiagnostic[];
  /** With line ends as in Markdown, and without white space around it. */
  readonly rest: string;
}

/** Reads the regions of criteria of a Markdown text. With `isWhole`, the whole text is one. See `readRegions` for `also`. */
export function readEmbedded(
  source: Source,
  string: Json,
  { isWhole = false, also }: { readonly isWhole?: boolean; readonly also?: ReadonlySet<string> } = {},
): Embedded {
  const labelled = withLabels(string.text, isWhole, also);
  const inner: Source = { file: source.file, text: labelled.text };
  const found = mayHaveRegions.test(inner.text)
    ? readRegions(parseMarkdown(inner.text).children, inner, 0, also)
    : { criteria: [], problems: [], unread: [], cut: [] };
  const cuts = found.cut.map(({ start, end }) => ({
    start: labelled.indexOf(start),
    end: labelled.indexOf(end),
    text: '',
  }));
  const place = locate(source.text, string.start, string.end - string.start);
  const here = (problem: SpecDiagnostic): SpecDiagnostic => ({ ...problem, ...place });
  const rangeOf = found.criteria.some(({ mark }) => mark !== null) ? rangesIn(source, string) : () => string;
  const moved = (mark: Mark): Mark => {
    const { start, end } = rangeOf(labelled.indexOf(mark.start), labelled.indexOf(mark.end));
    return { ...mark, start, end };
  };
  return {
    criteria: found.criteria.map((one) => ({
      ...one,
      criterion: { ...one.criterion, line: place.line },
      mark: one.mark === null ? null : moved(one.mark),
      problems: one.problems.map(here),
    })),
    problems: found.problems.map(here),
    rest: edited(string.text, cuts)
      .replace(/\r\n?/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
  };
}

/** Headings and bold labels need such a character. Parsing all texts without them would take most of the time. */
const mayHaveRegions = /[#*_]|^\s*[=-]{2}/m;

/** Reads one criterion from a string that is an item of a list of criteria. `commands` are its checks beside those in the text. */
export function criterionIn(source: Source, string: Json, commands: readonly string[] = []): ParsedCriterion {
  const marker = /^\s*[-*+]\s+/.exec(string.text)?.[0] ?? '';
  const item = string.text.slice(marker.length);
  const box = readBox(`- ${item}`);
  const text = box === null ? item : item.slice(box.textStart - 2);
  const own = checksIn(/check/i.test(text) ? parseMarkdown(text).children : []);
  const isScript = (command: string): boolean => /[\r\n]/.test(command.trim());
  const read = criterionOf({
    ...{ source, start: string.start, text, position: 0, box, asides: own.asides },
    isDangling: own.isDangling && commands.length === 0,
    commands: [...own.commands, ...commands.filter((command) => !isScript(command))],
    scripts: [...own.scripts, ...commands.filter(isScript)],
  });
  const mark = boxMark(source.file, marker.length - 2, box, read.criterion.text);
  if (mark === null) return { ...read, mark };
  const { start, end } = rangesIn(source, string)(mark.start, mark.end);
  return { ...read, mark: { ...mark, start, end } };
}

/** Reads a text that only says how the work is tested: each item if it is a list, otherwise the text as one criterion. Text beside a list is a warning. */
export function readStrategy(
  source: Source,
  string: Json,
): {
  readonly criteria: readonly ParsedCriterion[];
  readonly unread: readonly SpecDiagnostic[];
} {
  const lines = string.text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const isList = lines.filter((line) => item.test(line)).length > 1 || (lines.length > 1 && lines.every(isOfList));
  const list = isList ? readEmbedded(source, string, { isWhole: true }) : null;
  if (list === null || list.criteria.length < 2) return { criteria: [criterionIn(source, string)], unread: [] };
  const unread = list.problems.filter(({ code }) => code === 'unread-criterion');
  return { criteria: list.criteria, unread };
}

const item = /^ {0,3}(?:[-*+]|\d{1,9}[.)])\s/;

/** True for an item, a line of one, or what introduces a list. */
function isOfList(line: string): boolean {
  return /^\s*(?:[-*+]|\d{1,9}[.)])\s|^\s{2}|^#|[:：]\*{0,2}\s*$/.test(line);
}

/** The criteria in this order. */
export function positioned(criteria: readonly ParsedCriterion[]): ParsedCriterion[] {
  return criteria.map((one, position) => ({ ...one, criterion: { ...one.criterion, position } }));
}

interface Labelled {
  readonly text: string;
  /** Converts an index of `text` to one of the text before. */
  readonly indexOf: (index: number) => number;
}

/** Plain labels that end a region of criteria. */
const otherLabels: ReadonlySet<string> = new Set([
  ...['notes', 'note', 'technical notes', 'implementation notes', 'implementation', 'implementation plan', 'details'],
  ...['description', 'context', 'background', 'files', 'key files', 'dependencies', 'depends on', 'references'],
  ...['out of scope', 'non-goals', 'testing', 'test plan', 'verification', 'estimate', 'steps', 'tasks', 'design'],
  ...['risks', 'scope', 'approach', 'plan', 'problem', 'solution', 'goal', 'goals', 'location', 'see also', 'related'],
]);

const plainLabel = /^([ \t]{0,3})(\p{L}[^\n:：*#`|[\]]{0,60})([:：])/u;

/** Makes bold labels, which open regions, of plain ones such as "Acceptance criteria:" at the beginning of a line. */
function withLabels(text: string, isWhole: boolean, also?: ReadonlySet<string>): Labelled {
  const heading = isWhole ? '# Acceptance criteria\n\n' : '';
  const pieces: string[] = [heading];
  const anchors = [{ to: 0, from: 0 }];
  let length = heading.length;
  const insert = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  const copy = (from: number, end: number): void => {
    anchors.push({ to: length, from });
    insert(text.slice(from, end));
  };
  let at = 0;
  let fence = '';
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start) + 1 || text.length;
    const line = text.slice(start, Math.min(end, start + 200));
    fence = fenceAfter(line, fence);
    const [label = '', indent = '', name = ''] = (fence === '' && plainLabel.exec(line)) || [];
    if (label !== '' && !isWhole && (opensRegion(name, also) || otherLabels.has(name.trim().toLowerCase()))) {
      copy(at, start + indent.length);
      insert('\n\n**');
      copy(start + indent.length, start + label.length);
      insert('**');
      at = start + label.length;
    }
    start = end;
  }
  copy(at, text.length);
  return { text: pieces.join(''), indexOf: (index) => before(anchors, index) };
}

/** The marks of the fenced code that is open after a line; empty for none. */
function fenceAfter(line: string, open: string): string {
  const [, marks = '', rest = ''] = /^[ \t]{0,3}(`{3,}|~{3,})(.*)/.exec(line) ?? [];
  if (open === '') return marks.startsWith('`') && rest.includes('`') ? '' : marks;
  return marks.startsWith(open) && rest.trim() === '' ? '' : open;
}

/** The index in the text before, from the last anchor at or before an index. */
function before(anchors: readonly { readonly to: number; readonly from: number }[], index: number): number {
  let [low, high] = [0, anchors.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((anchors[middle]?.to ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const { to = 0, from = 0 } = anchors[low] ?? {};
  const next = anchors[low + 1];
  return Math.min(from + index - to, next?.from ?? Number.MAX_SAFE_INTEGER);
}
