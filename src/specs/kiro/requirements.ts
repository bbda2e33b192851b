import type { RootContent } from 'mdast';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { type ParsedCriterion, readItems } from '../format/criterion.ts';
import { pageOf } from '../format/page.ts';
import { opensRegion } from '../format/region-names.ts';
import { readBlock, readRegions } from '../format/regions.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/** A criterion of a requirement. */
export interface Numbered {
  /** As a task refers to it: `3.1` for the first criterion of requirement 3. Null if no number leads to it. */
  readonly number: string | null;
  readonly file: string;
  readonly criterion: ParsedCriterion;
}

/** The requirements of a spec. */
export interface Requirements {
  /** In order. */
  readonly criteria: readonly Numbered[];
  /** The text of each requirement without its criteria, by its number. */
  readonly texts: ReadonlyMap<string, string>;
  /** Numbers that are no criteria, but may be referred to, such as those of a defect. */
  readonly others: ReadonlySet<string>;
  readonly problems: readonly SpecDiagnostic[];
}

/** A requirement, with the nodes up to the next one. */
interface Section {
  readonly number: string;
  readonly nodes: readonly RootContent[];
}

const worded =
  /^(?:functional\s+requirements?|requirements?|user story|req|us|r|fr|要件|要求|需求|요구사항|requisito|exigence|anforderung)[-\s#]*(\d+(?:\.\d+)*)(?![\p{L}\d])/iu;
/** Leading zeros: `REQ-001` is requirement 1. */
export const zeros = /(?<![\d])0+(?=\d)/g;
const plain = /^(\d+(?:\.\d+)*)[.):：]?\s+\S/;

/** Reads `requirements.md`: the acceptance criteria of each requirement, with the numbers by which tasks name them. */
export function readRequirements(source: Source): Requirements {
  const { nodes, offset } = pageOf(source);
  const parts = sectionsOf(nodes);
  const used = new Set<string>();
  const criteria: Numbered[] = [];
  const problems: SpecDiagnostic[] = [];
  const texts = new Map<string, string>();
  const lines = source.text.split('\n');
  const isNumbered = parts.some(({ number }) => number !== '');
  for (const part of parts) {
    const found = readRegions(part.nodes, source, offset);
    const own = found.cut.length > 0 ? found.criteria : demandsIn(part, source, offset);
    for (const problem of found.problems) if (problem.code === 'unread-criterion') problems.push(problem);
    for (const [index, criterion] of own.entries()) {
      const isOutside = isNumbered && part.number === '';
      const names = isOutside ? [] : namesOf(part.number, index, lines[criterion.criterion.line - 1] ?? '');
      const number = names.find((name) => !used.has(name)) ?? null;
      if (number !== null) used.add(number);
      criteria.push({ number, file: source.file, criterion });
    }
    const [first] = part.nodes;
    const cut = found.cut[0]?.start ?? part.nodes.reduce((end, node) => Math.max(end, endOffset(node)), 0);
    if (first !== undefined && part.number !== '')
      texts.set(part.number, source.text.slice(startOffset(first) + offset, cut + offset).trim());
  }
  return { criteria, texts, others: new Set(), problems };
}

/**
 * The requirements by their headings, and what lies between them, without a number. Headings with a number alone count only if
 * none says "Requirement".
 */
function sectionsOf(nodes: readonly RootContent[]): Section[] {
  const heads = nodes.flatMap((node, index) => {
    if (node.type !== 'heading') return [];
    const title = fold(plainText(node));
    return [{ node, index, title, isRegion: opensRegion(title) }];
  });
  const isWorded = heads.some(({ title }) => worded.test(title));
  const sections: Section[] = [];
  let open: { readonly number: string; readonly start: number; readonly depth: number } = {
    number: '',
    start: 0,
    depth: 0,
  };
  for (const { node, index, title, isRegion } of heads) {
    if (isRegion) continue;
    const own = plain.exec(title)?.[1];
    const isInner = open.number !== '' && own?.startsWith(`${open.number.split('.')[0] ?? ''}.`) === true;
    const number = worded.exec(title)?.[1] ?? (isInner || !isWorded ? own : undefined);
    if (number === undefined && (open.number === '' || node.depth > open.depth)) continue;
    sections.push({ number: open.number, nodes: nodes.slice(open.start, index) });
    open = { number: number?.replace(zeros, '') ?? '', start: index, depth: node.depth };
  }
  sections.push({ number: open.number, nodes: nodes.slice(open.start) });
  return sections;
}

/** The demands of a requirement without a heading for its criteria: its list items, or paragraphs that demand something. */
function demandsIn({ number, nodes }: Section, source: Source, offset: number): ParsedCriterion[] {
  if (number === '') return [];
  const own: ParsedCriterion[] = [];
  const isDemand = (text: string): boolean => /\b(?:SHALL|MUST)\b/.test(text);
  for (const node of nodes) {
    if (node.type === 'list') {
      const items = node.children.filter((item) => isDemand(plainText(item)));
      for (const one of readItems(items, { source, offset, first: own.length })) own.push(one);
    } else if (node.type === 'paragraph' && isDemand(plainText(node)))
      own.push(readBlock([node], { source, offset, position: own.length }));
  }
  return own;
}

const written =
  /^[\s>]*(?:[-*+]\s+)?(?:(\d{1,6})[.)]\s+)?(?:\[[^\]\n]?\]\s+)?[*_]{0,3}(?:(?:AC|REQ)[-\s]?|R)?(\d{1,6}(?:\.\d{1,6})*)?/;

/** The names of a criterion, the best first: its own number, and its place in its requirement. */
function namesOf(requirement: string, index: number, line: string): string[] {
  const [, marker, inner] = written.exec(line) ?? [];
  const before = requirement === '' ? '' : `${requirement}.`;
  const own = inner?.includes('.') === true && inner.startsWith(before) ? [inner] : [];
  return [...own, ...(marker === undefined ? [] : [`${before}${marker}`]), `${before}${index + 1}`];
}

const clause = /^[*_]{0,2}(\d{1,6}(?:\.\d{1,6})+)(?![\d])/;
const defect = /^(?:\d[\d.]*\s+)?(?:current|actual|defect|現在|现有|当前|現状)/i;

/**
 * Reads `bugfix.md`: numbered clauses about what should happen, and what should not change. Those about the defect are no
 * criteria.
 */
export function readBugfix(source: Source): Requirements {
  const { nodes, offset } = pageOf(source);
  const criteria: Numbered[] = [];
  const others = new Set<string>();
  let isDefect = false;
  const add = (number: string, criterion: ParsedCriterion): void => {
    if (isDefect) others.add(number);
    else criteria.push({ number, file: source.file, criterion });
  };
  for (const node of nodes) {
    if (node.type === 'heading') isDefect = defect.test(fold(plainText(node)));
    if (node.type === 'paragraph') {
      const number = clause.exec(textOf(source, node, offset))?.[1];
      if (number !== undefined) add(number, readBlock([node], { source, offset, position: criteria.length }));
    }
    for (const item of node.type === 'list' ? node.children : []) {
      const [first] = item.children;
      const number = first && clause.exec(textOf(source, first, offset))?.[1];
      const [criterion] = number === undefined ? [] : readItems([item], { source, offset });
      if (number !== undefined && criterion !== undefined) add(number, criterion);
    }
  }
  const stated = criteria.length > 0 ? null : readRequirements(source);
  return stated ?? { criteria, texts: new Map(), others, problems: [] };
}

function textOf({ text }: Source, node: RootContent, offset: number): string {
  return text.slice(startOffset(node) + offset, endOffset(node) + offset);
}
