import type {
  BlockContent,
  DefinitionContent,
  Heading,
  List,
  ListItem,
  Nodes,
  Paragraph,
  RootContent,
  Table,
  TableRow,
} from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { boxMark, readBox, readCell, readHeadingBox } from './boxes.ts';
import { isScenario, nextHeading, regionsIn } from './openings.ts';
import { checksIn, checksInRow, introducesChecks, isTaken } from './checks.ts';
import { criterionOf, type ParsedCriterion, readItems } from './criterion.ts';
import { edited, type Mark } from './mark.ts';
import { unopenedIn } from './unopened.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/*
 * Regions of a Markdown text that contain acceptance criteria: below a heading or a bold label that says so, and each
 * scenario. Everything in a region is read as a criterion, or reported as not read, and so is a title that may mean a region.
 */

/** The criteria of a text, and the ranges that contain them. */
export interface Found {
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly SpecDiagnostic[];
  /** Those of the problems that tell what is not read. */
  readonly unread: readonly SpecDiagnostic[];
  readonly cut: readonly { readonly start: number; readonly end: number; readonly isNested: boolean }[];
}

/**
 * Reads the regions of a flat list of nodes. `offset` is the offset of the parsed text in the file, `also` the lower-case names
 * of other regions in this format.
 */
export function readRegions(
  nodes: readonly RootContent[],
  source: Source,
  offset: number,
  also: ReadonlySet<string> = new Set(),
): Found {
  const regions = regionsIn(nodes, also);
  const reading = new Reading(source, offset);
  for (const region of regions) reading.region(region.nodes);
  for (const node of unopenedIn(nodes, regions, also)) reading.unopened(node);
  return {
    criteria: reading.criteria,
    problems: [...reading.criteria.flatMap((c) => c.problems), ...reading.unread],
    unread: reading.unread,
    cut: regions.map(({ start, end, isNested }) => ({ start, end, isNested })),
  };
}

/** True for "when … then", in this order, and for a demand with SHALL or MUST. */
function isDemand(text: string): boolean {
  const lower = text.toLowerCase();
  const when = lower.search(/\bwhen\b/);
  return (when >= 0 && /\bthen\b/.test(lower.slice(when))) || /\b(?:SHALL|MUST)\b/.test(text);
}

/**
 * Reads neighbouring nodes as one criterion: a scenario with its steps, or a paragraph. `offset` is the offset of the parsed
 * text in the file, `behind` nodes that are no part of its text, and may have code that belongs to its checks.
 */
export function readBlock(
  nodes: readonly Nodes[],
  {
    source,
    offset,
    position,
    behind = [],
  }: {
    readonly source: Source;
    readonly offset: number;
    readonly position: number;
    readonly behind?: readonly Nodes[];
  },
): ParsedCriterion {
  const start = (nodes[0] === undefined ? 0 : startOffset(nodes[0])) + offset;
  const end = Math.max(start, ...nodes.slice(-1).map((node) => endOffset(node) + offset));
  const boxes = nodes.flatMap((node) => boxesOf(node, source, offset));
  const raw = source.text.slice(start, end);
  const box = nodes[0]?.type === 'heading' ? readHeadingBox(raw) : null;
  const opened = boxes.map((mark) => ({ start: mark.start - start, end: mark.end - start, text: mark.open }));
  if (box) opened.push({ start: 0, end: box.textStart, text: '' });
  const text = edited(raw, opened).replace(/^(?:#+\s+|[:：]\s*|[-*+]\s+|\d{1,9}[.)]\s+)/, '');
  return criterionOf({ source, start, text, ...checksIn([...nodes, ...behind]), position, box });
}

/** The boxes in a node. Its text must not change with a tick, whatever unit they belong to. */
function boxesOf(node: Nodes, source: Source, offset: number): Mark[] {
  const start = startOffset(node) + offset;
  const box = node.type === 'listItem' ? readBox(source.text.slice(start, start + 200)) : null;
  const own = boxMark(source.file, start, box, '');
  const nested = 'children' in node ? node.children.flatMap((child) => boxesOf(child, source, offset)) : [];
  return own === null ? nested : [own, ...nested];
}

/** The end of the paragraphs that continue "Given …" with "When …", "Then …" or "And …". */
function stepsEnd(nodes: readonly Nodes[], at: number): number {
  const begins = (node: Nodes | undefined, word: RegExp): boolean =>
    node?.type === 'paragraph' && word.test(plainText(node).trimStart());
  let end = at + 1;
  if (!begins(nodes[at], /^(?:AC[-_ #]{0,2}\d{1,4}\W{0,5})?(?:given|when)\b/i)) return end;
  while (begins(nodes[end], /^(?:when|then|and|but)\b/i)) end++;
  return end;
}

/** True for the first row of a table that names the columns of others. */
function isHeader(row: TableRow, { children }: Table): boolean {
  const cells = row.children.map((cell) => plainText(cell).trim());
  const isName = (cell: string): boolean =>
    !/^\[.?\]/.test(cell) && !/[.!;]$|\bchecks?:/i.test(cell) && cell.split(/\s+/).length <= 6 && !isDemand(cell);
  return cells.every((cell) => cell === '') || (children.length > 1 && cells.every(isName));
}

type Content = RootContent | BlockContent | DefinitionContent;

/** What nodes are called that are never read as criteria. */
const nouns: Readonly<Partial<Record<Content['type'], string>>> = {
  code: 'this code block',
  html: 'this HTML',
  footnoteDefinition: 'this footnote',
};

/** True for what shows no text: rules, the targets of links, comments, and tags of HTML alone. */
function saysNothing(node: Content): boolean {
  if (node.type === 'thematicBreak' || node.type === 'definition') return true;
  return node.type === 'html' && !/[\p{L}\p{N}]/u.test(shownIn(node.value));
}

/** The text of HTML without tags, titles that fold it, and comments that end. */
function shownIn(html: string): string {
  return withoutComments(html)
    .replace(/<summary\b[^<>]*>[^<>]*<\/summary>/gi, '')
    .replace(/<[^<>]*>/g, '');
}

function withoutComments(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    const start = html.indexOf('<!--', at);
    const end = start < 0 ? -1 : html.indexOf('-->', start + 4);
    if (end < 0) return `${pieces.join('')}${html.slice(at)}`;
    pieces.push(html.slice(at, start));
    at = end + 3;
  }
}

/** The most characters of what introduces a criterion. */
const mostIntroduced = 200;

class Reading {
  readonly criteria: ParsedCriterion[] = [];
  /** The headings around the next node, outermost first. */
  #headings: { readonly depth: number; readonly title: string }[] = [];
  /** The line that introduces the next node. */
  #line: string | null = null;
  readonly unread: SpecDiagnostic[] = [];
  readonly #source: Source;
  readonly #offset: number;

  constructor(source: Source, offset: number) {
    this.#source = source;
    this.#offset = offset;
  }

  region(nodes: readonly Content[]): void {
    this.#headings = [];
    this.read(nodes);
  }

  /** Reads every node, or tells that it is not read. Only what says nothing is passed over: see `saysNothing`. */
  read(nodes: readonly Content[]): void {
    this.#line = null;
    const hasItems = nodes.some(({ type }) => type === 'list' || type === 'table' || type === 'heading');
    for (let at = 0; at < nodes.length;) at += this.#next(nodes, at, hasItems);
  }

  /** Reads the node at an index, and returns how many it took. */
  #next(nodes: readonly Content[], at: number, hasItems: boolean): number {
    const node = nodes[at];
    if (node === undefined || saysNothing(node)) return 1;
    if (node.type !== 'list' && node.type !== 'table') this.#line = null;
    switch (node.type) {
      case 'list':
        this.#list(node);
        return 1;
      case 'table':
        this.#table(node);
        return 1;
      case 'blockquote':
        this.read(node.children);
        return 1;
      case 'heading':
        return this.#heading(node, nodes, at);
      case 'paragraph':
        return this.#paragraph(node, nodes, at, hasItems);
      default:
        this.#report(node, nouns[node.type] ?? 'this text');
        return 1;
    }
  }

  /** A scenario, or the title of what is below it. */
  #heading(node: Heading, nodes: readonly Content[], at: number): number {
    const around = this.#headings.filter(({ depth }) => depth < node.depth);
    if (isScenario(node)) {
      this.#headings = around;
      const end = nextHeading(nodes as readonly RootContent[], at, 6);
      this.#text(nodes.slice(at, end));
      return end - at;
    }
    const below = nodes.slice(at + 1, nextHeading(nodes as readonly RootContent[], at, node.depth));
    if (below.every(saysNothing)) this.#report(node, 'this heading, with nothing below it,');
    this.#headings = [...around, { depth: node.depth, title: fold(plainText(node)) }];
    return 1;
  }

  #paragraph(node: Paragraph, nodes: readonly Content[], at: number, hasItems: boolean): number {
    const next = nodes[at + 1];
    if (next !== undefined && isTaken(next, node)) {
      this.#text([node, next]);
      return 2;
    }
    const isListed = next?.type === 'list' || next?.type === 'table' || next?.type === 'code';
    if (isListed && /[:：]$/.test(plainText(node).trim())) {
      this.#line = fold(plainText(node)); // it introduces what follows
      return 1;
    }
    const steps = nodes.slice(at, stepsEnd(nodes, at));
    if (hasItems && !isDemand(steps.map(plainText).join('\n'))) {
      this.#report(node, 'this paragraph');
      return 1;
    }
    this.#text(steps);
    return steps.length;
  }

  #add(read: (first: number) => readonly ParsedCriterion[]): void {
    const titles = [...this.#headings.map(({ title }) => title), ...(this.#line === null ? [] : [this.#line])];
    const group = trimmedEnd(titles.join(' › ').slice(0, mostIntroduced), /[\s:：]/);
    for (const one of read(this.criteria.length))
      this.criteria.push(group === '' ? one : { ...one, criterion: { ...one.criterion, group } });
  }

  /** Items that are the steps of scenarios are one criterion for each scenario. */
  #list({ children }: List): void {
    const isStepOf = (step: RegExp, item: ListItem): boolean => {
      const raw = this.#source.text.slice(startOffset(item) + this.#offset).slice(0, 200);
      return readBox(raw) === null && step.test(plainText(item).slice(0, 100));
    };
    const starts = children.flatMap((item, index) => (isStepOf(/^\s*given\b/i, item) ? [index] : []));
    const isSteps = children.every((item) => isStepOf(/^\s*(?:given|when|then|and|but)\b/i, item));
    const hasThen = children.some((item) => isStepOf(/^\s*then\b/i, item));
    if (starts[0] === 0 && isSteps && hasThen)
      for (const [at, start] of starts.entries()) this.#text(children.slice(start, starts[at + 1]));
    else {
      const areAwaited = this.#line !== null && introducesChecks(this.#line);
      this.#add((first) => readItems(children, { source: this.#source, offset: this.#offset, first, areAwaited }));
    }
  }

  /** One criterion from the text of several nodes. */
  #text(nodes: readonly Nodes[]): void {
    if (nodes.length === 0) return;
    this.#add((position) => [readBlock(nodes, { source: this.#source, offset: this.#offset, position })]);
  }

  #table(table: Table): void {
    const [head] = table.children;
    if (head !== undefined && !isHeader(head, table)) this.#report(head, 'this header of a table');
    for (const row of table.children.slice(1)) {
      const start = startOffset(row) + this.#offset;
      if (plainText(row).trim() === '') continue;
      const raw = this.#source.text.slice(start, endOffset(row) + this.#offset);
      const cells = row.children.map((cell) => {
        const at = startOffset(cell) + this.#offset - start;
        return { cell, box: readCell(raw.slice(at, endOffset(cell) + this.#offset - start), at) };
      });
      const boxed = cells.find(({ box }) => box !== null);
      const cuts = cells.flatMap(({ cell, box }) => {
        const at = { start: startOffset(cell) + this.#offset - start, end: endOffset(cell) + this.#offset - start };
        return box !== null && box === boxed?.box ? [{ ...at, text: '' }] : [];
      });
      const text = trimmedEnd(edited(raw, cuts).replace(/^[\s|]+/, ''), /[\s|]/);
      const checks = checksInRow(row);
      const box = boxed?.box ?? null;
      this.#add((position) => [criterionOf({ source: this.#source, start, text, ...checks, position, box })]);
    }
  }

  /** Tells of a title that may mean criteria, but opens no region. */
  unopened(node: Nodes): void {
    this.#tell(
      node,
      'this title may mean acceptance criteria, but what is below it is not read as such',
      'Call it "Acceptance criteria", or otherwise if it has none.',
    );
  }

  #report(node: Nodes, what: string): void {
    this.#tell(
      node,
      `${what} is among the acceptance criteria, but is not read as one`,
      'Make it an item of the list, or move it out of this section.',
    );
  }

  #tell(node: Nodes, message: string, hint: string): void {
    const offset = startOffset(node) + this.#offset;
    const length = /^.*/.exec(this.#source.text.slice(offset, offset + 400))?.[0].length ?? 1;
    this.unread.push({
      severity: 'warning',
      code: 'unread-criterion',
      ...{ message, hint },
      file: this.#source.file,
      ...locate(this.#source.text, offset, length),
    });
  }
}
