import type { RootContent } from 'mdast';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { readBox } from '../format/boxes.ts';
import { criterionOf, type ParsedCriterion, readItems } from '../format/criterion.ts';
import { cutAtLabels } from '../format/openings.ts';
import { readRegions } from '../format/regions.ts';
import { sharedSize } from '../format/sharing.ts';
import { endOffset, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { headed, type Part, textOf } from './parts.ts';

/** A criterion with its file. */
export type Found = ParsedCriterion & { readonly file: string };

/** The file and line of a criterion. */
export function placeOf({ file, criterion }: Found): string {
  return `${criterion.line} ${file}`;
}

/** Criteria, and warnings of what is among them and is not read as one. */
export interface Asked {
  readonly criteria: readonly Found[];
  readonly unread: readonly SpecDiagnostic[];
}

/** The criteria in regions such as "Acceptance Scenarios". */
export function regionsOf(source: Source, nodes: readonly RootContent[]): Asked {
  const { criteria, unread } = readRegions(nodes, source, 0);
  return { criteria: foundIn(source, criteria), unread };
}

/** The criteria of a story: its independent test, and its acceptance scenarios. */
export function criteriaOf({ source, nodes }: Part): Asked {
  const lines = nodes.flatMap((node): RootContent[] => (node.type === 'paragraph' ? cutAtLabels(node) : [node]));
  const independent = lines.filter(
    (node) => node.type === 'paragraph' && /^\*\*Independent Test\b/i.test(slice(source, node)),
  );
  const tests = independent.map((node) => {
    const start = startOffset(node);
    const text = slice(source, node).replace(/^\*\*Independent Test\*{0,2}:?\*{0,2}:?\s*/i, '');
    return criterionOf({ source, start, text, commands: [], position: 0 });
  });
  const { criteria, unread } = regionsOf(source, nodes);
  return { criteria: [...foundIn(source, tests), ...criteria], unread };
}

/** The tasks of a phase as criteria. */
export function tasksOf({ source, nodes }: Part): Found[] {
  const items = listItems(nodes).filter((item) => readBox(source.text.slice(startOffset(item)).slice(0, 200)) !== null);
  return foundIn(source, readItems(items, { source, offset: 0 }));
}

const requirements = /^(?:(?:non-?)?functional )?requirements(?:\s*\(.*\))?$/i;

/**
 * What a feature demands outside of its stories: requirements (`FR-001`, and other items of their section), success criteria, and
 * other regions, in the order of their lines.
 */
export function demandsOf(source: Source, stories: readonly Part[]): Asked {
  const { children } = parseMarkdown(source.text);
  const isOutside = (offset: number): boolean => stories.every(({ start, end }) => offset < start || offset >= end);
  const { criteria, unread } = regionsOf(
    source,
    children.filter((node) => isOutside(startOffset(node))),
  );
  // A part of the section, such as its entities, has a heading of its own.
  const sections = headed(source, (title) => requirements.test(title));
  const listed = sections.flatMap(({ nodes }) => {
    const end = nodes.findIndex(({ type }) => type === 'heading');
    return listItems(end < 0 ? nodes : nodes.slice(0, end));
  });
  const named = listItems(children).filter((item) => /^(?:FR|NFR|SC)-?\d+/i.test(plainText(item).trim()));
  const items = new Map([...listed, ...named].map((item) => [startOffset(item), item]));
  const demanded = foundIn(source, readItems([...items.values()], { source, offset: 0 }));
  const all = new Map([...criteria, ...demanded].map((one) => [placeOf(one), one]));
  return { criteria: [...all.values()].toSorted((a, b) => a.criterion.line - b.criterion.line), unread };
}

/** A user story that phases name. */
export interface Told extends Asked {
  readonly part: Part;
  /** See `Sharing`. */
  readonly size: number;
}

/** The first story of each number. */
export function storiesByNumber(stories: readonly Part[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const part of stories) {
    if (part.story === null || told.has(part.story)) continue;
    const asked = criteriaOf(part);
    told.set(part.story, { part, ...asked, size: sharedSize([textOf(part)], asked.criteria) });
  }
  return told;
}

function foundIn(source: Source, criteria: readonly ParsedCriterion[]): Found[] {
  return criteria.map((one) => ({ ...one, file: source.file }));
}

function slice({ text }: Source, node: RootContent): string {
  return text.slice(startOffset(node), endOffset(node));
}
