import type { BlockContent, DefinitionContent, List, ListItem, Nodes, Paragraph, RootContent, Table } from 'mdast';
import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import { endOffset, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { boxMark, readBox, readCell, readHeadingBox } from './boxes.ts';
import { checksIn, checksOf, criterionOf, isScript, type ParsedCriterion, readItems } from './criterion.ts';
import { edited, type Mark } from './mark.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/*
 * Regions of a Markdown text that contain acceptance criteria: below a heading or a bold label that says so, and each
 * scenario. Everything in a region is read as a criterion, or reported as not read.
 */

/** The names of such regions, in lower case. */
const names: ReadonlySet<string> = new Set([
  ...['acceptance criteria', 'acceptance criterion', 'acceptance', 'acceptance scenarios', 'acceptance conditions'],
  ...['acceptance tests', 'success criteria', 'definition of done', 'done when', 'done criteria', 'exit criteria'],
  ...['completion criteria', 'quality gates', 'akzeptanzkriterien', 'abnahmekriterien', "critères d'acceptation"],
  ...['criterios de aceptación', 'critérios de aceitação', 'critérios de aceite', 'criteri di accettazione'],
  ...['acceptatiecriteria', 'kryteria akceptacji', 'критерии приёмки', 'критерии приемки', '验收标准', '验收条件'],
  ...[
    '驗收標準',
    '受入基準',
    '受け入れ基準',
    '受け入れ条件',
    '受入条件',
    '受け入れシナリオ',
    '受入シナリオ',
    '验收场景',
    '驗收場景',
    '完了条件',
    '인수 조건',
    '인수 기준',
    '완료 조건',
  ],
]);

/**
 * True for a title or label that opens a region: one of the names, or of those in `also`, also numbered, extended after a dash
 * or in brackets.
 */
export function opensRegion(title: string, also: ReadonlySet<string> = none): boolean {
  const plain = title
    .slice(0, 200)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[*_`]/g, '')
    .replace(/[’]/g, "'")
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/^[\d.)]+\s+/, '')
    .replace(/\s*(?:[([（].*[)\]）]|\s[-–—]\s.*|[:：].*)?\s*[:：]?\s*$/u, '');
  return names.has(plain.trim()) || also.has(plain.trim());
}

const none: ReadonlySet<string> = new Set();

/** The criteria of a text, and the ranges that contain them. */
export interface Found {
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly Diagnostic[];
  readonly cut: readonly { readonly start: number; readonly end: number }[];
}

interface Region {
  readonly start: number;
  readonly end: number;
  readonly nodes: readonly RootContent[];
}

/**
 * Reads the regions of a flat list of nodes. `offset` is the offset of the parsed text in the file, `also` the lower-case names
 * of other regions in this format.
 */
export function readRegions(
  nodes: readonly RootContent[],
  source: Source,
  offset: number,
  also: ReadonlySet<string> = none,
): Found {
  const regions = regionsIn(nodes, also);
  const reading = new Reading(source, offset);
  for (const region of regions) reading.read(region.nodes);
  return {
    criteria: reading.criteria,
    problems: [...reading.criteria.flatMap((c) => c.problems), ...reading.unread],
    cut: regions.map(({ start, end }) => ({ start, end })),
  };
}

const scenario = /^(?:scenario(?: outline)?|ac[- ]?\d+|criterion \d+)\b/i;

function isScenario(node: RootContent): boolean {
  if (node.type !== 'heading' || node.depth < 3) return false;
  const title = plainText(node).trim();
  return scenario.test(title) || readHeadingBox(`# ${title}`) !== null;
}

function regionsIn(nodes: readonly RootContent[], also: ReadonlySet<string>): Region[] {
  const regions: Region[] = [];
  for (let at = 0; at < nodes.length;) {
    const node = nodes[at];
    if (node === undefined) break;
    const label = labelOf(node);
    let end = at + 1;
    if (isScenario(node)) {
      end = nextHeading(nodes, at, 6);
      regions.push({ start: startOffset(node), end: endOf(nodes, end), nodes: nodes.slice(at, end) });
    } else if (node.type === 'heading' && opensRegion(plainText(node), also)) {
      end = nextHeading(nodes, at, node.depth);
      regions.push({ start: startOffset(node), end: endOf(nodes, end), nodes: nodes.slice(at + 1, end) });
    } else if (label !== null && opensRegion(label.label, also)) {
      end = nextLabel(nodes, at);
      const first = label.rest === null ? [] : [label.rest];
      regions.push({
        start: startOffset(node),
        end: endOf(nodes, end),
        nodes: [...first, ...nodes.slice(at + 1, end)],
      });
    }
    at = end;
  }
  return regions;
}

function endOf(nodes: readonly RootContent[], end: number): number {
  const last = nodes[end - 1];
  return last ? endOffset(last) : 0;
}

/** The index of the next heading of `depth` or above; the number of nodes if there is none. */
export function nextHeading(nodes: readonly RootContent[], at: number, depth: number): number {
  return nextOf(nodes, at, (node) => node.type === 'heading' && node.depth <= depth);
}

/** The end of a region below a bold label: the next heading, label or rule. */
function nextLabel(nodes: readonly RootContent[], at: number): number {
  const ends = (node: RootContent): boolean =>
    node.type === 'heading' || node.type === 'thematicBreak' || isOtherLabel(node);
  return nextOf(nodes, at, ends);
}

/** The index of the first node after `at` that fits, or the end. */
function nextOf(nodes: readonly RootContent[], at: number, isWanted: (node: RootContent) => boolean): number {
  let next = at + 1;
  for (let node = nodes[next]; node !== undefined && !isWanted(node); node = nodes[next]) next++;
  return Math.min(next, nodes.length);
}

/** True for a label that is not the number of a criterion, such as `**AC1:**`. */
function isOtherLabel(node: RootContent): boolean {
  const label = labelOf(node)?.label;
  return label !== undefined && !/^(?:ac|criterion|scenario)[-_ #]{0,2}\d/i.test(label.trim());
}

/** A paragraph that begins with bold text and a colon: the label, and the rest as a paragraph. */
function labelOf(node: RootContent): { readonly label: string; readonly rest: Paragraph | null } | null {
  if (node.type !== 'paragraph') return null;
  const [first, ...others] = node.children;
  if (first?.type !== 'strong') return null;
  const label = plainText(first);
  const after = others.map(plainText).join('');
  const isLabel = /[:：]\s*$/.test(label) || /^\s*(?:\([^)]*\)\s*)?[:：]/.test(after) || after.trim() === '';
  if (!isLabel) return null;
  const hasRest = after.replace(/^\s*(?:\([^)]*\)\s*)?[:：]?/, '').trim() !== '';
  if (!hasRest || others.length === 0) return { label, rest: null };
  const position = { start: others[0]?.position?.start, end: node.position?.end } as Paragraph['position'];
  return { label, rest: { type: 'paragraph', children: others, ...(position ? { position } : {}) } };
}

/** True for "when … then", in this order, and for a demand with SHALL or MUST. */
function isDemand(text: string): boolean {
  const lower = text.toLowerCase();
  const when = lower.search(/\bwhen\b/);
  return (when >= 0 && /\bthen\b/.test(lower.slice(when))) || /\b(?:SHALL|MUST)\b/.test(text);
}

/**
 * Reads neighbouring nodes as one criterion: a scenario with its steps, or a paragraph. `offset` is the offset of the parsed
 * text in the file.
 */
export function readBlock(
  nodes: readonly Nodes[],
  { source, offset, position }: { readonly source: Source; readonly offset: number; readonly position: number },
): ParsedCriterion {
  const start = (nodes[0] === undefined ? 0 : startOffset(nodes[0])) + offset;
  const end = Math.max(start, ...nodes.slice(-1).map((node) => endOffset(node) + offset));
  const boxes = nodes.flatMap((node) => boxesOf(node, source, offset));
  const raw = source.text.slice(start, end);
  const box = nodes[0]?.type === 'heading' ? readHeadingBox(raw) : null;
  const opened = boxes.map((mark) => ({ start: mark.start - start, end: mark.end - start, text: mark.open }));
  if (box) opened.push({ start: 0, end: box.textStart, text: '' });
  const text = edited(raw, opened).replace(/^(?:#+\s+|[:：]\s*|[-*+]\s+|\d{1,9}[.)]\s+)/, '');
  return criterionOf({ source, start, text, ...checksIn(nodes), position, box });
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

class Reading {
  readonly criteria: ParsedCriterion[] = [];
  readonly unread: Diagnostic[] = [];
  readonly #source: Source;
  readonly #offset: number;

  constructor(source: Source, offset: number) {
    this.#source = source;
    this.#offset = offset;
  }

  read(nodes: readonly (RootContent | BlockContent | DefinitionContent)[]): void {
    const hasItems = nodes.some(({ type }) => type === 'list' || type === 'table' || type === 'heading');
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at];
      if (node === undefined) continue;
      const next = nodes[at + 1];
      switch (node.type) {
        case 'list':
          this.#list(node);
          break;
        case 'table':
          this.#table(node);
          break;
        case 'blockquote':
          this.read(node.children);
          break;
        case 'heading': {
          if (!isScenario(node)) break; // it groups what follows
          const end = nextHeading(nodes as readonly RootContent[], at, 6);
          this.#text(nodes.slice(at, end));
          at = end - 1;
          break;
        }
        case 'paragraph': {
          const text = plainText(node).trim();
          if (next !== undefined && isScript(next, node)) {
            this.#text([node, next]);
            at++;
            break;
          }
          if (/[:：]$/.test(text) && (next?.type === 'list' || next?.type === 'table' || next?.type === 'code')) break;
          const steps = nodes.slice(at, stepsEnd(nodes, at));
          if (hasItems && !isDemand(steps.map(plainText).join('\n'))) this.#report(node, 'this paragraph');
          else {
            this.#text(steps);
            at += steps.length - 1;
          }
          break;
        }
        case 'code':
          this.#report(node, 'this code block');
          break;
        default: // comments, rules and definitions say nothing
      }
    }
  }

  #add(read: (first: number) => readonly ParsedCriterion[]): void {
    this.criteria.push(...read(this.criteria.length));
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
    else this.#add((first) => readItems(children, { source: this.#source, offset: this.#offset, first }));
  }

  /** One criterion from the text of several nodes. */
  #text(nodes: readonly Nodes[]): void {
    if (nodes.length === 0) return;
    this.#add((position) => [readBlock(nodes, { source: this.#source, offset: this.#offset, position })]);
  }

  #table(table: Table): void {
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
      const commands = row.children.flatMap((cell) => checksOf({ type: 'paragraph', children: cell.children }));
      const box = boxed?.box ?? null;
      this.#add((position) => [criterionOf({ source: this.#source, start, text, commands, position, box })]);
    }
  }

  #report(node: Nodes, what: string): void {
    const offset = startOffset(node) + this.#offset;
    const length = /^.*/.exec(this.#source.text.slice(offset, offset + 400))?.[0].length ?? 1;
    this.unread.push({
      severity: 'warning',
      code: 'unread-criterion',
      message: `${what} is among the acceptance criteria, but is not read as one`,
      hint: 'Make it an item of the list, or move it out of this section.',
      file: this.#source.file,
      ...locate(this.#source.text, offset, length),
    });
  }
}
